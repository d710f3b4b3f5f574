/* SPDX-License-Identifier: MIT */
/* The frames that a guest kernel finds on its stack, bit for bit. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "pv/bounce.h"
#include "pv_fixture.h"

static struct domain *d;
static struct vcpu *v;
/* The guest kernel's stack grows down from its end. */
static uint64_t stack[64] __attribute__((aligned(512)));
#define STACK_TOP ((uintptr_t)&stack[60])

#define HANDLER	  0xffffffff81234560ull
#define RIP	  0x00007fedcba98765ull
#define ALL_FLAGS 0x0000000000257fd7ull

static void setup(void)
{
	struct cpu_regs *r;

	world_init();
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
	v->info->evtchn_upcall_mask = 0;
	r = &v->arch.regs;
	r->rcx = 0xc0c0c0c0c0c0c0c0;
	r->r11 = 0x1111111111111111;
	r->rip = RIP;
	r->cs = 0xe033;
	r->rflags = 0x246;
	r->rsp = STACK_TOP;
	r->ss = 0xe02b;
	r->rax = 0xa0a0;
	memset(stack, 0x5e, sizeof(stack));
}

TestSuite(bounce, .init = setup);

static void handler(unsigned int vector, unsigned int flags)
{
	v->arch.traps[vector].vector = (uint8_t)vector;
	v->arch.traps[vector].flags = (uint8_t)flags;
	v->arch.traps[vector].address = HANDLER + vector;
}

static const uint64_t *frame(void)
{
	return (const uint64_t *)(uintptr_t)v->arch.regs.rsp;
}

struct frame_row {
	char what[40];
	bool kernel;
	uint8_t mask, iopl;
	uint64_t cs, rflags; /* as they are */
	uint64_t frame_cs, frame_rflags;
};

#define IF 0x200ull

