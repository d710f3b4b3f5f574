/* SPDX-License-Identifier: MIT */
/* See soak.h. What runs in domain zero is data/soak.sh. */
#include "tests/soak/soak.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/soak/plan.h"
#include "tests/system/harness.h"

#define OP_WAITS 8 /* of soak.sh, in one command, and some time to spare */
#define TEXT	 32768

static const struct machine_config machine = {
	.name = "soak",
	.cpus = 4,
	.memory_mib = 3072,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=4",
};

struct pulse {
	char beat[80]; /* the domain's number and the last beat */
	double since;
};

struct run {
	struct soak *s;
	struct machine *m;
	struct plan plan;
	struct pulse pulse[PLAN_GUESTS];
	double begun; /* when it was warm */
	bool planted;
	char baseline[TEXT];
	char text[TEXT];
};

__attribute__((format(printf, 2, 3))) static int
finding(struct run *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(r->s->finding, sizeof(r->s->finding), format, list);
	va_end(list);
	return 1;
}

/* In domain zero, with soak.sh at hand; a command that fails is a finding. */
__attribute__((format(printf, 2, 3))) static int run(struct run *r,
						     const char *format, ...)
{
	char command[2800];
	va_list list;
	int status;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	status = machine_run(r->m, 60 + OP_WAITS * r->s->silent_seconds,
			     r->text, sizeof(r->text),
			     ". /data/tests/soak.sh; %s", command);
	if (status < 0)
		return finding(r, "%s", machine_error());
	if (status)
		return finding(r, "'%s' gave status %d: %s", command, status,
			       r->text);
	return 0;
}

/* --- what is planted, to see that it is found --- */

static const struct plant {
	const char *name;
	int guest; /* which must be there, and awake */
	const char *command;
} plants[] = {
	/* A domain that nobody asked for stays. */
	{"leak", PLAN_NOBODY,
	 "vane create -q -p /etc/vane/heart.cfg name='\"leak\"'"},
	/* One node in the store. */
	{"node", PLAN_NOBODY, "vane store write /tool/soak leak"},
	/* A guest's heart stands still. */
	{"silence", PLAN_STOCK,
	 "while vane pause heart1; do usleep 10000; done >/dev/null 2>&1 &"},
	{"warning", PLAN_NOBODY, "echo 'WARNING: CPU: planted' >/dev/kmsg"},
	/* A disk loses what was written. */
	{"data", 0,
	 "for i in 1 2 3 4 5 6; do dd if=/dev/zero bs=64k count=64 "
	 "conv=notrunc of=/data/disks/stock1.img 2>/dev/null; "
	 "usleep 300000; done"},
};

#define PLANTS (sizeof(plants) / sizeof(plants[0]))

const char *const soak_plants[] = {"leak",    "node", "silence",
				   "warning", "data", NULL};

/* If it has to be and can be now; once. */
static int plant(struct run *r)
{
	for (size_t i = 0; i < PLANTS; i++) {
		const struct plan_guest *g;

		if (r->planted || !r->s->plant ||
		    strcmp(plants[i].name, r->s->plant))
			continue;
		if (plants[i].guest != PLAN_NOBODY) {
			g = &r->plan.guest[plants[i].guest];
			if (!g->there || g->paused)
				continue;
		}
		r->planted = true;
		return run(r, "%s", plants[i].command);
	}
	return 0;
}

/* --- a look at everything --- */

static int heard(struct run *r, const char *name, const char *beat)
{
	double now = machine_seconds(r->m);
	unsigned int limit = machine_scaled(r->s->silent_seconds);

	for (int i = 0; i < PLAN_GUESTS; i++) {
		const struct plan_guest *g = &r->plan.guest[i];
		struct pulse *p = &r->pulse[i];

		if (strcmp(g->name, name))
			continue;
		if (g->paused || strcmp(p->beat, beat)) {
			snprintf(p->beat, sizeof(p->beat), "%s", beat);
			p->since = now;
		} else if (now - p->since > limit) {
			return finding(r,
				       "guest %s (domain and beat %s) is "
				       "silent for %.0f s",
				       name, beat, now - p->since);
		}
	}
	return 0;
}

