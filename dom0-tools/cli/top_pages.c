/* SPDX-License-Identifier: MIT */
/*
 * What `vane top` shows, as tables; pure. Columns that matter most come
 * first, for a narrow terminal shows only those.
 * Test: tests/unit/dom0-tools/cli/test_top.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/format.h"
#include "cli/top.h"
#include "public/vcpu.h"

void top_scale(double value, char text[8])
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	while (value >= 1023.5 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(text, 8, "%.0f", value);
	else
		snprintf(text, 8, value < 9.95 ? "%.1f%c" : "%.0f%c", value,
			 units[unit]);
}

/* xvda to xvdp with 16 numbers each from 202 << 8 on; beyond, see blkif.h. */
void top_disk_name(uint32_t devid, char text[16])
{
	bool is_extended = devid >> 28 == 1;
	uint32_t disk = is_extended ? devid >> 8 & 0xfffff : devid >> 4 & 0xf;
	uint32_t part = is_extended ? devid & 0xff : devid & 0xf;
	char letters[4] = "";

	if ((!is_extended && devid >> 8 != 202) || disk >= 26 + 26 * 26) {
		snprintf(text, 16, "%" PRIu32, devid);
		return;
	}
	if (disk >= 26) {
		letters[0] = (char)('a' + disk / 26 - 1);
		letters[1] = (char)('a' + disk % 26);
	} else {
		letters[0] = (char)('a' + disk);
	}
	if (part)
		snprintf(text, 16, "xvd%s%" PRIu32, letters, part);
	else
		snprintf(text, 16, "xvd%s", letters);
}

const char *top_domain_name(const struct meter_domain *d)
{
	static char text[24];

	if (d->name && d->name[0])
		return d->name;
	snprintf(text, sizeof(text), "(domain %u)", d->info.domain);
	return text;
}

static double percent(double share)
{
	return share > 0 ? share * 100 : 0;
}

static void set_percent(struct top_row *r, size_t column, double share)
{
	top_set(r, column, share, "%.1f", percent(share));
}

static void set_scaled(struct top_row *r, size_t column, double value)
{
	char text[8];

	top_scale(value, text);
	top_set(r, column, value, "%s", text);
}

static void set_count(struct top_row *r, size_t column, double per_second)
{
	top_set(r, column, per_second, "%.0f", per_second);
}

static void set_seconds(struct top_row *r, size_t column, uint64_t ns)
{
	top_set(r, column, (double)ns, "%.1f", (double)ns / 1e9);
}

static void set_number(struct top_row *r, size_t column, uint32_t number)
{
	/* Sorted upwards, as a person counts. */
	top_set(r, column, -(double)number, "%" PRIu32, number);
}

/* --- domains --- */

static const struct top_column domain_columns[] = {
	{"NAME", 0, true, true},     {"ID", 5, false, false},
	{"STATE", 8, true, true},    {"CPU%", 6, false, false},
	{"CPU(s)", 9, false, false}, {"WAIT%", 6, false, false},
	{"VCPU", 4, false, false},   {"MEM", 5, false, false},
	{"RX/s", 5, false, false},   {"TX/s", 5, false, false},
	{"RD/s", 5, false, false},   {"WR/s", 5, false, false},
	{"CALL/s", 7, false, false}, {"FAULT/s", 7, false, false},
	{"EVT/s", 6, false, false},
};

