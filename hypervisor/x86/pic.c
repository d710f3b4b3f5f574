/* SPDX-License-Identifier: MIT */
/*
 * The 8259s that every PC still has. All device interrupts come through the
 * IO-APICs, so both chips are masked for good. They are initialised first,
 * because even a masked 8259 raises its lines 7 and 15 for noise, and with
 * the firmware's vector base those would look like processor exceptions.
 *
 * Reference: Intel 8259A datasheet (initialisation command words).
 */
#include "x86/pic.h"
#include "x86/asm.h"
#include "x86/vectors.h"

#define MASTER_COMMAND 0x20
#define MASTER_DATA    0x21
#define SLAVE_COMMAND  0xa0
#define SLAVE_DATA     0xa1

#define ICW1_INIT_ICW4 0x11 /* edge, cascaded, a fourth word follows */
#define ICW3_MASTER    0x04 /* the slave hangs on line 2 */
#define ICW3_SLAVE     0x02
#define ICW4_8086      0x01
#define MASK_ALL       0xff

void pic_disable(void)
{
	outb(MASTER_COMMAND, ICW1_INIT_ICW4);
	outb(SLAVE_COMMAND, ICW1_INIT_ICW4);
	outb(MASTER_DATA, VECTOR_PIC_FIRST);
	outb(SLAVE_DATA, VECTOR_PIC_FIRST + 8);
	outb(MASTER_DATA, ICW3_MASTER);
	outb(SLAVE_DATA, ICW3_SLAVE);
	outb(MASTER_DATA, ICW4_8086);
	outb(SLAVE_DATA, ICW4_8086);
	outb(MASTER_DATA, MASK_ALL);
	outb(SLAVE_DATA, MASK_ALL);
}
