/* SPDX-License-Identifier: MIT */
/*
 * The vCPU that is loaded on a CPU: changing it, changing its mode, its
 * segment bases, FPU, debug registers. At most one vCPU is loaded; it stays
 * so while the CPU idles, so that it need not be loaded again if it is the
 * next to run.
 *
 * Mode and GS: in guest-kernel mode GS_BASE is the kernel's and
 * KERNEL_GS_BASE the user's; in guest-user mode the other way round. The
 * hypervisor itself never uses GS.
 */
#include "x86/switch.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/bounce.h"
#include "pv/mmu.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/ipi.h"
#include "x86/machine.h"
#include "x86/msr.h"
#include "x86/setup.h"
#include "x86/tlb.h"
#include "x86/vectors.h"

int load_selector_ds(uint16_t sel);
int load_selector_es(uint16_t sel);
int load_selector_fs(uint16_t sel);
int load_selector_gs(uint16_t sel);

bool vcpu_is_loaded(const struct vcpu *v)
{
	return this_cpu()->vcpu == v;
}

void vcpu_load_cr3(struct vcpu *v)
{
	if (vcpu_is_loaded(v))
		cr3_load(arch_vcpu_cr3(&v->arch));
}

static void mode_change(struct vcpu *v, bool kernel)
{
	if (v->arch.kernel_mode == kernel)
		return;
	v->arch.kernel_mode = kernel;
	__asm__ volatile("swapgs");
	cr3_load(arch_vcpu_cr3(&v->arch));
}

void vcpu_enter_kernel(struct vcpu *v)
{
	mode_change(v, true);
}

void vcpu_enter_user(struct vcpu *v)
{
	mode_change(v, false);
}

void vcpu_load_gdt(struct vcpu *v)
{
	struct cpu *c = this_cpu();
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr = {15 * 4096 - 1, v->arch.gdt_va};

	/* Our page of it is this CPU's. */
	v->arch.tables_l1[FIRST_RESERVED_GDT_PAGE] = c->gdt_entry;
	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	tlb_flush_local();
}

void vcpu_load_ldt(struct vcpu *v)
{
	if (!v->arch.ldt_entries) {
		__asm__ volatile("lldt %w0" : : "r"(0));
		return;
	}
	cpu_set_ldt(this_cpu(), v->arch.gdt_va + GDT_FRAMES * PAGE_SIZE,
		    v->arch.ldt_entries * 8 - 1);
	__asm__ volatile("lldt %w0" : : "r"(HV_LDT));
}

static uint32_t gs_msr(const struct vcpu *v, bool kernel)
{
	return (bool)v->arch.kernel_mode == kernel ? MSR_GS_BASE
						   : MSR_KERNEL_GS_BASE;
}

void vcpu_set_fs_base(struct vcpu *v, uint64_t base)
{
	(void)v;
	wrmsr(MSR_FS_BASE, base);
}

void vcpu_set_gs_base_kernel(struct vcpu *v, uint64_t base)
{
	wrmsr(gs_msr(v, true), base);
}

void vcpu_set_gs_base_user(struct vcpu *v, uint64_t base)
{
	wrmsr(gs_msr(v, false), base);
}

uint64_t vcpu_get_fs_base(struct vcpu *v)
{
	return vcpu_is_loaded(v) ? rdmsr(MSR_FS_BASE) : v->arch.fs_base;
}

uint64_t vcpu_get_gs_base_kernel(struct vcpu *v)
{
	return vcpu_is_loaded(v) ? rdmsr(gs_msr(v, true))
				 : v->arch.gs_base_kernel;
}

uint64_t vcpu_get_gs_base_user(struct vcpu *v)
{
	return vcpu_is_loaded(v) ? rdmsr(gs_msr(v, false))
				 : v->arch.gs_base_user;
}

int vcpu_load_gs_selector(struct vcpu *v, uint16_t sel)
{
	/* The hypercall comes from kernel mode; the selector is user's. */
	(void)v;
	return load_selector_gs(sel);
}

#define READ_SEL(reg, out) __asm__ volatile("mov %%" #reg ", %0" : "=r"(out))

void vcpu_read_selectors(struct vcpu *v)
{
	struct cpu_regs *r = &v->arch.regs;
	uint32_t s;

	READ_SEL(ds, s);
	r->ds = (uint16_t)s;
	READ_SEL(es, s);
	r->es = (uint16_t)s;
	READ_SEL(fs, s);
	r->fs = (uint16_t)s;
	READ_SEL(gs, s);
	r->gs = (uint16_t)s;
}

