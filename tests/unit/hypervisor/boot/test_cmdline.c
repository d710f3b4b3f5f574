/* SPDX-License-Identifier: MIT */
/* The hypervisor's options: each kind, each bad form, and dom0_mem. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "boot/cmdline.h"
#include "lib/errno.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

static bool opt_bool, opt_flag;
static uint64_t opt_number, opt_size;
static char opt_text[8];
static char reported[1024];

static const struct cmdline_option options[] = {
	{"watchdog", CMDLINE_BOOL, &opt_bool, 0},
	{"noreboot", CMDLINE_FLAG, &opt_flag, 0},
	{"maxcpus", CMDLINE_U64, &opt_number, 0},
	{"mem", CMDLINE_SIZE, &opt_size, 0},
	{"console", CMDLINE_STRING, opt_text, sizeof(opt_text)},
	{"sched", CMDLINE_NONE, NULL, 0},
};

static void report(const char *word, bool known)
{
	strcat(reported, known ? "known " : "");
	strcat(reported, word);
	strcat(reported, ";");
}

static int parse(const char *line)
{
	reported[0] = '\0';
	return cmdline_parse(line, options, ARRAY_SIZE(options), report);
}

TestSuite(boot_cmdline);

Test(boot_cmdline, all_kinds_are_set_by_one_line)
{
	cr_assert_eq(parse("  console=com1\tmem=512M noreboot  maxcpus=0x10\n"
			   "watchdog"),
		     0);
	cr_assert_str_eq(opt_text, "com1");
	cr_assert_eq(opt_size, 512 * MIB);
	cr_assert(opt_flag);
	cr_assert_eq(opt_number, 16);
	cr_assert(opt_bool);
	cr_assert_str_eq(reported, "");
}

Test(boot_cmdline, bools_take_every_word_of_the_list)
{
	static const char *const words[][2] = {
		{"no-watchdog", "watchdog"},
		{"watchdog=no", "watchdog=yes"},
		{"watchdog=off", "watchdog=on"},
		{"watchdog=false", "watchdog=true"},
		{"watchdog=disable", "watchdog=enable"},
		{"watchdog=0", "watchdog=1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (unsigned int v = 0; v < 2; v++) {
			opt_bool = !v;
			cr_assert_eq(parse(words[i][v]), 0);
			cr_assert_eq(opt_bool, v, "%s", words[i][v]);
		}
	}
}

Test(boot_cmdline, sizes_take_suffixes_and_count_kib_without_one)
{
	static const struct {
		const char *word;
		uint64_t bytes;
	} rows[] = {
		{"mem=100", 100 * KIB},
		{"mem=100k", 100 * KIB},
		{"mem=4096b", 4096},
		{"mem=7B", 7},
		{"mem=3M", 3 * MIB},
		{"mem=0x10m", 16 * MIB},
		{"mem=2G", 2 * GIB},
		{"mem=1t", 1024 * GIB},
		{"mem=010K", 8 * KIB},
		{"mem=0", 0},
		{"mem=16777215T", UINT64_C(16777215) << 40},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		opt_size = 12345;
		cr_assert_eq(parse(rows[i].word), 0, "%s", rows[i].word);
		cr_assert_eq(opt_size, rows[i].bytes, "%s", rows[i].word);
	}
}

Test(boot_cmdline, bad_values_are_reported_and_change_nothing)
{
	static const char *const words[] = {
		"watchdog=maybe",
		"watchdog=",
		"watchdog=yess",
		"noreboot=yes",
		"no-maxcpus",
		"maxcpus",
		"maxcpus=",
		"maxcpus=12z",
		"maxcpus=-1",
		"maxcpus=0x",
		"maxcpus=08",
		"mem=12Q",
		"mem=12MM",
		"mem=M",
		"mem",
		"mem=16777216T",
		"console",
		"console=toolong8",
		"maxcpus=18446744073709551616",
		"mem=99999999999999999999",
		"unknown",
		"unknown=1",
		"no-unknown",
		"no-",
		"=",
		"=1",
		"Console=com1",
		"consol=com1",
		"no-watchdog=1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char expected[64];

		opt_bool = opt_flag = true;
		opt_number = opt_size = 77;
		strcpy(opt_text, "keep");
		cr_assert_eq(parse(words[i]), 1, "%s", words[i]);
		snprintf(expected, sizeof(expected), "%s;", words[i]);
		cr_assert_str_eq(reported, expected);
		cr_assert(opt_bool && opt_flag, "%s", words[i]);
		cr_assert(opt_number == 77 && opt_size == 77);
		cr_assert_str_eq(opt_text, "keep");
	}
}

Test(boot_cmdline, the_parse_goes_on_after_a_bad_word_and_ends_at_two_dashes)
{
	opt_number = 0;
	cr_assert_eq(parse("what maxcpus=3 mem=x -- maxcpus=4 nonsense"), 2);
	cr_assert_str_eq(reported, "what;mem=x;");
	cr_assert_eq(opt_number, 3);
}

Test(boot_cmdline, what_has_no_effect_is_reported_as_that)
{
	cr_assert_eq(parse("sched=credit maxcpus=3 sched schedule no-sched"),
		     2);
	cr_assert_str_eq(reported, "known sched=credit;known sched;"
				   "schedule;no-sched;");
}

Test(boot_cmdline, the_last_word_for_an_option_wins)
{
	cr_assert_eq(parse("maxcpus=3 maxcpus=5 console=a console="), 0);
	cr_assert_eq(opt_number, 5);
	cr_assert_str_eq(opt_text, "");
}

Test(boot_cmdline, an_endless_word_is_cut_for_the_report)
{
	char line[600];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	cr_assert_eq(parse(line), 1);
	cr_assert_eq(strlen(reported), CMDLINE_WORD_MAX - 1 + 1);
	cr_assert_eq(cmdline_parse(line, options, ARRAY_SIZE(options), NULL),
		     1);
}

Test(boot_cmdline, the_name_of_the_image_is_skipped_and_options_are_not)
{
	static const struct {
		const char *line, *rest;
	} rows[] = {
		{"build/paravane console=com1", " console=com1"},
		{"/boot/paravane", ""},
		{"paravane noreboot", " noreboot"},
		{"console=com1,a/b noreboot", "console=com1,a/b noreboot"},
		{"noreboot", "noreboot"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		cr_assert_str_eq(cmdline_skip_image(rows[i].line),
				 rows[i].rest);
}

Test(boot_cmdline, dom0_mem_takes_its_parts_in_any_order)
{
	struct dom0_mem m;

	cr_assert_eq(cmdline_parse_dom0_mem("512M", &m), 0);
	cr_assert(m.size.given && !m.min.given && !m.max.given);
	cr_assert_eq(m.size.bytes, 512 * MIB);

	cr_assert_eq(cmdline_parse_dom0_mem("max:2G,-256M,min:128M", &m), 0);
	cr_assert(m.size.given && m.size.keep_back);
	cr_assert_eq(m.size.bytes, 256 * MIB);
	cr_assert_eq(m.min.bytes, 128 * MIB);
	cr_assert_eq(m.max.bytes, 2 * GIB);
	cr_assert(!m.min.keep_back && !m.max.keep_back);
}

Test(boot_cmdline, a_malformed_dom0_mem_leaves_what_was_there)
{
	static const char *const bad[] = {
		"",	 ",",	     "512M,",  "min:", "max:-", "--1M",
		"512MB", "min:1M,x", "mid:1M", "-",    "1M 2M"};
	struct dom0_mem m = {.size = {42, true, false}};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_eq(cmdline_parse_dom0_mem(bad[i], &m), -EINVAL, "%s",
			     bad[i]);
		cr_assert_eq(m.size.bytes, 42);
	}
}

Test(boot_cmdline, dom0_gets_what_its_bounds_and_the_machine_allow)
{
	static const struct {
		const char *value;
		uint64_t mib;
	} rows[] = {
		{"512M", 512},
		{"4G", 1000},
		{"-100M", 900},
		{"-2G", 0},
		{"max:300M", 300},
		{"max:700M", 500},
		{"min:600M", 600},
		{"min:2G", 1000},
		{"800M,max:-400M", 600},
		{"100M,min:200M", 200},
		{"min:900M,max:100M", 900},
	};
	struct dom0_mem m = {0};

	cr_assert_eq(dom0_mem_bytes(&m, 1000 * MIB, 500 * MIB), 500 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cr_assert_eq(cmdline_parse_dom0_mem(rows[i].value, &m), 0);
		cr_assert_eq(dom0_mem_bytes(&m, 1000 * MIB, 500 * MIB),
			     rows[i].mib * MIB, "%s", rows[i].value);
	}
}
