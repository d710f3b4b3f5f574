/* SPDX-License-Identifier: MIT */
/* The machine's own logs: records of the kernel, and where we are in them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "consoled/hostlog.h"

/* Longer than any that a kernel makes. */
#define LONG_HEAD                                                              \
	"6,0,0,-----------------------------------------------------------"

TestSuite(consoled_hostlog);

Test(consoled_hostlog, a_record_becomes_a_line_with_its_time)
{
	static const struct {
		const char *record;
		uint64_t seq;
		const char *line;
	} rows[] = {
		{"6,0,0,-;Linux version 6.1\n", 0,
		 "[    0.000000] Linux version 6.1\n"},
		{"4,339,5140900,-;NET: a message\n SUBSYSTEM=pci\n DEVICE=+x\n",
		 339, "[    5.140900] NET: a message\n"},
		{"30,1,123456789012,c,caller=T1;a;b, c\\x0ad\n", 1,
		 "[123456.789012] a;b, c\\x0ad\n"},
		{"6,18446744073709551615,1,-;\n", UINT64_MAX,
		 "[    0.000001] \n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[128];
		uint64_t seq;

		cr_assert_eq(hostlog_kmsg_line(rows[i].record,
					       strlen(rows[i].record), &seq,
					       line, sizeof(line)),
			     (int)strlen(rows[i].line));
		cr_expect_str_eq(line, rows[i].line);
		cr_expect_eq(seq, rows[i].seq);
	}
}

Test(consoled_hostlog, what_is_no_record_is_refused)
{
	static const char *const records[] = {
		"",
		"6,0,0,-;no line end",
		"no semicolon\n",
		"6,0;two numbers\n",
		"a,b,c;no numbers\n",
		"6,0,0,-\n;line end first\n",
		LONG_HEAD ";a long head\n",
	};
	char line[128];
	uint64_t seq;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		cr_expect_eq(hostlog_kmsg_line(records[i], strlen(records[i]),
					       &seq, line, sizeof(line)),
			     -EINVAL, "row %zu", i);
}

static struct hostlog_positions here(void)
{
	return (struct hostlog_positions){
		.boot_id = "0b9ed2c1-7f3d-4c2f-8b0e-5a4d3c2b1a09",
	};
}

Test(consoled_hostlog, positions_are_read_back_as_they_were_written)
{
	struct hostlog_positions p = here(), q = here();
	char text[HOSTLOG_POSITIONS_BYTES + 1];

	p.kmsg_seq = UINT64_MAX;
	p.ring_at = UINT32_MAX;
	hostlog_positions_print(&p, text);
	cr_assert_eq(strlen(text), HOSTLOG_POSITIONS_BYTES);
	cr_assert(hostlog_positions_parse(&q, text));
	cr_assert_eq(q.kmsg_seq, p.kmsg_seq);
	cr_assert_eq(q.ring_at, p.ring_at);
}

Test(consoled_hostlog, positions_of_another_boot_or_damaged_ones_are_not_used)
{
	static const char *const texts[] = {
		"",
		"0b9ed2c1-7f3d-4c2f-8b0e-5a4d3c2b1a09 5",
		"0b9ed2c1-7f3d-4c2f-8b0e-5a4d3c2b1a09 x y",
		"11111111-7f3d-4c2f-8b0e-5a4d3c2b1a09 5 6",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct hostlog_positions p = here();

		cr_expect_not(hostlog_positions_parse(&p, texts[i]));
		cr_expect_eq(p.kmsg_seq, 0);
		cr_expect_eq(p.ring_at, 0);
	}
}
