/* SPDX-License-Identifier: MIT */
/* What vcpu-pin and vcpu-set understand, refuse and show. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/vcpu.h"

TestSuite(vcpu);

static struct cpumap map_of(const char *text)
{
	struct cpumap m = {{0}};

	cr_assert_eq(config_cpus(text, m.bits, CPUMAP_CPUS), 0, "%s", text);
	return m;
}

static struct vcpu_facts facts(void)
{
	return (struct vcpu_facts){
		.name = "web",
		.count = 4,
		.pool = "Pool-0",
		.pool_cpus = map_of("0-2"),
		.online = map_of("0-3"),
	};
}

Test(vcpu, a_pin_is_read_or_refused_with_the_numbers)
{
	static const struct {
		const char *vcpu, *hard, *soft;
		int rc;
		const char *line;
	} rows[] = {
		{"0", "0", NULL, 0, ""},
		{"3", "0-3,^1", "all", 0, ""},
		{"all", "all", NULL, 0, ""},
		{"all", "all,^0", NULL, 0, ""},
		{"0", "-", "3", 0, ""},
		{"0", "-", "-", -EINVAL, "there is nothing to change"},
		{"0", "-", NULL, -EINVAL, "there is nothing to change"},
		{"4", "0", NULL, -ERANGE,
		 "web has no virtual CPU 4: there are 4, counted from 0"},
		{"x", "0", NULL, -EINVAL, "'x' is no virtual CPU"},
		{"-1", "0", NULL, -EINVAL, "'-1' is no virtual CPU"},
		{"4294967296", "0", NULL, -EINVAL, "is no virtual CPU"},
		{"0", "4", NULL, -ERANGE,
		 "CPUs '4': this machine has CPUs 0-3"},
		{"0", "0,7", NULL, -ERANGE,
		 "CPUs '0,7': this machine has CPUs 0-3"},
		{"0", "0,99999", NULL, -ERANGE, "this machine has CPUs 0-3"},
		{"0", "3", NULL, -ERANGE,
		 "CPUs '3': web runs in pool 'Pool-0', which has CPUs 0-2; "
		 "'vane cpupool-migrate'"},
		{"0", "one", NULL, -EINVAL, "CPUs 'one' is not like 0-3,^1"},
		{"0", "", NULL, -EINVAL, "CPUs '' is not like"},
		{"0", "0", "9", -ERANGE,
		 "soft CPUs '9': this machine has CPUs 0-3"},
		{"0", "0", "3-1", -EINVAL, "soft CPUs '3-1' is not like"},
		{"0", "all,^0-3", NULL, -ERANGE, "has CPUs 0-2"},
		{"0", "0", "all,^0-3", -ERANGE, "has CPUs 0-3"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vcpu_facts f = facts();
		struct err e = ERR_NONE;
		struct vcpu_pin p;

		cr_expect_eq(vcpu_check_pin(&f, rows[i].vcpu, rows[i].hard,
					    rows[i].soft, &p, &e),
			     rows[i].rc, "row %zu: %s", i, e.text);
		cr_expect(strstr(e.text, rows[i].line), "row %zu: %s", i,
			  e.text);
	}
}

Test(vcpu, a_dash_leaves_a_set_as_it_is)
{
	struct vcpu_facts f = facts();
	struct vcpu_pin p;

	cr_assert_eq(vcpu_check_pin(&f, "2", "-", "3", &p, NULL), 0);
	cr_expect(!p.is_all && p.vcpu == 2 && !p.has_hard && p.has_soft);
	cr_expect(cpumap_has(&p.soft, 3) && cpumap_count(&p.soft) == 1);
	cr_assert_eq(vcpu_check_pin(&f, "all", "1-2", NULL, &p, NULL), 0);
	cr_expect(p.is_all && p.has_hard && !p.has_soft);
	cr_expect_eq(cpumap_count(&p.hard), 2);
}

Test(vcpu, a_count_is_one_to_the_maximum)
{
	static const struct {
		const char *word;
		bool is_zero;
		int rc;
		const char *line;
	} rows[] = {
		{"1", false, 0, ""},
		{"4", false, 0, ""},
		{"0", false, -ERANGE, "web keeps at least 1 virtual CPU"},
		{"5", false, -ERANGE,
		 "web: 5 virtual CPUs are more than its maximum of 4; 'vane "
		 "config-update web maxvcpus=5' and a reboot"},
		{"5", true, -ERANGE, "the hypervisor's dom0_max_vcpus="},
		{"33", false, -ERANGE, "more than the 32 that a domain can"},
		{"two", false, -EINVAL, "'two' is no number of virtual CPUs"},
		{"-1", false, -EINVAL, "'-1' is no number"},
		{"", false, -EINVAL, "'' is no number"},
		{"99999999999999999999", false, -EINVAL, "is no number"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vcpu_facts f = facts();
		struct err e = ERR_NONE;
		uint32_t count;

		f.is_zero = rows[i].is_zero;
		cr_expect_eq(vcpu_check_set(&f, rows[i].word, &count, &e),
			     rows[i].rc, "%s: %s", rows[i].word, e.text);
		cr_expect(strstr(e.text, rows[i].line), "%s", e.text);
	}
}

Test(vcpu, rows_are_those_of_xl)
{
	struct xen_domctl_getvcpuinfo info = {
		.vcpu = 1,
		.online = 1,
		.running = 1,
		.cpu = 3,
		.cpu_time = 17900000000,
	};
	char row[128];

	vcpu_format_row("Domain-0", 0, &info, "all", "all", row, sizeof(row));
	cr_expect_str_eq(row,
			 "Domain-0                             0     1    3   "
			 "r--      17.9  all / all");
	info.running = 0;
	info.blocked = 1;
	vcpu_format_row(NULL, 12, &info, "2", "1-2", row, sizeof(row));
	cr_expect_str_eq(row,
			 "(null)                              12     1    3   "
			 "-b-      17.9  2 / 1-2");
	info.online = 0;
	info.cpu_time = 0;
	vcpu_format_row("stock", 1, &info, "all", "all", row, sizeof(row));
	cr_expect_str_eq(row,
			 "stock                                1     1    -   "
			 "--p       0.0  all / all");
}

Test(vcpu, a_pin_is_kept_for_a_restart)
{
	static const char *two[] = {"0", "1-2"};
	struct config c = {.maxvcpus = 3};
	struct vcpu_pin p = {.vcpu = 1, .has_hard = true};
	char setting[1024], small[16];

	p.hard = map_of("3");
	cr_assert(vcpu_format_pin(&c, &p, false, setting, sizeof(setting)));
	cr_expect_str_eq(setting, "cpus=[\"all\",\"3\",\"all\"]");
	/* The last of a shorter list is that of all that follow. */
	c.cpus = two;
	c.cpus_count = 2;
	p.vcpu = 0;
	cr_assert(vcpu_format_pin(&c, &p, false, setting, sizeof(setting)));
	cr_expect_str_eq(setting, "cpus=[\"3\",\"1-2\",\"1-2\"]");
	p.is_all = true;
	p.soft = map_of("all");
	cr_assert(vcpu_format_pin(&c, &p, false, setting, sizeof(setting)));
	cr_expect_str_eq(setting, "cpus=[\"3\"]");
	cr_assert(vcpu_format_pin(&c, &p, true, setting, sizeof(setting)));
	cr_expect_str_eq(setting, "cpus_soft=[\"all\"]");
	cr_expect_not(vcpu_format_pin(&c, &p, true, small, sizeof(small)));
}
