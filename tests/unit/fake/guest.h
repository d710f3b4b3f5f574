/* SPDX-License-Identifier: MIT */
/*
 * The gate to guest memory in host tests: guest addresses are host addresses.
 * Not mapped are the first 64 KiB, what the real gate never lets through, and
 * one hole that a test may make; the hole may be readable.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#define FAKE_GUEST_BAD 0x10u

/* Calls of guest_read(). */
extern unsigned int fake_guest_reads;

/* bytes 0: no hole. */
void fake_guest_hole(const void *at, size_t bytes, bool readable);

#endif