void vcpu_set_ts(struct vcpu *v, bool on)
{
	v->arch.ts = on;
	if (!vcpu_is_loaded(v))
		return;
	if (on)
		write_cr0(read_cr0() | CR0_TS);
	else
		__asm__ volatile("clts");
}

void vcpu_load_debugreg(struct vcpu *v, unsigned int reg)
{
	uint64_t x = v->arch.debugreg[reg];

	if (!vcpu_is_loaded(v))
		return;
	switch (reg) {
	case 0:
		__asm__ volatile("mov %0, %%dr0" : : "r"(x));
		break;
	case 1:
		__asm__ volatile("mov %0, %%dr1" : : "r"(x));
		break;
	case 2:
		__asm__ volatile("mov %0, %%dr2" : : "r"(x));
		break;
	case 3:
		__asm__ volatile("mov %0, %%dr3" : : "r"(x));
		break;
	case 6:
		__asm__ volatile("mov %0, %%dr6" : : "r"(x));
		break;
	case 7:
		__asm__ volatile("mov %0, %%dr7" : : "r"(x));
		break;
	default:
		break;
	}
}

void vcpu_load_cr4(struct vcpu *v)
{
	(void)v;
}

static bool uses_breakpoints(const struct vcpu *v)
{
	return v->arch.debugreg[7] & 0xff;
}

static void state_save(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	vcpu_read_selectors(v);
	a->fs_base = rdmsr(MSR_FS_BASE);
	a->gs_base_kernel = rdmsr(gs_msr(v, true));
	a->gs_base_user = rdmsr(gs_msr(v, false));
	__asm__ volatile("clts");
	__asm__ volatile("fxsave64 %0" : "=m"(a->fpu));
	if (uses_breakpoints(v))
		__asm__ volatile("mov %0, %%dr7" : : "r"(0x400ul));
}

static void selector_load_all(struct vcpu *v)
{
	struct cpu_regs *r = &v->arch.regs;

	/* What no longer loads becomes the null selector. */
	(void)load_selector_ds(r->ds);
	(void)load_selector_es(r->es);
	(void)load_selector_fs(r->fs);
	(void)load_selector_gs(r->gs);
}

/*
 * An idle CPU leaves its vCPU's page tables, so that nobody has to interrupt
 * it for a flush. From away_end() on others ask it again, so that must come
 * before the next load of a guest's tables.
 */
static void away_begin(struct cpu *c)
{
	if (!c->vcpu || c->away)
		return;
	/* The vCPU's descriptors are in its tables, and interrupts need ours.
	 */
	cpu_load_own_gdt(c);
	cr3_load(hv_cr3);
	__atomic_store_n(&c->away, true, __ATOMIC_SEQ_CST);
}

static void away_end(struct cpu *c)
{
	if (c->away)
		__atomic_store_n(&c->away, false, __ATOMIC_SEQ_CST);
}

static void state_load(struct vcpu *v)
{
	struct cpu *c = this_cpu();
	struct arch_vcpu *a = &v->arch;
	unsigned int i;

	__atomic_store_n(&c->vcpu, v, __ATOMIC_SEQ_CST);
	c->entry_sp = (uint64_t)&a->regs;
	c->tss.rsp0 = (uint64_t)&a->regs.es;
	a->stack_top = (uint64_t)c + CPU_AREA_BYTES;
	v->exit_work = c->exit_work;
	__atomic_store_n(&a->loaded_on, (int32_t)c->id, __ATOMIC_SEQ_CST);
	away_end(c);
	cr3_load(a->kernel_cr3);
	vcpu_load_gdt(v);
	vcpu_load_ldt(v);
	vcpu_write_runstate(v);
	if (!a->kernel_mode)
		cr3_load(a->user_cr3);
	selector_load_all(v);
	wrmsr(MSR_FS_BASE, a->fs_base);
	wrmsr(gs_msr(v, true), a->gs_base_kernel);
	wrmsr(gs_msr(v, false), a->gs_base_user);
	__asm__ volatile("clts");
	__asm__ volatile("fxrstor64 %0" : : "m"(a->fpu));
	if (a->ts)
		write_cr0(read_cr0() | CR0_TS);
	if (uses_breakpoints(v))
		for (i = 0; i < 8; i++)
			if (i != 4 && i != 5)
				vcpu_load_debugreg(v, i);
}

/* v's state is saved and its page tables are left: others may load it. */
static void loaded_end(struct vcpu *v)
{
	v->exit_work = 0;
	__atomic_store_n(&v->arch.loaded_on, -1, __ATOMIC_SEQ_CST);
}

