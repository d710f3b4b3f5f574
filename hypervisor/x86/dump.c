/* SPDX-License-Identifier: MIT */
/*
 * What is printed when something broke. Nothing here may fault: stacks are
 * read through the gate or within known bounds.
 */
#include "x86/dump.h"
#include "lib/string.h"
#include "log/fmt.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/table.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/ipi.h"
#include "x86/machine.h"
#include "x86/reset.h"

/* Made from the first link's symbols (hypervisor/build.mk). */
struct symbol {
	uint32_t offset; /* from image_start */
	uint32_t name;	 /* into symbol_names */
};
extern const struct symbol symbol_table[];
extern const uint32_t symbol_count;
extern const char symbol_names[];
extern char image_start[], text_end[];

bool option_noreboot;

static bool in_text(uint64_t a)
{
	return a >= (uint64_t)image_start && a < (uint64_t)text_end;
}

static void print_symbol(const char *prefix, uint64_t a)
{
	uint32_t lo = 0, hi = symbol_count, off = a - (uint64_t)image_start;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (symbol_table[mid].offset <= off)
			lo = mid;
		else
			hi = mid;
	}
	if (!symbol_count) {
		log_err("%s%016llx\n", prefix, (unsigned long long)a);
		return;
	}
	log_err("%s%016llx %s+%#x\n", prefix, (unsigned long long)a,
		symbol_names + symbol_table[lo].name,
		off - symbol_table[lo].offset);
}

#define LL(x) ((unsigned long long)(x))

static void print_registers(const struct cpu_regs *r)
{
	log_err("rip %04llx:%016llx rsp %04llx:%016llx rflags %08llx\n",
		LL(r->cs & 0xffff), LL(r->rip), LL(r->ss & 0xffff), LL(r->rsp),
		LL(r->rflags));
	log_err("rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", LL(r->rax),
		LL(r->rbx), LL(r->rcx), LL(r->rdx));
	log_err("rsi %016llx rdi %016llx rbp %016llx r8  %016llx\n", LL(r->rsi),
		LL(r->rdi), LL(r->rbp), LL(r->r8));
	log_err("r9  %016llx r10 %016llx r11 %016llx r12 %016llx\n", LL(r->r9),
		LL(r->r10), LL(r->r11), LL(r->r12));
	log_err("r13 %016llx r14 %016llx r15 %016llx\n", LL(r->r13), LL(r->r14),
		LL(r->r15));
}

/* Return addresses, by looking at every word of the stack. */
static void backtrace(uint64_t sp)
{
	uint64_t end = ALIGN_UP(sp + 1, CPU_AREA_BYTES);
	unsigned int shown = 0;

	if (cpu_of_stack(sp) != this_cpu() ||
	    sp - (uint64_t)this_cpu() < CPU_STACK_FIRST)
		return;
	for (sp = ALIGN_UP(sp, 8); sp < end && shown < 24; sp += 8) {
		uint64_t a = *(const uint64_t *)sp;

		if (!in_text(a))
			continue;
		print_symbol("  ", a);
		shown++;
	}
}

static void print_running(void)
{
	struct vcpu *v = this_cpu()->vcpu;

	if (v)
		log_err("running: domain %u vcpu %u, guest rip %016llx\n",
			v->domain->id, v->id, LL(v->arch.regs.rip));
	else
		log_err("running: no domain\n");
}

void dump_hypervisor(const struct cpu_regs *r)
{
	log_flush_sync();
	print_registers(r);
	log_err("cr2 %016llx cr3 %016llx\n", LL(read_cr2()), LL(read_cr3()));
	if (in_text(r->rip))
		print_symbol("at ", r->rip);
	backtrace(r->rsp);
}

static void walk(struct vcpu *v, uint64_t va)
{
	static const char *const name[] = {"L4", "L3", "L2", "L1"};
	uint64_t e = v->arch.kernel_cr3 | PTE_P;
	unsigned int i;

	log_err("page-table walk of %016llx from cr3 %016llx:\n", LL(va),
		LL(v->arch.kernel_cr3));
	for (i = 0; i < 4; i++) {
		unsigned int slot = va >> (39 - 9 * i) & 511;
		mfn_t m = mfn((e & PTE_ADDR) >> PAGE_SHIFT);

		if (!mfn_is_ram(m))
			return;
		e = ((const uint64_t *)mfn_to_virt(m))[slot];
		log_err("  %s[%03x] = %016llx\n", name[i], slot, LL(e));
		if (!(e & PTE_P) || (i && i < 3 && (e & PTE_PSE)))
			return;
	}
}

void dump_vcpu(struct vcpu *v)
{
	const struct cpu_regs *r = &v->arch.regs;
	unsigned int i;

	log_err("domain %u vcpu %u, %s mode:\n", v->domain->id, v->id,
		v->arch.kernel_mode ? "kernel" : "user");
	print_registers(r);
	log_err("cr2 %016llx cr3 kernel %016llx user %016llx\n",
		LL(v->info->arch.cr2), LL(v->arch.kernel_cr3),
		LL(v->arch.user_cr3));
	if (vcpu_is_loaded(v)) {
		log_err("stack:\n");
		for (i = 0; i < 8; i++) {
			uint64_t w[4];

			if (guest_read(w, gptr(r->rsp + i * 32), sizeof(w)))
				break;
			log_err("  %016llx %016llx %016llx %016llx\n", LL(w[0]),
				LL(w[1]), LL(w[2]), LL(w[3]));
		}
	}
	walk(v, v->info->arch.cr2);
	walk(v, r->rip);
}

/* Those that a call preserves, and where we are. */
static void print_registers_here(void)
{
	uint64_t rbx, rbp, rsp, r12, r13, r14, r15, flags;

	__asm__ volatile("mov %%rbx, %0; mov %%rbp, %1; mov %%rsp, %2"
			 : "=m"(rbx), "=m"(rbp), "=m"(rsp));
	__asm__ volatile("mov %%r12, %0; mov %%r13, %1; mov %%r14, %2;"
			 "mov %%r15, %3"
			 : "=m"(r12), "=m"(r13), "=m"(r14), "=m"(r15));
	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	log_err("rsp %016llx rbp %016llx rbx %016llx rflags %08llx\n", LL(rsp),
		LL(rbp), LL(rbx), LL(flags));
	log_err("r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", LL(r12),
		LL(r13), LL(r14), LL(r15));
	log_err("cr0 %016llx cr2 %016llx cr3 %016llx\n", LL(read_cr0()),
		LL(read_cr2()), LL(read_cr3()));
}

void dump_cpu(const struct cpu_regs *r)
{
	log_err("CPU %u:\n", this_cpu_id());
	print_registers(r);
	print_running();
	if (in_text(r->rip)) {
		print_symbol("at ", r->rip);
		backtrace(r->rsp);
	}
}

void panic(const char *fmt, ...)
{
	static bool twice;
	char line[256];
	va_list ap;

	cli();
	log_flush_sync();
	va_start(ap, fmt);
	fmt_vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_err("\n*** PANIC: %s", line);
	if (!twice) {
		twice = true;
		log_err("on CPU %u\n", this_cpu_id());
		print_registers_here();
		print_running();
		backtrace((uint64_t)__builtin_frame_address(0));
		ipi_stop_others(true);
	}
	if (option_noreboot) {
		log_err("*** halted (noreboot)\n");
		machine_halt();
	}
	log_err("*** rebooting\n");
	machine_restart();
}
