/* SPDX-License-Identifier: MIT */
/* Entries of the Boot Loader Specification; see bls.h. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bootfs/bls.h"

#define BLS_SUFFIX	".conf"
#define BLS_OPTIONS_MAX 4096 /* more than any kernel takes */

struct line {
	const char *p;
	size_t length;
};

/* The next line without blanks around it; false at the end. */
static bool line_next(const char **p, const char *end, struct line *l)
{
	const char *newline;

	if (*p == end)
		return false;
	newline = memchr(*p, '\n', (size_t)(end - *p));
	l->p = *p;
	l->length = (size_t)((newline ? newline : end) - *p);
	*p = newline ? newline + 1 : end;
	while (l->length && isspace((unsigned char)l->p[0])) {
		l->p++;
		l->length--;
	}
	while (l->length && isspace((unsigned char)l->p[l->length - 1]))
		l->length--;
	return true;
}

/* Whether the line's first word is `key`; then *l is what stands behind it. */
static bool line_key(struct line *l, const char *key)
{
	size_t n = strlen(key);

	if (l->length <= n || memcmp(l->p, key, n) != 0 ||
	    !isblank((unsigned char)l->p[n]))
		return false;
	while (isblank((unsigned char)l->p[n]))
		n++;
	l->p += n;
	l->length -= n;
	return true;
}

static int bls_set(struct arena *a, struct bls_entry *b, struct line l)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{"title", &b->boot.title},  {"version", &b->version},
		{"linux", &b->boot.kernel}, {"machine-id", &b->machine_id},
		{"sort-key", &b->sort_key},
	};
	const char *text;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!line_key(&l, keys[i].key))
			continue;
		*keys[i].value = arena_strndup(a, l.p, l.length);
		return *keys[i].value ? 0 : -ENOMEM;
	}
	if (line_key(&l, "initrd")) {
		if (b->boot.initrd_count == BOOTFS_INITRDS_MAX)
			return -E2BIG;
		text = arena_strndup(a, l.p, l.length);
		b->boot.initrds[b->boot.initrd_count++] = text;
		return text ? 0 : -ENOMEM;
	}
	if (line_key(&l, "options")) {
		if (strlen(b->boot.options) + l.length > BLS_OPTIONS_MAX)
			return -E2BIG;
		text = arena_printf(a, "%s%s%.*s", b->boot.options,
				    *b->boot.options ? " " : "", (int)l.length,
				    l.p);
		if (text == NULL)
			return -ENOMEM;
		b->boot.options = text;
	}
	return 0;
}

int bls_parse(struct arena *a, const char *name, const char *text,
	      size_t length, struct bls_entry *entry)
{
	size_t id = strlen(name), suffix = strlen(BLS_SUFFIX);
	const char *end = text + length;
	struct line l;

	memset(entry, 0, sizeof(*entry));
	if (id > suffix && strcmp(name + id - suffix, BLS_SUFFIX) == 0)
		id -= suffix;
	entry->id = arena_strndup(a, name, id);
	if (entry->id == NULL)
		return -ENOMEM;
	entry->version = entry->machine_id = "";
	entry->boot.options = "";
	if (length > BOOTFS_TEXT_MAX || memchr(text, '\0', length))
		return -EINVAL;
	while (line_next(&text, end, &l)) {
		int rc = l.length && l.p[0] != '#' ? bls_set(a, entry, l) : 0;

		if (rc)
			return rc;
	}
	if (entry->boot.title == NULL)
		entry->boot.title = entry->id;
	return entry->boot.kernel ? 0 : -ENOENT;
}

/*
 * Runs of digits as numbers, of letters by their bytes; '~' comes before the
 * end of a version ("6.2~rc1" is older than "6.2"), and any other byte only
 * separates.
 */
