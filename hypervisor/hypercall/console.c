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

/* The line is slow: resumed with what is left. */
static long console_write(struct vcpu *v, uint64_t args[6])
{
	char buf[CHUNK];

	while (args[1]) {
		size_t n = MIN(args[1], (uint64_t)CHUNK);

		if (guest_read(buf, gptr(args[2]), n))
			return -EFAULT;
		log_guest(v->domain->id, buf, n);
		args[1] -= n;
		args[2] += n;
		if (args[1] && hypercall_preempt_check())
			return -ERESTART;
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
		args[1] = (uint64_t)bytes;
		return console_write(v, args);
	case CONSOLEIO_read:
		return console_read(bytes, gptr(args[2]));
	default:
		return hypercall_lacking(v, "console_io", args[0]);
	}
}
