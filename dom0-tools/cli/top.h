/* SPDX-License-Identifier: MIT */
/*
 * The parts of `vane top`:
 *
 * top.c        options, rounds
 * top_batch.c  pure: the lines of -b, in the columns of Xen's xentop
 * top_json.c   everything, as --json prints it
 * top_pages.c  pure: snapshots into tables of text and sort keys
 * top_table.c  pure: such a table, sorted
 * top_screen.c the live screen; the only part that knows the terminal
 */
#ifndef DOM0_TOOLS_CLI_TOP_H
#define DOM0_TOOLS_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/meter.h"

#define TOP_COLUMNS    16
#define TOP_CELL_BYTES 24

struct top_column {
	const char *title;
	unsigned int width; /* of what is shown */
	bool is_left;	    /* aligned; else to the right */
	bool is_text;	    /* sorted by text, upwards; else by key, down */
};

struct top_row {
	char *label; /* malloc'd: the first column, as wide as there is room */
	char cell[TOP_COLUMNS][TOP_CELL_BYTES];
	double key[TOP_COLUMNS];
};

struct top_table {
	const struct top_column *columns;
	size_t column_count;
	struct top_row *rows;
	size_t row_count, row_room;
};

void top_table_init(struct top_table *t, const struct top_column *columns,
		    size_t column_count);
void top_table_free(struct top_table *t);
/* A new row; NULL: no memory. */
struct top_row *top_table_add(struct top_table *t, const char *label);
/* A cell's text, cut to TOP_CELL_BYTES, and what it is sorted by. */
__attribute__((format(printf, 4, 5))) void
top_set(struct top_row *r, size_t column, double key, const char *fmt, ...);
/* Stable; rows that compare equal keep their order. */
void top_table_sort(struct top_table *t, size_t column, bool is_reversed);

/* What the screen can show. */
enum top_page {
	TOP_DOMAINS,
	TOP_VCPUS,
	TOP_DEVICES,
	TOP_CPUS,
	TOP_FRAMES,
	TOP_CALLS,
	TOP_PAGES,
};

/*
 * The table of a page, unsorted; `rates` are those of `now`. 0 or -ENOMEM, and
 * the table is empty.
 */
int top_page_make(enum top_page page, const struct meter_snapshot *now,
		  const struct meter_rates *rates, struct top_table *t);
const char *top_page_title(enum top_page page);
/* The column that a page is sorted by until somebody chooses. */
size_t top_page_sort(enum top_page page);

/* "1.5G", at most five characters; units of 1024. */
void top_scale(double value, char text[8]);
/* "xvda", or the number of a disk that is no xvd. */
void top_disk_name(uint32_t devid, char text[16]);
/* "web", or "(domain 5)" without a name; valid until the next call. */
const char *top_domain_name(const struct meter_domain *d);

struct top_options {
	double delay_s;
	unsigned long rounds; /* 0: for ever */
	bool full_names;
	bool vcpus, networks, disks; /* -b: lines under each domain */
};

/*
 * Pure: one round of -b as text. rates: NULL in the first round. Malloc'd;
 * NULL: no memory.
 */
char *top_batch(const struct meter_snapshot *now,
		const struct meter_rates *rates, const struct top_options *o);

/* One round as JSON; rates: NULL in the first. */
void top_json(struct json *j, const struct meter_snapshot *now,
	      const struct meter_rates *rates);

struct top_source {
	int privcmd;
	struct store *store;
};

/* A snapshot, and its rates since the one before; pass zeroed ones at first. */
struct top_round {
	struct meter_snapshot before, now;
	struct meter_rates rates;
	unsigned long count;
};

/* 0, or -errno with the line and the round as it was. */
int top_round_take(const struct top_source *source, struct top_round *r,
		   struct err *e);
void top_round_free(struct top_round *r);

/* Until it is left. 0, or -errno with the line. */
int top_screen(const struct top_source *source, const struct top_options *o,
	       struct err *e);

#endif
