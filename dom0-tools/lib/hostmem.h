/* SPDX-License-Identifier: MIT */
/* What the kernel of this domain says of its memory. */
#ifndef DOM0_TOOLS_LIB_HOSTMEM_H
#define DOM0_TOOLS_LIB_HOSTMEM_H

#include <stdint.h>

/* KiB that programs could take without swapping; 0: it does not say. */
uint64_t hostmem_available_kib(void);

#endif
