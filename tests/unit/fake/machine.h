/* SPDX-License-Identifier: MIT */
/*
 * The processor in host tests: counters where a test wants to know, nothing
 * where it does not matter.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include <stdint.h>

/* Complete TLB flushes, of whatever kind. */
extern unsigned int fake_tlb_flushes;
/* hypercall_preempt_check() says yes at every so-manieth call; 0: never. */
extern unsigned int fake_preempt_every;
extern unsigned int fake_preempt_checks;
/* sched_request() calls. */
extern unsigned int fake_sched_requests;
/* Run by hypercall_preempt_check(): what an interrupt would do. */
extern void (*fake_preempt_hook)(void);

#endif
