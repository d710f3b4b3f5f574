/* SPDX-License-Identifier: MIT */
/*
 * Time on four CPUs, with a domain zero of eight vCPUs: whether what they ran
 * and what was stolen from them is all that passed.
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
