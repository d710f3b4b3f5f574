/* SPDX-License-Identifier: MIT */
/*
 * The command line: any text, over a table with an option of each kind. What
 * lies around the destinations must stay as it was.
 */
#include <stdlib.h>
#include <string.h>
#include "boot/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

static bool opt_bool, opt_flag;
static uint64_t opt_number, opt_size;
static struct {
	char before[8], text[8], after[8];
} opt;
static int report_count;

static void report(const char *word, bool known)
{
	CHECK(strlen(word) > 0 && strlen(word) < CMDLINE_WORD_MAX);
	report_count += !known;
}

static const struct cmdline_option options[] = {
	{"wd", CMDLINE_BOOL, &opt_bool, 0},
	{"noreboot", CMDLINE_FLAG, &opt_flag, 0},
	{"maxcpus", CMDLINE_U64, &opt_number, 0},
	{"mem", CMDLINE_SIZE, &opt_size, 0},
	{"console", CMDLINE_STRING, opt.text, sizeof(opt.text)},
	{"sched", CMDLINE_NONE, NULL, 0},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *line = malloc(size + 1);
	struct dom0_mem m;
	const char *rest;
	int bad;

	CHECK(line);
	memcpy(line, bytes, size);
	line[size] = '\0';
	memset(&opt, 0x5a, sizeof(opt));
	opt.text[0] = '\0';
	report_count = 0;

	bad = cmdline_parse(line, options, ARRAY_SIZE(options), report);
	CHECK(bad == report_count);
	CHECK(memcmp(opt.before, "ZZZZZZZZ", 8) == 0);
	CHECK(memcmp(opt.after, "ZZZZZZZZ", 8) == 0);
	CHECK(memchr(opt.text, 0, sizeof(opt.text)));
	rest = cmdline_skip_image(line);
	CHECK(rest >= line && rest <= line + strlen(line));
	if (cmdline_parse_dom0_mem(line, &m) == 0) {
		CHECK(m.size.given || m.min.given || m.max.given);
		CHECK(dom0_mem_bytes(&m, UINT64_C(1) << 30, 4096) <=
		      UINT64_C(1) << 30);
	}
	free(line);
	return 0;
}
