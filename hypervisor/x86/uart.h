/* SPDX-License-Identifier: MIT */
/*
 * The serial line COM1 (ns16550): the log's output, polled; input by its
 * interrupt to log/console.c.
 */
#ifndef X86_UART_H
#define X86_UART_H

#include <stdbool.h>
#include "log/console.h" /* console_input_read() */

/*
 * Finds COM1, sets 115200 8N1 and gives it to the log. Needs nothing else of
 * the hypervisor. false: there is none.
 */
bool uart_init(void);

/* Input begins: needs ioapic_init() and irq_init(). No-op without a line. */
void uart_enable_input(void);

/* VECTOR_UART (x86/apic.c). */
void uart_interrupt(void);

#endif
