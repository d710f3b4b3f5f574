/* SPDX-License-Identifier: MIT */
/*
 * What happened to domains and their devices, for people and for programs.
 * One call writes the sentence into vaned's log and a JSON object, on one
 * line, to EVENT_FILE, which `vane events` follows. A file, because it needs
 * no connection: it is still there when vaned is not, a slow reader costs
 * nobody anything, and what happened before can be read too. It is bounded:
 * at EVENT_FILE_BYTES it becomes FILE.1 in place of the one before.
 *
 * The object's members: docs/schema/events.json.
 * Test: tests/unit/dom0-tools/vaned/test_event.c.
 */
#ifndef DOM0_TOOLS_VANED_EVENT_H
#define DOM0_TOOLS_VANED_EVENT_H

#include <stdint.h>

#include "lib/eventlog.h"

struct event {
	const char *kind; /* "created", "crashed", ... */
	uint16_t domid;
	const char *name;   /* NULL or empty: it has none */
	const char *reason; /* of a shutdown: "poweroff"; NULL: no member */
	const char *action; /* what follows: "restart" */
	const char *device; /* "vbd/51712" */
	const char *path;   /* of a core */
	const char *old_name;
	uint16_t other; /* the domain that follows or went before; 0: none */
	unsigned int short_lives; /* in a row; 0: no member */
	uint64_t delay_ms;	  /* until the restart; with short_lives */
};

/* Says the sentence and writes the object. */
void event_say(const struct event *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Pure: the object as one line, newline and all, malloc'd. `time` is what
 * the member of that name says, `text` the sentence.
 */
char *event_format(const struct event *e, const char *time, const char *text);

/* Appends a line, newline and all, to a file of limited size; 0 or -errno. */
int event_append(const char *file, uint64_t limit_bytes, const char *line);

#endif
