/* SPDX-License-Identifier: MIT */
/* Instructions done for a guest. See pv/emulate.c. */
#ifndef PV_EMULATE_H
#define PV_EMULATE_H

#include "domain/domain.h"

/*
 * After #GP: a privileged instruction of the guest kernel, or `int n`. true:
 * done (or turned into another trap); false: the guest gets its #GP.
 */
bool emulate_privileged(struct vcpu *v);
/* After #UD: an instruction behind the forced-emulation prefix. */
bool emulate_forced(struct vcpu *v);
/*
 * After a write fault at va in kernel mode: a write to a level-1 page table.
 * true: done, or to be executed again; false: it is not one, or the new entry
 * is refused.
 */
bool emulate_table_write(struct vcpu *v, uint64_t va);

#endif
