/* SPDX-License-Identifier: MIT */
/* Device pages: what domain zero may map of them. */
#ifndef PV_MMIO_H
#define PV_MMIO_H

#include "mm/addr.h"

/*
 * May a device page be mapped with *pte? 0 (RW taken away where the page may
 * only be read), or -EPERM.
 */
int mmio_check(mfn_t m, uint64_t *pte);

/* Boot: these pages are ours alone, or only to be read. */
void mmio_deny(uint64_t paddr, uint64_t bytes);
void mmio_read_only(uint64_t paddr, uint64_t bytes);

#endif
