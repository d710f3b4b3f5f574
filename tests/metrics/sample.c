/* SPDX-License-Identifier: MIT */
/*
 * sample [open]: the metrics of an invented machine whose domains have hostile
 * names, in the older text format or as OpenMetrics: for tests/metrics/run.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vaned/openmetrics.h"

static char *const names[] = {
	"Domain-0", "web",	 "a\"b\\c\nd{x=\"1\"} 7\n# EOF",
	"\xff\xfe", "\r\t\x01 ", "\xc3\xa4\xe2\x82\xac",
	"",
};

#define DOMAINS (sizeof(names) / sizeof(names[0]))

/* Odd numbers everywhere, no two alike. */
static void fill(void *record, size_t bytes, uint64_t *seed)
{
	uint64_t *word = record;

	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		word[i] = (*seed += 0x1003);
}

int main(int argc, char **argv)
{
	static struct meter_domain domains[DOMAINS];
	static struct paravane_meter_vcpu vcpus[2 * DOMAINS];
	static struct paravane_meter_cpu cpus[2];
	static struct meter_disk disks[DOMAINS];
	static struct meter_card cards[DOMAINS];
	struct meter_snapshot s = {
		.at_ns = 77000000001,
		.cpus = cpus,
		.cpu_count = 2,
		.domains = domains,
		.domain_count = DOMAINS,
		.vcpus = vcpus,
		.vcpu_count = 2 * DOMAINS,
		.disks = disks,
		.disk_count = DOMAINS,
		.cards = cards,
		.card_count = DOMAINS,
	};
	uint64_t seed = 0x51;
	char *text;
	size_t size;

	fill(&s.machine, sizeof(s.machine), &seed);
	fill(cpus, sizeof(cpus), &seed);
	fill(vcpus, sizeof(vcpus), &seed);
	for (size_t i = 0; i < DOMAINS; i++) {
		fill(&domains[i].info, sizeof(domains[i].info), &seed);
		domains[i].name = names[i];
		domains[i].info.domain = (domid_t)i;
		fill(&disks[i].read_requests, 6 * sizeof(uint64_t), &seed);
		disks[i].domid = (uint16_t)i;
		disks[i].devid = 51712;
		cards[i].domid = (uint16_t)i;
		snprintf(cards[i].interface, sizeof(cards[i].interface),
			 "vif%zu.0", i);
		cards[i].sent_bytes = seed++;
		for (size_t k = 0; k < 2; k++) {
			vcpus[2 * i + k].domain = (domid_t)i;
			vcpus[2 * i + k].vcpu = (uint16_t)k;
		}
	}
	cpus[0].cpu = 0;
	cpus[1].cpu = 1;
	meter_assign(&s);
	text = openmetrics_format(&s,
				  argc > 1 && strcmp(argv[1], "open") == 0
					  ? METRICS_OPEN
					  : METRICS_TEXT,
				  &size);
	if (text == NULL || fwrite(text, 1, size, stdout) != size)
		return 1;
	free(text);
	return 0;
}
