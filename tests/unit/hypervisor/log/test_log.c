/* SPDX-License-Identifier: MIT */
/* What the log shows and how: hypervisor/log/log.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "fake/clock.h"
#include "fake/machine.h"
#include "log/log.h"

static char line[65536];
static size_t line_bytes;
static char ring[70000];

static void line_write(const char *text, size_t bytes)
{
	memcpy(line + line_bytes, text, bytes);
	line_bytes += bytes;
	line[line_bytes] = '\0';
}

static const char *ring_text(void)
{
	uint32_t index;

	ring[log_ring_read(ring, sizeof(ring) - 1, &index, false)] = 0;
	return ring;
}

static void setup(void)
{
	fake_clock_reset();
	line_bytes = 0;
	log_attach_line(line_write);
}

TestSuite(log_lines, .init = setup);

Test(log_lines, a_line_goes_to_both_with_a_prefix)
{
	log_info("frame %u\n", 7u);
	cr_assert_str_eq(line, "(PV) frame 7\n");
	cr_assert_str_eq(ring_text(), "(PV) frame 7\n");
}

Test(log_lines, several_lines_in_one_call_have_a_prefix_each)
{
	log_err("one\ntwo\n");
	cr_assert_str_eq(line, "(PV) one\n(PV) two\n");
}

Test(log_lines, a_line_in_two_calls_has_one_prefix)
{
	log_info("one ");
	log_info("two\n");
	cr_assert_str_eq(line, "(PV) one two\n");
}

Test(log_lines, what_came_before_the_line_is_sent_when_it_is_attached)
{
	log_info("early\n");
	line_bytes = 0;
	log_attach_line(line_write);
	cr_assert_str_eq(line, "(PV) early\n");
}

Test(log_lines, overlong_text_is_cut_and_ends_its_line)
{
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	log_info("%s\n", big);
	log_info("next\n");
	cr_assert(strstr(line, "x\n(PV) next\n"));
	cr_assert_lt(line_bytes, 600);
}

Test(log_lines, debug_lines_are_hidden_by_default)
{
	log_debug("secret\n");
	cr_assert_eq(line_bytes, 0);
	cr_assert_eq(log_set_levels("all", NULL), 0);
	log_debug("shown\n");
	cr_assert_str_eq(line, "(PV) shown\n");
}

static const struct {
	const char *level;
	unsigned int lines;
} levels[] = {{"none", 0}, {"error", 1}, {"warning", 2},
	      {"info", 3}, {"debug", 4}, {"all", 4}};

Test(log_lines, each_level_shows_itself_and_what_is_worse)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		unsigned int n = 0;

		line_bytes = 0;
		cr_assert_eq(log_set_levels(levels[i].level, NULL), 0);
		log_err("e\n");
		log_warn("w\n");
		log_info("i\n");
		log_debug("d\n");
		for (size_t c = 0; c < line_bytes; c++)
			n += line[c] == '\n';
		cr_assert_eq(n, levels[i].lines, "%s", levels[i].level);
	}
}

Test(log_lines, an_unknown_level_changes_nothing)
{
	cr_assert_eq(log_set_levels("none", NULL), 0);
	cr_assert_eq(log_set_levels("all", "loud"), -EINVAL);
	cr_assert_eq(log_set_levels("warn", NULL), -EINVAL);
	cr_assert_eq(log_set_levels("all/", NULL), -EINVAL);
	cr_assert_eq(log_set_levels("", NULL), -EINVAL);
	log_err("hidden\n");
	cr_assert_eq(line_bytes, 0);
}

static unsigned int count_lines(const char *with)
{
	unsigned int n = 0;
	const char *p = line;

	while ((p = strstr(p, with))) {
		n++;
		p++;
	}
	return n;
}

Test(log_lines, a_rationed_level_says_how_much_it_left_out)
{
	cr_assert_eq(log_set_levels("error/all", NULL), 0);
	for (int i = 0; i < 1000; i++)
		log_debug("noise\n");
	cr_assert_eq(count_lines("noise"), 200);
	log_err("always\n");
	cr_assert_eq(count_lines("always"), 1);
	fake_time_ns += 20000000;
	log_debug("later\n");
	cr_assert(strstr(line, "(PV) 800 lines left out: too many\n"));
	cr_assert_eq(count_lines("later"), 1);
}

Test(log_lines, domain_zero_s_console_is_passed_through_and_not_kept)
{
	log_guest(0, "\x1b[1mlogin: ", 11);
	cr_assert_str_eq(line, "\x1b[1mlogin: ");
	cr_assert_str_eq(ring_text(), "");
	log_dom0_to_ring = true;
	log_guest(0, "x", 1);
	cr_assert_str_eq(ring_text(), "x");
}

Test(log_lines, our_line_does_not_begin_in_the_middle_of_domain_zero_s)
{
	log_guest(0, "# ", 2);
	log_info("news\n");
	cr_assert_str_eq(line, "# \n(PV) news\n");
	cr_assert_str_eq(ring_text(), "(PV) news\n");
}

Test(log_lines, guests_lines_do_not_mix_and_are_marked)
{
	log_guest(3, "he", 2);
	log_guest(4, "wo", 2);
	log_guest(3, "llo\n", 4);
	log_guest(4, "rld\n", 4);
	cr_assert_str_eq(line, "(d3) hello\n(d4) world\n");
	cr_assert_str_eq(ring_text(), "(d3) hello\n(d4) world\n");
}

Test(log_lines, a_guest_cannot_reach_the_terminal_s_controls)
{
	log_guest(3, "a\x1b[2Jb\x07\xff\r\n", 10);
	cr_assert_str_eq(line, "(d3) a[2Jb\n");
}

Test(log_lines, a_guest_that_never_ends_its_line_is_shown_in_pieces)
{
	for (int i = 0; i < 400; i++)
		log_guest(3, "z", 1);
	cr_assert_eq(count_lines("(d3) z"), 2);
}

Test(log_lines, a_noisy_guest_is_rationed_and_a_quiet_one_is_not)
{
	for (int i = 0; i < 1000; i++)
		log_guest(3, "noise\n", 6);
	log_guest(4, "quiet\n", 6);
	cr_assert_eq(count_lines("noise"), 200);
	cr_assert_eq(count_lines("quiet"), 1);
	fake_time_ns += 40000000;
	log_guest(3, "again\n", 6);
	cr_assert(strstr(line, "(d3) 800 lines left out: too many\n"));
}

Test(log_lines, guest_loglvl_opens_and_closes)
{
	cr_assert_eq(log_set_levels(NULL, "none"), 0);
	log_guest(3, "no\n", 3);
	cr_assert_eq(line_bytes, 0);
	cr_assert_eq(log_set_levels(NULL, "all"), 0);
	for (int i = 0; i < 300; i++)
		log_guest(3, "yes\n", 4);
	cr_assert_eq(count_lines("yes"), 300);
}

Test(log_lines, more_guests_than_buffers_lose_no_text)
{
	char text[8];

	for (unsigned int d = 1; d <= 40; d++) {
		snprintf(text, sizeof(text), "n%u", d);
		log_guest(d, text, strlen(text));
	}
	/* Whoever lost the buffer had its text shown. */
	for (unsigned int d = 1; d <= 24; d++) {
		snprintf(text, sizeof(text), "n%u\n", d);
		cr_assert(strstr(line, text), "%s", text);
	}
}

