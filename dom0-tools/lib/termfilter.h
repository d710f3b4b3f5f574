/* SPDX-License-Identifier: MIT */
/*
 * Makes what a guest prints harmless for the terminal, or the file, that it
 * goes to.
 *
 * A terminal obeys whatever it is sent: a guest could set its title, make it
 * answer with keystrokes of the guest's choice (status reports), fill its
 * clipboard, switch its character set, wipe its scrollback. So only this
 * passes:
 *
 *   both kinds        printable UTF-8, newline, carriage return, tab
 *   FILTER_TERMINAL   backspace; bell, one for each credit; colours (SGR),
 *                     cursor movement, erasing, inserting and deleting of
 *                     lines and characters, the scrolling region, and the few
 *                     modes that full-screen programs need (TERM_MODES)
 *   FILTER_TEXT       no more: a file is read by programs, too
 *
 * Everything else is dropped: other control characters (also those above
 * 0x7f), other sequences and their parameters, strings (OSC, DCS, ...) up to
 * their end. A line end ends a string or sequence that was never finished, so
 * a guest can hide no more than one line. A byte that is not UTF-8 becomes
 * U+FFFD. A sequence passes only once it is complete and was found good.
 *
 * Pure; the state between calls is the struct, all zero but for `kind`.
 * Test: tests/unit/dom0-tools/lib/test_termfilter.c, tests/fuzz.
 */
#ifndef DOM0_TOOLS_LIB_TERMFILTER_H
#define DOM0_TOOLS_LIB_TERMFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum termfilter_kind { FILTER_TERMINAL, FILTER_TEXT };

#define TERMFILTER_SEQUENCE_MAX 32
/* Room for what `n` bytes may become: each one U+FFFD, and what was held. */
#define TERMFILTER_ROOM(n)     (3 * (n) + TERMFILTER_SEQUENCE_MAX + 8)
#define TERMFILTER_RESTORE_MAX 64

struct termfilter {
	enum termfilter_kind kind;
	enum {
		TERM_GROUND,
		TERM_ESCAPE, /* ESC was seen */
		TERM_SKIP,   /* ESC and an intermediate: one that is dropped */
		TERM_CSI,    /* ESC [ */
		TERM_STRING, /* OSC, DCS, APC, PM, SOS: dropped up to its end */
	} state;
	bool is_overlong; /* the sequence does not fit: to be dropped */
	uint8_t held[TERMFILTER_SEQUENCE_MAX]; /* of a sequence or character */
	size_t held_used;
	unsigned int utf8_left; /* bytes that the character in `held` lacks */
	unsigned int bells;	/* credits; the caller gives them, say 1/s */
	uint32_t changed;	/* modes that are not as a terminal begins */
};

/* `out` has TERMFILTER_ROOM(len) bytes; how many of them were used. */
size_t termfilter_run(struct termfilter *f, const uint8_t *in, size_t len,
		      uint8_t *out);

/*
 * The sequences that put the terminal back to where it was when the guest's
 * output began; how many bytes. They do not clear the screen.
 */
size_t termfilter_restore(const struct termfilter *f,
			  uint8_t out[TERMFILTER_RESTORE_MAX]);

#endif
