/* SPDX-License-Identifier: MIT */
/*
 * What the Criterion files here share: a machine per suite, commands that
 * have to succeed, and failures that say where to look and how to run the
 * test alone.
 */
#ifndef TESTS_SYSTEM_SUITE_H
#define TESTS_SYSTEM_SUITE_H

#include <stddef.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "tests/system/harness.h"

#define SUITE_TEXT 16384

/* A booted machine for this test, or the test fails. */
struct machine *suite_machine(const struct machine_config *config);

/* Ends the use of a machine that lives on; the test fails on complaints. */
void suite_done(struct machine *m);

/* Powers domain zero off and ends the machine; fails if either does not. */
void suite_power_off(struct machine *m);

/*
 * Runs a command in domain zero that has to succeed; its output, until the
 * next call, is returned without the last newline.
 */
const char *suite_run(struct machine *m, unsigned int seconds,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Creates a guest from /etc/vane/NAME.cfg and waits for its prompt. */
void suite_guest_up(struct machine *m, const char *name);

/* Waits until a guest's console log has a line with text; returns the line. */
const char *suite_guest_line(struct machine *m, const char *name,
			     unsigned int seconds, const char *text);

/* Waits until `vane list` no longer has the guest. */
void suite_guest_gone(struct machine *m, const char *name,
		      unsigned int seconds);

/* Removes every guest that a failed test may have left. */
void suite_no_guests(struct machine *m);

/*
 * What a guest that came and went must leave as it was: free memory, store,
 * loop devices, the bridge's ports; one text to compare.
 */
const char *suite_resources(struct machine *m);

/* Ends the test with the reason and how to run it alone. */
void suite_fail(struct machine *m, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
