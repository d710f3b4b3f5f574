/* SPDX-License-Identifier: MIT */
/*
 * Instructions that trap in ring 3, done for the guest: what each does, to
 * whom it is refused, and that a refused one leaves everything as it was.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "pv/bounce.h"
#include "pv/emulate.h"
#include "pv_fixture.h"

#define HANDLER 0xffffffff81234560ull

static struct domain *d, *zero;
static struct vcpu *v, *z;
static uint8_t code[64];
static uint64_t memory[64];
static uint64_t stack[128] __attribute__((aligned(512)));

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
	z = zero->vcpu[0];
}

TestSuite(emulate, .init = setup);

/* At v's rip; its registers as the last test row left them but for these. */
static void insn(struct vcpu *t, const char *bytes, size_t n)
{
	struct cpu_regs *r = &t->arch.regs;
	unsigned int i;

	memset(code, 0x90, sizeof(code));
	memcpy(code, bytes, n);
	for (i = 0; i < 15; i++)
		(&r->r15)[i] = 0x0101010101010101ull * (i + 1);
	r->rip = (uintptr_t)code;
	r->cs = 0xe033;
	r->rflags = 0x10246; /* RF set: it goes with the instruction */
	r->rsp = (uintptr_t)&stack[120];
	r->ss = 0xe02b;
}

#define INSN(t, bytes) insn(t, bytes, sizeof(bytes) - 1)

static struct cpu_regs saved;

static bool run(struct vcpu *t)
{
	saved = t->arch.regs;
	return emulate_privileged(t);
}

static void assert_untouched(struct vcpu *t, const char *what)
{
	cr_assert_eq(memcmp(&saved, &t->arch.regs, sizeof(saved)), 0,
		     "%s changed registers", what);
}

static void assert_advanced(struct vcpu *t, unsigned int bytes)
{
	cr_assert_eq(t->arch.regs.rip, saved.rip + bytes);
	cr_assert_eq(t->arch.regs.rflags, saved.rflags & ~0x10000ull);
}

struct refused_row {
	char what[24];
	uint8_t bytes[8];
	unsigned int n;
};