static void unload_own(void *arg)
{
	struct cpu *c = this_cpu();
	struct vcpu *v = arg;

	if (c->vcpu != v)
		return;
	state_save(v);
	cpu_load_own_gdt(c);
	__atomic_store_n(&c->vcpu, NULL, __ATOMIC_SEQ_CST);
	cr3_load(hv_cr3);
	away_end(c);
	loaded_end(v);
}

void vcpu_unload(struct vcpu *v)
{
	int32_t on;

	/* A CPU that is about to load another unloads v by that. */
	while ((on = __atomic_load_n(&v->arch.loaded_on, __ATOMIC_SEQ_CST)) >=
	       0) {
		if ((unsigned int)on == this_cpu_id())
			unload_own(v);
		else
			ipi_call((unsigned int)on, unload_own, v);
	}
}

static bool runstate_is_old(const struct vcpu *v)
{
	return v->state_written !=
	       vcpu_state_stamp(v->state, v->state_since_ns);
}

/*
 * The loaded vCPU has lost the CPU: its guest's other vCPUs see that in its
 * runstate area, a lock's waiters for example. It may be unloaded meanwhile.
 */
static void runstate_leave(struct cpu *c)
{
	struct vcpu *v = c->vcpu;

	if (!v || c->away || !v->runstate_va || !runstate_is_old(v))
		return;
	if (!v->arch.kernel_mode)
		cr3_load(v->arch.kernel_cr3);
	vcpu_write_runstate(v);
	if (c->vcpu == v && !v->arch.kernel_mode)
		cr3_load(v->arch.user_cr3);
}

/* Runs v: its state is on this CPU when this returns. */
static void vcpu_switch_to(struct vcpu *v)
{
	struct cpu *c = this_cpu();
	struct vcpu *old;

	if (c->vcpu != v) {
		vcpu_unload(v);
		runstate_leave(c);
	}
	old = c->vcpu;
	if (old != v) {
		if (old)
			state_save(old);
		state_load(v);
		if (old)
			loaded_end(old);
	} else {
		bool was_away = c->away;

		away_end(c);
		cr3_load(v->arch.kernel_cr3);
		if (was_away) {
			vcpu_load_gdt(v);
			vcpu_load_ldt(v);
		}
		vcpu_write_runstate(v);
		if (!v->arch.kernel_mode)
			cr3_load(v->arch.user_cr3);
	}
}

/* The fast paths look at the loaded vCPU only. */
static void exit_work_set(struct cpu *c, uint32_t work)
{
	c->exit_work = work;
	if (c->vcpu)
		c->vcpu->exit_work = work != 0;
}

void sched_request(void)
{
	exit_work_set(this_cpu(), CPU_WORK_SCHED);
}

void sched_request_on(unsigned int cpu)
{
	if (cpu == this_cpu_id())
		sched_request();
	else
		apic_send(cpu, VECTOR_IPI_SCHED);
}

static struct vcpu *choose_next(void)
{
	struct cpu *c = this_cpu();
	struct vcpu *next;

	for (;;) {
		exit_work_set(c, 0);
		next = sched_pick(c->id, c->running, time_now_ns());
		c->running = next;
		if (next)
			return next;
		runstate_leave(c);
		c->idle = true;
		idle_work();
		if (cpu_count() > 1)
			away_begin(c);
		if (!(c->exit_work & CPU_WORK_SCHED))
			sti_hlt_cli();
		c->idle = false;
	}
}

struct vcpu *exit_work(void)
{
	struct cpu *c = this_cpu();
	struct vcpu *v = c->vcpu;

	lock_assert_none_held();
	for (;;) {
		if (!v || v != c->running || (c->exit_work & CPU_WORK_SCHED)) {
			v = choose_next();
			if (unlikely(v->periodic_rests))
				vcpu_periodic_go_on(v);
			if (c->vcpu != v || c->away || runstate_is_old(v))
				vcpu_switch_to(v);
		}
		if (v->demote_pending && !demote_pending_finish(v))
			continue;
		bounce_pending(v);
		/* A crash while delivering: choose again. */
		if (!(c->exit_work & CPU_WORK_SCHED))
			return v;
	}
}

static bool preemptible;

void preempt_enable(void)
{
	preemptible = true;
}

bool hypercall_preempt_check(void)
{
	struct cpu *c = this_cpu();

	lock_assert_interruptible();
	if (!preemptible)
		return false;
	/* Interrupts come in here; their handlers only note what is due. */
	__asm__ volatile("sti; nop; cli" : : : "memory");
	if (c->exit_work & CPU_WORK_SCHED)
		return true;
	/* The caller's own events are due, too. */
	return c->vcpu && c->vcpu->info->evtchn_upcall_pending &&
	       !c->vcpu->info->evtchn_upcall_mask;
}
