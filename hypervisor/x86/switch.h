/* SPDX-License-Identifier: MIT */
/* The loaded vCPU; the way back to a guest. See x86/switch.c. */
#ifndef X86_SWITCH_H
#define X86_SWITCH_H

#include "domain/domain.h"

/* From the exit path: all that is due before a guest runs; returns whose. */
struct vcpu *exit_work(void);

/* Boot is over: long operations may be preempted. */
void preempt_enable(void);

/* Something useful to do while no vCPU is runnable (scrubbing). Bounded. */
void idle_work(void);

/* The vCPU's registered runstate area; its kernel page tables are loaded. */
void vcpu_write_runstate(struct vcpu *v);
/* v has come on a CPU: its periodic timer goes on if it rests. */
void vcpu_periodic_go_on(struct vcpu *v);

#endif
