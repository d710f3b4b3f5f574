/* SPDX-License-Identifier: MIT */
/*
 * Panics of the hypervisor on four CPUs, by the debug keys of the option
 * `provoke`: all CPUs stop, and one tells what each was doing, one after the
 * other, whatever they held or waited for. Then the machine halts or restarts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

struct fall {
	char name[24];
	unsigned int cpus;
	char options[48];
	char keys[4];	/* pressed one after the other */
	char says[48];	/* the panic */
	char trace[24]; /* a function in somebody's trace */
	char also[48];	/* another line of the report */
};

static struct fall falls[] = {
	{"panic-other", 4, "noreboot", "P", "provoked: on another CPU", "fall+",
	 ""},
	{"panic-locked", 4, "noreboot", "L",
	 "provoked: with the log's lock held", "log_attach_line+", ""},
	{"panic-spin", 4, "noreboot", "SC", "debug key C", "provoke_spin+", ""},
	{"panic-nested", 4, "noreboot", "N", "provoked: with a pointer damaged",
	 "", "*** PANIC inside the panic: trap 13"},
	/* The second may have come as far as to say so, or not. */
	{"panic-two", 4, "", "T", "provoked: one of two", "fall_together+", ""},
	{"watchdog-4", 4, "noreboot watchdog=1 watchdog_timeout=3", "S",
	 "watchdog: CPU", "provoke_spin+", ""},
	{"watchdog-1", 1, "noreboot watchdog=1", "S", "watchdog: CPU 0",
	 "provoke_spin+", ""},
};

/* The log from the panic on; to be freed. */
static char *report_of(struct machine *m)
{
	FILE *f = fopen(machine_log_path(m), "r");
	char *all = calloc(1, 1 << 20), *at;

	if (!f || !all || !fread(all, 1, (1 << 20) - 1, f))
		suite_fail(m, "the log cannot be read");
	fclose(f);
	at = strstr(all, "(PV) *** PANIC: ");
	if (!at)
		suite_fail(m, "no line begins with a panic");
	at = strdup(at);
	free(all);
	return at;
}

/* What is told of a CPU is whole: from its line to the next one's. */
static void check_part(struct machine *m, unsigned int cpu, const char *part)
{
	static const char *const holds[] = {"rip ", "r13 ", "cr2 "};
	const char *end = strstr(part + 1, "(PV) CPU ");
	unsigned int i;

	if (!end)
		end = part + strlen(part);
	for (i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		const char *line = strstr(part, holds[i]);

		if (!line || line > end)
			suite_fail(m, "CPU %u: no %s", cpu, holds[i]);
	}
}

/*
 * Nothing but the report is in the report; the CPU that panics comes first, the
 * others follow by number.
 */
static void check_report(struct machine *m, const char *report,
			 const struct fall *f)
{
	unsigned int first, cpus, i, told = 0, last = 0, seen = 0;
	int colon;
	const char *line, *next, *on = strstr(report, "(PV) on CPU ");

	if (!on || sscanf(on, "(PV) on CPU %u of %u", &first, &cpus) != 2 ||
	    cpus != f->cpus || first >= cpus)
		suite_fail(m, "it does not say on which CPU");
	/* A nested panic is where the first CPU would have been told of. */
	if (f->also[0] == '*') {
		seen = 1u << first;
		told = 1;
	}
	for (line = report; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (strncmp(line, "(PV) ", 5))
			suite_fail(m, "a line of somebody else's: %.*s",
				   (int)(next - line), line);
		colon = 0;
		if (sscanf(line, "(PV) CPU %u:%n", &i, &colon) != 1 || !colon)
			continue;
		if (told == 0 ? i != first
			      : i >= cpus || (seen >> i & 1) ||
					(told > 1 && i < last))
			suite_fail(m, "CPU %u is told of out of turn", i);
		check_part(m, i, line);
		last = told++ ? i : 0;
		seen |= 1u << i;
	}
	if (seen != (1u << cpus) - 1)
		suite_fail(m, "only the CPUs of mask %#x are told of", seen);
}

ParameterizedTestParameters(panic, all_cpus_stop_and_are_told_of)
{
	return cr_make_param_array(struct fall, falls,
				   sizeof(falls) / sizeof(falls[0]), NULL);
}

ParameterizedTest(struct fall *f, panic, all_cpus_stop_and_are_told_of)
{
	bool halts = strstr(f->options, "noreboot");
	char options[128], keys[64], *report;
	struct machine_config c = {
		.name = f->name,
		.cpus = f->cpus,
		.hypervisor_options = options,
	};
	struct machine *m;

	snprintf(options, sizeof(options),
		 "dom0_mem=512M dom0_max_vcpus=2 maxcpus=%u provoke %s",
		 f->cpus, f->options);
	m = machine_boot(&c);
	if (!m)
		suite_fail(NULL, "%s", machine_error());
	/* One is in a guest, another in a hypercall, the others idle. */
	suite_run(m, 20, "(while :; do :; done) >/dev/null & true");
	machine_tolerate(m, "PANIC");
	machine_leave_prompt(m);
	snprintf(keys, sizeof(keys), "vane debug-keys %s\n", f->keys);
	if (machine_send(m, keys) ||
	    machine_expect(m, halts ? "*** halted (noreboot)" : "*** rebooting",
			   60))
		suite_fail(m, "%s", machine_error());
	if (!halts && machine_wait_exit(m, 60))
		suite_fail(m, "no restart: %s", machine_error());
	report = report_of(m);
	if (!strstr(report, f->says) || !strstr(report, f->trace) ||
	    !strstr(report, f->also))
		suite_fail(m, "it does not say %s, %s and %s", f->says,
			   f->trace, f->also);
	check_report(m, report, f);
	if (f->cpus > 1 && !strstr(report, ": idle"))
		suite_fail(m, "no CPU is idle");
	free(report);
	machine_kill(m);
}
