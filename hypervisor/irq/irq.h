/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts for domain zero: GSIs of the IO-APICs and MSIs, as
 * "pirqs" that are bound to event channels.
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include "domain/domain.h"

#define IRQ_NR_PIRQS 256

int irq_domain_init(struct domain *d);
int irq_kill(struct domain *d);
void irq_free(struct domain *d);

/* Boot: GSI count known, all masked. */
void irq_init(unsigned int nr_gsis);

/* This GSI is the hypervisor's own: no guest gets it. */
void irq_reserve_gsi(unsigned int gsi);

/* A vector was taken on this CPU (x86/traps calls it, EOI is irq's). */
void irq_handle(uint8_t vector);

/* event/: the guest binds pirq to a port: unmask. -errno */
MUST_CHECK int irq_bind_guest(struct domain *d, uint32_t pirq, bool share);
void irq_unbind_guest(struct domain *d, uint32_t pirq);
/* The guest has finished with a level-triggered pirq. */
void irq_guest_eoi(struct domain *d, uint32_t pirq);
/* Does the guest have to say so? */
bool irq_needs_eoi(struct domain *d, uint32_t pirq);

/* For the debug key: one line a mapped pirq. */
void irq_dump(void);

long hypercall_physdev_op(struct vcpu *v, uint64_t args[6]);

#endif
