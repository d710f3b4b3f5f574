/* SPDX-License-Identifier: MIT */
/* See plan.h. Test: tests/unit/soak/test_plan.c. */
#include "tests/soak/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CPUS	  4
#define VCPUS_MAX 4

static uint64_t draw(struct plan *p, uint64_t below)
{
	/* splitmix64: any seed will do, also 0. */
	uint64_t x = p->random += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (x ^ (x >> 31)) % below;
}

static bool is_stock(int guest)
{
	return guest < PLAN_STOCK;
}

__attribute__((format(printf, 4, 5))) static void
set(struct plan_op *op, int guest, const char *what, const char *format, ...)
{
	va_list list;

	op->guest = guest;
	op->quiet = false;
	snprintf(op->what, sizeof(op->what), "%s", what);
	va_start(list, format);
	vsnprintf(op->command, sizeof(op->command), format, list);
	va_end(list);
}

bool plan_has(const struct plan *p, int guest)
{
	return !is_stock(guest) || guest < (int)p->stock;
}

void plan_init(struct plan *p, uint64_t seed, unsigned int quiet_every,
	       unsigned int stock)
{
	memset(p, 0, sizeof(*p));
	p->random = seed;
	p->quiet_every = quiet_every;
	p->stock = stock;
	for (int i = 0; i < PLAN_GUESTS; i++)
		snprintf(p->guest[i].name, sizeof(p->guest[i].name), "%s%d",
			 is_stock(i) ? "stock" : "heart",
			 is_stock(i) ? i + 1 : i + 1 - PLAN_STOCK);
}

/* --- commands: name is the guest's; the model changes with each --- */

static void create_command(char *to, size_t size, const struct plan_guest *g,
			   int guest, unsigned int vcpus, bool hotplug)
{
	int n = guest + 1;

	if (!is_stock(guest)) {
		snprintf(to, size,
			 "vane create -q /etc/vane/heart.cfg name='\"%s\"' "
			 "vcpus=%u",
			 g->name, vcpus);
		return;
	}
	snprintf(to, size,
		 "vane create -q /etc/vane/soak.cfg name='\"%s\"' vcpus=%u "
		 "disk='[\"/data/disks/%s.img,raw,xvda,w\"]' "
		 "vif='[\"bridge=xenbr0,mac=00:16:3e:00:01:%02x\"]' "
		 /* Paused for long, it is not to think that a CPU hung. */
		 "extra='\"console=hvc0 watchdog_thresh=60 "
		 "rcupdate.rcu_cpu_stall_timeout=300 "
		 "vane.role=soak vane.ip=10.0.0.%d vane.hotplug=%s "
		 "vane.sum='$(cat /run/soak.sum)'\"'",
		 g->name, vcpus, g->name, n, 100 + n, hotplug ? "yes" : "no");
}

static void op_create(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];
	char command[800];

	g->vcpus = 1 + draw(p, VCPUS_MAX);
	g->plugs = draw(p, 2);
	create_command(command, sizeof(command), g, i, g->vcpus, g->plugs);
	set(op, i, "create", "soak_new %s; %s && soak_await %s", g->name,
	    command, g->name);
	g->there = true;
	g->paused = g->disk = g->card = false;
}

static void gone(struct plan_guest *g)
{
	g->there = g->paused = g->disk = g->card = false;
}

static void op_destroy(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	set(op, i, "destroy", "%s%s%s; vane destroy %s && soak_gone %s",
	    g->paused ? ":" : "soak_alive ", g->paused ? "" : g->name,
	    g->paused ? "" : " || exit 1", g->name, g->name);
	gone(g);
}

static void op_shutdown(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	set(op, i, "shutdown",
	    "soak_alive %s && vane shutdown %s && soak_gone %s", g->name,
	    g->name, g->name);
	gone(g);
}

static void op_reboot(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	/* What was attached stays. */
	set(op, i, "reboot", "soak_reboot %s", g->name);
}

static void op_pause(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	set(op, i, "pause", "vane pause %s", g->name);
	g->paused = true;
}

static void op_unpause(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	set(op, i, "unpause", "vane unpause %s", g->name);
	g->paused = false;
}

/* Many times, at any moment of what the guest does. */
static void op_flicker(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	set(op, i, "flicker",
	    "for i in 1 2 3 4 5 6 7 8; do vane pause %s && vane unpause %s || "
	    "exit 1; done",
	    g->name, g->name);
}

