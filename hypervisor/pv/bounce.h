/* SPDX-License-Identifier: MIT */
/* Entering the guest kernel: traps, system calls, events. See pv/bounce.c. */
#ifndef PV_BOUNCE_H
#define PV_BOUNCE_H

#include "domain/domain.h"

#define RFLAGS_TF (1ull << 8)

#define X86_TRAP_DE  0
#define X86_TRAP_DB  1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP  3
#define X86_TRAP_OF  4
#define X86_TRAP_UD  6
#define X86_TRAP_NM  7
#define X86_TRAP_DF  8
#define X86_TRAP_TS  10
#define X86_TRAP_NP  11
#define X86_TRAP_SS  12
#define X86_TRAP_GP  13
#define X86_TRAP_PF  14
#define X86_TRAP_AC  17
#define X86_TRAP_MC  18

/*
 * The guest's handler of `vector` runs next, on a frame that describes where
 * the vCPU is now. No handler: the domain crashes.
 */
void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t error_code);
/*
 * The same for `int n`: whatever the vector, no error code is pushed (Intel
 * SDM volume 3, 6.13).
 */
void bounce_interrupt(struct vcpu *v, unsigned int vector);
/* The trap after an instruction under RFLAGS.TF. */
void bounce_single_step(struct vcpu *v);
/* A page fault: `error_code` as the CPU gave it, address to vcpu_info.cr2. */
void bounce_page_fault(struct vcpu *v, uint64_t va, uint32_t error_code);
void bounce_event(struct vcpu *v);
void bounce_nmi(struct vcpu *v);
/* A callback (syscall, sysenter, syscall32). */
void bounce_callback(struct vcpu *v, uint64_t eip, bool mask_events);
/* What iret could not load: the failsafe callback. */
void bounce_failsafe(struct vcpu *v);

/* Before returning to the guest: what is pending and may be delivered. */
void bounce_pending(struct vcpu *v);

#endif
