/* SPDX-License-Identifier: MIT */
/* What `vane top` shows of two domains that were made up. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top.h"
#include "public/domctl.h"
#include "public/sched.h"
#include "public/vcpu.h"

#define S 1000000000ull

TestSuite(top);

static struct paravane_meter_cpu cpus[2] = {
	{.cpu = 0, .at_ns = 100 * S, .idle_ns = 40 * S},
	{.cpu = 1, .at_ns = 100 * S, .idle_ns = 80 * S},
};
static struct paravane_meter_vcpu vcpus[3] = {
	{.domain = 0, .vcpu = 0, .at_ns = 100 * S, .online = 1},
	{.domain = 3, .vcpu = 0, .at_ns = 100 * S, .online = 1, .cpu = 1},
	{.domain = 3, .vcpu = 1, .at_ns = 100 * S},
};
static struct meter_disk disks[1] = {
	{.domid = 3,
	 .devid = 51712,
	 .read_requests = 7,
	 .write_requests = 5,
	 .read_sectors = 70,
	 .write_sectors = 50,
	 .no_memory = 1},
};
static struct meter_card cards[2] = {
	{.domid = 3,
	 .devid = 0,
	 .interface = "vif3.0",
	 .sent_bytes = 4096,
	 .received_bytes = 2048},
	{.domid = 3, .devid = 1, .interface = "web1", .sent_bytes = 1024},
};
static struct meter_domain domains[2] = {
	{.info = {.domain = 0,
		  .flags = XEN_DOMINF_running,
		  .vcpus = 1,
		  .vcpus_online = 1,
		  .pages = 1000,
		  .pages_max = ~0ull},
	 .name = (char *)"Domain-0"},
	{.info = {.domain = 3,
		  .flags = XEN_DOMINF_blocked,
		  .vcpus = 2,
		  .vcpus_online = 1,
		  .pages = 250,
		  .pages_max = 500}},
};
static struct meter_snapshot now = {
	.at_ns = 100 * S,
	.machine = {.at_ns = 100 * S, .cpus = 2, .total_pages = 2000},
	.cpus = cpus,
	.cpu_count = 2,
	.domains = domains,
	.domain_count = 2,
	.vcpus = vcpus,
	.vcpu_count = 3,
	.disks = disks,
	.disk_count = 1,
	.cards = cards,
	.card_count = 2,
};

static void assign(void)
{
	for (size_t i = 0; i < 2; i++)
		domains[i].vcpu_count = domains[i].disk_count =
			domains[i].card_count = 0;
	meter_assign(&now);
	vcpus[0].state_ns[RUNSTATE_running] = 60 * S;
	vcpus[1].state_ns[RUNSTATE_running] = 19 * S + S / 2;
	vcpus[1].state_ns[RUNSTATE_blocked] = 80 * S;
	vcpus[2].state_ns[RUNSTATE_offline] = 100 * S;
	vcpus[1].hypercalls[1] = 5;
	vcpus[2].hypercalls[1] = 6;
}

Test(top, batch_has_the_columns_of_xentop)
{
	struct top_options o = {0};
	char *text;

	assign();
	text = top_batch(&now, NULL, &o);
	cr_assert_str_eq(
		text,
		"      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  "
		"MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   "
		"VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID\n"
		"  Domain-0 -----r         60    0.0       4000   50.0   "
		"no limit       n/a     1    0        0        0    0        "
		"0        0        0          0          0    0\n"
		"(domain?3) --b---         19    0.0       1000   12.5       "
		"2000      25.0     1    2        5        2    1        1"
		"        7        5         70         50    0\n");
	free(text);
}

Test(top, batch_shows_rates_from_the_second_round_on)
{
	struct meter_rates rates;
	struct top_options o = {.full_names = true};
	char *text;

	assign();
	cr_assert_eq(meter_rates(NULL, &now, &rates), 0);
	text = top_batch(&now, &rates, &o);
	cr_expect_not_null(strstr(text, "  Domain-0 -----r         60   60.0 "),
			   "%s", text);
	free(text);
	meter_rates_free(&rates);
}

Test(top, batch_states_and_names_stay_one_word_each)
{
	struct top_options o = {0};
	char *text;

	assign();
	domains[1].name = (char *)"a b\tc\x7f\n-and-long";
	domains[1].info.flags = XEN_DOMINF_shutdown | XEN_DOMINF_dying |
				SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
	text = top_batch(&now, NULL, &o);
	cr_expect_not_null(strstr(text, "\na?b?c?\?-an d--c-- "), "%s", text);
	free(text);
	domains[1].info.flags = XEN_DOMINF_shutdown | XEN_DOMINF_paused;
	text = top_batch(&now, NULL, &o);
	cr_expect_not_null(strstr(text, "\na?b?c?\?-an -s--p- "), "%s", text);
	free(text);
	domains[1].name = NULL;
	domains[1].info.flags = XEN_DOMINF_blocked;
}

Test(top, batch_has_lines_below_for_who_asks)
{
	struct top_options o = {.vcpus = true, .networks = true, .disks = true};
	char *text;

	assign();
	text = top_batch(&now, NULL, &o);
	cr_expect_not_null(
		strstr(text, "\nVCPUs(sec):   0:         19s   1:          0s\n"
			     "Net0  RX:        2048bytes "),
		"%s", text);
	cr_expect_not_null(strstr(text, "\nNet1  RX:           0bytes "), "%s",
			   text);
	cr_expect_not_null(strstr(text, "\nVBD xvda 51712  OO:        1   RD:"
					"        7   WR:        5"),
			   "%s", text);
	free(text);
}

Test(top, every_page_has_its_rows)
{
	static const size_t rows[TOP_PAGES] = {
		[TOP_DOMAINS] = 2, [TOP_VCPUS] = 3,  [TOP_DEVICES] = 3,
		[TOP_CPUS] = 2,	   [TOP_FRAMES] = 2, [TOP_CALLS] = 1,
	};
	struct meter_rates rates;
	struct top_table t;

	assign();
	cr_assert_eq(meter_rates(NULL, &now, &rates), 0);
	for (int p = 0; p < TOP_PAGES; p++) {
		cr_assert_eq(top_page_make((enum top_page)p, &now, &rates, &t),
			     0);
		cr_expect_eq(t.row_count, rows[p], "page %s: %zu",
			     top_page_title((enum top_page)p), t.row_count);
		cr_expect_leq(t.column_count, TOP_COLUMNS);
		cr_expect_lt(top_page_sort((enum top_page)p), t.column_count);
		for (size_t i = 0; i < t.row_count; i++)
			for (size_t c = 1; c < t.column_count; c++)
				cr_expect(t.rows[i].cell[c][0],
					  "page %s, row %zu: no %s",
					  top_page_title((enum top_page)p), i,
					  t.columns[c].title);
		top_table_free(&t);
	}
	cr_assert_eq(top_page_make(TOP_CALLS, &now, &rates, &t), 0);
	cr_expect_str_eq(t.rows[0].label, "(domain 3)");
	cr_expect_str_eq(t.rows[0].cell[1], "mmu_update");
	cr_expect_str_eq(t.rows[0].cell[2], "11", "of both vCPUs");
	top_table_free(&t);
	cr_assert_eq(top_page_make(TOP_DEVICES, &now, &rates, &t), 0);
	cr_expect_str_eq(t.rows[0].cell[1], "xvda");
	cr_expect_str_eq(t.rows[2].cell[1], "web1");
	top_table_free(&t);
	meter_rates_free(&rates);
}

static const struct top_column columns[] = {
	{"NAME", 0, true, true},
	{"N", 4, false, false},
	{"WORD", 8, true, true},
};

static void expect_order(const struct top_table *t, const char *order)
{
	char got[8] = "";

	for (size_t i = 0; i < t->row_count; i++)
		strcat(got, t->rows[i].label);
	cr_expect_str_eq(got, order);
}

Test(top, tables_are_sorted_and_equal_rows_keep_their_order)
{
	static const struct {
		const char *label;
		double key;
		const char *word;
	} rows[] = {{"c", 1, "x"}, {"a", 3, "y"}, {"d", 1, "w"}, {"b", 2, "x"}};
	struct top_table t;

	top_table_init(&t, columns, 3);
	for (size_t i = 0; i < 4; i++) {
		struct top_row *r = top_table_add(&t, rows[i].label);

		cr_assert_not_null(r);
		top_set(r, 1, rows[i].key, "%.0f", rows[i].key);
		top_set(r, 2, 0, "%s", rows[i].word);
	}
	top_table_sort(&t, 1, false);
	expect_order(&t, "abcd");
	top_table_sort(&t, 0, true);
	expect_order(&t, "dcba");
	top_table_sort(&t, 2, false);
	expect_order(&t, "dcba");
	top_table_sort(&t, 1, true);
	expect_order(&t, "dcba");
	top_table_free(&t);
	top_table_sort(&t, 1, true);
	cr_expect_eq(t.row_count, 0);
}

Test(top, amounts_are_short)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},	  {999, "999"},	     {1023, "1023"},
		{1023.6, "1.0K"}, {1536, "1.5K"},    {10188, "9.9K"},
		{10240, "10K"},	  {1048575, "1.0M"}, {5e12, "4.5T"},
		{1.9e19, "16E"},
	};
	char text[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		top_scale(rows[i].value, text);
		cr_expect_str_eq(text, rows[i].text);
	}
}

Test(top, disks_have_the_names_that_guests_give_them)
{
	static const struct {
		uint32_t devid;
		const char *name;
	} rows[] = {
		{51712, "xvda"},
		{51713, "xvda1"},
		{51728, "xvdb"},
		{51952, "xvdp"},
		{1u << 28 | 16 << 8, "xvdq"},
		{1u << 28 | 26 << 8 | 3, "xvdaa3"},
		{1u << 28 | 701 << 8, "xvdzz"},
		{1u << 28 | 702 << 8, "268615168"},
		{768, "768"},
		{0xffffffff, "4294967295"},
	};
	char name[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		top_disk_name(rows[i].devid, name);
		cr_expect_str_eq(name, rows[i].name);
	}
}
