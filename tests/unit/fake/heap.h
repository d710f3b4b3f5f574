/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail when a test says so. The linker puts this before the
 * real allocator (tests/unit/build.mk), for all who call it from another file.
 */
#ifndef FAKE_HEAP_H
#define FAKE_HEAP_H

/* The so-manieth allocation from now on fails, once; 0: none. */
extern unsigned int fake_heap_fail_in;

/* Allocations that were asked for, the failed ones too. */
extern unsigned int fake_heap_calls;

#endif
