/* SPDX-License-Identifier: MIT */
/*
 * Forty guests at once on two processors, created together: some Debian's
 * kernel, the others micro-guests that pass events (tests/guest/heart). What
 * they leave is compared to the last KiB; domain zero's own tables grow to the
 * most that they ever held, so forty micro-guests go before.
 *
 * MANY_STOCK says how many of the forty are Debian's (8); `make soak` runs it
 * with all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define GUESTS 40

static const struct machine_config machine = {
	.name = "many",
	.cpus = 2,
	.memory_mib = 6144,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=2",
};

static unsigned int stock_count(void)
{
	const char *text = getenv("MANY_STOCK");
	unsigned long n = text ? strtoul(text, NULL, 10) : 8;

	return n > GUESTS ? GUESTS : (unsigned int)n;
}

/* Each in a process of its own; every one must succeed. */
static void create_together(struct machine *m, unsigned int from,
			    unsigned int to, const char *config,
			    const char *more)
{
	suite_run(m, 900,
		  "for i in $(seq %u %u); do rm -f /var/log/vane/many$i.log; "
		  "{ vane create -q /etc/vane/%s.cfg name=\"'many$i'\" %s || "
		  "echo many$i >>/run/many.bad; } & done; wait; "
		  "[ ! -e /run/many.bad ]",
		  from, to, config, more);
}

static void all_say(struct machine *m, unsigned int from, unsigned int to,
		    const char *what)
{
	for (unsigned int i = from; i <= to; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many%u", i);
		suite_guest_line(m, name, 600, what);
	}
}

Test(many, forty_guests_are_created_together_run_and_go)
{
	struct machine *m = suite_machine(&machine);
	unsigned int stock = stock_count();
	char before[SUITE_TEXT];

	suite_no_guests(m);
	create_together(m, 1, GUESTS, "heart", "-p");
	suite_no_guests(m);
	suite_run(m, 120, "await 100 sh -c '! vane list | grep -q ^many'");
	snprintf(before, sizeof(before), "%s", suite_resources(m));

	create_together(m, 1, stock, "stock", "memory=96");
	if (stock < GUESTS)
		create_together(m, stock + 1, GUESTS, "heart",
				"extra=\"'beats=3'\" vcpus=2");
	suite_run(m, 20, "[ $(vane list | grep -c ^many) = %d ]", GUESTS);
	all_say(m, 1, stock, "guest: ready");
	if (stock < GUESTS)
		all_say(m, stock + 1, GUESTS, "VERDICT: SUCCESS");
	suite_run(m, 300, "vane destroy $(seq 1 %d | sed s/^/many/)", GUESTS);
	suite_run(m, 320,
		  "await 300 sh -c '! vane list | grep -q ^many' || "
		  "{ vane list; false; }");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
	suite_done(m);
}
