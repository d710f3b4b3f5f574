/* SPDX-License-Identifier: MIT */
/*
 * The processor in host tests: counters where a test wants to know, nothing
 * where it does not matter.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include "x86/machine.h"

/* Complete TLB flushes, of whatever kind. */
extern unsigned int fake_tlb_flushes;

/* What this_cpu_id() (each thread has its own) and cpu_count() say. */
extern _Thread_local unsigned int fake_cpu;
extern unsigned int fake_cpus;

/* sched_request_on() for another CPU, and cpu_look(): calls by CPU. */
extern unsigned int fake_requests_on[], fake_looks[];

/* Called in each round of waiting for another CPU. */
extern void (*fake_wait_hook)(void);
/* hypercall_preempt_check() says yes at every so-manieth call; 0: never. */
extern unsigned int fake_preempt_every;
extern unsigned int fake_preempt_checks;
/* Requests to this CPU to choose; and who has been asked. */
extern unsigned int fake_sched_requests;
extern bool fake_sched_asked[MAX_CPUS];
/* It says yes once, at the so-manieth call from now; 0: it does not. */
extern unsigned int fake_preempt_in;
/* Run by hypercall_preempt_check(): what an interrupt would do. */
extern void (*fake_preempt_hook)(void);

/* tlb_flush_page(): calls, and the last one's address. */
extern unsigned int fake_page_flushes;
extern uint64_t fake_page_flushed;
/* Loads of descriptor-table registers, and of one debug register each. */
extern unsigned int fake_gdt_loads, fake_ldt_loads;
extern unsigned int fake_debugreg_loads[8];
/* What vcpu_is_loaded() says. */
extern bool fake_vcpu_loaded;
/* vcpu_load_gs_selector(): its answer and what it was given. */
extern int fake_gs_selector_answer;
extern uint16_t fake_gs_selector;
/* The one MSR that guest_rdmsr() and guest_wrmsr() know; 0: none. */
extern uint32_t fake_msr;
extern uint64_t fake_msr_value;
/* The last port access: its port, size and value; reads give fake_port_in. */
extern unsigned int fake_port_reads, fake_port_writes;
extern uint16_t fake_port;
extern unsigned int fake_port_size;
extern uint32_t fake_port_out, fake_port_in;

#endif
