/* SPDX-License-Identifier: MIT */
/*
 * hostile: a guest that wants more than its share. Each of its vCPUs does one
 * of these, again and again, with events masked:
 *
 *   spin   nothing at all
 *   fault  touches what is not mapped, and returns to it
 *   timer  sets its timer to what has passed, and a period as short as it may
 *   batch  the longest hypercall that there is: thousands of page-table updates
 *   pin    validates and lets go of a page table
 *   yield  gives its CPU up at once
 *   flood  sends an event: to itself, or through "port=N" of "victim=DOMID"
 *
 * And its victim, which only computes, with events unmasked:
 *
 *   take   offers a port to the domain that comes next, says which, and later
 *          that it took some events
 *
 * With "how=NAME" on the command line it does that for ever: what it costs
 * others is for them to see (tests/system/test_hostile.c). Without, it does
 * each some times, and is content if the hypervisor comes back.
 *
 * run with: 2 CPUs
 */
#include "guest.h"

enum { ROUNDS = 2000, BATCH = 4096, MANY = 20 };

struct attack {
	const char *name;
	void (*once)(unsigned int self);
	unsigned int rounds;
};

static struct mmu_update batch[BATCH];
static uint64_t *table[SMP_MAX];
static volatile uint64_t *nowhere;
static uint64_t faults_left[SMP_MAX];
static bool for_ever;
static const struct attack *chosen;
static unsigned int finished;
static evtchn_port_t flood_port, take_port;

static void spin(unsigned int self)
{
	(void)self;
	for (unsigned int i = 0; i < 1000; i++)
		__asm__ volatile("pause");
}

/* Goes back to the instruction, until the faults are used up. */
static bool on_fault(struct trap_frame *frame, uint64_t cr2)
{
	unsigned int self = (unsigned int)frame->rbx;

	(void)cr2;
	if (frame->vector != TRAP_PF || frame->rdi != PTR(nowhere))
		return false;
	if (for_ever || faults_left[self]--)
		return true;
	frame->rip = frame->rsi;
	return true;
}

static void fault(unsigned int self)
{
	uint64_t id = self;

	faults_left[self] = ROUNDS;
	__asm__ volatile("lea 1f(%%rip), %%rsi\n\t"
			 "mov (%%rdi), %%al\n"
			 "1:"
			 :
			 : "D"(nowhere), "b"(id)
			 : "rax", "rsi", "memory");
}

static void timer(unsigned int self)
{
	struct vcpu_set_periodic_timer periodic = {.period_ns = 1000000};
	struct vcpu_set_singleshot_timer shot = {.timeout_abs_ns = 1};

	expect_rc(do_vcpu_op(VCPUOP_set_singleshot_timer, self, &shot), 0);
	expect_rc(do_vcpu_op(VCPUOP_set_periodic_timer, self, &periodic), 0);
	expect_rc(hypercall1(__HYPERVISOR_set_timer_op, 1), 0);
}

static void updates(unsigned int self)
{
	uint64_t done = 0;

	(void)self;
	expect_rc(hypercall4(__HYPERVISOR_mmu_update, PTR(batch), BATCH,
			     PTR(&done), DOMID_SELF),
		  0);
}

static void pin(unsigned int self)
{
	uint64_t mfn = mfn_of(table[self]);

	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0);
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
}

static void yield(unsigned int self)
{
	(void)self;
	do_sched_op(SCHEDOP_yield, NULL);
}

static void flood(unsigned int self)
{
	(void)self;
	event_send(flood_port);
}

/* Of vCPU 0 only. */
static void take(unsigned int self)
{
	static bool told;

	spin(self);
	if (told || event_count[take_port] < MANY)
		return;
	told = true;
	print("hostile: took %u events\n", event_count[take_port]);
}

static const struct attack attacks[] = {
	{"spin", spin, ROUNDS},	  {"fault", fault, 1},
	{"timer", timer, ROUNDS}, {"batch", updates, 20},
	{"pin", pin, 200},	  {"yield", yield, ROUNDS},
	{"take", take, 0},	  {"flood", flood, ROUNDS},
};

static void attack(unsigned int self)
{
	traps_init();
	while (for_ever)
		chosen->once(self);
	for (unsigned int i = 0; i < ARRAY_SIZE(attacks); i++)
		for (unsigned int n = 0; n < attacks[i].rounds; n++)
			attacks[i].once(self);
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
}

/* A table full of entries to check, for each; one page-table word to write. */
static void tables_make(unsigned int vcpus)
{
	uint64_t *data = page_alloc(), *window = window_alloc();
	uint64_t entry = pte_make(mfn_of(data), PTE_RO);

	for (unsigned int v = 0; v < vcpus; v++) {
		table[v] = page_alloc();
		for (unsigned int i = 0; i < 512; i++)
			table[v][i] = entry;
		page_set_ro(table[v]);
	}
	for (unsigned int i = 0; i < BATCH; i++)
		batch[i] = (struct mmu_update){
			.ptr = pte_maddr(window, 1) | MMU_NORMAL_PT_UPDATE,
			.val = i % 2 ? entry : 0,
		};
	nowhere = window + 512;
}

/* NAME=NUMBER on the command line; 0: not there. */
static uint64_t option(const char *name)
{
	const char *at = (const char *)start_info->cmd_line;
	size_t n = strlen(name);

	for (; *at; at++)
		if (!memcmp(at, name, n) && at[n] == '=')
			return str_to_u64(at + n + 1);
	return 0;
}

static void flood_begin(void)
{
	domid_t victim = (domid_t)option("victim");
	struct evtchn_bind_interdomain op = {
		.remote_dom = victim ? victim : DOMID_SELF,
		.remote_port = (evtchn_port_t)option("port"),
	};

	if (!victim)
		op.remote_port = event_alloc_unbound(DOMID_SELF);
	require_rc(do_event_op(EVTCHNOP_bind_interdomain, &op), 0);
	flood_port = op.local_port;
}

static void take_begin(void)
{
	domid_t next = (domid_t)(self_domid() + 1);

	events_init();
	take_port = event_alloc_unbound(next);
	event_unmask(take_port);
	events_on();
	print("hostile: port %u is for domain %u\n", take_port, next);
}

void guest_main(void)
{
	const char *line = (const char *)start_info->cmd_line;
	unsigned int vcpus = smp_count();

	for (unsigned int i = 0; i < ARRAY_SIZE(attacks); i++) {
		char word[16];

		format(word, sizeof(word), "how=%s", attacks[i].name);
		if (str_has(line, word))
			chosen = &attacks[i];
	}
	for_ever = chosen;
	tables_make(vcpus);
	trap_handler = on_fault;
	if (for_ever && chosen->once == take)
		take_begin();
	else
		flood_begin();
	if (for_ever)
		print("hostile: %u vCPUs, %s\n", vcpus, chosen->name);
	for (unsigned int v = 1; v < vcpus; v++)
		smp_start(v, attack);
	attack(0);
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < vcpus)
		do_sched_op(SCHEDOP_yield, NULL);
	success("%u vCPUs did their worst", vcpus);
}
