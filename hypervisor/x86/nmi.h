/* SPDX-License-Identifier: MIT */
/* Non-maskable interrupts: whose they are. See x86/nmi.c. */
#ifndef X86_NMI_H
#define X86_NMI_H

#include <stdbool.h>

struct cpu_regs;

/* `nmi=`: "dom0", "ignore" or "fatal"; false: no such word. */
bool nmi_choose(const char *word);

/* One came, and left these registers. */
void nmi_handle(const struct cpu_regs *r);
/* NMIs may come again, as they may after the next iret. */
void nmi_unmask(void);

/* The interrupt by which nmi_handle() asks for what it may not do itself. */
void nmi_report(void);

#endif
