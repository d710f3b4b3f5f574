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
		  "await 60 sh -c '! [ -e /run/vane/vaned.pid ]' && "
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

/* Every kind is there, with numbers that something was done for. */
Test(metrics, a_guest_with_a_disk_and_a_card_is_metered)
{
	static const char *const lines[] = {
		"paravane_domain_info.*name=\"metered\".* 1$",
		"paravane_domain_memory_bytes.*name=\"metered\".* [1-9]",
		"paravane_vcpu_hypercalls_total.*name=\"metered\".* [1-9]",
		"paravane_vcpu_faults_total.*\"metered\".*page_table\".* [1-9]",
		"paravane_vcpu_faults_total.*\"metered\".*\"page\".* [1-9]",
		"paravane_vcpu_events_sent_total.*name=\"metered\".* [1-9]",
		"paravane_vcpu_upcalls_total.*name=\"metered\".* [1-9]",
		"paravane_vcpu_switches_total.*name=\"metered\".* [1-9]",
		"paravane_disk_requests_total.*\"metered\".*\"read\".* [1-9]",
		"paravane_disk_bytes_total.*\"metered\".*\"read\".* [1-9]",
		"paravane_network_packets_total.*\"metered\".*vif.* [0-9]",
		"paravane_cpu_interrupts_total.* [1-9]",
		"paravane_vcpu_grant_maps_total.*Domain-0.* [1-9]",
	};
	struct machine *m = machine_with_port(&two);

	/* The guest that reads its disk to the end, and has a card. */
	suite_run(m, 30,
		  "{ sed 's/\"reader\"/\"metered\"/' /etc/vane/reader.cfg && "
		  "echo 'vif = [ \"bridge=xenbr0\" ]'; } >/run/metered.cfg && "
		  "rm -f /var/log/vane/metered.log");
	suite_run(m, 120, "vane create /run/metered.cfg");
	suite_guest_line(m, "metered", 180, "reader: same");
	suite_run(m, 30, "wget -q -O /run/metrics " URL "/metrics");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		suite_run(m, 30, "grep -q '^%s' /run/metrics", lines[i]);
	/* Its frames come with the first census that begins with it there. */
	suite_run(m, 200,
		  "await 180 sh -c 'wget -q -O- " URL "/metrics | "
		  "grep -q \"^paravane_domain_frames.*metered.*l4.* [1-9]\"'");
	suite_run(m, 60, "vane destroy metered");
	suite_guest_gone(m, "metered", 60);
	suite_run(m, 30,
		  "await 60 sh -c 'wget -q -O- " URL
		  "/metrics | grep -q Domain-0 && ! wget -q -O- " URL
		  "/metrics | grep -q metered'");
	suite_done(m);
}

Test(metrics, loopback_answers_and_nothing_else)
{
	struct machine *m = machine_with_port(&two);

	suite_run(m, 30,
		  "wget -q -O- 'http://[::1]:9410/metrics' | "
		  "grep -q ^paravane_cpus");
	suite_run(m, 30, "nc 127.0.0.1 9410 </dev/null");
	suite_run(m, 30, "! nc 10.0.0.1 9410 </dev/null");
	suite_run(m, 30, "! wget -q -O- " URL "/other");
	suite_run(m, 30,
		  "wget -S -O /dev/null " URL "/metrics 2>&1 | "
		  "grep -q 'Content-Type: text/plain; version=0.0.4'");
	suite_run(
		m, 30,
		"wget -q -O- --header 'Accept: application/openmetrics-text' " URL
		"/metrics | tail -n 1 | grep -q '^# EOF$'");
	suite_run(m, 30,
		  "printf 'BREW / TEA\\r\\n\\r\\n' | "
		  "nc 127.0.0.1 9410 | grep -q '^HTTP/1.1 400 '");
	/* Its work goes on beside clients that only sit there. */
	suite_run(m, 60,
		  "for i in $(seq 40); do sleep 20 | nc 127.0.0.1 9410 "
		  ">/dev/null 2>&1 & done; sleep 1; vane create "
		  "/etc/vane/hotplug.cfg && vane destroy hotplug && "
		  "wget -q -O- " URL "/metrics | grep -q ^paravane_cpus");
	suite_run(m, 30,
		  "kill $(pidof nc sleep) 2>/dev/null; [ \"$(ls -l "
		  "/run/vane/metrics.sock | cut -c1-10)\" = "
		  "srw-rw---- ]");
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
