/* SPDX-License-Identifier: MIT */
/*
 * heart: nothing but events, each of which must arrive. Each vCPU waits for its
 * timer, then for its partner: vCPUs 0 and 1, 2 and 3 and so on pass a ball to
 * and fro by IPIs, an odd one out to itself. There is one ball and one timer at
 * a time for each, so no other event can hide one that was lost: a pair that
 * loses one stands still for ever. A vCPU waits by block and upcall in one
 * round and by poll in the next, and takes a page out of the address space that
 * all share and back in each.
 *
 * When all vCPUs have gone on by some rounds, vCPU 0 says "heart: beat N".
 * It ends with SUCCESS after 5 beats, or after beats=N; 0: never.
 *
 * run with: 4 CPUs
 */
#include "guest.h"

enum { VCPUS = 32, STACK_PAGES = 2, ROUNDS = 20 };

#define TIMER_NS 20000000UL

struct heart {
	evtchn_port_t ipi, timer;
	struct vcpu_set_singleshot_timer shot;
	uint64_t random;
	uint64_t upcalls;
	uint64_t round; /* written by its own vCPU, read by vCPU 0 */
	char *page, *window;
} __attribute__((aligned(64)));

static struct heart hearts[VCPUS];
static unsigned int vcpu_count;
static char stacks[VCPUS][STACK_PAGES * PAGE_SIZE]
	__attribute__((aligned(PAGE_SIZE)));
static struct vcpu_guest_context context;

/* Which vCPU runs on the stack that has this. */
static unsigned int stack_owner(const void *address)
{
	uint64_t at = PTR(address) - PTR(stacks);

	return at < sizeof(stacks) ? (unsigned int)(at / sizeof(stacks[0])) : 0;
}

/* An upcall takes nothing: who waits looks at the port that it waits for. */
static bool take_upcall(struct trap_frame *frame, uint64_t cr2)
{
	unsigned int self = stack_owner(frame);
	struct vcpu_info *info = &shared_info->vcpu_info[self];

	(void)cr2;
	if (frame->vector != TRAP_EVENT)
		return false;
	hearts[self].upcalls++;
	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	return true;
}

static bool port_take(evtchn_port_t port)
{
	uint64_t bit = 1UL << (port % 64);

	return __atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~bit,
				  __ATOMIC_SEQ_CST) &
	       bit;
}

static void wait_blocked(unsigned int self, evtchn_port_t port)
{
	struct vcpu_info *info = &shared_info->vcpu_info[self];
	struct evtchn_unmask open = {.port = port};

	expect_rc(do_event_op(EVTCHNOP_unmask, &open), 0);
	/* block lets upcalls in as it begins, so none comes in between. */
	while (!port_take(port)) {
		do_sched_op(SCHEDOP_block, NULL);
		info->evtchn_upcall_mask = 1;
	}
	event_mask(port);
}

static void wait_polling(evtchn_port_t port)
{
	struct sched_poll poll = {.ports = PTR(&port), .nr_ports = 1};

	while (!port_take(port))
		expect_rc(do_sched_op(SCHEDOP_poll, &poll), 0);
}

static void wait_for(unsigned int self, evtchn_port_t port, uint64_t how)
{
	if (how & 1)
		wait_polling(port);
	else
		wait_blocked(self, port);
}

static uint64_t now_ns(unsigned int self)
{
	return time_ns_of(&shared_info->vcpu_info[self].time);
}

static void tick(unsigned int self, struct heart *h)
{
	h->shot.timeout_abs_ns =
		now_ns(self) + random_next(&h->random) % TIMER_NS;
	expect_rc(do_vcpu_op(VCPUOP_set_singleshot_timer, self, &h->shot), 0);
	wait_for(self, h->timer, h->random >> 20);
	expect(now_ns(self) >= h->shot.timeout_abs_ns,
	       "vCPU %u: the timer came early", self);
}

static void play(unsigned int self, struct heart *h)
{
	unsigned int other = self ^ 1;

	if (other >= vcpu_count)
		other = self;
	if (!(self & 1))
		event_send(hearts[other].ipi);
	wait_for(self, h->ipi, h->random >> 21);
	if (self & 1)
		event_send(hearts[other].ipi);
}

