/* SPDX-License-Identifier: MIT */
/* What a pool of CPUs is made of, what it cannot lose, and how it is shown. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/pool.h"
#include "lib/config.h"

TestSuite(pool);

static struct cpumap map_of(const char *text)
{
	struct cpumap m = {{0}};

	cr_assert_eq(config_cpus(text, m.bits, CPUMAP_CPUS), 0, "%s", text);
	return m;
}

Test(pool, a_configuration_is_read_or_refused)
{
	static const struct {
		const char *text, *name, *setting;
		const char *line; /* NULL: it is a good one */
	} rows[] = {
		{"", "fast", NULL, NULL},
		{"", "fast", "cpus=2-3", NULL},
		{"", "fast", "cpus=[\"2\", \"3\"]", NULL},
		{"", "fast", "cpus=3", NULL},
		{"", "fast", "sched=null", NULL},
		{"name=\"fast\"\ncpus=[2,3]\nsched=\"credit\"", NULL, NULL,
		 NULL},
		{"name=\"slow\"", NULL, "name=fast", NULL},
		{"", NULL, NULL, "pool.cfg: no name"},
		{"", "7", NULL, "taken for a pool's number"},
		{"", "fast", "name=\"my pool\"", "only letters"},
		{"", "fast", "sched=rtds",
		 "sched 'rtds' is neither credit nor null"},
		{"", "fast", "sched=[]", "sched takes no list"},
		{"", "fast", "cpus=two", "cpus 'two' is not like 0-3,^1"},
		{"", "fast", "cpus=[[\"1\"]]", "command line"},
		{"", "fast", "cpus=node:0", "this machine is one node"},
		{"", "fast", "nodes=0", "a pool has no 'nodes'"},
		{"name=", NULL, NULL, "pool.cfg:1:6: expected"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *settings[] = {(char *)rows[i].setting};
		struct err e = ERR_NONE;
		struct arena a = {0};
		struct pool_wish w;
		int rc = pool_parse(&a, "pool.cfg", rows[i].text,
				    strlen(rows[i].text), rows[i].name,
				    settings, rows[i].setting ? 1 : 0, &w, &e);

		cr_expect_eq(rc, rows[i].line ? -EINVAL : 0, "row %zu: %s", i,
			     e.text);
		if (rows[i].line)
			cr_expect(strstr(e.text, rows[i].line), "row %zu: %s",
				  i, e.text);
		else
			cr_expect_str_eq(w.name, "fast");
		arena_free(&a);
	}
}

Test(pool, a_list_of_cpus_is_all_of_them)
{
	char *settings[] = {"cpus=[\"0-2,^1\", \"5\"]", "sched=null"};
	struct arena a = {0};
	struct pool_wish w;
	char text[CPUMAP_TEXT_BYTES];

	cr_assert_eq(pool_parse(&a, "f", "", 0, "p", settings, 2, &w, NULL), 0);
	cpumap_format(&w.cpus, text);
	cr_expect(w.has_cpus);
	cr_expect_str_eq(text, "0,2,5");
	cr_expect_eq(w.policy, XEN_SCHEDULER_NULL);
	cr_assert_eq(pool_parse(&a, "f", "", 0, "p", NULL, 0, &w, NULL), 0);
	cr_expect_not(w.has_cpus);
	cr_expect_eq(w.policy, XEN_SCHEDULER_CREDIT);
	arena_free(&a);
}

Test(pool, the_last_cpu_stays_with_the_domains)
{
	static const struct {
		const char *cpus;
		uint32_t id, domains;
		int rc;
		const char *line;
	} rows[] = {
		{"1", 1, 2, 0, ""},
		{"0-1", 1, 0, 0, ""},
		{"0-1", 1, 2, -EBUSY,
		 "pool 'fast' would have no CPU left for its 2 domains; move "
		 "them to another pool first"},
		{"0-1", 0, 1, -EBUSY,
		 "left for its 1 domain, and domain 0 cannot leave it"},
		{"1-3", 1, 0, -ENODEV,
		 "pool 'fast' has no CPU 2-3; it has: 0-1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sched_pool_info p = {
			.id = rows[i].id,
			.domain_count = rows[i].domains,
			.cpus = map_of("0-1"),
		};
		struct cpumap cpus = map_of(rows[i].cpus);
		struct err e = ERR_NONE;

		cr_expect_eq(pool_check_remove("fast", &p, &cpus, &e),
			     rows[i].rc, "row %zu", i);
		cr_expect(strstr(e.text, rows[i].line), "row %zu: %s", i,
			  e.text);
	}
}

Test(pool, rows_are_those_of_xl)
{
	struct sched_pool_info p = {
		.policy = XEN_SCHEDULER_CREDIT,
		.domain_count = 2,
		.cpus = map_of("0-3"),
	};
	char row[128];

	pool_format_row("Pool-0", &p, row, sizeof(row));
	cr_expect_str_eq(row,
			 "Pool-0               4    credit       y          2");
	pool_format_cpus("Pool-0", &p.cpus, row, sizeof(row));
	cr_expect_str_eq(row, "Pool-0             0,1,2,3");
}
