/* SPDX-License-Identifier: MIT */
/* The two 8259 interrupt controllers: moved out of the way and masked. */
#ifndef X86_PIC_H
#define X86_PIC_H

void pic_disable(void);

#endif
