/* SPDX-License-Identifier: MIT */
/*
 * The console page of a guest: two byte rings with free-running indices. The
 * guest writes out and bumps out_prod; the backend drains it, else the guest
 * waits for ever.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_IO_CONSOLE_H
#define PUBLIC_IO_CONSOLE_H

#ifndef __ASSEMBLY__
#include <stdint.h>

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
	char in[1024];
	char out[2048];
	XENCONS_RING_IDX in_cons;
	XENCONS_RING_IDX in_prod;
	XENCONS_RING_IDX out_cons;
	XENCONS_RING_IDX out_prod;
};
_Static_assert(sizeof(struct xencons_interface) == 0xc10, "ABI");
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_IO_CONSOLE_H */