Test(log_lines, reading_and_clearing_in_pieces_gives_all_once)
{
	char out[32] = {0};
	uint32_t index = 0;
	size_t n;

	log_info("one\n");
	n = log_ring_read(out, 6, &index, false);
	log_ring_forget(index);
	cr_assert_eq(n, 6);
	n += log_ring_read(out + 6, 20, &index, true);
	log_ring_forget(index);
	cr_assert_str_eq(out, "(PV) one\n");
	cr_assert_eq(n, 9);
	log_info("two\n");
	cr_assert_str_eq(ring_text(), "(PV) two\n");
}

Test(log_lines, reading_without_clearing_may_be_repeated)
{
	uint32_t index;
	char out[32];

	log_info("one\n");
	log_ring_read(out, sizeof(out), &index, false);
	cr_assert_eq(index, 9);
	cr_assert_str_eq(ring_text(), "(PV) one\n");
	log_info("two\n");
	cr_assert_eq(log_ring_read(out, sizeof(out), &index, true), 9);
	cr_assert_eq(memcmp(out, "(PV) two\n", 9), 0);
}

Test(log_lines, at_the_end_everything_is_shown_and_no_lock_is_waited_for)
{
	cr_assert_eq(log_set_levels("none", "none"), 0);
	log_flush_sync();
	log_debug("last words\n");
	cr_assert_str_eq(line, "\n(PV) last words\n");
}

/* Whatever the line was in the middle of, and whoever goes on writing. */
Test(log_lines, at_the_end_one_cpu_writes_and_begins_a_line)
{
	log_info("half of ");
	fake_cpu = 1;
	log_flush_sync();
	fake_cpu = 0;
	log_err("another CPU\n");
	log_guest(3, "a guest\n", 8);
	log_guest(0, "domain zero\n", 12);
	fake_cpu = 1;
	log_err("the last CPU\n");
	cr_assert_str_eq(line, "(PV) half of \n(PV) the last CPU\n");
}
