/* SPDX-License-Identifier: MIT */
/* console_io. */
#include <criterion/criterion.h>
#include "hypervisor/domain/domain_fixture.h"
#include "log/console.h"
#include "log/log.h"

static struct domain *zero, *d;
static char line[300000];
static size_t line_bytes;

static void line_write(const char *text, size_t bytes)
{
	memcpy(line + line_bytes, text, bytes);
	line_bytes += bytes;
}

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 1, NULL);
	log_attach_line(line_write);
	line_bytes = 0;
}

TestSuite(hypercall_console, .init = setup);

static long io(struct domain *by, uint64_t cmd, uint64_t bytes, void *at)
{
	return dm_call(hypercall_console_io, by->vcpu[0], cmd, bytes,
		       (uintptr_t)at);
}

Test(hypercall_console, is_domain_zeros)
{
	char buf[4] = "abc";

	cr_assert_eq(io(d, CONSOLEIO_write, 3, buf), -EPERM);
	cr_assert_eq(io(d, CONSOLEIO_read, 3, buf), -EPERM);
	cr_assert_eq(line_bytes, 0);
	cr_assert_eq(io(zero, 2, 3, buf), -ENOSYS);
	cr_assert_eq(io(zero, CONSOLEIO_write, -1ull, buf), -EINVAL);
	cr_assert_eq(io(zero, CONSOLEIO_read, 0x80000000, buf), -EINVAL);
}

Test(hypercall_console, all_of_a_long_text_is_written_also_in_pieces)
{
	static char text[100000];
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	cr_assert_eq(io(zero, CONSOLEIO_write, sizeof(text), text), 0);
	cr_assert_eq(line_bytes, sizeof(text));
	cr_assert_arr_eq(line, text, sizeof(text));
	line_bytes = 0;
	fake_preempt_every = 1;
	cr_assert_eq(io(zero, CONSOLEIO_write, 10001, text), 0);
	cr_assert_eq(line_bytes, 10001);
	cr_assert_arr_eq(line, text, 10001);
	cr_assert_eq(io(zero, CONSOLEIO_write, 0, (void *)0x10), 0);
}

Test(hypercall_console, a_text_that_cannot_be_read_to_its_end)
{
	static char text[1024];

	memset(text, 'x', sizeof(text));
	fake_guest_hole(text + 600, 1, false);
	cr_assert_eq(io(zero, CONSOLEIO_write, 1024, text), -EFAULT);
	cr_assert_eq(line_bytes, 512);
	cr_assert_eq(io(zero, CONSOLEIO_write, 1024, (void *)HV_VIRT_START),
		     -EFAULT);
}

Test(hypercall_console, input_is_read_up_to_what_there_is_room_for)
{
	char buf[300];
	unsigned int i;

	cr_assert_eq(io(zero, CONSOLEIO_read, sizeof(buf), buf), 0);
	for (i = 0; i < 290; i++)
		console_receive((char)('0' + i % 10));
	memset(buf, 0x5b, sizeof(buf));
	cr_assert_eq(io(zero, CONSOLEIO_read, 3, buf), 3);
	cr_assert_arr_eq(buf, "012[", 4);
	cr_assert_eq(io(zero, CONSOLEIO_read, sizeof(buf), buf), 256);
	cr_assert_eq(buf[0], '3');
	cr_assert_eq(io(zero, CONSOLEIO_read, sizeof(buf), buf), 31);
	cr_assert_eq(io(zero, CONSOLEIO_read, sizeof(buf), buf), 0);
}