/* A set of CPUs by a mask, as the command line has it. */
static const char *cpu_list(unsigned int mask)
{
	static char text[4 * CPUS];
	size_t n = 0;

	for (unsigned int i = 0; i < CPUS; i++)
		if (mask >> i & 1)
			n += snprintf(text + n, sizeof(text) - n, "%s%u",
				      n ? "," : "", i);
	return text;
}

static void op_pin(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];
	unsigned int vcpu = draw(p, g->vcpus);
	unsigned int mask = 1 + draw(p, (1 << CPUS) - 1);

	set(op, i, "pin", "vane vcpu-pin %s %u %s", g->name, vcpu,
	    cpu_list(mask));
}

/* All to one CPU after the other, and then free again. */
static void op_chase(struct plan *p, int i, struct plan_op *op)
{
	set(op, i, "chase",
	    "for cpus in 0 1 2 3 0,1 2,3 all; do "
	    "vane vcpu-pin %s all $cpus || exit 1; done",
	    p->guest[i].name);
}

static void op_weight(struct plan *p, int i, struct plan_op *op)
{
	set(op, i, "weight", "vane sched %s weight=%u", p->guest[i].name,
	    64u << draw(p, 5));
}

static void op_cap(struct plan *p, int i, struct plan_op *op)
{
	static const unsigned int caps[] = {0, 0, 25, 50, 90};

	set(op, i, "cap", "vane sched %s cap=%u", p->guest[i].name,
	    caps[draw(p, sizeof(caps) / sizeof(caps[0]))]);
}

/* How many are online; not where the guest itself plays with them. */
static void op_vcpus(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	if (g->plugs)
		op_pin(p, i, op);
	else
		set(op, i, "vcpu-set", "vane vcpu-set %s %u", g->name,
		    1 + (unsigned int)draw(p, g->vcpus));
}

static void op_memory(struct plan *p, int i, struct plan_op *op)
{
	set(op, i, "mem-set", "vane mem-set --timeout 200 %s %u",
	    p->guest[i].name, 116 + 4 * (unsigned int)draw(p, 4));
}

static void op_disk(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	if (g->disk)
		set(op, i, "block-detach",
		    "vane block-detach --timeout 200 %s xvdb", g->name);
	else
		set(op, i, "block-attach",
		    "vane block-attach --timeout 200 %s "
		    "/data/disks/soak.img,raw,xvdb,r",
		    g->name);
	g->disk = !g->disk;
}

static void op_card(struct plan *p, int i, struct plan_op *op)
{
	struct plan_guest *g = &p->guest[i];

	if (g->card)
		set(op, i, "network-detach",
		    "vane network-detach --timeout 200 %s "
		    "00:16:3e:00:02:%02x",
		    g->name, i + 1);
	else
		set(op, i, "network-attach",
		    "vane network-attach --timeout 200 %s bridge=xenbr0 "
		    "mac=00:16:3e:00:02:%02x",
		    g->name, i + 1);
	g->card = !g->card;
}

/* --- domain zero --- */

static void op_daemon(struct plan *p, struct plan_op *op)
{
	static const char *const daemons[] = {"vane-stored", "vane-consoled",
					      "vaned"};
	const char *d = daemons[draw(p, 3)];

	set(op, PLAN_NOBODY, "kill", "soak_kill %s", d);
	snprintf(op->what, sizeof(op->what), "kill %s", d);
}

static void op_zero(struct plan *p, struct plan_op *op)
{
	set(op, PLAN_NOBODY, p->zero_alone ? "dom0 online" : "dom0 offline",
	    "echo %d >/sys/devices/system/cpu/cpu1/online", p->zero_alone);
	p->zero_alone = !p->zero_alone;
}

static void op_keys(struct plan *p, struct plan_op *op)
{
	static const char *const keys[] = {"q", "e", "m", "i"};
	const char *k = keys[draw(p, 4)];

	set(op, PLAN_NOBODY, "debug-keys", "vane debug-keys %s", k);
}

static void op_zero_pin(struct plan *p, struct plan_op *op)
{
	unsigned int vcpu = draw(p, 2);

	set(op, PLAN_NOBODY, "dom0 pin", "vane vcpu-pin 0 %u %s", vcpu,
	    cpu_list(1 + (unsigned int)draw(p, (1 << CPUS) - 1)));
}

/* --- choice --- */