ParameterizedTestParameters(emulate, what_is_not_done_changes_nothing)
{
	static struct refused_row rows[] = {
		{"nop", {0x90}, 1},
		{"ud2", {0x0f, 0x0b}, 2},
		{"a write", {0x48, 0x89, 0x03}, 3},
		{"mov to cr3", {0x0f, 0x22, 0xd8}, 3},
		{"mov from cr8", {0x44, 0x0f, 0x20, 0xc0}, 4},
		{"mov to cr8", {0x44, 0x0f, 0x22, 0xc0}, 4},
		{"lgdt", {0x0f, 0x01, 0x13}, 3},
		{"lidt", {0x0f, 0x01, 0x1b}, 3},
		{"ltr", {0x0f, 0x00, 0xd8}, 3},
		{"lldt", {0x0f, 0x00, 0xd0}, 3},
		{"xsetbv", {0x0f, 0x01, 0xd1}, 3},
		{"rdpmc", {0x0f, 0x33}, 2},
		{"invd", {0x0f, 0x08}, 2},
		{"iretq", {0x48, 0xcf}, 2},
		{"sysretq", {0x48, 0x0f, 0x07}, 3},
		{"swapgs", {0x0f, 0x01, 0xf8}, 3},
		{"cli, IOPL 0", {0xfa}, 1},
		{"sti, IOPL 0", {0xfb}, 1},
		{"forced cpuid", {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2}, 7},
		{"mov from dr4", {0x0f, 0x21, 0xe0}, 3},
		{"mov to dr5", {0x0f, 0x23, 0xe8}, 3},
		{"rdmsr, unknown", {0x0f, 0x32}, 2},
		{"wrmsr, unknown", {0x0f, 0x30}, 2},
	};

	return cr_make_param_array(struct refused_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct refused_row *row, emulate,
		  what_is_not_done_changes_nothing)
{
	insn(v, (const char *)row->bytes, row->n);
	cr_assert_not(run(v), "%s", row->what);
	assert_untouched(v, row->what);
}

ParameterizedTestParameters(emulate, users_get_nothing_of_the_kernels)
{
	static struct refused_row rows[] = {
		{"cli", {0xfa}, 1},
		{"hlt", {0xf4}, 1},
		{"clts", {0x0f, 0x06}, 2},
		{"mov from cr0", {0x0f, 0x20, 0xc0}, 3},
		{"mov from cr2", {0x0f, 0x20, 0xd0}, 3},
		{"mov to cr0", {0x0f, 0x22, 0xc0}, 3},
		{"mov to dr7", {0x0f, 0x23, 0xf8}, 3},
		{"mov from dr6", {0x0f, 0x21, 0xf0}, 3},
		{"rdmsr", {0x0f, 0x32}, 2},
		{"wrmsr", {0x0f, 0x30}, 2},
		{"invlpg", {0x0f, 0x01, 0x3b}, 3},
		{"wbinvd", {0x0f, 0x09}, 2},
		{"in", {0xec}, 1},
		{"out", {0xee}, 1},
		{"insb", {0x6c}, 1},
		{"outsb", {0x6e}, 1},
	};

	return cr_make_param_array(struct refused_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct refused_row *row, emulate,
		  users_get_nothing_of_the_kernels)
{
	unsigned int flushes = fake_page_flushes;

	fake_msr = 0x01010101;
	v->arch.kernel_mode = 0;
	v->arch.iopl = 1;
	insn(v, (const char *)row->bytes, row->n);
	v->arch.regs.cs = 0x33;
	fake_msr = (uint32_t)v->arch.regs.rcx;
	cr_assert_not(run(v), "%s", row->what);
	assert_untouched(v, row->what);
	cr_assert_eq(fake_port_reads + fake_port_writes, 0, "%s", row->what);
	cr_assert_eq(fake_page_flushes, flushes);
	cr_assert_not(v->blocked);
	cr_assert_eq(v->arch.kernel_mode, 0);
}

Test(emulate, an_instruction_that_cannot_be_fetched_is_left_alone)
{
	INSN(v, "\xfa");
	v->arch.regs.rip = FAKE_GUEST_BAD;
	cr_assert_not(run(v));
	v->arch.regs.rip = HV_VIRT_START;
	cr_assert_not(run(v));
	cr_assert_not(emulate_forced(v));
}

Test(emulate, an_instruction_at_the_end_of_what_is_mapped_is_done)
{
	static uint8_t pages[2][4096] __attribute__((aligned(4096)));

	fake_guest_hole(pages[1], 4096, false);
	INSN(v, "");
	v->arch.iopl = 1;
	pages[0][4095] = 0xfa;
	v->arch.regs.rip = (uintptr_t)&pages[0][4095];
	cr_assert(run(v));
	assert_advanced(v, 1);
	/* Cut off. */
	pages[0][4095] = 0x0f;
	v->arch.regs.rip = (uintptr_t)&pages[0][4095];
	cr_assert_not(run(v));
}

Test(emulate, ports_are_read_and_written_with_their_width)
{
	INSN(v, "\x66\xef"); /* out %ax, (%dx) */
	v->arch.regs.rdx = 0xffff1234cf8;
	v->arch.regs.rax = 0xaabbccdd;
	cr_assert(run(v));
	assert_advanced(v, 2);
	cr_assert_eq(fake_port, 0x4cf8);
	cr_assert_eq(fake_port_size, 2);
	INSN(v, "\xe6\x80"); /* out %al, $0x80 */
	cr_assert(run(v));
	cr_assert_eq(fake_port, 0x80);
	cr_assert_eq(fake_port_size, 1);
	fake_port_in = 0x12345678;
	INSN(v, "\xec");
	v->arch.regs.rax = ~0ull;
	cr_assert(run(v));
	cr_assert_eq(v->arch.regs.rax, 0xffffffffffffff78ull);
	INSN(v, "\x66\xed");
	v->arch.regs.rax = ~0ull;
	cr_assert(run(v));
	cr_assert_eq(v->arch.regs.rax, 0xffffffffffff5678ull);
	INSN(v, "\xed");
	v->arch.regs.rax = ~0ull;
	cr_assert(run(v));
	cr_assert_eq(v->arch.regs.rax, 0x12345678);
}

struct bitmap_row {
	uint16_t port;
	unsigned int size;
	uint32_t ports; /* as many does the bitmap have */
	uint64_t clear; /* bit n: port 0x60 + n is open */
	bool ok;
};

ParameterizedTestParameters(emulate, users_of_domain_zero_need_the_bitmap)
{
	static struct bitmap_row rows[] = {
		{0x60, 1, 65536, 1, true},
		{0x61, 1, 65536, 1, false},
		{0x60, 2, 65536, 1, false},
		{0x60, 2, 65536, 3, true},
		{0x67, 4, 65536, 0xf << 7, true},
		{0x67, 4, 65536, 0xb << 7, false},
		{0x60, 1, 0x60, 1, false},
		{0x60, 1, 0x61, 1, true},
		{0x60, 2, 0x61, 3, false},
		{0x60, 1, 0, 1, false},
	};

	return cr_make_param_array(struct bitmap_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct bitmap_row *row, emulate,
		  users_of_domain_zero_need_the_bitmap)
{
	static uint8_t bitmap[8193];
	const char *bytes[] = {"", "\xec", "\x66\xed", "", "\xed"};
	unsigned int i;

	memset(bitmap, 0xff, sizeof(bitmap));
	for (i = 0; i < 64; i++)
		if (row->clear >> i & 1)
			bitmap[(0x60 + i) / 8] &=
				(uint8_t) ~(1u << (0x60 + i) % 8);
	z->arch.kernel_mode = v->arch.kernel_mode = 0;
	z->arch.iobitmap_va = v->arch.iobitmap_va = (uintptr_t)bitmap;
	z->arch.iobitmap_ports = v->arch.iobitmap_ports = row->ports;
	insn(z, bytes[row->size], row->size == 2 ? 2 : 1);
	z->arch.regs.rdx = row->port;
	cr_assert_eq(run(z), row->ok, "port %#x", row->port);
	cr_assert_eq(fake_port_reads, row->ok);
	cr_assert_eq(z->arch.kernel_mode, 0);
	/* No bitmap gives a plain guest's user anything. */
	insn(v, bytes[row->size], row->size == 2 ? 2 : 1);
	v->arch.regs.rdx = row->port;
	cr_assert_not(run(v));
}

Test(emulate, the_last_port_s_bit_is_looked_at_within_the_bitmap)
{
	static uint8_t bitmap[8193];

	z->arch.kernel_mode = 0;
	z->arch.iobitmap_va = (uintptr_t)bitmap;
	z->arch.iobitmap_ports = 65536;
	INSN(z, "\xec");
	z->arch.regs.rdx = 0xffff;
	cr_assert(run(z));
	INSN(z, "\x66\xed");
	z->arch.regs.rdx = 0xffff;
	cr_assert_not(run(z), "two ports from the last on");
}

Test(emulate, string_input_goes_step_by_step_through_the_gate)
{
	struct cpu_regs *r = &v->arch.regs;

	fake_port_in = 0x44332211;
	memory[0] = ~0ull;
	INSN(v, "\xf3\x6d"); /* rep insl */
	r->rcx = 2;
	r->rdi = (uintptr_t)memory;
	cr_assert(run(v));
	cr_assert_eq(r->rip, saved.rip, "one more to do");
	cr_assert_eq(r->rcx, 1);
	cr_assert_eq(r->rdi, (uintptr_t)memory + 4);
	cr_assert_eq(memory[0], 0xffffffff44332211ull);
	cr_assert(run(v));
	cr_assert_eq(r->rip, saved.rip + 2);
	cr_assert_eq(r->rcx, 0);
	/* None to do. */
	INSN(v, "\xf3\x6d");
	r->rcx = 0;
	r->rdi = FAKE_GUEST_BAD;
	fake_port_reads = 0;
	cr_assert(run(v));
	assert_advanced(v, 2);
	cr_assert_eq(fake_port_reads, 0);
}

Test(emulate, string_output_reads_through_the_gate)
{
	struct cpu_regs *r = &v->arch.regs;

	memory[0] = 0x1122334455667788;
	INSN(v, "\x6f"); /* outsl */
	r->rsi = (uintptr_t)memory + 2;
	r->rdx = 0x3f8;
	cr_assert(run(v));
	assert_advanced(v, 1);
	cr_assert_eq(fake_port_out, 0x33445566);
	cr_assert_eq(r->rsi, (uintptr_t)memory + 6);
	INSN(v, "\x6f");
	r->rsi = (uintptr_t)memory + 2;
	r->rflags |= 1u << 10;
	cr_assert(run(v));
	cr_assert_eq(r->rsi, (uintptr_t)memory - 2);
}

Test(emulate, string_access_that_faults_is_the_guests_page_fault)
{
	struct cpu_regs *r = &v->arch.regs;
	const struct trap_info pf = {14, 4, 0xe033, 0, HANDLER};

	v->arch.traps[14] = pf;
	INSN(v, "\x6d");
	r->rdi = HV_VIRT_START + 0x123;
	fake_port_reads = 0;
	cr_assert(run(v));
	cr_assert_eq(r->rip, HANDLER);
	cr_assert_eq(v->info->arch.cr2, HV_VIRT_START + 0x123);
	cr_assert_eq(r->rdi, saved.rdi);
	INSN(v, "\x6f");
	r->rsi = FAKE_GUEST_BAD;
	fake_port_writes = 0;
	cr_assert(run(v));
	cr_assert_eq(r->rip, HANDLER);
	cr_assert_eq(fake_port_writes, 0);
}

/* The address of a fault is where the access failed, not where it began. */
Test(emulate, string_access_into_the_next_page_names_that_page)
{
	static uint8_t two_pages[2 * 4096] __attribute__((aligned(4096)));
	struct cpu_regs *r = &v->arch.regs;
	const uint64_t *frame;
	unsigned int write, before;

	v->arch.traps[14].address = HANDLER;
	for (write = 0; write < 2; write++) {
		for (before = 1; before < 4; before++) {
			uint64_t at = (uintptr_t)&two_pages[4096 - before];

			fake_guest_hole(&two_pages[4096], 4096, false);
			insn(v, write ? "\x6d" : "\x6f", 1);
			r->rsi = r->rdi = at;
			cr_assert(run(v));
			cr_assert_eq(r->rip, HANDLER);
			cr_assert_eq(v->info->arch.cr2, at + before);
			frame = (const uint64_t *)(uintptr_t)r->rsp;
			cr_assert_eq(frame[2], write * 2, "not present");
			/* Both pages are missing: the first is at fault. */
			fake_guest_hole(two_pages, 8192, false);
			insn(v, write ? "\x6d" : "\x6f", 1);
			r->rsi = r->rdi = at;
			cr_assert(run(v));
			cr_assert_eq(v->info->arch.cr2, at);
		}
	}
	/* The second page may only be read. */
	fake_guest_hole(&two_pages[4096], 4096, true);
	INSN(v, "\x6d");
	r->rdi = (uintptr_t)&two_pages[4094];
	cr_assert(run(v));
	cr_assert_eq(v->info->arch.cr2, (uintptr_t)&two_pages[4096]);
	frame = (const uint64_t *)(uintptr_t)r->rsp;
	cr_assert_eq(frame[2], 3);
}

struct step_row {
	char what[16];
	uint8_t bytes[8];
	uint8_t n, advances;
	bool forced, user;
};

ParameterizedTestParameters(emulate, a_single_step_ends_each_instruction)
{
	static struct step_row rows[] = {
		{"mov from cr0", {0x0f, 0x20, 0xc0}, 3, 3, false, false},
		{"clts", {0x0f, 0x06}, 2, 2, false, false},
		{"out", {0xee}, 1, 1, false, false},
		{"in by a user", {0xec}, 1, 1, false, true},
		{"outsb", {0x6e}, 1, 1, false, false},
		{"rep outsb", {0xf3, 0x6e}, 2, 0, false, false},
		{"cpuid",
		 {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2},
		 7,
		 7,
		 true,
		 false},
	};

	return cr_make_param_array(struct step_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct step_row *row, emulate,
		  a_single_step_ends_each_instruction)
{
	static uint8_t bitmap[8192];
	struct vcpu *t = row->user ? z : v;
	struct cpu_regs *r = &t->arch.regs;
	const uint64_t *frame;

	t->arch.traps[1].address = HANDLER + 1;
	t->arch.kernel_sp = (uintptr_t)&stack[120];
	t->arch.kernel_mode = !row->user;
	t->arch.iobitmap_va = (uintptr_t)bitmap;
	t->arch.iobitmap_ports = 65536;
	insn(t, (const char *)row->bytes, row->n);
	r->rdx = 0x3f8;
	r->rsi = (uintptr_t)memory;
	r->rflags |= 1u << 8;
	t->arch.debugreg[6] = 0xffff0ff0;
	saved = *r;
	cr_assert(row->forced ? emulate_forced(t) : emulate_privileged(t));
	cr_assert_eq(r->rip, HANDLER + 1, "%s", row->what);
	cr_assert_eq(t->arch.debugreg[6], 0xffff4ff0);
	cr_assert_eq(r->rflags & 1u << 8, 0, "the handler runs free");
	frame = (const uint64_t *)(uintptr_t)r->rsp;
	cr_assert_eq(frame[2], saved.rip + row->advances, "%s", row->what);
	cr_assert_neq(frame[4] & 1u << 8, 0, "what is to be resumed does not");
}

Test(emulate, a_fault_is_no_single_step)
{
	struct cpu_regs *r = &v->arch.regs;

	v->arch.traps[14].address = HANDLER;
	INSN(v, "\x6f");
	r->rsi = FAKE_GUEST_BAD;
	r->rflags |= 1u << 8;
	v->arch.debugreg[6] = 0xffff0ff0;
	cr_assert(run(v));
	cr_assert_eq(r->rip, HANDLER);
	cr_assert_eq(v->arch.debugreg[6], 0xffff0ff0);
}

Test(emulate, control_registers_are_what_the_guest_thinks_they_are)
{
	struct cpu_regs *r = &v->arch.regs;

	INSN(v, "\x0f\x20\xc3"); /* mov %cr0, %rbx */
	v->arch.ts = 1;
	cr_assert(run(v));
	assert_advanced(v, 3);
	cr_assert_eq(r->rbx, 0x8005003b);
	v->info->arch.cr2 = 0x1234;
	INSN(v, "\x41\x0f\x20\xd1"); /* mov %cr2, %r9 */
	cr_assert(run(v));
	cr_assert_eq(r->r9, 0x1234);
	INSN(v, "\x0f\x20\xd8"); /* mov %cr3, %rax */
	cr_assert(run(v));
	cr_assert_eq(r->rax, v->arch.kernel_cr3);
	INSN(v, "\x0f\x22\xc0"); /* mov %rax, %cr0 */
	r->rax = 0x80050033;
	cr_assert(run(v));
	cr_assert_eq(v->arch.ts, 0);
	INSN(v, "\x0f\x22\xc0");
	r->rax = 0x8005003b;
	cr_assert(run(v));
	cr_assert_eq(v->arch.ts, 1);
	INSN(v, "\x0f\x06"); /* clts */
	cr_assert(run(v));
	cr_assert_eq(v->arch.ts, 0);
	INSN(v, "\x0f\x22\xd0"); /* mov %rax, %cr2 */
	r->rax = 0x5678;
	cr_assert(run(v));
	cr_assert_eq(v->info->arch.cr2, 0x5678);
}

Test(emulate, cr0_cannot_be_other_than_it_is)
{
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		if (bit == 3)
			continue;
		INSN(v, "\x0f\x22\xc0");
		v->arch.regs.rax = 0x80050033ull ^ 1ull << bit;
		cr_assert_not(run(v), "bit %u", bit);
		assert_untouched(v, "mov to cr0");
		cr_assert_eq(v->arch.ts, 0);
	}
}

Test(emulate, cr4_keeps_no_bit_that_the_machine_would_act_on)
{
	INSN(v, "\x0f\x22\xe0"); /* mov %rax, %cr4 */
	v->arch.regs.rax = ~0ull;
	cr_assert(run(v));
	/* FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP, PKE ... are not given. */
	cr_assert_eq(v->arch.cr4 & ~0x7ffull, 0);
	INSN(v, "\x0f\x20\xe1"); /* mov %cr4, %rcx */
	cr_assert(run(v));
	cr_assert_eq(v->arch.regs.rcx, v->arch.cr4);
}

Test(emulate, msrs_go_in_halves)
{
	struct cpu_regs *r = &v->arch.regs;

	fake_msr = 0xc0000080;
	INSN(v, "\x0f\x30");
	r->rcx = 0xffffffffc0000080ull;
	r->rax = 0xeeeeeeee11223344ull;
	r->rdx = 0xeeeeeeee55667788ull;
	cr_assert(run(v));
	assert_advanced(v, 2);
	cr_assert_eq(fake_msr_value, 0x5566778811223344ull);
	INSN(v, "\x0f\x32");
	r->rcx = 0xc0000080;
	cr_assert(run(v));
	cr_assert_eq(r->rax, 0x11223344);
	cr_assert_eq(r->rdx, 0x55667788);
}

Test(emulate, debug_registers_by_instruction_are_checked_like_by_call)
{
	struct cpu_regs *r = &v->arch.regs;

	INSN(v, "\x0f\x23\xc0"); /* mov %rax, %db0 */
	r->rax = HV_VIRT_START;
	cr_assert_not(run(v));
	assert_untouched(v, "mov to dr0");
	INSN(v, "\x0f\x23\xc0");
	r->rax = 0x1234;
	cr_assert(run(v));
	assert_advanced(v, 3);
	cr_assert_eq(v->arch.debugreg[0], 0x1234);
	INSN(v, "\x0f\x21\xc3"); /* mov %db0, %rbx */
	cr_assert(run(v));
	cr_assert_eq(r->rbx, 0x1234);
}

Test(emulate, cli_and_sti_need_iopl_1_and_do_nothing)
{
	v->arch.iopl = 1;
	INSN(v, "\xfa");
	cr_assert(run(v));
	assert_advanced(v, 1);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1, "as it was");
	INSN(v, "\xfb");
	cr_assert(run(v));
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
}

Test(emulate, hlt_waits_behind_the_instruction)
{
	INSN(v, "\xf4");
	cr_assert(run(v));
	assert_advanced(v, 1);
	cr_assert(v->blocked);
}

/* XSA-279: only addresses of the guest's. */
Test(emulate, invlpg_of_ours_or_of_no_address_flushes_nothing)
{
	static const uint64_t bad[] = {HV_VIRT_START, HV_VIRT_END - 1,
				       1ull << 47, 1ull << 63};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		INSN(v, "\x0f\x01\x3b"); /* invlpg (%rbx) */
		v->arch.regs.rbx = bad[i];
		cr_assert(run(v));
		assert_advanced(v, 3);
		cr_assert_eq(fake_page_flushes, 0);
	}
	INSN(v, "\x0f\x01\x7b\x08"); /* invlpg 8(%rbx) */
	v->arch.regs.rbx = WORLD_VA;
	cr_assert(run(v));
	cr_assert_eq(fake_page_flushes, 1);
	cr_assert_eq(fake_page_flushed, WORLD_VA + 8);
}

struct int_row {
	unsigned int dpl;
	bool kernel, address, taken;
};

ParameterizedTestParameters(emulate, software_interrupts_need_an_open_gate)
{
	static struct int_row rows[] = {
		{3, true, true, true},	  {3, false, true, true},
		{1, true, true, true},	  {1, false, true, false},
		{0, true, true, false},	  {0, false, true, false},
		{2, false, true, false},  {3, true, false, false},
		{3, false, false, false},
	};

	return cr_make_param_array(struct int_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct int_row *row, emulate,
		  software_interrupts_need_an_open_gate)
{
	const uint64_t *frame;

	v->arch.traps[0x80].vector = 0x80;
	v->arch.traps[0x80].flags = (uint8_t)row->dpl;
	v->arch.traps[0x80].address = row->address ? HANDLER : 0;
	v->arch.traps[13].address = HANDLER + 13;
	v->arch.kernel_sp = (uintptr_t)&stack[120];
	v->arch.kernel_mode = row->kernel;
	INSN(v, "\xcd\x80");
	cr_assert(run(v));
	frame = (const uint64_t *)(uintptr_t)v->arch.regs.rsp;
	if (row->taken) {
		cr_assert_eq(v->arch.regs.rip, HANDLER);
		cr_assert_eq(frame[2], saved.rip + 2, "returns behind it");
	} else {
		cr_assert_eq(v->arch.regs.rip, HANDLER + 13);
		cr_assert_eq(frame[2], 0x80 << 3 | 2);
		cr_assert_eq(frame[3], saved.rip, "returns to it");
	}
}

Test(emulate, software_interrupts_push_no_error_code_and_end_no_step)
{
	unsigned int vector;

	for (vector = 0; vector < 256; vector++) {
		uint8_t bytes[2] = {0xcd, (uint8_t)vector};
		const uint64_t *frame;

		v->arch.traps[vector].flags = 3;
		v->arch.traps[vector].address = HANDLER;
		v->arch.kernel_mode = 1;
		insn(v, (const char *)bytes, 2);
		v->arch.regs.rflags |= 1u << 8;
		v->arch.debugreg[6] = 0xffff0ff0;
		cr_assert(run(v));
		frame = (const uint64_t *)(uintptr_t)v->arch.regs.rsp;
		cr_assert_eq(v->arch.regs.rip, HANDLER);
		/* rcx, r11, rip, cs, rflags, rsp, ss */
		cr_assert_eq(frame[2], saved.rip + 2, "int %u", vector);
		cr_assert_eq(frame[5], saved.rsp, "int %u", vector);
		cr_assert_eq(v->arch.debugreg[6], 0xffff0ff0);
	}
}

Test(emulate, cpuid_behind_the_prefix_is_the_guests)
{
	struct cpu_regs *r = &v->arch.regs;

	INSN(v, "\x0f\x0bxen\x0f\xa2");
	r->rax = 0xffffffff40000000ull;
	r->rcx = 7;
	saved = *r;
	cr_assert(emulate_forced(v));
	assert_advanced(v, 7);
	cr_assert_eq(r->rax, 0x40000000);
	cr_assert_eq(r->rbx, 7);
	cr_assert_eq(r->rcx, 0);
	cr_assert_eq(r->rdx, 0);
	/* Nothing else may stand behind it, and it is not a plain ud2. */
	INSN(v, "\x0f\x0bxen\x0f\x30");
	saved = *r;
	cr_assert_not(emulate_forced(v));
	INSN(v, "\x0f\x0bxeN\x0f\xa2");
	cr_assert_not(emulate_forced(v));
	INSN(v, "\x0f\xa2");
	cr_assert_not(emulate_forced(v));
}