int bls_compare_versions(const char *a, const char *b)
{
	for (;;) {
		size_t la, lb;
		int order;

		while (*a && *a != '~' && !isalnum((unsigned char)*a))
			a++;
		while (*b && *b != '~' && !isalnum((unsigned char)*b))
			b++;
		if (*a == '~' || *b == '~') {
			if (*a != *b)
				return *a == '~' ? -1 : 1;
			a++;
			b++;
			continue;
		}
		if (*a == '\0' || *b == '\0')
			return (*a != '\0') - (*b != '\0');
		if (isdigit((unsigned char)*a) != isdigit((unsigned char)*b))
			return isdigit((unsigned char)*a) ? 1 : -1;
		if (isdigit((unsigned char)*a)) {
			a += strspn(a, "0");
			b += strspn(b, "0");
			la = strspn(a, "0123456789");
			lb = strspn(b, "0123456789");
			order = la != lb ? (la > lb) - (la < lb)
					 : strncmp(a, b, la);
		} else {
			for (la = 0; isalpha((unsigned char)a[la]);)
				la++;
			for (lb = 0; isalpha((unsigned char)b[lb]);)
				lb++;
			order = strncmp(a, b, la < lb ? la : lb);
			if (order == 0)
				order = (la > lb) - (la < lb);
		}
		if (order)
			return order;
		a += la;
		b += lb;
	}
}

/* Those with a sort key first, by it; then the newest version first. */
static int bls_compare(const void *va, const void *vb)
{
	const struct bls_entry *a = va, *b = vb;
	int order;

	if (!a->sort_key != !b->sort_key)
		return a->sort_key ? -1 : 1;
	if (a->sort_key) {
		order = strcmp(a->sort_key, b->sort_key);
		if (order == 0)
			order = strcmp(a->machine_id, b->machine_id);
		if (order == 0)
			order = bls_compare_versions(b->version, a->version);
		if (order)
			return order;
	}
	order = bls_compare_versions(b->id, a->id);
	return order ? order : strcmp(a->id, b->id);
}

struct bls_reader {
	struct arena *arena;
	const struct boot_files *files;
	const char *path;
	struct bls_list *list;
	int rc;
};

static void bls_read_one(void *argument, const char *name)
{
	struct bls_reader *r = argument;
	struct bls_list *list = r->list;
	size_t n = strlen(name), suffix = strlen(BLS_SUFFIX), length;
	const char *path, *text;

	if (r->rc || n <= suffix || list->count == BOOTFS_ENTRIES_MAX ||
	    strcmp(name + n - suffix, BLS_SUFFIX) != 0)
		return;
	path = arena_printf(r->arena, "%s/%s", r->path, name);
	if (path == NULL) {
		r->rc = -ENOMEM;
		return;
	}
	text = r->files->read(r->files->context, r->arena, path, &length);
	if (text && bls_parse(r->arena, name, text, length,
			      &list->entries[list->count]) == 0)
		list->count++;
}

int bls_read_directory(struct arena *a, const struct boot_files *files,
		       const char *path, struct bls_list *list, struct err *e)
{
	struct bls_reader r = {a, files, path, list, 0};

	list->count = 0;
	list->entries =
		arena_alloc(a, BOOTFS_ENTRIES_MAX * sizeof(*list->entries));
	if (list->entries == NULL)
		return err_set(e, ENOMEM, "out of memory");
	/* A directory that is damaged or absent has what could be read. */
	files->list(files->context, path, bls_read_one, &r);
	if (r.rc)
		return err_set(e, r.rc, "out of memory");
	qsort(list->entries, list->count, sizeof(*list->entries), bls_compare);
	return 0;
}

const struct bls_entry *bls_find(const struct bls_list *list,
				 const char *wanted)
{
	char *end;
	unsigned long n = strtoul(wanted, &end, 10);

	if (isdigit((unsigned char)*wanted) && *end == '\0')
		return n < list->count ? &list->entries[n] : NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->entries[i].id, wanted) == 0 ||
		    strcmp(list->entries[i].boot.title, wanted) == 0)
			return &list->entries[i];
	}
	return NULL;
}

void grubenv_parse(struct arena *a, const char *text, size_t length,
		   void (*set)(void *argument, const char *name,
			       const char *value),
		   void *argument)
{
	const char *end = text + length;
	struct line l;

	while (line_next(&text, end, &l)) {
		const char *equals = memchr(l.p, '=', l.length);
		const char *name, *value;

		if (equals == NULL || l.p[0] == '#')
			continue;
		name = arena_strndup(a, l.p, (size_t)(equals - l.p));
		value = arena_strndup(a, equals + 1,
				      (size_t)(l.p + l.length - equals - 1));
		if (name == NULL || value == NULL)
			return;
		set(argument, name, value);
	}
}
