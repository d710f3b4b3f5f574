/* SPDX-License-Identifier: MIT */
/* Meters as text; what promtool thinks of it is asked by tests/metrics. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "vaned/openmetrics.h"

TestSuite(openmetrics);

static struct meter_domain domains[2];
static struct paravane_meter_vcpu vcpus[1];
static struct paravane_meter_cpu cpu;
static struct meter_disk disk;
static struct meter_card card;

static char *text_of(enum openmetrics_format format)
{
	struct meter_snapshot s = {
		.at_ns = 12000000034,
		.machine = {.cpus = 3, .total_pages = 2},
		.cpus = &cpu,
		.cpu_count = 1,
		.domains = domains,
		.domain_count = 2,
		.vcpus = vcpus,
		.vcpu_count = 1,
		.disks = &disk,
		.disk_count = 1,
		.cards = &card,
		.card_count = 1,
	};
	size_t size;
	char *text;

	domains[1].info.domain = vcpus[0].domain = disk.domid = card.domid = 7;
	meter_assign(&s);
	text = openmetrics_format(&s, format, &size);
	cr_assert_not_null(text);
	cr_assert_eq(size, strlen(text));
	return text;
}

static void has(const char *text, const char *line)
{
	cr_assert_not_null(strstr(text, line), "no %s in\n%s", line, text);
}

static void has_not(const char *text, const char *line)
{
	cr_assert_null(strstr(text, line), "%s", line);
}

Test(openmetrics, the_new_format_names_families_and_ends)
{
	char *text = text_of(METRICS_OPEN);

	has(text, "# TYPE paravane_vcpu_switches counter\n"
		  "# HELP paravane_vcpu_switches How");
	has(text, "\nparavane_vcpu_switches_total{");
	has(text, "# TYPE paravane_domain info\n");
	has(text, "\nparavane_domain_info{");
	has(text, "# UNIT paravane_uptime_seconds seconds\n");
	has(text, "\nparavane_uptime_seconds 12.000000034\n");
	has(text, "\nparavane_memory_bytes 8192\n");
	cr_assert_str_eq(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

Test(openmetrics, the_old_format_names_samples)
{
	char *text = text_of(METRICS_TEXT);

	has(text, "# TYPE paravane_vcpu_switches_total counter\n");
	has(text, "# TYPE paravane_domain_info gauge\n");
	has_not(text, "# UNIT");
	has_not(text, "# EOF");
	free(text);
}

Test(openmetrics, names_are_escaped)
{
	static const struct {
		const char *name, *label;
	} rows[] = {
		{"a\"b\\c\nd", "name=\"a\\\"b\\\\c\\nd\""},
		{"x\r\t\x01\x7f", "name=\"x????\""},
		{"\xff\xc0\x80z", "name=\"\xef\xbf\xbd\xef\xbf\xbd"
				  "\xef\xbf\xbdz\""},
		{"\xc3\xa4", "name=\"\xc3\xa4\""},
		{"} 1\nfake 2", "name=\"} 1\\nfake 2\""},
		{"\xe2\x82", "name=\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{NULL, "name=\"\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[32] = "";
		char *text;

		if (rows[i].name)
			strcpy(name, rows[i].name);
		domains[1].name = rows[i].name ? name : NULL;
		text = text_of(METRICS_TEXT);
		has(text, rows[i].label);
		free(text);
	}
	strcpy(card.interface, "a\"b");
	domains[1].name = NULL;
	char *text = text_of(METRICS_TEXT);

	has(text, "interface=\"a\\\"b\"");
	free(text);
}

Test(openmetrics, values_are_whole_however_large)
{
	char *text;

	vcpus[0].switches = UINT64_MAX;
	vcpus[0].state_ns[1] = UINT64_MAX;
	vcpus[0].hypercalls[0] = 1;
	vcpus[0].hypercalls[63] = 2;
	disk.read_sectors = 3;
	card.sent_bytes = 5;
	domains[1].info.pages = 2;
	domains[1].info.pages_max = UINT64_MAX;
	text = text_of(METRICS_TEXT);
	has(text, "vcpu=\"0\"} 18446744073709551615\n");
	has(text, "state=\"runnable\"} 18446744073.709551615\n");
	has(text, "hypercall=\"set_trap_table\"} 1\n");
	has(text, "hypercall=\"63\"} 2\n");
	has_not(text, "hypercall=\"mmu_update\"");
	has(text, "operation=\"read\"} 1536\n");
	has(text, "direction=\"send\"} 5\n");
	has(text, "paravane_domain_memory_bytes{domid=\"7\",name=\"\"} 8192\n");
	has(text, "paravane_domain_memory_max_bytes{domid=\"0\",name=\"\"} 0");
	has_not(text, "paravane_domain_memory_max_bytes{domid=\"7\"");
	free(text);
}

/* A number that nobody has counted yet is none. */
Test(openmetrics, frames_come_with_the_first_census)
{
	char *text = text_of(METRICS_TEXT);

	has_not(text, "paravane_domain_frames{");
	free(text);
	domains[1].info.census_ns = 1;
	domains[1].info.at_ns = 2000000001;
	domains[1].info.frames[PARAVANE_FRAMES_l1] = 17;
	text = text_of(METRICS_TEXT);
	has(text, "paravane_domain_frames{domid=\"7\",name=\"\",type=\"l1\"} "
		  "17\n");
	has(text, "paravane_domain_frames_age_seconds{domid=\"7\",name=\"\"} "
		  "2.000000000\n");
	free(text);
}

Test(openmetrics, nothing_at_all_is_still_a_text)
{
	struct meter_snapshot none = {0};
	size_t size;
	char *text = openmetrics_format(&none, METRICS_OPEN, &size);

	has(text, "\nparavane_cpus 0\n");
	cr_assert_str_eq(text + size - 6, "# EOF\n");
	free(text);
}
