/* SPDX-License-Identifier: MIT */
/* Memory types: all CPUs must agree. See x86/mtrr.c. */
#ifndef X86_MTRR_H
#define X86_MTRR_H

/* The boot CPU: notes its memory-type range registers. */
void mtrr_save(void);
/* Another: takes the same if its own differ. Interrupts are off. */
void mtrr_load(void);

#endif
