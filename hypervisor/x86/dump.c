/* SPDX-License-Identifier: MIT */
/*
 * What is printed when something broke. Nothing here may fault: stacks are
 * read through the gate, by a walk of the page tables, or within known bounds.
 */
#include "x86/dump.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/table.h"
#include "x86/cpu.h"
#include "x86/machine.h"

/* Made from the first link's symbols (hypervisor/build.mk). */
struct symbol {
	uint32_t offset; /* from image_start */
	uint32_t name;	 /* into symbol_names */
};
extern const struct symbol symbol_table[];
extern const uint32_t symbol_count;
extern const char symbol_names[];
extern char image_start[], text_end[];

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

/*
 * Return addresses, by looking at every word of c's stack from sp on. One that
 * ran over begins where it is mapped.
 */
static void backtrace(const struct cpu *c, uint64_t sp)
{
	uint64_t end = (uint64_t)c + CPU_AREA_BYTES;
	unsigned int shown = 0;

	if (cpu_of_stack(sp - 1) != c ||
	    sp - (uint64_t)c < CPU_STACK_FIRST - PAGE_SIZE)
		return;
	sp = MAX(ALIGN_UP(sp, 8), (uint64_t)c + CPU_STACK_FIRST);
	for (; sp < end && shown < 24; sp += 8) {
		uint64_t a = *(const uint64_t *)sp;

		if (!in_text(a))
			continue;
		print_symbol("  ", a);
		shown++;
	}
}

static const char *mode_of(const struct vcpu *v)
{
	return v->arch.kernel_mode ? "kernel" : "user";
}

static void print_running(const struct cpu *c, const struct cpu_regs *r)
{
	const struct vcpu *v = c->vcpu;

	if (r->cs & 3 && v)
		log_err("CPU %u: in domain %u vcpu %u, %s mode\n", c->id,
			v->domain->id, v->id, mode_of(v));
	else if (c->idle)
		log_err("CPU %u: idle\n", c->id);
	else if (v)
		log_err("CPU %u: in the hypervisor, domain %u vcpu %u is "
			"loaded, guest rip %016llx\n",
			c->id, v->domain->id, v->id, LL(v->arch.regs.rip));
	else
		log_err("CPU %u: in the hypervisor, no vCPU is loaded\n",
			c->id);
}

/* A word that a guest sees at va, whoever is loaded here. */
static bool guest_word(const struct vcpu *v, uint64_t va, uint64_t *word)
{
	uint64_t e = arch_vcpu_cr3(&v->arch) | PTE_P;
	unsigned int level;

	if (!va_is_guest(va) || va % sizeof(*word))
		return false;
	for (level = 5; level > 0; level--) {
		/* Of the lowest level it is the word's place in its page. */
		unsigned int slot = va >> (3 + 9 * (level - 1)) & 511;
		mfn_t m = mfn((e & PTE_ADDR) >> PAGE_SHIFT);

		if (!(e & PTE_P) || !mfn_is_ram(m))
			return false;
		e = ((const uint64_t *)mfn_to_virt(m))[slot];
	}
	*word = e;
	return true;
}

static void print_guest_stack(const struct vcpu *v)
{
	uint64_t at = v->arch.regs.rsp, w[4];
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		for (k = 0; k < 4; k++, at += sizeof(w[0]))
			if (!guest_word(v, at, &w[k]))
				return;
		log_err("  stack %016llx %016llx %016llx %016llx\n", LL(w[0]),
			LL(w[1]), LL(w[2]), LL(w[3]));
	}
}

void dump_cpu(const struct cpu *c, const struct cpu_regs *r, uint64_t cr2,
	      uint64_t cr3)
{
	print_running(c, r);
	print_registers(r);
	log_err("cr2 %016llx cr3 %016llx\n", LL(cr2), LL(cr3));
	if (r->cs & 3 && c->vcpu) {
		print_guest_stack(c->vcpu);
		return;
	}
	if (in_text(r->rip))
		print_symbol("at ", r->rip);
	backtrace(c, r->rsp);
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
		mode_of(v));
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
