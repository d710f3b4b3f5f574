/* SPDX-License-Identifier: MIT */
/*
 * The machine-to-physical table: 8 bytes a frame, read-only to every guest at
 * M2P_RO_BASE, ours to write at M2P_BASE.
 */
#ifndef MM_M2P_H
#define MM_M2P_H

#include "mm/addr.h"
#include "mm/frame.h"

#define M2P_INVALID (~0ull)

static inline void m2p_set(mfn_t m, uint64_t pfn)
{
	if (m.n < max_mfn)
		__atomic_store_n((uint64_t *)M2P_BASE + m.n, pfn,
				 __ATOMIC_RELAXED);
}

static inline uint64_t m2p_get(mfn_t m)
{
	if (m.n >= max_mfn)
		return M2P_INVALID;
	return __atomic_load_n((uint64_t *)M2P_BASE + m.n, __ATOMIC_RELAXED);
}

#endif
