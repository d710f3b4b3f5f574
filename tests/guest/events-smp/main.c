/* SPDX-License-Identifier: MIT */
/*
 * events-smp: four vCPUs on four CPUs send each other events through queues,
 * and none is lost. First a storm: IPIs, and channels from the domain to
 * itself, whose receiving ends are moved to other vCPUs, get other priorities,
 * are masked and unmasked at the same time. Who sends counts it first; who
 * takes an event notes how many had been counted. When all have stopped, the
 * last of each port must have been seen, and no port must still be linked.
 * Then the vCPUs hand a turn around by SCHEDOP_poll and masked IPIs, as
 * paravirtual spin locks do: a wake-up that is lost leaves no verdict.
 *
 * run with: 4 CPUs
 */
#include "guest.h"

enum { VCPUS = 4, CHANNELS = 8, STEPS = 1500, TURNS = 2000 };
enum { PORTS = 1024 };

#define PENDING	  (1u << EVTCHN_FIFO_PENDING)
#define MASKED	  (1u << EVTCHN_FIFO_MASKED)
#define LINKED	  (1u << EVTCHN_FIFO_LINKED)
#define BUSY	  (1u << EVTCHN_FIFO_BUSY)
#define LINK_MASK ((uint32_t)EVTCHN_FIFO_LINK_MASK)

#define GET(p)	  __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define OR(p, x)  __atomic_fetch_or(p, x, __ATOMIC_SEQ_CST)
#define AND(p, x) __atomic_fetch_and(p, x, __ATOMIC_SEQ_CST)
#define INC(p)	  __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST)

static event_word_t *words;
static struct evtchn_fifo_control_block *control[VCPUS];
static uint32_t head[VCPUS][EVTCHN_FIFO_MAX_QUEUES];

/* By port. */
static uint64_t sent[PORTS], seen[PORTS];
static evtchn_port_t near[CHANNELS], far[CHANNELS], ipi[VCPUS];
static unsigned int taken[VCPUS];

static unsigned int ready, stormed, passed, turned, turn;
static uint64_t polls;

static void send(evtchn_port_t through, evtchn_port_t to)
{
	struct evtchn_send op = {.port = through};

	INC(&sent[to]);
	expect_rc(do_event_op(EVTCHNOP_send, &op), 0);
}

static void move(evtchn_port_t port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

	expect_rc(do_event_op(EVTCHNOP_bind_vcpu, &op), 0);
}

static void set_priority(evtchn_port_t port, unsigned int priority)
{
	struct evtchn_set_priority op = {.port = port, .priority = priority};

	expect_rc(do_event_op(EVTCHNOP_set_priority, &op), 0);
}

static void mask(evtchn_port_t port)
{
	OR(&words[port], MASKED);
}

