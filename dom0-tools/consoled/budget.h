/* SPDX-License-Identifier: MIT */
/*
 * How much of the daemon's time one guest's console may take.
 *
 * Time is cut into windows; in each a guest has a number of bytes. When they
 * are spent, the rest stays in the guest's ring and its event channel stays
 * masked until the next window: a guest that floods waits for itself, and the
 * others are served as if it were silent. A visit has a price even when it
 * brings nothing, so that empty notifications are bounded too.
 * Test: tests/unit/dom0-tools/consoled/test_budget.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_BUDGET_H
#define DOM0_TOOLS_CONSOLED_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_WINDOW_MS    100
#define CONSOLE_WINDOW_BYTES 65536
#define CONSOLE_VISIT_BYTES  256 /* what a visit costs at least */

struct console_budget {
	uint64_t window; /* number of the window that `spent` is about */
	uint32_t spent;
};

/* May the guest be served now? */
bool console_budget_ok(struct console_budget *b, uint64_t now_ns);
void console_budget_spend(struct console_budget *b, size_t bytes);
/* Milliseconds until the next window, at least 1. */
uint64_t console_budget_wait_ms(uint64_t now_ns);

#endif
