/* SPDX-License-Identifier: MIT */
/* The debug keys print what is true, of every domain, and change nothing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "domain_fixture.h"
#include "hypervisor/grant/grant_fixture.h"
#include "log/console.h"
#include "log/log.h"
#include "public/sched.h"

static char text[65536];

static void press(char key)
{
	uint32_t index = 0;
	size_t n = log_ring_read(text, sizeof(text) - 1, &index, false);

	cr_assert(debug_key_press(key));
	n = log_ring_read(text, sizeof(text) - 1, &index, true);
	text[n] = 0;
}

static struct domain *one;

static void setup(void)
{
	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 2, NULL);
	domain_system_init();
}

TestSuite(debug_keys, .init = setup);

Test(debug_keys, list_domains_with_their_state)
{
	uint32_t refs = one->refs;
	char line[100];

	one->paused_by_tools = true;
	domain_shutdown(one, SHUTDOWN_crash);
	press('q');
	cr_assert_not_null(strstr(text, "domain 0: "));
	snprintf(line, sizeof(line), "domain %u: %lu pages", WORLD_ONE,
		 one->page_count);
	cr_assert_not_null(strstr(text, line), "%s not in %s", line, text);
	cr_assert_not_null(strstr(text, ", paused, shut down"));
	cr_assert_not_null(strstr(text, "vcpu 1"));
	cr_assert_eq(one->refs, refs);
}

Test(debug_keys, who_keeps_a_domain_that_has_ended)
{
	struct gnttab_map_grant_ref map;

	gt_give(one, 8, WORLD_ZERO, world_page(one), 0);
	cr_assert_eq(gt_map(domain_zero->vcpu[0], WORLD_ONE, 8, 1,
			    GNTMAP_host_map | GNTMAP_device_map, &map),
		     GNTST_okay);
	world_end(one);
	press('q');
	cr_assert_not_null(strstr(text, ", dying"));
	cr_assert_not_null(strstr(text, "domain 0 uses 1 of its grants 2 t"));
	cr_assert_not_null(strstr(text, " 1 pages are still its own"));
}

Test(debug_keys, show_what_each_cpu_runs)
{
	press('r');
	cr_assert_not_null(strstr(text, "CPU 0: runs domain "));
	cr_assert_null(strstr(text, "CPU 1: "));
}

Test(debug_keys, show_free_memory)
{
	char line[100];

	press('m');
	snprintf(line, sizeof(line), "%lu pages free of %lu", page_free_count(),
		 page_total_count());
	cr_assert_not_null(strstr(text, line), "%s not in %s", line, text);
}

Test(debug_keys, list_events_and_registers_of_all)
{
	press('e');
	cr_assert_not_null(strstr(text, "domain 0"));
	cr_assert_not_null(strstr(text, "domain 849"));
	press('d');
	cr_assert_not(debug_key_press('?'));
}