static int domain_rows(const struct meter_snapshot *now,
		       const struct meter_rates *rates, struct top_table *t)
{
	for (size_t i = 0; i < now->domain_count; i++) {
		const struct meter_domain *d = &now->domains[i];
		const struct meter_domain_rate *rate = &rates->domains[i];
		struct xen_domctl_getdomaininfo info = {0};
		struct top_row *r = top_table_add(t, top_domain_name(d));
		struct meter_sums sums;

		if (r == NULL)
			return -ENOMEM;
		meter_sum_domain(d, &sums);
		info.flags = d->info.flags;
		set_number(r, 1, d->info.domain);
		top_set(r, 2, 0, "%s", format_state_word(&info));
		set_percent(r, 3, rate->vcpus.states[RUNSTATE_running]);
		set_seconds(r, 4, sums.state_ns[RUNSTATE_running]);
		set_percent(r, 5, rate->vcpus.states[RUNSTATE_runnable]);
		top_set(r, 6, d->info.vcpus_online, "%" PRIu32,
			d->info.vcpus_online);
		set_scaled(r, 7, (double)d->info.pages * 4096);
		set_scaled(r, 8, rate->cards.received_bytes);
		set_scaled(r, 9, rate->cards.sent_bytes);
		set_scaled(r, 10, rate->disks.read_bytes);
		set_scaled(r, 11, rate->disks.write_bytes);
		set_count(r, 12, rate->vcpus.hypercalls);
		set_count(r, 13, rate->vcpus.faults);
		set_count(r, 14, rate->vcpus.upcalls);
	}
	return 0;
}

/* --- virtual CPUs --- */

static const struct top_column vcpu_columns[] = {
	{"NAME", 0, true, true},      {"VCPU", 4, false, false},
	{"CPU", 4, false, false},     {"STATE", 8, true, true},
	{"CPU%", 6, false, false},    {"CPU(s)", 9, false, false},
	{"WAIT%", 6, false, false},   {"SWITCH/s", 8, false, false},
	{"MOVE/s", 6, false, false},  {"CALL/s", 7, false, false},
	{"FAULT/s", 7, false, false}, {"EVT/s", 6, false, false},
};

static int vcpu_rows(const struct meter_snapshot *now,
		     const struct meter_rates *rates, struct top_table *t)
{
	for (size_t i = 0; i < now->domain_count; i++) {
		const struct meter_domain *d = &now->domains[i];

		for (size_t n = 0; n < d->vcpu_count; n++) {
			const struct paravane_meter_vcpu *v = &d->vcpus[n];
			const struct meter_vcpu_rate *rate =
				&rates->vcpus[v - now->vcpus];
			const char *state = meter_state_name(v->state);
			struct top_row *r =
				top_table_add(t, top_domain_name(d));

			if (r == NULL)
				return -ENOMEM;
			set_number(r, 1, v->vcpu);
			set_number(r, 2, v->cpu);
			top_set(r, 3, 0, "%s", state ? state : "?");
			set_percent(r, 4, rate->states[RUNSTATE_running]);
			set_seconds(r, 5, v->state_ns[RUNSTATE_running]);
			set_percent(r, 6, rate->states[RUNSTATE_runnable]);
			set_count(r, 7, rate->switches);
			set_count(r, 8, rate->migrations);
			set_count(r, 9, rate->hypercalls);
			set_count(r, 10, rate->faults);
			set_count(r, 11, rate->upcalls);
		}
	}
	return 0;
}

/* --- disks and cards --- */

static const struct top_column device_columns[] = {
	{"NAME", 0, true, true},     {"DEVICE", 15, true, true},
	{"IN/s", 6, false, false},   {"OUT/s", 6, false, false},
	{"REQ/s", 7, false, false},  {"IN", 6, false, false},
	{"OUT", 6, false, false},    {"REQUESTS", 9, false, false},
	{"ERRORS", 7, false, false},
};

static int disk_row(const struct meter_domain *d, const struct meter_disk *k,
		    const struct meter_disk_rate *rate, struct top_table *t)
{
	struct top_row *r = top_table_add(t, top_domain_name(d));
	uint64_t requests = k->read_requests + k->write_requests +
			    k->flush_requests + k->discard_requests;
	char name[16];

	if (r == NULL)
		return -ENOMEM;
	top_disk_name(k->devid, name);
	top_set(r, 1, 0, "%s", name);
	set_scaled(r, 2, rate->read_bytes);
	set_scaled(r, 3, rate->write_bytes);
	set_count(r, 4, rate->read_requests + rate->write_requests);
	set_scaled(r, 5, (double)k->read_sectors * 512);
	set_scaled(r, 6, (double)k->write_sectors * 512);
	top_set(r, 7, (double)requests, "%" PRIu64, requests);
	/* The kernel counts none of a disk's. */
	top_set(r, 8, -1, "-");
	return 0;
}