static int look(struct run *r)
{
	char *save = NULL, *line;

	if (machine_check_log(r->m))
		return finding(r, "%s", machine_error());
	if (run(r, "soak_look"))
		return 1;
	for (line = strtok_r(r->text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		char name[64], beat[80];

		if (!strncmp(line, "complaint ", 10))
			return finding(r, "a guest's log: %s", line + 10);
		if (sscanf(line, "guest %63s %79s", name, beat) == 2 &&
		    heard(r, name, beat))
			return 1;
	}
	return 0;
}

/* What is left when all are gone; back ends take a moment to go. */
static int count_left(struct run *r)
{
	double end =
		machine_seconds(r->m) + machine_scaled(r->s->silent_seconds);

	for (;;) {
		if (run(r, "soak_left"))
			return 1;
		if (!r->baseline[0])
			break;
		if (!strcmp(r->baseline, r->text))
			return 0;
		if (machine_seconds(r->m) > end)
			return finding(r, "left behind: it was\n%s\nit is\n%s",
				       r->baseline, r->text);
		if (run(r, "sleep 1"))
			return 1;
	}
	snprintf(r->baseline, sizeof(r->baseline), "%s", r->text);
	return 0;
}

/* --- steps --- */

static void say(const struct run *r, const struct plan_op *op)
{
	const char *name = "";

	if (r->s->quiet_output)
		return;
	if (op->guest != PLAN_NOBODY)
		name = r->plan.guest[op->guest].name;
	printf("soak: %7.1f s  step %u, operation %u: %s %s\n",
	       machine_seconds(r->m), r->s->step, r->s->ops, op->what, name);
	fflush(stdout);
}

/* All at the same time; each must succeed. */
static int do_ops(struct run *r, const struct plan_op *ops, unsigned int count)
{
	char begin[2200], end[400];
	size_t b = 0, e = 0;

	for (unsigned int i = 0; i < count; i++) {
		r->s->ops++;
		say(r, &ops[i]);
		b += snprintf(begin + b,
			      b < sizeof(begin) ? sizeof(begin) - b : 0,
			      "( %s; ) >/run/soak.%u 2>&1 & p%u=$!; ",
			      ops[i].command, i, i);
		e += snprintf(end + e, e < sizeof(end) ? sizeof(end) - e : 0,
			      "wait $p%u || { echo status $? of %s:; "
			      "tail -n 5 /run/soak.%u; bad=1; }; ",
			      i, ops[i].what, i);
	}
	if (b >= sizeof(begin) || e >= sizeof(end))
		return finding(r, "the commands of step %u are too long",
			       r->s->step);
	return run(r, "bad=0; %s%s [ $bad = 0 ]", begin, end);
}

static int step(struct run *r, const struct plan_op *ops, unsigned int count)
{
	if (do_ops(r, ops, count) || look(r))
		return 1;
	return ops[0].quiet ? count_left(r) : 0;
}

static int warm_up(struct run *r)
{
	struct plan_op ops[PLAN_OPS];

	if (run(r, "soak_begin"))
		return 1;
	for (int i = 0; i < PLAN_GUESTS;) {
		unsigned int n = 0;

		for (; n < PLAN_OPS && i < PLAN_GUESTS; i++) {
			if (!plan_has(&r->plan, i))
				continue;
			plan_warm_up(&r->plan, i, &ops[n++]);
			r->plan.guest[i].there = true;
		}
		if (n && do_ops(r, ops, n))
			return 1;
	}
	return step(r, ops, plan_quiet(&r->plan, ops));
}

static bool goes_on(const struct run *r)
{
	const struct soak *s = r->s;

	return (!s->steps || s->step < s->steps) &&
	       (!s->minutes ||
		machine_seconds(r->m) < r->begun + s->minutes * 60.0);
}

static int soak(struct run *r)
{
	struct plan_op ops[PLAN_OPS];

	if (warm_up(r))
		return 1;
	r->begun = machine_seconds(r->m);
	while (goes_on(r)) {
		unsigned int count = plan_step(&r->plan, ops);

		r->s->step++;
		if (step(r, ops, count) || plant(r))
			return 1;
	}
	return step(r, ops, plan_quiet(&r->plan, ops));
}

/* --- a finding --- */

/* What the hypervisor and domain zero know, into the log and onto stdout. */
static void post_mortem(struct run *r)
{
	int status = machine_run(
		r->m, 60, r->text, sizeof(r->text),
		". /data/tests/soak.sh; vane debug-keys qremi; "
		"soak_complaints; vane list; ps | grep -v '\\['; "
		"for l in /var/log/vane/*.log; do echo \"== $l\"; "
		"tail -n 6 $l; done; tail -n 20 /var/log/vane/supervise.log "
		"/var/log/vane/events.log");

	if (status >= 0) {
		printf("%s\n", r->text);
		return;
	}
	/* Domain zero does not answer: the hypervisor's own input may. */
	printf("soak: domain zero does not answer: %s\n", machine_error());
	machine_send(r->m, "\x01\x01\x01"
			   "qremid");
	(void)machine_expect(r->m, "no such text: gives it time to print", 20);
}

static int write_patterns(struct run *r)
{
	const char *p;

	if (machine_run(r->m, 20, NULL, 0,
			": >/run/soak.patterns; echo %u >/run/soak.limit",
			machine_scaled(r->s->silent_seconds)))
		return -1;
	for (unsigned int i = 0; (p = machine_complaint(i)); i++)
		if (machine_run(r->m, 20, NULL, 0,
				"echo '%s' >>/run/soak.patterns", p))
			return -1;
	return machine_run(r->m, 20, NULL, 0,
			   "printf '%%s\\n' 'soak: wrong' 'VERDICT: FAILURE' "
			   "'VERDICT: ERROR' >>/run/soak.patterns");
}

int soak_run(struct soak *s)
{
	struct run *r = calloc(1, sizeof(*r));
	int found;

	if (!r)
		abort();
	r->s = s;
	r->m = machine_boot(&machine);
	if (!r->m) {
		snprintf(s->finding, sizeof(s->finding), "%s", machine_error());
		free(r);
		return -1;
	}
	plan_init(&r->plan, s->seed, s->quiet_every, s->stock);
	found = write_patterns(r) ? finding(r, "%s", machine_error()) : soak(r);
	if (found && !s->plant) {
		printf("soak: FINDING in step %u, operation %u, seed %llu, "
		       "after %.0f s:\n%s\n",
		       s->step, s->ops, (unsigned long long)s->seed,
		       machine_seconds(r->m), s->finding);
		post_mortem(r);
		printf("soak: the machine's log: %s\n", machine_log_path(r->m));
	}
	machine_kill(r->m);
	free(r);
	return found;
}
