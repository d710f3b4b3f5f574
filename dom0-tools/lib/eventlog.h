/* SPDX-License-Identifier: MIT */
/*
 * The file of events that vaned writes and `vane events` reads: a JSON object
 * a line. Pure reading of such a line.
 * Test: tests/unit/dom0-tools/vaned/test_event.c.
 */
#ifndef DOM0_TOOLS_LIB_EVENTLOG_H
#define DOM0_TOOLS_LIB_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>

#define EVENT_DIR	 "/var/log/vane"
#define EVENT_FILE	 EVENT_DIR "/events.log"
#define EVENT_FILE_BYTES (1u << 20)

/*
 * The string member `key` of a flat object as json.h writes it, unescaped
 * and with control characters as '?', cut at `size`. False when there is none.
 */
bool eventlog_string(const char *line, const char *key, char *out, size_t size);

#endif
