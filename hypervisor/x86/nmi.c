/* SPDX-License-Identifier: MIT */
/*
 * Non-maskable interrupts. In this order: a CPU that stops all others
 * (x86/panic.c); one that has noticed that this one is stuck (x86/watchdog.c);
 * the chipset's error lines, which come to CPU 0 through LINT1 and are told by
 * port 61h; the watchdog's clock; else nobody knows why.
 *
 * What the machine sends is domain zero's unless `nmi=` says otherwise. An NMI
 * comes whatever lock is held, so it only notes the reason and interrupts its
 * own CPU, which goes on in nmi_report() as soon as interrupts are let in. An
 * error line stays closed when it has spoken once, as it would not stop.
 *
 * Tests: tests/system/test_panic.c.
 */
#include "x86/nmi.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "log/log.h"
#include "public/nmi.h"
#include "sched/sched.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/machine.h"
#include "x86/panic.h"
#include "x86/vectors.h"
#include "x86/watchdog.h"

#define SYSTEM_CONTROL	  0x61
#define CONTROL_WRITABLE  0x0f
#define CONTROL_SERR_OFF  0x04
#define CONTROL_IOCHK_OFF 0x08
#define STATUS_IOCHK	  0x40
#define STATUS_SERR	  0x80

static enum { TO_DOMAIN_ZERO, IGNORED, FATAL } policy;
static uint32_t reasons; /* bits of XENNMI: noted, not yet told */

bool nmi_choose(const char *word)
{
	static const char *const words[] = {"dom0", "ignore", "fatal"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(word, words[i])) {
			policy = i;
			return true;
		}
	}
	return false;
}

static const char *reason_name(uint32_t reason)
{
	switch (reason) {
	case XEN_NMIREASON_pci_serr:
		return "PCI system error";
	case XEN_NMIREASON_io_error:
		return "I/O check";
	default:
		return "unknown reason";
	}
}

/* Why the machine sends one; 0: it does not. */
static uint32_t hardware_reason(void)
{
	uint8_t control = inb(SYSTEM_CONTROL);

	if (control & STATUS_SERR) {
		outb(SYSTEM_CONTROL,
		     (control & CONTROL_WRITABLE) | CONTROL_SERR_OFF);
		return XEN_NMIREASON_pci_serr;
	}
	if (control & STATUS_IOCHK) {
		outb(SYSTEM_CONTROL,
		     (control & CONTROL_WRITABLE) | CONTROL_IOCHK_OFF);
		return XEN_NMIREASON_io_error;
	}
	return 0;
}

void nmi_handle(const struct cpu_regs *r)
{
	uint32_t reason = 0;

	cpus_stop_check(r);
	if (cpus_are_stopping() || watchdog_suspected(r))
		return;
	if (this_cpu_id() == 0)
		reason = hardware_reason();
	if (!reason && watchdog_tick(r))
		return;
	if (!reason)
		reason = XEN_NMIREASON_unknown;
	if (policy == FATAL)
		panic_at(r, "NMI: %s\n", reason_name(reason));
	__atomic_fetch_or(&reasons, reason, __ATOMIC_SEQ_CST);
	apic_send_self(VECTOR_IPI_NMI);
}

void nmi_unmask(void)
{
	__asm__ volatile("mov %%rsp, %%rax; pushq %0; pushq %%rax; pushfq;"
			 "pushq %1; lea 1f(%%rip), %%rax; pushq %%rax; iretq;"
			 "1:"
			 :
			 : "i"(HV_DS), "i"(HV_CS)
			 : "rax", "memory");
}

static bool domain_zero_tell(uint32_t why)
{
	struct domain *d = domain_find(0);
	struct vcpu *v;

	if (!d)
		return false;
	v = d->vcpu[0];
	if (v) {
		__atomic_fetch_or(&d->shared->arch.nmi_reason, (uint64_t)why,
				  __ATOMIC_SEQ_CST);
		v->nmi_pending = true;
		vcpu_kick(v);
	}
	domain_put(d);
	return v;
}

void nmi_report(void)
{
	uint32_t why = __atomic_exchange_n(&reasons, 0, __ATOMIC_SEQ_CST), bit;
	bool told = why && policy == TO_DOMAIN_ZERO && domain_zero_tell(why);

	for (bit = 1; bit && bit <= why; bit <<= 1)
		if (why & bit)
			log_warn("NMI: %s, %s\n", reason_name(bit),
				 told ? "domain 0 is told" : "ignored");
}