static const struct choice {
	unsigned int weight;
	bool stock_only;
	bool also_paused;
	void (*make)(struct plan *p, int guest, struct plan_op *op);
} choices[] = {
	{4, false, true, op_destroy},  {3, true, false, op_shutdown},
	{2, true, false, op_reboot},   {3, false, false, op_pause},
	{4, false, false, op_flicker}, {5, false, true, op_pin},
	{3, false, false, op_chase},   {3, false, true, op_weight},
	{3, false, true, op_cap},      {2, true, false, op_memory},
	{4, true, false, op_disk},     {4, true, false, op_card},
	{4, true, false, op_vcpus},
};

static const struct {
	unsigned int weight;
	void (*make)(struct plan *p, struct plan_op *op);
} zero_choices[] = {
	{2, op_daemon},
	{2, op_zero},
	{2, op_keys},
	{3, op_zero_pin},
};

static bool may(const struct plan_guest *g, int guest, const struct choice *c)
{
	return (!c->stock_only || is_stock(guest)) &&
	       (!g->paused || c->also_paused);
}

static void guest_op(struct plan *p, int guest, struct plan_op *op)
{
	const struct plan_guest *g = &p->guest[guest];
	unsigned int sum = 0, at;

	if (!g->there) {
		op_create(p, guest, op);
		return;
	}
	if (g->paused && draw(p, 2)) {
		op_unpause(p, guest, op);
		return;
	}
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		sum += may(g, guest, &choices[i]) ? choices[i].weight : 0;
	at = draw(p, sum);
	for (size_t i = 0;; i++) {
		if (!may(g, guest, &choices[i]))
			continue;
		if (at < choices[i].weight) {
			choices[i].make(p, guest, op);
			return;
		}
		at -= choices[i].weight;
	}
}

static void zero_op(struct plan *p, struct plan_op *op)
{
	unsigned int sum = 0, at;

	for (size_t i = 0; i < sizeof(zero_choices) / sizeof(zero_choices[0]);
	     i++)
		sum += zero_choices[i].weight;
	at = draw(p, sum);
	for (size_t i = 0;; i++) {
		if (at < zero_choices[i].weight) {
			zero_choices[i].make(p, op);
			return;
		}
		at -= zero_choices[i].weight;
	}
}

unsigned int plan_quiet(struct plan *p, struct plan_op ops[PLAN_OPS])
{
	char alive[256] = "", all[256] = "";
	size_t a = 0, n = 0;

	/* Who does not sleep shows once more that it lives. */
	for (int i = 0; i < PLAN_GUESTS; i++) {
		struct plan_guest *g = &p->guest[i];

		if (!g->there)
			continue;
		n += snprintf(all + n, sizeof(all) - n, " %s", g->name);
		if (!g->paused)
			a += snprintf(alive + a, sizeof(alive) - a, " %s",
				      g->name);
		gone(g);
	}
	set(&ops[0], PLAN_NOBODY, "quiet", "soak_alive%s && soak_end%s", alive,
	    all);
	ops[0].quiet = true;
	p->zero_alone = false;
	return 1;
}

unsigned int plan_step(struct plan *p, struct plan_op ops[PLAN_OPS])
{
	unsigned int count, i;
	int guest;

	p->step++;
	if (p->quiet_every && p->step % p->quiet_every == 0)
		return plan_quiet(p, ops);
	if (!draw(p, 6)) {
		zero_op(p, &ops[0]);
		return 1;
	}
	count = 1 + draw(p, PLAN_OPS);
	guest = draw(p, PLAN_GUESTS);
	/* So few steps forward that nobody comes twice. */
	for (i = 0; i < count; i++) {
		while (!plan_has(p, guest))
			guest = (guest + 1) % PLAN_GUESTS;
		guest_op(p, guest, &ops[i]);
		guest = (guest + 1) % PLAN_GUESTS;
	}
	return count;
}

void plan_warm_up(const struct plan *p, int guest, struct plan_op *op)
{
	struct plan_guest g = p->guest[guest];
	char create[800], attach[200] = "";

	create_command(create, sizeof(create), &g, guest, VCPUS_MAX, true);
	if (is_stock(guest))
		snprintf(attach, sizeof(attach),
			 " && vane block-attach --timeout 200 %s "
			 "/data/disks/soak.img,raw,xvdb,r && "
			 "vane network-attach --timeout 200 %s bridge=xenbr0",
			 g.name, g.name);
	set(op, guest, "warm up", "%s && soak_await %s%s", create, g.name,
	    attach);
}
