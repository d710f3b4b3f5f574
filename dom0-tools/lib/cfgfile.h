/* SPDX-License-Identifier: MIT */
/*
 * The syntax of configuration files: bytes in, settings out, nothing about
 * what they mean (that is config.h). The language is xl.cfg's:
 *
 *	file    = { setting ( newline | ";" ) }, comments from "#" to the end
 *	setting = name ( "=" | "+=" ) value
 *	value   = number | string | "[" [ value { "," value } [ "," ] ] "]"
 *	number  = decimal or 0x…; string = "…" or '…' on one line, no escapes
 *
 * A later setting of the same name replaces the earlier one in its place;
 * "+=" appends to a string or a list. Errors carry FILE:LINE:COLUMN.
 * Tests: tests/unit/dom0-tools/lib/test_cfgfile.c, tests/fuzz/fuzz_config.c.
 */
#ifndef DOM0_TOOLS_LIB_CFGFILE_H
#define DOM0_TOOLS_LIB_CFGFILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"

#define CFG_BYTES_MAX (1024 * 1024)

enum cfg_kind {
	CFG_NUMBER,
	CFG_STRING,
	CFG_LIST,
};

struct cfg_value {
	enum cfg_kind kind;
	uint64_t number;
	const char *string; /* of a number: as it was written */
	struct cfg_value *items;
	size_t count;
	unsigned int line;
	unsigned int column;
};

struct cfg_setting {
	struct cfg_setting *next;
	const char *file;
	const char *name;
	unsigned int line;
	unsigned int column;
	struct cfg_value value;
};

struct cfg_file {
	struct cfg_setting *first;
	struct cfg_setting **last;
};

/*
 * Adds the settings of one text. May be called again for overrides. `file`
 * names the text in errors and must outlive the arena's content, in which
 * everything else is placed.
 */
int cfg_parse(struct arena *a, struct cfg_file *f, const char *file,
	      const char *text, size_t length, struct err *e);

/*
 * One "name=value" from a command line. A value that is neither a number, a
 * quoted string nor a list is taken as a string, since a shell ate its quotes.
 */
int cfg_parse_argument(struct arena *a, struct cfg_file *f,
		       const char *argument, struct err *e);

const struct cfg_setting *cfg_find(const struct cfg_file *f, const char *name);

/* How many single-letter edits lie between two names; small is near. */
unsigned int cfg_distance(const char *a, const char *b);

#endif
