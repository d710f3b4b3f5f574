/* SPDX-License-Identifier: MIT */
/*
 * Serial input and the debug keys.
 *
 * Input that domain zero has not fetched waits in a ring; when the ring is
 * full, new bytes are dropped, as a UART does. A Ctrl-A is an ordinary byte
 * for domain zero (a shell's start of line) and reaches it at once; only the
 * third in a row is kept.
 *
 * One CPU, with interrupts off, receives; console_io reads with interrupts off
 * too. LOCK_CONSOLE is the log's and not held here, as the keys print.
 */
#include "log/console.h"
#include "event/event.h"
#include "lib/lock.h"
#include "log/log.h"
#include "public/xen.h"

#define INPUT_BYTES  1024u /* a power of two */
#define SWITCH_KEY   '\x01'
#define SWITCH_COUNT 3

static struct spinlock input_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static char input[INPUT_BYTES];
static unsigned int input_start, input_end; /* running counts */
static unsigned int switch_seen;
static bool to_hypervisor;

struct debug_key {
	const char *text;
	void (*function)(void);
};

static struct debug_key keys[128];

static void key_help(void)
{
	unsigned int c;

	log_info("debug keys:\n");
	log_info("  h  this help\n");
	for (c = 0; c < 128; c++) {
		if (keys[c].function)
			log_info("  %c  %s\n", (char)c, keys[c].text);
	}
}

void debug_key_register(char key, const char *text, void (*function)(void))
{
	unsigned int c = (unsigned char)key;

	if (c >= 128 || key == 'h' || keys[c].function)
		return;
	keys[c].text = text;
	keys[c].function = function;
}

bool debug_key_press(char key)
{
	unsigned int c = (unsigned char)key;

	if (key == 'h') {
		key_help();
		return true;
	}
	if (c >= 128 || !keys[c].function)
		return false;
	keys[c].function();
	return true;
}

static void switch_input(void)
{
	to_hypervisor = !to_hypervisor;
	log_info("serial input goes to %s now (Ctrl-A three times switches)\n",
		 to_hypervisor ? "the hypervisor (h: help)" : "domain zero");
}

static void deliver(char c)
{
	if (to_hypervisor) {
		debug_key_press(c);
		return;
	}
	lock_acquire(&input_lock);
	if (input_end - input_start < INPUT_BYTES)
		input[input_end++ & (INPUT_BYTES - 1)] = c;
	lock_release(&input_lock);
	event_send_global_virq(VIRQ_CONSOLE);
}

void console_receive(char c)
{
	if (c != SWITCH_KEY) {
		switch_seen = 0;
	} else if (++switch_seen == SWITCH_COUNT) {
		switch_seen = 0;
		switch_input();
		return;
	}
	deliver(c);
}

size_t console_input_read(char *to, size_t n)
{
	size_t got = 0;

	lock_acquire(&input_lock);
	while (got < n && input_start != input_end)
		to[got++] = input[input_start++ & (INPUT_BYTES - 1)];
	lock_release(&input_lock);
	return got;
}
