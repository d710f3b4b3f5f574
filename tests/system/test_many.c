/* SPDX-License-Identifier: MIT */
/*
 * Twenty stock guests at once, beside domain zero, on one processor. What they
 * leave is compared to the last KiB; domain zero's own tables grow to the most
 * that they ever held, so twenty micro-guests go before.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

#define GUESTS 20

static const struct machine_config machine = {
	.name = "many",
	.memory_mib = 4096,
};

Test(many, twenty_guests_run_at_once_and_shut_down)
{
	struct machine *m = suite_machine(&machine);
	char before[SUITE_TEXT];

	suite_no_guests(m);
	for (int i = 1; i <= GUESTS; i++)
		suite_run(m, 60,
			  "sed 's/\"micro\"/\"small%d\"/' /etc/vane/micro.cfg "
			  ">/run/small.cfg && vane create -p /run/small.cfg",
			  i);
	suite_no_guests(m);
	suite_run(m, 60, "await 40 sh -c '! vane list | grep -q ^small'");
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	for (int i = 1; i <= GUESTS; i++)
		suite_run(m, 120,
			  "sed 's/\"stock\"/\"many%d\"/' /etc/vane/stock.cfg "
			  ">/run/many%d.cfg && vane create /run/many%d.cfg",
			  i, i, i);
	for (int i = 1; i <= GUESTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many%d", i);
		suite_guest_line(m, name, 500, "guest: ready");
	}
	suite_run(m, 20, "[ $(vane list | grep -c '^many') = %d ]", GUESTS);
	for (int i = 1; i <= GUESTS; i++)
		suite_run(m, 30, "vane shutdown many%d", i);
	suite_run(m, 320,
		  "await 300 sh -c '! vane list | grep -q ^many' || "
		  "{ vane list; false; }");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
	suite_done(m);
}
