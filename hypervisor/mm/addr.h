/* SPDX-License-Identifier: MIT */
/*
 * Numbers with units. A machine frame number, a machine address and a guest
 * virtual address are three types, so that no cast crosses the spaces
 * unseen. gcc makes the same code of them as of raw integers.
 */
#ifndef MM_ADDR_H
#define MM_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"
#include "x86/layout.h"

typedef uint16_t domid_t;

/* Machine frame number: machine address / 4096. */
typedef struct {
	uint64_t n;
} mfn_t;

/* Machine (physical) address in bytes. */
typedef struct {
	uint64_t a;
} maddr_t;

/*
 * A virtual address of the guest's that is to be read or written: it cannot
 * be dereferenced, only handed to the gate in mm/guest.h.
 */
typedef struct {
	uint64_t va;
} gptr_t;

#define MFN_NONE ((mfn_t){~0ull})

static inline mfn_t mfn(uint64_t n)
{
	return (mfn_t){n};
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.n == b.n;
}

static inline mfn_t mfn_add(mfn_t m, uint64_t count)
{
	return (mfn_t){m.n + count};
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
	return (maddr_t){m.n << PAGE_SHIFT};
}

static inline mfn_t maddr_to_mfn(maddr_t a)
{
	return (mfn_t){a.a >> PAGE_SHIFT};
}

/* The hypervisor's own window on a RAM frame (the direct map). */
static inline void *mfn_to_virt(mfn_t m)
{
	return (void *)(DIRECTMAP_BASE + (m.n << PAGE_SHIFT));
}

static inline mfn_t virt_to_mfn(const void *p)
{
	return (mfn_t){((uintptr_t)p - DIRECTMAP_BASE) >> PAGE_SHIFT};
}

static inline gptr_t gptr(uint64_t va)
{
	return (gptr_t){va};
}

static inline gptr_t gptr_add(gptr_t p, uint64_t bytes)
{
	return (gptr_t){p.va + bytes};
}

static inline bool gptr_is_null(gptr_t p)
{
	return p.va == 0;
}

/* Virtual addresses are 48 bits wide, sign-extended. */
static inline bool va_is_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* May a guest name this address at all: canonical and not ours? */
static inline bool va_is_guest(uint64_t va)
{
	return va_is_canonical(va) && (va < HV_VIRT_START || va >= HV_VIRT_END);
}

#endif
