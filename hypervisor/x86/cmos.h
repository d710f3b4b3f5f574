/* SPDX-License-Identifier: MIT */
/*
 * The CMOS clock and memory behind ports 70h and 71h (Motorola MC146818A
 * datasheet).
 */
#ifndef X86_CMOS_H
#define X86_CMOS_H

#include <stdint.h>
#include "lib/macros.h"

uint8_t cmos_read(uint8_t index);
void cmos_write(uint8_t index, uint8_t v);

/* The clock's time in seconds since 1970. -EIO: it stands, or is unset. */
MUST_CHECK int cmos_read_clock(uint64_t *seconds);

/* Boot: sets the wall clock from it; warns and takes 1970 if it is unset. */
void cmos_init_wallclock(void);

#endif
