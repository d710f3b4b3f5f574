/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: words separated by blanks, Xen's names and
 * forms. Nothing here is fatal: a word that no row of the table understands
 * is handed to a callback and the parse goes on, and so is one that has no
 * effect. "--" ends it.
 *
 *   bool    name, no-name, name=yes|on|true|enable|1|no|off|false|disable|0
 *   flag    name (and no-name)
 *   number  name=N, in C's decimal, octal or hexadecimal
 *   size    name=N with B, K, M, G or T; without a suffix N counts KiB
 *   string  name=TEXT; a text that does not fit is a bad value
 *   none    name, name=ANYTHING: Xen's, and without effect here
 *
 * Test: tests/unit/hypervisor/boot/test_cmdline.c; fuzz: tests/fuzz/
 * fuzz_cmdline.c.
 */
#ifndef BOOT_CMDLINE_H
#define BOOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"

enum cmdline_kind {
	CMDLINE_BOOL,
	CMDLINE_FLAG,
	CMDLINE_U64,
	CMDLINE_SIZE,
	CMDLINE_STRING,
	CMDLINE_NONE,
};

struct cmdline_option {
	const char *name;
	enum cmdline_kind kind;
	void *to;    /* bool, bool, uint64_t, uint64_t (bytes), char[], NULL */
	size_t size; /* CMDLINE_STRING: bytes at `to`, with the terminator */
};

/* Longer words are cut to this, terminator included, for the callback. */
#define CMDLINE_WORD_MAX 256

/* A word that nothing comes of; known: an option without effect. */
typedef void cmdline_report(const char *word, bool known);

/*
 * `report` (may be NULL) is called for each word that is no option or has a
 * bad value (that option keeps what it had) and for each of CMDLINE_NONE.
 * Returns how many of the former there were. The last of several words for an
 * option wins.
 */
int cmdline_parse(const char *line, const struct cmdline_option *table,
		  size_t n, cmdline_report *report);

/*
 * Loaders other than GRUB 2 put the image's name before the options. Returns
 * the options: the line without a first word that is a path or "paravane".
 */
const char *cmdline_skip_image(const char *line);

/* An amount, or ("-512M") what is left when that much is kept back. */
struct dom0_mem_amount {
	uint64_t bytes;
	bool given;
	bool keep_back;
};

struct dom0_mem {
	struct dom0_mem_amount size, min, max;
};

/*
 * Parses the value of dom0_mem=: "512M", "min:256M,max:1G,512M" in any order.
 * -EINVAL: malformed, and *out is untouched.
 */
MUST_CHECK int cmdline_parse_dom0_mem(const char *value, struct dom0_mem *out);

/* Bytes for dom0 out of `available` by the rules of *m, at most available. */
uint64_t dom0_mem_bytes(const struct dom0_mem *m, uint64_t available,
			uint64_t default_bytes);

#endif
