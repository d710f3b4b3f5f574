/* SPDX-License-Identifier: MIT */
/*
 * What a choice of the scheduler costs: the instructions of its own code,
 * counted by stepping through it one by one. A vCPU blocks and its CPU chooses;
 * an event wakes it, and its CPU chooses again. What the machine does for it
 * (the clock, interrupts, loading a vCPU) is not in the figures.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/clock.h"
#include "fake/machine.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "unit/hypervisor/sched/simulation.h"

#define MS     1000000ull
#define ROUNDS 20

enum { BLOCK, PICK_AWAY, WAKE, PICK_BACK, PHASES };

static const struct row {
	const char *title;
	const char *policy;
	unsigned int cpus, hogs;
} rows[] = {
	{"one CPU, idle otherwise", "share", 1, 0},
	{"one CPU, beside a hog", "share", 1, 1},
	{"one CPU, beside seven hogs", "share", 1, 7},
	{"two CPUs, beside two hogs", "share", 2, 2},
	{"null, idle otherwise", "null", 1, 0},
};

static struct sim s;

/* The tracer steps from one to the other. */
static void count_begin(void)
{
	__asm__ volatile("int3" : : : "memory");
}

static __attribute__((noinline, noipa)) void phase_end(unsigned int phase)
{
	__asm__ volatile("" : : "r"(phase) : "memory");
}

/* The traced process: who blocks and wakes, again and again. */
static void cycle(const struct row *r)
{
	static const struct sim_habit hog = {0};
	struct cpuset first = {.word = {1}};
	struct vcpu *v, *next;
	unsigned int i;

	sim_init(&s, r->cpus, r->policy, 1);
	for (i = 0; i < r->hogs; i++)
		(void)sim_domain(&s, 1, hog);
	v = sim_domain(&s, 1, hog)->vcpu[0];
	/* It stays where we look. */
	if (sched_affinity_set(v, &first, NULL))
		abort();
	sim_of(v)->habit = (struct sim_habit){MS, 9 * MS, false};
	sim_of(v)->left_ns = MS;
	sim_run(&s, 1000 * MS);
	for (i = 0; i < ROUNDS; i++) {
		while (!v->on_cpu)
			sim_run(&s, MS / 4);
		fake_cpu = 0;
		fake_time_ns += MS / 2;
		count_begin();
		vcpu_block(v);
		phase_end(BLOCK);
		next = sched_pick(0, v, fake_time_ns);
		phase_end(PICK_AWAY);
		fake_time_ns += 9 * MS;
		count_begin();
		vcpu_kick(v);
		phase_end(WAKE);
		s.cur[0] = sched_pick(0, next, fake_time_ns);
		phase_end(PICK_BACK);
		if (s.cur[0] != v)
			abort();
		fake_sched_asked[0] = false;
		sim_of(v)->left_ns = MS;
	}
	_exit(0);
}

/* pid has stopped to be counted: steps through to the end of `last`. */
static int count(pid_t pid, unsigned int last, unsigned long *sum)
{
	unsigned long steps = 0, phase;
	int status;

	for (;;) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) ||
		    waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
			return -1;
		steps++;
		if ((uintptr_t)ptrace(PTRACE_PEEKUSER, pid, RIP * 8L, NULL) !=
		    (uintptr_t)phase_end)
			continue;
		phase = (unsigned long)ptrace(PTRACE_PEEKUSER, pid, RDI * 8L,
					      NULL);
		sum[phase] += steps;
		steps = 0;
		if (phase == last)
			return 0;
	}
}

/* The mean of each phase over all rounds; -1: it failed. */
static int measure(const struct row *r, double *mean)
{
	unsigned long sum[PHASES] = {0};
	unsigned int i, half = 0;
	int status, rc = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		cycle(r);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	while (!rc && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) {
		rc = count(pid, half++ % 2 ? PICK_BACK : PICK_AWAY, sum);
		if (!rc && (ptrace(PTRACE_CONT, pid, NULL, NULL) ||
			    waitpid(pid, &status, 0) < 0))
			rc = -1;
	}
	for (i = 0; i < PHASES; i++)
		mean[i] = (double)sum[i] / ROUNDS;
	if (rc || !WIFEXITED(status) || WEXITSTATUS(status)) {
		kill(pid, SIGKILL);
		return -1;
	}
	return half == 2 * ROUNDS ? 0 : -1;
}

int main(void)
{
	printf("| instructions of the scheduler | block | pick | wake | pick | "
	       "together |\n|---|---|---|---|---|---|\n");
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double mean[PHASES], all = 0;

		if (measure(&rows[i], mean)) {
			fprintf(stderr, "cycle: %s: failed\n", rows[i].title);
			return 1;
		}
		printf("| %s |", rows[i].title);
		for (unsigned int p = 0; p < PHASES; p++) {
			printf(" %.0f |", mean[p]);
			all += mean[p];
		}
		printf(" %.0f |\n", all);
	}
	return 0;
}
