/* SPDX-License-Identifier: MIT */
/*
 * Metering on a machine: GET /metrics of vaned, on the loopback addresses and
 * nowhere else; and that the times add up while guests come and go, on two and
 * on four processors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define URL "http://127.0.0.1:9410"

static const struct machine_config two = {
	.name = "metrics2",
	.cpus = 2,
	.hypervisor_options = "dom0_mem=768M maxcpus=2",
};

static const struct machine_config four = {
	.name = "metrics4",
	.cpus = 4,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=4",
};

/* vaned with a port; it may have one already. */
static struct machine *machine_with_port(const struct machine_config *config)
{
	struct machine *m = suite_machine(config);

	suite_no_guests(m);
	suite_run(m, 60,
		  "wget -q -O /dev/null " URL "/metrics 2>/dev/null || "
		  "{ kill $(cat /run/vane/vaned.pid) && "
		  "await 30 sh -c '! [ -e /run/vane/vaned.pid ]' && "
		  "vaned --metrics-port=9410; }");
	return m;
}

/* A page, as /run/metrics, whose times add up; what came of that. */
static const char *page_adds_up(struct machine *m)
{
	suite_run(m, 30, "wget -q -O /run/metrics " URL "/metrics");
	return suite_run(m, 30, "/data/tests/metrics-sum /run/metrics");
}

static void times_add_up(const struct machine_config *config)
{
	static const char *const names[] = {"stock", "ticker", "clock"};
	struct machine *m = machine_with_port(config);
	double run, ended = 0, before;
	const char *text;

	page_adds_up(m);
	for (int round = 0; round < 2; round++) {
		before = ended;
		for (size_t i = 0; i < 3; i++) {
			suite_run(m, 120, "vane create /etc/vane/%s.cfg",
				  names[i]);
			page_adds_up(m);
		}
		suite_run(m, 30,
			  "grep -q 'state=\"running\".* [1-9]' "
			  "/run/metrics");
		for (size_t i = 0; i < 3; i++) {
			suite_run(m, 60, "vane destroy %s", names[i]);
			page_adds_up(m);
			suite_guest_gone(m, names[i], 60);
		}
		/* What they used is not forgotten. */
		text = page_adds_up(m);
		if (sscanf(text, "ran %lf, ended %lf", &run, &ended) != 2 ||
		    ended <= before)
			suite_fail(m, "%s", text);
	}
	suite_done(m);
}

Test(metrics, times_add_up_on_two_processors)
{
	times_add_up(&two);
}

Test(metrics, times_add_up_on_four_processors)
{
	times_add_up(&four);
}

/* Of a guest that stands still both must say the same, to the millisecond. */
Test(metrics, vane_list_says_the_same_times)
{
	struct machine *m = machine_with_port(&two);
	double listed, metered;
	const char *text;

	suite_guest_up(m, "stock");
	suite_run(m, 30, "vane pause stock");
	text = suite_run(m, 30,
			 "vane list --json stock | "
			 "sed -n 's/.*\"cpu_seconds\": \\([0-9.]*\\).*/\\1/p'");
	listed = strtod(text, NULL);
	suite_run(m, 30, "wget -q -O /run/metrics " URL "/metrics");
	text = suite_run(
		m, 30,
		"awk '/^paravane_vcpu_state_seconds_total.*name=\"stock\".*"
		"state=\"running\"/ { n += $NF } END { print n }' "
		"/run/metrics");
	metered = strtod(text, NULL);
	if (listed <= 0 || listed - metered > 0.002 || metered - listed > 0.002)
		suite_fail(m, "list: %f, metrics: %f", listed, metered);
	suite_run(m, 60, "vane destroy stock");
	suite_guest_gone(m, "stock", 60);
	suite_done(m);
}

Test(metrics, a_wrong_port_is_refused)
{
	struct machine *m = machine_with_port(&two);

	suite_run(m, 30,
		  "for p in 0 65536 -1 x '' 80x; do "
		  "vaned --metrics-port=\"$p\" 2>&1 | "
		  "grep -q 'is a number from 1 to 65535' || exit 9; done");
	suite_done(m);
}
