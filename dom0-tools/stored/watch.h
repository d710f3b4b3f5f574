/* SPDX-License-Identifier: MIT */
/*
 * Watches, found by path. The index maps a watched path to its watches; an
 * event looks up each ancestor of the changed path, so its cost depends on the
 * path's depth and on the watches that it concerns, not on all the others.
 *
 * A watcher hears of a node only if it may read it (before or after the
 * change) or its parent. Test: tests/unit/dom0-tools/stored/test_watch.c.
 */
#ifndef DOM0_TOOLS_STORED_WATCH_H
#define DOM0_TOOLS_STORED_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/tree.h"

struct client;
struct core;
struct message;
struct watch_index;
struct watch_point;

#define WATCH_ANY_DEPTH UINT32_MAX

struct watch {
	struct watch *next, **link; /* its client's */
	struct watch *point_next, **point_link;
	struct watch_point *point;
	struct client *client;
	const char *path;	/* canonical; the point's */
	size_t strip;		/* what a relative watcher does not see of it */
	uint32_t depth;		/* levels below path that count */
	bool marked;		/* see client.h */
	struct message *newest; /* unsent event */
	char token[];
};

/* The node that changed, as far as the right to hear of it goes. */
struct watch_change {
	const struct node *before, *after; /* NULL: was or is not there */
	const struct node *parent;	   /* NULL for "/" */
};

struct watch_index *watch_index_new(uint64_t seed);
void watch_index_free(struct watch_index *x);

/* 0, -EEXIST for the same path and token, -ENOMEM. */
int watch_add(struct client *c, const char *path, size_t strip,
	      const char *token, uint32_t depth, struct watch **out);
/* -ENOENT */
int watch_remove(struct client *c, const char *path, const char *token);
void watch_remove_all(struct client *c);

/* Events for the watches on `path` and on whatever is above it. */
void watch_fire(struct core *core, const char *path,
		const struct watch_change *change);
/*
 * Events for the watches exactly on nodes below `removed`, which was at
 * `path`.
 */
void watch_fire_below(struct core *core, const char *path,
		      const struct node *removed);
/* Events for the watches on "@introduceDomain" or "@releaseDomain". */
void watch_fire_special(struct core *core, const char *name);

#endif
