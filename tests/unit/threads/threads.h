/* SPDX-License-Identifier: MIT */
/*
 * Threads that stand for CPUs, for programs that look for races in code that
 * several CPUs run at once. They are built with ThreadSanitizer and without
 * Criterion, whose shared arena ThreadSanitizer has no room for: a plain
 * program with an exit status. What is found is told at once and ends it.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdint.h>
#include "domain/domain.h"

enum { THREADS = 4 };

/* THREADS CPUs with a scheduler; call first, once. */
void threads_init(void);
/* fn(0) to fn(THREADS - 1), each on the CPU of its number; all have ended. */
void threads_run(void (*fn)(unsigned int self));

/* v runs on this CPU and nowhere else. */
void cpu_take(unsigned int cpu, struct vcpu *v);
/*
 * As the way back to v's guest: returns when v has the CPU. If no thread is
 * anywhere else, nobody will ever wake v: a wake-up was lost.
 */
void cpu_return(struct vcpu *v);
/* v's guest has ended: its CPU is free. */
void cpu_leave(struct vcpu *v);

/* Ends the program with status 1. */
void wrong(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* A number below `below`, from the thread's own sequence. */
unsigned int chance(unsigned int below);
/* The seed of the sequences to come. */
void chance_seed(uint64_t seed);

#endif
