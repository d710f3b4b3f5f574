/* SPDX-License-Identifier: MIT */
/* Serial input and debug keys: hypervisor/log/console.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include <string.h>
#include "fake/clock.h"
#include "fake/neighbours.h"
#include "log/console.h"
#include "log/log.h"
#include "public/xen.h"

static char line[4096];
static size_t line_bytes;
static unsigned int pressed;

static void line_write(const char *text, size_t bytes)
{
	memcpy(line + line_bytes, text, bytes);
	line_bytes += bytes;
	line[line_bytes] = '\0';
}

static void press(void)
{
	pressed++;
}

static void other(void)
{
	pressed += 100;
}

static void type(const char *text)
{
	while (*text)
		console_receive(*text++);
}

static const char *fetched(void)
{
	static char buf[2048];

	buf[console_input_read(buf, sizeof(buf) - 1)] = '\0';
	return buf;
}

static void setup(void)
{
	fake_clock_reset();
	fake_neighbours_reset();
	line_bytes = 0;
	log_attach_line(line_write);
}

TestSuite(log_console, .init = setup);

Test(log_console, what_is_typed_reaches_domain_zero_with_an_event)
{
	type("ls\r");
	cr_assert_str_eq(fetched(), "ls\r");
	cr_assert_str_eq(fetched(), "");
	cr_assert_eq(fake_global_virqs[VIRQ_CONSOLE], 3);
}

Test(log_console, a_full_ring_keeps_the_oldest)
{
	for (int i = 0; i < 1500; i++)
		console_receive((char)('a' + i % 26));
	cr_assert_eq(strlen(fetched()), 1024);
	type("x");
	cr_assert_str_eq(fetched(), "x");
}

Test(log_console, reading_in_pieces_loses_nothing)
{
	char buf[2];

	type("abc");
	cr_assert_eq(console_input_read(buf, 2), 2);
	cr_assert_eq(memcmp(buf, "ab", 2), 0);
	cr_assert_str_eq(fetched(), "c");
}

Test(log_console, three_ctrl_a_switch_to_the_keys_and_back)
{
	debug_key_register('q', "domains", press);
	type("q\x01\x01\x01q");
	cr_assert_eq(pressed, 1);
	cr_assert_str_eq(fetched(), "q\x01\x01");
	type("\x01\x01\x01q");
	cr_assert_eq(pressed, 1);
	cr_assert_str_eq(fetched(), "q");
}

Test(log_console, two_ctrl_a_and_another_key_switch_nothing)
{
	debug_key_register('q', "domains", press);
	type("\x01\x01x\x01q");
	cr_assert_eq(pressed, 0);
	cr_assert_str_eq(fetched(), "\x01\x01x\x01q");
}

Test(log_console, help_lists_the_keys)
{
	debug_key_register('q', "dump domains", press);
	cr_assert(debug_key_press('h'));
	cr_assert(strstr(line, "(PV)   h  this help\n"));
	cr_assert(strstr(line, "(PV)   q  dump domains\n"));
	cr_assert_eq(pressed, 0);
}

Test(log_console, a_key_keeps_its_first_function)
{
	debug_key_register('q', "domains", press);
	debug_key_register('q', "other", other);
	debug_key_register('h', "no help", other);
	cr_assert(debug_key_press('q'));
	cr_assert(debug_key_press('h'));
	cr_assert_eq(pressed, 1);
}

Test(log_console, unknown_keys_are_told)
{
	cr_assert_not(debug_key_press('z'));
	cr_assert_not(debug_key_press('\xff'));
	debug_key_register('\xff', "far out", press);
	cr_assert_not(debug_key_press('\xff'));
}
