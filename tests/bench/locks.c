/* SPDX-License-Identifier: MIT */
/*
 * make bench-locks: which of the hypervisor's locks are waited for under which
 * load. The hypervisor is the one with checks, which counts each taking, on
 * four CPUs; its debug key l prints the counts, before and after each load.
 *
 * Where QEMU has fewer processors than four, whoever holds a lock may lose his,
 * and others wait for as long: so much waiting is the host's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/harness.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KINDS	 32
#define SHOWN	 3

static const struct machine_config four = {
	.name = "bench-locks",
	.cpus = 4,
	.memory_mib = 2048,
	.hypervisor = "build/debug/paravane",
	.hypervisor_options = "dom0_mem=768M",
};

/* A micro-guest (tests/guest/hostile) by its name, vCPUs and what it does. */
#define GUEST(name, vcpus, how)                                                \
	"printf '%s\\n' 'name = \"" name "\"' 'memory = 24' "                  \
	"'vcpus = " vcpus "' 'kernel = \"/data/tests/hostile.elf\"' "          \
	"'extra = \"how=" how "\"' >/run/g.cfg && vane create /run/g.cfg; "
#define GO(name) "vane destroy " name "; "

static const struct load {
	const char *what;
	const char *begin, *command, *end;
} loads[] = {
	{"four loops that fork, in domain zero", "",
	 "for i in 1 2 3 4; do ( n=0; while [ $n -lt 150 ]; do"
	 " /bin/true; n=$((n+1)); done ) & done; wait",
	 ""},
	{"page-table updates, two guests of two vCPUs",
	 GUEST("a", "2", "batch") GUEST("b", "2", "batch"), "sleep 10",
	 GO("a") GO("b")},
	{"pins, two guests of two vCPUs",
	 GUEST("a", "2", "pin") GUEST("b", "2", "pin"), "sleep 10",
	 GO("a") GO("b")},
	{"faults, two guests of two vCPUs",
	 GUEST("a", "2", "fault") GUEST("b", "2", "fault"), "sleep 10",
	 GO("a") GO("b")},
	{"events, two guests that flood two others",
	 GUEST("a", "1",
	       "take") "p=$(sed -n 's/.*port \\([0-9]*\\) .*/\\1/p' /var/log/vane/a.log | "
		       "tail -n 1); " GUEST(
			       "b", "1",
			       "flood victim='$(vane domid a)' port='$p'")
			       GUEST("c", "1", "take") GUEST(
				       "d", "1",
				       "flood victim='$(vane domid c)' port='$p'"),
	 "sleep 10", GO("a") GO("b") GO("c") GO("d")},
	{"TCP both ways with a guest of two vCPUs",
	 "vane create /etc/vane/tcp.cfg vcpus=2; "
	 "await 200 grep -q 'tcp: listening' /var/log/vane/tcp.log; ",
	 "/data/tests/tcp-both-ways 10.0.0.13 10", GO("tcp")},
	{"twenty guests that come and go", "",
	 "n=0; while [ $n -lt 20 ]; do n=$((n+1)); " GUEST("a", "1", "spin")
		 GO("a") "done",
	 ""},
};

struct lock {
	char name[32];
	unsigned long long taken, waited, spins;
};

static struct machine *machine;
static char text[65536];

/* What goes wrong with the machine ends the program. */
static void run(unsigned int limit, const char *command)
{
	int status =
		machine_run(machine, limit, text, sizeof(text), "%s", command);

	if (!status)
		return;
	fprintf(stderr, "bench-locks: '%s': %s\n%s\n", command,
		status < 0 ? machine_error() : "failed", text);
	machine_kill(machine);
	exit(1);
}

/* The counts of each kind: how many kinds there are. */
static unsigned int look(struct lock *locks)
{
	unsigned int count = 0;
	const char *at;

	/* Without what marks the hypervisor's lines: those are set apart. */
	run(60, "vane dmesg -c >/dev/null; vane debug-keys l; "
		"vane dmesg | sed -n 's/.*locks: /locks: /p'");
	for (at = text; (at = strstr(at, "locks: ")) && count < KINDS; at++) {
		struct lock *l = &locks[count];

		if (sscanf(at, "locks: %31s taken %llu waited %llu spins %llu",
			   l->name, &l->taken, &l->waited, &l->spins) == 4)
			count++;
	}
	if (count)
		return count;
	fprintf(stderr, "bench-locks: no counts in:\n%s\n", text);
	exit(1);
}

static int by_waited(const void *a, const void *b)
{
	const struct lock *x = a, *y = b;

	return (x->waited < y->waited) - (x->waited > y->waited);
}

static void measure(const struct load *load)
{
	struct lock before[KINDS], after[KINDS];
	unsigned int count, i;

	run(300, load->begin);
	look(before);
	run(600, load->command);
	count = look(after);
	run(120, load->end);
	for (i = 0; i < count; i++) {
		after[i].taken -= before[i].taken;
		after[i].waited -= before[i].waited;
		after[i].spins -= before[i].spins;
	}
	qsort(after, count, sizeof(after[0]), by_waited);
	printf("| %s |", load->what);
	for (i = 0; i < SHOWN && i < count; i++)
		printf(" %s %llu of %llu |", after[i].name, after[i].waited,
		       after[i].taken);
	printf("\n");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	fprintf(stderr, "bench-locks: booting %s\n", four.name);
	machine = machine_boot(&four);
	if (!machine) {
		fprintf(stderr, "bench-locks: %s\n", machine_error());
		return 1;
	}
	printf("\nThe hypervisor's locks on four CPUs: how often one was waited "
	       "for, of how often it was taken:\n\n"
	       "| load | hottest | next | third |\n|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(loads); i++)
		measure(&loads[i]);
	machine_kill(machine);
	return 0;
}