static void unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = {.port = port};
	event_word_t w = GET(&words[port]), new;

	do {
		if (!(w & MASKED))
			return;
		if (w & PENDING) {
			expect_rc(do_event_op(EVTCHNOP_unmask, &op), 0);
			return;
		}
		w &= ~BUSY;
		new = w & ~MASKED;
	} while (!__atomic_compare_exchange_n(&words[port], &w, new, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
}

static void handle(unsigned int self, evtchn_port_t port)
{
	uint64_t now, was;

	AND(&words[port], ~PENDING);
	now = GET(&sent[port]);
	was = GET(&seen[port]);
	while (was < now &&
	       !__atomic_compare_exchange_n(&seen[port], &was, now, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	taken[self]++;
}

/* The first of queue q; false: it was the last. */
static bool take_one(unsigned int self, unsigned int q)
{
	evtchn_port_t port = head[self][q];
	event_word_t w;

	if (!port)
		port = GET(&control[self]->head[q]);
	expect(port && port < PORTS, "vCPU %u, queue %u: port %u", self, q,
	       port);
	w = GET(&words[port]);
	while (!__atomic_compare_exchange_n(&words[port], &w,
					    w & ~(LINKED | LINK_MASK), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	expect(w & LINKED, "port %u is queued but not linked: %x", port, w);
	head[self][q] = w & LINK_MASK;
	w = GET(&words[port]);
	if ((w & PENDING) && !(w & MASKED))
		handle(self, port);
	return head[self][q] != 0;
}

static void take(unsigned int self)
{
	struct vcpu_info *info = &shared_info->vcpu_info[self];
	uint32_t queues;

	if (!__atomic_exchange_n(&info->evtchn_upcall_pending, 0,
				 __ATOMIC_SEQ_CST))
		return;
	queues =
		__atomic_exchange_n(&control[self]->ready, 0, __ATOMIC_SEQ_CST);
	while (queues) {
		unsigned int q = (unsigned int)__builtin_ctz(queues);

		if (!take_one(self, q))
			queues &= ~(1u << q);
		queues |= __atomic_exchange_n(&control[self]->ready, 0,
					      __ATOMIC_SEQ_CST);
	}
}

static void step(unsigned int self, uint64_t r)
{
	unsigned int k = r / 16 % CHANNELS, vcpu = r / 256 % VCPUS;

	switch (r % 16) {
	case 0:
		move(far[k], vcpu);
		break;
	case 1:
		set_priority(far[k], r / 1024 % EVTCHN_FIFO_MAX_QUEUES);
		break;
	case 2:
		mask(far[k]);
		break;
	case 3:
	case 4:
		unmask(far[k]);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		send(ipi[vcpu], ipi[vcpu]);
		break;
	default:
		send(near[k], far[k]);
		break;
	}
	take(self);
}

static void wait_for(const unsigned int *n, unsigned int value)
{
	while (GET(n) < value)
		do_sched_op(SCHEDOP_yield, NULL);
}

static void storm(unsigned int self)
{
	uint64_t random = 1234 + self;
	unsigned int i;

	INC(&ready);
	wait_for(&ready, VCPUS);
	for (i = 0; i < STEPS; i++)
		step(self, random_next(&random) >> 8);
	INC(&stormed);
	wait_for(&stormed, VCPUS);
	/* What was sent last comes now; 0 unmasks meanwhile. */
	wait_for(&passed, self);
	if (self == 0)
		for (i = 0; i < CHANNELS; i++)
			unmask(far[i]);
	take(self);
	INC(&passed);
	wait_for(&passed, VCPUS);
}

static void poll(evtchn_port_t *port)
{
	struct sched_poll op = {.nr_ports = 1};

	op.ports = PTR(port);
	INC(&polls);
	expect_rc(do_sched_op(SCHEDOP_poll, &op), 0);
}

/* All IPIs are masked, and nothing else is under way. */
static void pass_turn(unsigned int self)
{
	unsigned int next = (self + 1) % VCPUS, i;
	evtchn_port_t port = ipi[self];

	for (i = 0; i < TURNS / VCPUS; i++) {
		while (GET(&turn) != self) {
			AND(&words[port], ~PENDING);
			if (GET(&turn) != self)
				poll(&port);
		}
		/* Now and then somebody is woken who has nothing to do. */
		if (i % 5 == 0)
			send(ipi[(self + 2) % VCPUS], ipi[(self + 2) % VCPUS]);
		__atomic_store_n(&turn, next, __ATOMIC_SEQ_CST);
		send(ipi[next], ipi[next]);
	}
	INC(&turned);
}

static void worker(unsigned int self)
{
	storm(self);
	wait_for(&ready, VCPUS + 1);
	pass_turn(self);
}

static void queues_init(void)
{
	struct evtchn_expand_array expand = {0};
	unsigned int i;

	words = page_alloc();
	expand.array_gfn = mfn_of(words);
	for (i = 0; i < VCPUS; i++) {
		struct evtchn_init_control init = {.vcpu = i};

		control[i] = page_alloc();
		init.control_gfn = mfn_of(control[i]);
		require_rc(do_event_op(EVTCHNOP_init_control, &init), 0);
		if (!i)
			require_rc(do_event_op(EVTCHNOP_expand_array, &expand),
				   0);
	}
}

static void ports_init(void)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++) {
		struct evtchn_bind_ipi op = {.vcpu = i};

		require_rc(do_event_op(EVTCHNOP_bind_ipi, &op), 0);
		ipi[i] = op.port;
	}
	for (i = 0; i < CHANNELS; i++) {
		struct evtchn_alloc_unbound unbound = {
			.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
		struct evtchn_bind_interdomain bind = {.remote_dom =
							       DOMID_SELF};

		require_rc(do_event_op(EVTCHNOP_alloc_unbound, &unbound), 0);
		bind.remote_port = unbound.port;
		require_rc(do_event_op(EVTCHNOP_bind_interdomain, &bind), 0);
		near[i] = bind.local_port;
		far[i] = unbound.port;
		move(far[i], i % VCPUS);
	}
}

static void check(const char *kind, unsigned int i, evtchn_port_t port)
{
	expect(seen[port] == sent[port], "%s %u: %lu events sent, %lu seen",
	       kind, i, sent[port], seen[port]);
	expect(!(words[port] & (LINKED | PENDING)), "%s %u: word %x", kind, i,
	       words[port]);
}

void guest_main(void)
{
	unsigned int i, total = 0;

	if (do_vcpu_op(VCPUOP_is_up, VCPUS - 1, NULL) < 0)
		skip("there are no %u vCPUs", VCPUS);
	shared_info_map();
	queues_init();
	ports_init();
	for (i = 1; i < VCPUS; i++)
		smp_start(i, worker);
	storm(0);
	/* Each has taken what was unmasked for it after its last turn. */
	for (i = 0; i < VCPUS; i++)
		take(i);
	for (i = 0; i < CHANNELS; i++)
		check("channel", i, far[i]);
	for (i = 0; i < VCPUS; i++) {
		check("IPI", i, ipi[i]);
		expect(taken[i] > 20, "vCPU %u took %u events only", i,
		       taken[i]);
		total += taken[i];
		mask(ipi[i]);
	}
	INC(&ready);
	pass_turn(0);
	wait_for(&turned, VCPUS);
	success("no event lost among %u vCPUs (%u taken, %u turns, %lu polls)",
		VCPUS, total, TURNS, polls);
}
