/* SPDX-License-Identifier: MIT */
/*
 * load: keeps all its vCPUs busy for ever, for who measures what the others get
 * beside it (tests/bench/sched.c). A word on the
 * command line says how:
 *
 *   load=spin   computes
 *   load=nap    computes for less than a millisecond and blocks for one
 *               microsecond, to be woken, and to go first, as often as it can
 *   load=yield  yields, and does nothing else
 *   load=ping   vCPUs 0 and 1 send each other one event, back and forth, and
 *               wait for it in between; each second it says how often
 *
 * Without one there is nothing to say.
 */
#include "guest.h"

static evtchn_port_t ports[2];
static uint64_t pings, said_ns;

static void spin(unsigned int self)
{
	(void)self;
	__asm__ volatile("" : : : "memory");
}

static void nap(unsigned int self)
{
	struct sched_poll poll = {0};

	(void)self;
	time_spin(700000);
	poll.timeout = time_ns() + 1000;
	do_sched_op(SCHEDOP_poll, &poll);
}

static void yield(unsigned int self)
{
	(void)self;
	do_sched_op(SCHEDOP_yield, NULL);
}

/* Waits for the event of this vCPU's port, and takes it. */
static void take(unsigned int self)
{
	uint64_t *word = &shared_info->evtchn_pending[ports[self] / 64];
	uint64_t bit = 1UL << ports[self] % 64;
	struct sched_poll poll = {.nr_ports = 1};

	poll.ports = PTR(&ports[self]);
	while (!(__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit))
		do_sched_op(SCHEDOP_poll, &poll);
}

static void ping(unsigned int self)
{
	uint64_t now_ns;

	if (self > 1)
		do_vcpu_op(VCPUOP_down, self, NULL);
	take(self);
	event_send(ports[1 - self]);
	if (self)
		return;
	pings++;
	now_ns = time_ns();
	if (now_ns < said_ns + 1000000000)
		return;
	print("load: %lu pings a second\n",
	      pings * 1000000 / ((now_ns - said_ns) / 1000));
	pings = 0;
	said_ns = now_ns;
}

/* vCPU 0's is pending at first. */
static void ping_begin(unsigned int vcpus)
{
	struct evtchn_bind_ipi bind;

	require(vcpus > 1, "two vCPUs are needed");
	for (unsigned int id = 0; id < 2; id++) {
		bind.vcpu = id;
		require_rc(do_event_op(EVTCHNOP_bind_ipi, &bind), 0);
		ports[id] = bind.port;
	}
	said_ns = time_ns();
	event_send(ports[0]);
}

static const struct {
	const char *word;
	void (*act)(unsigned int self);
} loads[] = {
	{"load=spin", spin},
	{"load=nap", nap},
	{"load=yield", yield},
	{"load=ping", ping},
};

static uint64_t load;

static void work(unsigned int self)
{
	for (;;)
		loads[load].act(self);
}

void guest_main(void)
{
	const char *words = (const char *)start_info->cmd_line;
	unsigned int vcpus, id;

	while (load < ARRAY_SIZE(loads) && !str_has(words, loads[load].word))
		load++;
	if (load == ARRAY_SIZE(loads))
		skip("no load=spin, nap, yield or ping on the command line");
	shared_info_map();
	vcpus = smp_count();
	print("load: %u vCPUs\n", vcpus);
	if (loads[load].act == ping)
		ping_begin(vcpus);
	for (id = 1; id < vcpus; id++)
		smp_start(id, work);
	work(0);
}
