/* SPDX-License-Identifier: MIT */
/* The console budget of one guest; see the header. */
#include "consoled/budget.h"

#define WINDOW_NS (CONSOLE_WINDOW_MS * 1000000ull)

bool console_budget_ok(struct console_budget *b, uint64_t now_ns)
{
	uint64_t window = now_ns / WINDOW_NS;

	if (window != b->window) {
		b->window = window;
		b->spent = 0;
	}
	return b->spent < CONSOLE_WINDOW_BYTES;
}

void console_budget_spend(struct console_budget *b, size_t bytes)
{
	if (bytes < CONSOLE_VISIT_BYTES)
		bytes = CONSOLE_VISIT_BYTES;
	if (bytes > CONSOLE_WINDOW_BYTES)
		bytes = CONSOLE_WINDOW_BYTES;
	b->spent += (uint32_t)bytes;
}

uint64_t console_budget_wait_ms(uint64_t now_ns)
{
	return (WINDOW_NS - now_ns % WINDOW_NS + 999999) / 1000000;
}