/* The page moves: unmapped, mapped elsewhere, its bytes looked at. */
static void move_page(unsigned int self, struct heart *h)
{
	uint64_t *there = (uint64_t *)h->window;

	*(volatile uint64_t *)h->page = h->random;
	expect_rc(do_update_va(h->window, pte_make(mfn_of(h->page), PTE_RO),
			       UVMF_INVLPG | UVMF_ALL),
		  0);
	expect(*(volatile uint64_t *)there == h->random,
	       "vCPU %u: %lx was written, %lx is there", self, h->random,
	       *there);
	expect_rc(do_update_va(h->window, 0, UVMF_TLB_FLUSH | UVMF_ALL), 0);
}

static void beat(uint64_t *number, uint64_t seen[VCPUS], uint64_t beats)
{
	unsigned int i;

	for (i = 0; i < vcpu_count; i++)
		if (__atomic_load_n(&hearts[i].round, __ATOMIC_RELAXED) <
		    seen[i] + ROUNDS)
			return;
	for (i = 0; i < vcpu_count; i++)
		seen[i] = __atomic_load_n(&hearts[i].round, __ATOMIC_RELAXED);
	print("heart: beat %lu\n", ++*number);
	if (*number == beats)
		success("%lu beats of %u vCPUs", beats, vcpu_count);
}

static NORETURN void live(unsigned int self, uint64_t beats)
{
	struct heart *h = &hearts[self];
	static uint64_t seen[VCPUS];
	uint64_t number = 0;

	do_vcpu_op(VCPUOP_stop_periodic_timer, self, NULL);
	for (;;) {
		tick(self, h);
		play(self, h);
		move_page(self, h);
		__atomic_fetch_add(&h->round, 1, __ATOMIC_RELAXED);
		if (!self)
			beat(&number, seen, beats);
	}
}

static void other_main(uint64_t self)
{
	live((unsigned int)self, 0);
}

static void vcpu_start(unsigned int id)
{
	uint64_t top = PTR(stacks[id]) + sizeof(stacks[id]);

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = PTR(other_main);
	context.user_regs.rsp = top - 8;
	context.user_regs.rdi = id;
	context.user_regs.cs = 0xe033;
	context.user_regs.ss = 0xe02b;
	context.kernel_ss = 0xe02b;
	context.kernel_sp = top;
	context.event_callback_eip = PTR(event_callback);
	context.failsafe_callback_eip = PTR(failsafe_callback);
	context.ctrlreg[3] = mfn_of((void *)start_info->pt_base) << 12;
	require_rc(do_vcpu_op(VCPUOP_initialise, id, &context), 0);
	shared_info->vcpu_info[id].evtchn_upcall_mask = 1;
	require_rc(do_vcpu_op(VCPUOP_up, id, NULL), 0);
}

static void heart_init(unsigned int id, char *windows)
{
	struct evtchn_bind_ipi ipi = {.vcpu = id};
	struct evtchn_bind_virq timer = {.virq = VIRQ_TIMER, .vcpu = id};
	struct heart *h = &hearts[id];

	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	require_rc(do_event_op(EVTCHNOP_bind_virq, &timer), 0);
	h->ipi = ipi.port;
	h->timer = timer.port;
	h->random = 4711 + id;
	h->page = page_alloc();
	h->window = windows + id * PAGE_SIZE;
}

static uint64_t option_beats(void)
{
	const char *p = (const char *)start_info->cmd_line;

	for (; *p; p++)
		if (!memcmp(p, "beats=", 6))
			return str_to_u64(p + 6);
	return 5;
}

void guest_main(void)
{
	char *windows = window_alloc();
	unsigned int i;

	events_init();
	trap_handler = take_upcall;
	while (vcpu_count < VCPUS &&
	       do_vcpu_op(VCPUOP_is_up, vcpu_count, NULL) >= 0)
		vcpu_count++;
	for (i = 0; i < vcpu_count; i++)
		heart_init(i, windows);
	for (i = 1; i < vcpu_count; i++)
		vcpu_start(i);
	print("heart: %u vCPUs\n", vcpu_count);
	live(0, option_beats());
}
