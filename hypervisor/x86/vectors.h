/* SPDX-License-Identifier: MIT */
/*
 * Who owns which interrupt vector. The local APIC serves higher numbers
 * first, by groups of 16; domain zero's devices share one range on purpose,
 * because what their handlers do (send an event) takes the same time for all.
 */
#ifndef X86_VECTORS_H
#define X86_VECTORS_H

/* The two masked 8259s: only their spurious interrupts come here. */
#define VECTOR_PIC_FIRST 0x20
#define VECTOR_PIC_LAST	 0x2f

/* Domain zero's devices, given out by irq/irq.c. */
#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST  0xdf

/* The hypervisor's own. */
#define VECTOR_UART	  0xf0
#define VECTOR_TIMER	  0xf8
#define VECTOR_IPI_NMI	  0xf9
#define VECTOR_IPI_LOOK	  0xfa
#define VECTOR_IPI_SCHED  0xfb
#define VECTOR_IPI_SERVE  0xfc
#define VECTOR_APIC_ERROR 0xfe
#define VECTOR_SPURIOUS	  0xff

#endif