static int card_row(const struct meter_domain *d, const struct meter_card *k,
		    const struct meter_card_rate *rate, struct top_table *t)
{
	struct top_row *r = top_table_add(t, top_domain_name(d));
	uint64_t packets = k->received_packets + k->sent_packets;
	uint64_t errors = k->received_errors + k->received_drops +
			  k->sent_errors + k->sent_drops;

	if (r == NULL)
		return -ENOMEM;
	if (k->interface[0])
		top_set(r, 1, 0, "%s", k->interface);
	else
		top_set(r, 1, 0, "vif%u.%" PRIu32, k->domid, k->devid);
	set_scaled(r, 2, rate->received_bytes);
	set_scaled(r, 3, rate->sent_bytes);
	set_count(r, 4, rate->received_packets + rate->sent_packets);
	set_scaled(r, 5, (double)k->received_bytes);
	set_scaled(r, 6, (double)k->sent_bytes);
	top_set(r, 7, (double)packets, "%" PRIu64, packets);
	top_set(r, 8, (double)errors, "%" PRIu64, errors);
	return 0;
}

static int device_rows(const struct meter_snapshot *now,
		       const struct meter_rates *rates, struct top_table *t)
{
	int rc = 0;

	for (size_t i = 0; i < now->domain_count && rc == 0; i++) {
		const struct meter_domain *d = &now->domains[i];

		for (size_t n = 0; n < d->disk_count && rc == 0; n++)
			rc = disk_row(d, &d->disks[n],
				      &rates->disks[&d->disks[n] - now->disks],
				      t);
		for (size_t n = 0; n < d->card_count && rc == 0; n++)
			rc = card_row(d, &d->cards[n],
				      &rates->cards[&d->cards[n] - now->cards],
				      t);
	}
	return rc;
}

/* --- CPUs --- */

static const struct top_column cpu_columns[] = {
	{"CPU", 0, true, false},      {"BUSY%", 6, false, false},
	{"IDLE(s)", 9, false, false}, {"SWITCH/s", 8, false, false},
	{"INT/s", 7, false, false},   {"IPI/s", 7, false, false},
	{"FLUSH/s", 7, false, false},
};

static int cpu_rows(const struct meter_snapshot *now,
		    const struct meter_rates *rates, struct top_table *t)
{
	for (size_t i = 0; i < now->cpu_count; i++) {
		const struct meter_cpu_rate *rate = &rates->cpus[i];
		struct top_row *r;
		char label[16];

		snprintf(label, sizeof(label), "%" PRIu32, now->cpus[i].cpu);
		r = top_table_add(t, label);
		if (r == NULL)
			return -ENOMEM;
		r->key[0] = -(double)now->cpus[i].cpu;
		set_percent(r, 1, 1 - rate->idle);
		set_seconds(r, 2, now->cpus[i].idle_ns);
		set_count(r, 3, rate->switches);
		set_count(r, 4, rate->interrupts);
		set_count(r, 5, rate->ipis);
		set_count(r, 6, rate->tlb_flushes);
	}
	return 0;
}

/* --- frames by type, as the last census found them --- */

static const struct top_column frame_columns[] = {
	{"NAME", 0, true, true},       {"ALL", 9, false, false},
	{"L1", 7, false, false},       {"L2", 6, false, false},
	{"L3", 6, false, false},       {"L4", 6, false, false},
	{"WRITABLE", 9, false, false}, {"DESCR", 6, false, false},
	{"PINNED", 7, false, false},   {"SHARED", 6, false, false},
	{"LENT", 6, false, false},     {"MAPPED", 6, false, false},
};

