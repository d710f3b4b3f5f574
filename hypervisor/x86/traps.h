/* SPDX-License-Identifier: MIT */
/* Exceptions; called from x86/entry.S only. See x86/traps.c. */
#ifndef X86_TRAPS_H
#define X86_TRAPS_H

#include "x86/vcpu.h"

#endif
