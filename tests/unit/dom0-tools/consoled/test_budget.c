/* SPDX-License-Identifier: MIT */
/* A flooding guest's budget. */
#include <criterion/criterion.h>

#include "consoled/budget.h"

#define WINDOW_NS (CONSOLE_WINDOW_MS * 1000000ull)

TestSuite(consoled_budget);

Test(consoled_budget, a_guest_is_served_until_its_bytes_are_spent)
{
	struct console_budget b = {0};

	for (int i = 0; i < CONSOLE_WINDOW_BYTES / 2048; i++) {
		cr_assert(console_budget_ok(&b, 5));
		console_budget_spend(&b, 2048);
	}
	cr_assert_not(console_budget_ok(&b, WINDOW_NS - 1));
}

Test(consoled_budget, the_next_window_brings_a_full_budget)
{
	struct console_budget b = {0};

	while (console_budget_ok(&b, 7 * WINDOW_NS))
		console_budget_spend(&b, 100000);
	cr_assert(console_budget_ok(&b, 8 * WINDOW_NS));
	console_budget_spend(&b, CONSOLE_WINDOW_BYTES - 1);
	cr_assert(console_budget_ok(&b, 8 * WINDOW_NS));
}

Test(consoled_budget, unspent_bytes_are_not_saved_up)
{
	struct console_budget b = {0};

	cr_assert(console_budget_ok(&b, 100 * WINDOW_NS));
	console_budget_spend(&b, CONSOLE_WINDOW_BYTES);
	cr_assert_not(console_budget_ok(&b, 100 * WINDOW_NS + 1));
}

Test(consoled_budget, empty_visits_are_bounded_too)
{
	struct console_budget b = {0};
	int visits = 0;

	while (console_budget_ok(&b, 3)) {
		console_budget_spend(&b, 0);
		visits++;
	}
	cr_assert_eq(visits, CONSOLE_WINDOW_BYTES / CONSOLE_VISIT_BYTES);
}

Test(consoled_budget, the_wait_ends_in_the_next_window)
{
	uint64_t now = 5 * WINDOW_NS + 1;

	cr_assert_eq(console_budget_wait_ms(5 * WINDOW_NS), CONSOLE_WINDOW_MS);
	cr_assert_eq(console_budget_wait_ms(6 * WINDOW_NS - 1), 1);
	cr_assert_geq(now + console_budget_wait_ms(now) * 1000000,
		      6 * WINDOW_NS);
}