static int frame_rows(const struct meter_snapshot *now,
		      const struct meter_rates *rates, struct top_table *t)
{
	static const unsigned int types[] = {
		PARAVANE_FRAMES_l1,	  PARAVANE_FRAMES_l2,
		PARAVANE_FRAMES_l3,	  PARAVANE_FRAMES_l4,
		PARAVANE_FRAMES_writable, PARAVANE_FRAMES_descriptor,
		PARAVANE_FRAMES_pinned,	  PARAVANE_FRAMES_shared,
	};

	(void)rates;
	for (size_t i = 0; i < now->domain_count; i++) {
		const struct meter_domain *d = &now->domains[i];
		struct top_row *r = top_table_add(t, top_domain_name(d));

		if (r == NULL)
			return -ENOMEM;
		top_set(r, 1, (double)d->info.pages, "%" PRIu64, d->info.pages);
		for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
			uint64_t count = d->info.frames[types[n]];

			/* It has had no census yet. */
			if (d->info.census_ns == 0)
				top_set(r, 2 + n, -1, "-");
			else
				top_set(r, 2 + n, (double)count, "%" PRIu64,
					count);
		}
		top_set(r, 10, d->info.grants_lent, "%" PRIu32,
			d->info.grants_lent);
		top_set(r, 11, d->info.grants_mapped, "%" PRIu32,
			d->info.grants_mapped);
	}
	return 0;
}

/* --- hypercalls and faults, by number --- */

static const struct top_column call_columns[] = {
	{"NAME", 0, true, true},
	{"WHAT", 23, true, true},
	{"TOTAL", 14, false, false},
};

static int call_row(const struct meter_domain *d, const char *kind,
		    const char *name, uint64_t total, struct top_table *t)
{
	struct top_row *r;

	if (total == 0)
		return 0;
	r = top_table_add(t, top_domain_name(d));
	if (r == NULL)
		return -ENOMEM;
	top_set(r, 1, 0, "%s%s", kind, name ? name : "?");
	top_set(r, 2, (double)total, "%" PRIu64, total);
	return 0;
}

static int call_rows(const struct meter_snapshot *now,
		     const struct meter_rates *rates, struct top_table *t)
{
	int rc = 0;

	(void)rates;
	for (size_t i = 0; i < now->domain_count; i++) {
		const struct meter_domain *d = &now->domains[i];

		for (unsigned int n = 0; n < PARAVANE_METER_HYPERCALLS; n++) {
			uint64_t total = 0;

			for (size_t v = 0; v < d->vcpu_count; v++)
				total += d->vcpus[v].hypercalls[n];
			rc = call_row(d, "", meter_hypercall_name(n), total, t);
			if (rc)
				return rc;
		}
		for (unsigned int n = 0; n < PARAVANE_METER_FAULTS; n++) {
			uint64_t total = 0;

			for (size_t v = 0; v < d->vcpu_count; v++)
				total += d->vcpus[v].faults[n];
			rc = call_row(d, "fault ", meter_fault_name(n), total,
				      t);
			if (rc)
				return rc;
		}
	}
	return 0;
}

#define PAGE(title, columns, sort, rows)                                       \
	{                                                                      \
		title, columns, sizeof(columns) / sizeof((columns)[0]), sort,  \
			rows                                                   \
	}

static const struct {
	const char *title;
	const struct top_column *columns;
	size_t column_count;
	size_t sort;
	int (*rows)(const struct meter_snapshot *now,
		    const struct meter_rates *rates, struct top_table *t);
} pages[TOP_PAGES] = {
	[TOP_DOMAINS] = PAGE("domains", domain_columns, 3, domain_rows),
	[TOP_VCPUS] = PAGE("virtual CPUs", vcpu_columns, 4, vcpu_rows),
	[TOP_DEVICES] = PAGE("disks and cards", device_columns, 4, device_rows),
	[TOP_CPUS] = PAGE("CPUs", cpu_columns, 0, cpu_rows),
	[TOP_FRAMES] = PAGE("frames by type", frame_columns, 1, frame_rows),
	[TOP_CALLS] = PAGE("hypercalls and faults", call_columns, 2, call_rows),
};

int top_page_make(enum top_page page, const struct meter_snapshot *now,
		  const struct meter_rates *rates, struct top_table *t)
{
	int rc;

	top_table_init(t, pages[page].columns, pages[page].column_count);
	rc = pages[page].rows(now, rates, t);
	if (rc)
		top_table_free(t);
	return rc;
}

const char *top_page_title(enum top_page page)
{
	return pages[page].title;
}

size_t top_page_sort(enum top_page page)
{
	return pages[page].sort;
}
