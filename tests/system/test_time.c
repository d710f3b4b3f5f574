/* SPDX-License-Identifier: MIT */
/*
 * Time on four CPUs, with a domain zero of eight vCPUs and a guest of 32: how
 * system time compares with the platform's timer, whether what vCPUs ran and
 * what was stolen from them is all that passed, and whether kernels are content
 * with the clocks, NMIs, locks and comings and goings of that many vCPUs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

static const struct machine_config config = {
	.name = "time",
	.cpus = 4,
	.memory_mib = 2048,
	.hypervisor_options = "dom0_mem=1024M dom0_max_vcpus=8 maxcpus=4",
};

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&config);
	suite_run(m, 20, "test $(nproc) = 8");
	suite_no_guests(m);
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(time, .init = begin, .fini = end);

/* The number behind a word of text; fails if there is none. */
static long long number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	if (!at)
		suite_fail(m, "no '%s' in: %s", word, text);
	return strtoll(at + strlen(word), NULL, 10);
}

struct drift {
	long long elapsed_ms, ahead_ns, error_ns;
};

/* What debug key t says. */
static struct drift drift_read(void)
{
	/* Without what marks the hypervisor's lines: those are set apart. */
	const char *line =
		suite_run(m, 20,
			  "vane debug-keys t && vane dmesg | "
			  "sed -n 's/.*clock: after/after/p' | tail -n 1");
	struct drift d = {
		.elapsed_ms = number_after(line, "after "),
		.ahead_ns = number_after(line, "system time is "),
		.error_ns = number_after(line, "to within "),
	};

	if (strstr(line, "ns behind"))
		d.ahead_ns = -d.ahead_ns;
	return d;
}

/* A property of two clocks of the machine, however fast the host is. */
Test(time, system_time_keeps_to_a_millisecond_a_minute)
{
	struct drift first = drift_read(), last;
	long long off, most;

	suite_run(m, 120, "sleep 20");
	last = drift_read();
	off = llabs(last.ahead_ns - first.ahead_ns);
	/* A millisecond in a minute is 1000 ns in 60 ms. */
	most = (last.elapsed_ms - first.elapsed_ms) * 1000 / 60 +
	       first.error_ns + last.error_ns;
	cr_log_info("time: %lld ns in %lld ms\n", off,
		    last.elapsed_ms - first.elapsed_ms);
	if (last.elapsed_ms - first.elapsed_ms < 19000 || off > most)
		suite_fail(m, "%lld ns off in %lld ms, %lld are allowed", off,
			   last.elapsed_ms - first.elapsed_ms, most);
}

Test(time, what_ran_and_what_was_stolen_is_all_the_time)
{
	const char *line = suite_run(m, 180, "/data/tests/steal.sh 20");
	long long sum = number_after(line, "sum ");

	/* Eight busy vCPUs on four CPUs: about half of it is stolen. */
	if (number_after(line, "stolen ") * 4 < number_after(line, "passed "))
		suite_fail(m, "hardly any steal: %s", line);
	if (sum < 990 || sum > 1010)
		suite_fail(m, "it does not add up: %s", line);
}

/* What a kernel says when clocks, NMIs or vCPUs do not do what they should. */
static void guest_is_content(const char *name)
{
	suite_run(m, 20,
		  "! grep -E 'WARNING:|BUG:|rcu: INFO|lockup|clocksource: "
		  "timekeeping watchdog|not online|are left' "
		  "/var/log/vane/%s.log",
		  name);
}

static void processors_up(const char *name, unsigned int vcpus,
			  unsigned int rounds)
{
	char want[64];

	suite_run(m, 10, "rm -f /var/log/vane/%s.log", name);
	suite_run(m, 120, "vane create /etc/vane/%s.cfg", name);
	suite_guest_line(m, name, 900, "processors: done");
	snprintf(want, sizeof(want), "processors: round %u: %u", rounds, vcpus);
	suite_guest_line(m, name, 1, want);
	snprintf(want, sizeof(want), "processors: stacks %u", vcpus);
	suite_guest_line(m, name, 1, want);
	guest_is_content(name);
}

Test(time, a_guest_takes_its_vcpus_out_and_in)
{
	processors_up("replug", 3, 12);
	/* From outside: Linux does not know who it was. */
	suite_run(m, 20, "vane trigger replug nmi 2");
	suite_guest_line(m, "replug", 60,
			 "NMI received for unknown reason .* on CPU 2");
}

Test(time, a_guest_of_32_vcpus)
{
	processors_up("wide", 32, 1);
}
