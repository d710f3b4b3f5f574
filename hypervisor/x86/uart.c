/* SPDX-License-Identifier: MIT */
/*
 * COM1, an ns16550 or what passes for one. Output waits for room in the
 * transmitter, a bounded time: a line whose other end stands still must not
 * stop the machine. Once that has happened, bytes are dropped until the
 * transmitter is seen empty again.
 *
 * The ports are the hypervisor's while it uses the line (x86/ports.c).
 *
 * Reference: National Semiconductor PC16550D datasheet.
 */
#include "x86/uart.h"
#include "irq/irq.h"
#include "log/console.h"
#include "log/log.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/ioapic.h"
#include "x86/ports.h"
#include "x86/vectors.h"

#define COM1	     0x3f8
#define COM1_ISA_IRQ 4
#define UART_PORTS   8

#define REG_DATA	  0 /* divisor low while LCR_DIVISOR is set */
#define REG_IRQ_ENABLE	  1 /* divisor high, likewise */
#define REG_IRQ_IDENT	  2 /* read */
#define REG_FIFO_CONTROL  2 /* written */
#define REG_LINE_CONTROL  3
#define REG_MODEM_CONTROL 4
#define REG_LINE_STATUS	  5
#define REG_SCRATCH	  7

#define IRQ_RECEIVE	      0x01
#define IDENT_FIFO	      0xc0
#define FIFO_ENABLE_CLEAR     0x07 /* on, both emptied, trigger at 1 byte */
#define LINE_8N1	      0x03
#define LINE_DIVISOR	      0x80
#define MODEM_DTR_RTS_OUT2    0x0b /* OUT2 lets the interrupt out on PCs */
#define STATUS_RECEIVED	      0x01
#define STATUS_TRANSMIT_EMPTY 0x20
#define DIVISOR_115200	      1
#define FIFO_BYTES	      16

/* Some 100 ms at a microsecond a port access: a FIFO takes 1.4 ms. */
#define WAIT_READS 100000

static bool present;
static bool stuck;
static unsigned int fifo_bytes = 1;
static unsigned int room;

static void uart_put(char c)
{
	if (!room) {
		unsigned int reads = stuck ? 1 : WAIT_READS;

		while (!(inb(COM1 + REG_LINE_STATUS) & STATUS_TRANSMIT_EMPTY)) {
			if (--reads == 0) {
				stuck = true;
				return;
			}
			cpu_pause();
		}
		stuck = false;
		room = fifo_bytes;
	}
	outb(COM1 + REG_DATA, (uint8_t)c);
	room--;
}

static void uart_write(const char *text, size_t bytes)
{
	static char last;

	/* Somebody else's text may have filled what we knew of as room. */
	room = 0;
	for (; bytes; bytes--, text++) {
		if (*text == '\n' && last != '\r')
			uart_put('\r');
		uart_put(*text);
		last = *text;
	}
}

static bool uart_probe(void)
{
	outb(COM1 + REG_SCRATCH, 0x5a);
	if (inb(COM1 + REG_SCRATCH) != 0x5a)
		return false;
	outb(COM1 + REG_SCRATCH, 0xa5);
	return inb(COM1 + REG_SCRATCH) == 0xa5;
}

bool uart_init(void)
{
	if (!uart_probe())
		return false;
	outb(COM1 + REG_IRQ_ENABLE, 0);
	outb(COM1 + REG_LINE_CONTROL, LINE_DIVISOR | LINE_8N1);
	outb(COM1 + REG_DATA, DIVISOR_115200);
	outb(COM1 + REG_IRQ_ENABLE, 0);
	outb(COM1 + REG_LINE_CONTROL, LINE_8N1);
	outb(COM1 + REG_FIFO_CONTROL, FIFO_ENABLE_CLEAR);
	outb(COM1 + REG_MODEM_CONTROL, MODEM_DTR_RTS_OUT2);
	if ((inb(COM1 + REG_IRQ_IDENT) & IDENT_FIFO) == IDENT_FIFO)
		fifo_bytes = FIFO_BYTES;
	present = true;
	ports_protect(COM1, UART_PORTS);
	log_attach_line(uart_write);
	return true;
}

void uart_enable_input(void)
{
	unsigned int gsi = ioapic_isa_gsi(COM1_ISA_IRQ);
	bool level, active_low;
	int rc;

	if (!present)
		return;
	ioapic_gsi_default(gsi, &level, &active_low);
	rc = ioapic_route(gsi, VECTOR_UART, apic_destination(0), level,
			  active_low);
	if (rc) {
		log_warn("COM1: no GSI %u (error %d): output only\n", gsi, rc);
		return;
	}
	irq_reserve_gsi(gsi);
	outb(COM1 + REG_IRQ_ENABLE, IRQ_RECEIVE);
	ioapic_unmask(gsi);
	/* What came before had no edge to announce it. */
	uart_interrupt();
}

void uart_interrupt(void)
{
	unsigned int n;

	/* Bounded: a line that is gone reads as all ones for ever. */
	for (n = 0; n < 256; n++) {
		if (!(inb(COM1 + REG_LINE_STATUS) & STATUS_RECEIVED))
			break;
		console_receive((char)inb(COM1 + REG_DATA));
	}
}
