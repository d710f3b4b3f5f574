/* SPDX-License-Identifier: MIT */
/*
 * console_io: domain zero's console is our serial line. Other domains have a
 * console of their own in shared memory and are refused.
 */
#include "hypercall/hypercall.h"
#include "log/log.h"
#include "mm/guest.h"
#include "x86/uart.h"

#define CHUNK 256

static long console_write(struct vcpu *v, uint64_t bytes, gptr_t from)
{
	char buf[CHUNK];

	while (bytes) {
		size_t n = MIN(bytes, (uint64_t)CHUNK);

		if (guest_read(buf, from, n))
			return -EFAULT;
		log_guest(v->domain->id, buf, n);
		from = gptr_add(from, n);
		bytes -= n;
	}
	return 0;
}

static long console_read(uint64_t bytes, gptr_t to)
{
	char buf[CHUNK];
	size_t n = console_input_read(buf, MIN(bytes, (uint64_t)CHUNK));

	if (guest_write(to, buf, n))
		return -EFAULT;
	return n;
}

/* args: command, bytes, buffer */
long hypercall_console_io(struct vcpu *v, uint64_t args[6])
{
	int32_t bytes = args[1];

	if (!v->domain->privileged)
		return -EPERM;
	if (bytes < 0)
		return -EINVAL;
	switch (args[0]) {
	case CONSOLEIO_write:
		return console_write(v, MIN(bytes, 1 << 16), gptr(args[2]));
	case CONSOLEIO_read:
		return console_read(bytes, gptr(args[2]));
	default:
		return hypercall_lacking(v, "console_io", args[0]);
	}
}
