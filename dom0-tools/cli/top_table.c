/* SPDX-License-Identifier: MIT */
/*
 * A table for the screen; see top.h.
 * Test: tests/unit/dom0-tools/cli/test_top.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top.h"

void top_table_init(struct top_table *t, const struct top_column *columns,
		    size_t column_count)
{
	*t = (struct top_table){columns, column_count, NULL, 0, 0};
}

void top_table_free(struct top_table *t)
{
	for (size_t i = 0; i < t->row_count; i++)
		free(t->rows[i].label);
	free(t->rows);
	t->rows = NULL;
	t->row_count = t->row_room = 0;
}

struct top_row *top_table_add(struct top_table *t, const char *label)
{
	struct top_row *grown, *r;

	if (t->row_count == t->row_room) {
		size_t room = t->row_room ? 2 * t->row_room : 16;

		grown = realloc(t->rows, room * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		t->rows = grown;
		t->row_room = room;
	}
	r = &t->rows[t->row_count];
	memset(r, 0, sizeof(*r));
	r->label = strdup(label);
	if (r->label == NULL)
		return NULL;
	t->row_count++;
	return r;
}

void top_set(struct top_row *r, size_t column, double key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->cell[column], TOP_CELL_BYTES, fmt, ap);
	va_end(ap);
	r->key[column] = key;
}

static int row_compare(const struct top_table *t, size_t column,
		       const struct top_row *a, const struct top_row *b)
{
	if (t->columns[column].is_text)
		return column ? strcmp(a->cell[column], b->cell[column])
			      : strcmp(a->label, b->label);
	return (a->key[column] < b->key[column]) -
	       (a->key[column] > b->key[column]);
}

/* By merging, for qsort() would not keep the order of equal rows. */
static void rows_sort(const struct top_table *t, size_t column, bool reversed,
		      struct top_row *rows, size_t count, struct top_row *room)
{
	size_t half = count / 2, a = 0, b = half, n = 0;

	if (count < 2)
		return;
	rows_sort(t, column, reversed, rows, half, room);
	rows_sort(t, column, reversed, rows + half, count - half, room);
	while (a < half && b < count) {
		int order = row_compare(t, column, &rows[a], &rows[b]);

		if (reversed)
			order = -order;
		room[n++] = order <= 0 ? rows[a++] : rows[b++];
	}
	while (a < half)
		room[n++] = rows[a++];
	memcpy(rows, room, n * sizeof(*rows));
}

void top_table_sort(struct top_table *t, size_t column, bool is_reversed)
{
	struct top_row *room = malloc(t->row_count * sizeof(*room));

	/* Without memory the order is just not the wanted one. */
	if (room && column < t->column_count)
		rows_sort(t, column, is_reversed, t->rows, t->row_count, room);
	free(room);
}
