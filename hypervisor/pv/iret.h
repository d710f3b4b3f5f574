/* SPDX-License-Identifier: MIT */
/* The iret hypercall, the long way. See pv/iret.c. */
#ifndef PV_IRET_H
#define PV_IRET_H

#include "domain/domain.h"

/* Loads v's registers from the frame at its stack pointer. */
void iret_hypercall(struct vcpu *v);

/* Flags as a guest may have them. */
uint64_t rflags_for_guest(uint64_t rflags);

#endif