ParameterizedTestParameters(bounce, what_the_frame_says_of_where_it_came_from)
{
	static struct frame_row rows[] = {
		{"kernel, events on", true, 0, 0, 0xe033, 0x246, 0xe030, 0x246},
		{"kernel, events masked", true, 1, 0, 0xe033, 0x246,
		 0x10000e030, 0x046},
		{"user, events on", false, 0, 0, 0x33, 0x246, 0x33, 0x246},
		{"user, events masked", false, 1, 0, 0x33, 0x246, 0x100000033,
		 0x046},
		{"user, compatibility", false, 0, 0, 0x23, 0x202, 0x23, 0x202},
		{"IOPL is the guest's", true, 0, 1, 0xe033, 0x246, 0xe030,
		 0x1246},
		{"IOPL is not the CPU's", true, 0, 0, 0xe033, 0x3246, 0xe030,
		 0x246},
		{"IOPL 3 for users", false, 0, 3, 0x33, 0x246, 0x33, 0x3246},
		{"IF is the mask's alone", true, 0, 0, 0xe033, 0x046, 0xe030,
		 0x246},
		{"all other flags", false, 0, 0, 0x33, ALL_FLAGS, 0x33,
		 (ALL_FLAGS & ~0x3000ull) | IF},
		{"upper bits of the selector", false, 0, 0, 0xabcd00000033ull,
		 0x246, 0x33, 0x246},
	};

	return cr_make_param_array(struct frame_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct frame_row *row, bounce,
		  what_the_frame_says_of_where_it_came_from)
{
	struct cpu_regs *r = &v->arch.regs;
	const uint64_t *f;

	handler(X86_TRAP_UD, 0);
	v->arch.kernel_mode = row->kernel;
	v->arch.iopl = row->iopl;
	v->info->evtchn_upcall_mask = row->mask;
	r->cs = row->cs;
	r->rflags = row->rflags;
	r->ss = 0xffff000000000000ull | 0xe02b;
	if (!row->kernel) {
		r->rsp = 0x7fff00001238;
		v->arch.kernel_sp = STACK_TOP;
	}
	bounce_trap(v, X86_TRAP_UD, 77);
	f = frame();
	cr_assert_eq(r->rsp, STACK_TOP - 7 * 8, "%s", row->what);
	cr_assert_eq(f[0], 0xc0c0c0c0c0c0c0c0, "%s", row->what);
	cr_assert_eq(f[1], 0x1111111111111111, "%s", row->what);
	cr_assert_eq(f[2], RIP, "%s", row->what);
	cr_assert_eq(f[3], row->frame_cs, "%s: %#lx", row->what, (long)f[3]);
	cr_assert_eq(f[4], row->frame_rflags, "%s: %#lx", row->what,
		     (long)f[4]);
	cr_assert_eq(f[5], row->kernel ? STACK_TOP : 0x7fff00001238, "%s",
		     row->what);
	cr_assert_eq(f[6], 0xe02b, "%s", row->what);
	cr_assert_eq(f[7], 0x5e5e5e5e5e5e5e5e, "%s", row->what);
	cr_assert_eq(f[-1], 0x5e5e5e5e5e5e5e5e, "%s", row->what);
	/* And where it goes. */
	cr_assert_eq(r->rip, HANDLER + X86_TRAP_UD);
	cr_assert_eq(r->cs, FLAT_KERNEL_CS);
	cr_assert_eq(r->ss, FLAT_KERNEL_SS);
	cr_assert_eq(v->arch.kernel_mode, 1);
	cr_assert_eq(r->rflags & (IF | 2), IF | 2);
	/* TF DF IOPL NT RF VM AC: not the handler's. */
	cr_assert_eq(r->rflags & 0x77500, 0, "%s: %#lx", row->what,
		     (long)r->rflags);
	cr_assert_eq(r->rax, 0xa0a0);
	cr_assert_eq(v->info->evtchn_upcall_mask, row->mask);
}

Test(bounce, the_stack_is_aligned_before_the_frame)
{
	unsigned int off;

	handler(X86_TRAP_UD, 0);
	for (off = 0; off < 32; off++) {
		uint64_t sp = STACK_TOP - off;

		v->arch.regs.rsp = sp;
		v->arch.kernel_mode = 1;
		bounce_trap(v, X86_TRAP_UD, 0);
		cr_assert_eq(v->arch.regs.rsp, (sp & ~15ull) - 56);
		cr_assert_eq(frame()[5], sp);
	}
}

Test(bounce, error_codes_are_pushed_by_the_traps_that_have_one)
{
	unsigned int vector;

	for (vector = 0; vector < 32; vector++) {
		bool has = vector == 8 || (vector >= 10 && vector <= 14) ||
			   vector == 17;

		handler(vector, 0);
		v->arch.regs.rsp = STACK_TOP;
		v->arch.regs.rip = RIP;
		bounce_trap(v, vector, 0x9abc);
		cr_assert_eq(v->arch.regs.rsp, STACK_TOP - (has ? 64 : 56),
			     "vector %u", vector);
		if (has)
			cr_assert_eq(frame()[2], 0x9abc);
		cr_assert_eq(frame()[has ? 3 : 2], RIP);
		cr_assert_eq(v->arch.regs.rip, HANDLER + vector);
	}
}

Test(bounce, a_handler_that_asks_for_it_runs_with_events_masked)
{
	handler(X86_TRAP_UD, 4);
	bounce_trap(v, X86_TRAP_UD, 0);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
	/* The frame says how it was. */
	cr_assert_eq(frame()[3] >> 32, 0);
	cr_assert(frame()[4] & IF);
}

struct pf_row {
	bool kernel;
	uint32_t cpu, guest;
};

ParameterizedTestParameters(bounce, page_faults_say_the_guests_own_mode)
{
	static struct pf_row rows[] = {
		{true, 4, 0},  {true, 6, 2},   {true, 7, 3},
		{true, 0, 0},  {false, 4, 4},  {false, 0, 4},
		{false, 7, 7}, {true, 20, 16}, {false, 21, 21},
	};

	return cr_make_param_array(struct pf_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct pf_row *row, bounce,
		  page_faults_say_the_guests_own_mode)
{
	handler(X86_TRAP_PF, 4);
	v->arch.kernel_mode = row->kernel;
	v->arch.kernel_sp = STACK_TOP;
	bounce_page_fault(v, 0xdeadbeef000, row->cpu);
	cr_assert_eq(v->info->arch.cr2, 0xdeadbeef000);
	cr_assert_eq(frame()[2], row->guest);
}

Test(bounce, the_failsafe_callback_gets_the_selectors)
{
	struct cpu_regs *r = &v->arch.regs;
	const uint64_t *f;

	r->ds = 0xd5;
	r->es = 0xe5;
	r->fs = 0xf5;
	r->gs = 0x65;
	v->arch.failsafe_eip = HANDLER;
	v->arch.failsafe_masks = 1;
	bounce_failsafe(v);
	f = frame();
	cr_assert_eq(r->rsp, STACK_TOP - 11 * 8);
	cr_assert_eq(f[0], 0xc0c0c0c0c0c0c0c0);
	cr_assert_eq(f[1], 0x1111111111111111);
	cr_assert_eq(f[2], 0xd5);
	cr_assert_eq(f[3], 0xe5);
	cr_assert_eq(f[4], 0xf5);
	cr_assert_eq(f[5], 0x65);
	cr_assert_eq(f[6], RIP);
	cr_assert_eq(f[7], 0xe030);
	cr_assert_eq(f[9], STACK_TOP);
	cr_assert_eq(f[10], 0xe02b);
	cr_assert_eq(r->rip, HANDLER);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
}

Test(bounce, events_mask_further_ones_and_callbacks_as_asked)
{
	v->arch.event_eip = HANDLER;
	bounce_event(v);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
	cr_assert_eq(v->arch.regs.rip, HANDLER);
	v->info->evtchn_upcall_mask = 0;
	bounce_callback(v, HANDLER + 1, false);
	cr_assert_eq(v->info->evtchn_upcall_mask, 0);
	cr_assert_eq(v->arch.regs.rip, HANDLER + 1);
	bounce_callback(v, HANDLER + 2, true);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
}

struct pending_row {
	char what[40];
	bool nmi, nmi_handler, event, masked, callback;
	uint64_t rip;
};

ParameterizedTestParameters(bounce, what_is_delivered_on_the_way_out)
{
	static struct pending_row rows[] = {
		{"nothing", 0, 1, 0, 0, 1, RIP},
		{"an event", 0, 1, 1, 0, 1, HANDLER + 100},
		{"a masked event", 0, 1, 1, 1, 1, RIP},
		{"an event without callback", 0, 1, 1, 0, 0, RIP},
		{"an NMI", 1, 1, 0, 1, 1, HANDLER + 2},
		{"an NMI before an event", 1, 1, 1, 0, 1, HANDLER + 2},
		{"an NMI without handler", 1, 0, 0, 0, 1, RIP},
		{"the same with an event", 1, 0, 1, 0, 1, HANDLER + 100},
	};

	return cr_make_param_array(struct pending_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct pending_row *row, bounce,
		  what_is_delivered_on_the_way_out)
{
	v->nmi_pending = row->nmi;
	if (row->nmi_handler)
		handler(X86_TRAP_NMI, 4);
	v->info->evtchn_upcall_pending = row->event;
	v->info->evtchn_upcall_mask = row->masked;
	v->arch.event_eip = row->callback ? HANDLER + 100 : 0;
	bounce_pending(v);
	cr_assert_eq(v->arch.regs.rip, row->rip, "%s", row->what);
	cr_assert_not(v->nmi_pending);
	cr_assert_eq(v->info->evtchn_upcall_pending, row->event);
}

/* XSA-183, 215: a kernel stack that is not the guest's to write. */
struct stack_row {
	uint64_t sp;
};

ParameterizedTestParameters(bounce, a_bad_kernel_stack_ends_the_guest)
{
	static struct stack_row rows[] = {
		{0},
		{FAKE_GUEST_BAD},
		{HV_VIRT_START},
		{HV_VIRT_START + 8},
		{HV_VIRT_START + 4096},
		{HV_VIRT_END},
		{HV_VIRT_END + 8},
		{1ull << 47},
		{1ull << 63},
	};

	return cr_make_param_array(struct stack_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct stack_row *row, bounce,
		  a_bad_kernel_stack_ends_the_guest)
{
	handler(X86_TRAP_UD, 0);
	v->arch.regs.rsp = row->sp;
	bounce_trap(v, X86_TRAP_UD, 0);
	cr_assert(d->shut_down, "%#lx", (long)row->sp);
	cr_assert_eq(d->shutdown_reason, 3);
	cr_assert_gt(fake_sched_requests, 0);
}

Test(bounce, a_stack_that_cannot_be_written_ends_the_guest)
{
	fake_guest_hole(stack, sizeof(stack), true);
	handler(X86_TRAP_UD, 0);
	bounce_trap(v, X86_TRAP_UD, 0);
	cr_assert(d->shut_down);
}

Test(bounce, a_trap_without_handler_ends_the_guest)
{
	bounce_trap(v, X86_TRAP_UD, 0);
	cr_assert(d->shut_down);
	cr_assert_eq(v->arch.regs.rip, RIP);
}

Test(bounce, a_failed_return_without_failsafe_callback_ends_the_guest)
{
	bounce_failsafe(v);
	cr_assert(d->shut_down);
}
