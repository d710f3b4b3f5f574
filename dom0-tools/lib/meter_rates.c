/* SPDX-License-Identifier: MIT */
/*
 * What lies between two snapshots, sums, and names; see meter.h. Pure. All
 * arrays of a snapshot are in the order of numbers, so two of them are walked
 * side by side.
 * Test: tests/unit/dom0-tools/lib/test_meter.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/meter.h"

static uint32_t meter_vcpu_key(const struct paravane_meter_vcpu *v)
{
	return (uint32_t)v->domain << 16 | v->vcpu;
}

void meter_assign(struct meter_snapshot *s)
{
	size_t v = 0, k = 0, c = 0;

	for (size_t i = 0; i < s->domain_count; i++) {
		struct meter_domain *d = &s->domains[i];
		uint16_t id = d->info.domain;

		/* What has no domain came or went meanwhile. */
		while (v < s->vcpu_count && s->vcpus[v].domain < id)
			v++;
		while (k < s->disk_count && s->disks[k].domid < id)
			k++;
		while (c < s->card_count && s->cards[c].domid < id)
			c++;
		d->vcpu_count = d->disk_count = d->card_count = 0;
		d->vcpus = s->vcpus ? s->vcpus + v : NULL;
		d->disks = s->disks ? s->disks + k : NULL;
		d->cards = s->cards ? s->cards + c : NULL;
		for (; v < s->vcpu_count && s->vcpus[v].domain == id; v++)
			d->vcpu_count++;
		for (; k < s->disk_count && s->disks[k].domid == id; k++)
			d->disk_count++;
		for (; c < s->card_count && s->cards[c].domid == id; c++)
			d->card_count++;
	}
}

void meter_sum_vcpu(const struct paravane_meter_vcpu *v, struct meter_sums *m)
{
	for (size_t i = 0; i < PARAVANE_METER_STATES; i++)
		m->state_ns[i] += v->state_ns[i];
	m->switches += v->switches;
	m->migrations += v->migrations;
	for (size_t i = 0; i < PARAVANE_METER_HYPERCALLS; i++)
		m->hypercalls += v->hypercalls[i];
	for (size_t i = 0; i < PARAVANE_METER_FAULTS; i++)
		m->faults += v->faults[i];
	m->events_sent += v->events_sent;
	m->upcalls += v->upcalls;
	m->grant_maps += v->grant_maps;
	m->grant_copies += v->grant_copies;
}

void meter_sum_domain(const struct meter_domain *d, struct meter_sums *m)
{
	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < d->vcpu_count; i++)
		meter_sum_vcpu(&d->vcpus[i], m);
}

/* Of a count that went back, what it has reached since. */
static double meter_per(uint64_t before, uint64_t after, double seconds)
{
	uint64_t more = after >= before ? after - before : after;

	return seconds > 0 ? (double)more / seconds : 0;
}

static double meter_seconds(uint64_t before_ns, uint64_t after_ns)
{
	return after_ns > before_ns ? (double)(after_ns - before_ns) / 1e9 : 0;
}

static void meter_vcpu_rate(const struct paravane_meter_vcpu *before,
			    const struct paravane_meter_vcpu *after,
			    double seconds, struct meter_vcpu_rate *r)
{
	struct meter_sums a = {0}, b = {0};

	if (before) {
		meter_sum_vcpu(before, &a);
		seconds = meter_seconds(before->at_ns, after->at_ns);
	}
	meter_sum_vcpu(after, &b);
	for (size_t i = 0; i < PARAVANE_METER_STATES; i++)
		r->states[i] =
			meter_per(a.state_ns[i], b.state_ns[i], seconds) / 1e9;
	r->switches = meter_per(a.switches, b.switches, seconds);
	r->migrations = meter_per(a.migrations, b.migrations, seconds);
	r->hypercalls = meter_per(a.hypercalls, b.hypercalls, seconds);
	r->faults = meter_per(a.faults, b.faults, seconds);
	r->events_sent = meter_per(a.events_sent, b.events_sent, seconds);
	r->upcalls = meter_per(a.upcalls, b.upcalls, seconds);
}

static void meter_disk_rate(const struct meter_disk *before,
			    const struct meter_disk *after, double seconds,
			    struct meter_disk_rate *r)
{
	static const struct meter_disk none;
	const struct meter_disk *a = before ? before : &none;

	r->read_requests =
		meter_per(a->read_requests, after->read_requests, seconds);
	r->write_requests =
		meter_per(a->write_requests, after->write_requests, seconds);
	r->read_bytes =
		meter_per(a->read_sectors, after->read_sectors, seconds) * 512;
	r->write_bytes =
		meter_per(a->write_sectors, after->write_sectors, seconds) *
		512;
}

static void meter_card_rate(const struct meter_card *before,
			    const struct meter_card *after, double seconds,
			    struct meter_card_rate *r)
{
	static const struct meter_card none;
	const struct meter_card *a = before ? before : &none;

	r->received_bytes =
		meter_per(a->received_bytes, after->received_bytes, seconds);
	r->sent_bytes = meter_per(a->sent_bytes, after->sent_bytes, seconds);
	r->received_packets = meter_per(a->received_packets,
					after->received_packets, seconds);
	r->sent_packets =
		meter_per(a->sent_packets, after->sent_packets, seconds);
}

static void meter_cpu_rate(const struct paravane_meter_cpu *before,
			   const struct paravane_meter_cpu *after,
			   struct meter_cpu_rate *r)
{
	static const struct paravane_meter_cpu none;
	const struct paravane_meter_cpu *a = before ? before : &none;
	double seconds = meter_seconds(a->at_ns, after->at_ns);

	r->idle = meter_per(a->idle_ns, after->idle_ns, seconds) / 1e9;
	r->switches = meter_per(a->switches, after->switches, seconds);
	r->interrupts = meter_per(a->interrupts, after->interrupts, seconds);
	r->ipis = meter_per(a->ipis, after->ipis, seconds);
	r->tlb_flushes = meter_per(a->tlb_flushes, after->tlb_flushes, seconds);
}

/* The same domain, not just its number. */
static const struct meter_domain *
meter_same_domain(const struct meter_snapshot *s, size_t *at,
		  const struct meter_domain *d)
{
	const struct meter_domain *o;

	if (s == NULL)
		return NULL;
	while (*at < s->domain_count &&
	       s->domains[*at].info.domain < d->info.domain)
		(*at)++;
	if (*at == s->domain_count)
		return NULL;
	o = &s->domains[*at];
	if (o->info.domain != d->info.domain ||
	    memcmp(o->info.handle, d->info.handle, sizeof(o->info.handle)) != 0)
		return NULL;
	return o;
}

static const struct paravane_meter_vcpu *
meter_same_vcpu(const struct meter_domain *d,
		const struct paravane_meter_vcpu *v)
{
	for (size_t i = 0; d && i < d->vcpu_count; i++)
		if (meter_vcpu_key(&d->vcpus[i]) == meter_vcpu_key(v))
			return &d->vcpus[i];
	return NULL;
}

static const struct meter_disk *meter_same_disk(const struct meter_domain *d,
						uint32_t devid)
{
	for (size_t i = 0; d && i < d->disk_count; i++)
		if (d->disks[i].devid == devid)
			return &d->disks[i];
	return NULL;
}

static const struct meter_card *meter_same_card(const struct meter_domain *d,
						uint32_t devid)
{
	for (size_t i = 0; d && i < d->card_count; i++)
		if (d->cards[i].devid == devid)
			return &d->cards[i];
	return NULL;
}

static void meter_add_vcpu(struct meter_vcpu_rate *sum,
			   const struct meter_vcpu_rate *r)
{
	for (size_t i = 0; i < PARAVANE_METER_STATES; i++)
		sum->states[i] += r->states[i];
	sum->switches += r->switches;
	sum->migrations += r->migrations;
	sum->hypercalls += r->hypercalls;
	sum->faults += r->faults;
	sum->events_sent += r->events_sent;
	sum->upcalls += r->upcalls;
}

/* d's own, and those of its vCPUs and devices. */
static void meter_domain_rate(const struct meter_snapshot *s, size_t i,
			      const struct meter_domain *before,
			      struct meter_rates *r)
{
	const struct meter_domain *d = &s->domains[i];
	struct meter_domain_rate *sum = &r->domains[i];

	for (size_t k = 0; k < d->vcpu_count; k++) {
		struct meter_vcpu_rate *one =
			&r->vcpus[d->vcpus - s->vcpus + k];

		meter_vcpu_rate(meter_same_vcpu(before, &d->vcpus[k]),
				&d->vcpus[k], r->seconds, one);
		meter_add_vcpu(&sum->vcpus, one);
	}
	for (size_t k = 0; k < d->disk_count; k++) {
		struct meter_disk_rate *one =
			&r->disks[d->disks - s->disks + k];

		meter_disk_rate(meter_same_disk(before, d->disks[k].devid),
				&d->disks[k], r->seconds, one);
		sum->disks.read_requests += one->read_requests;
		sum->disks.write_requests += one->write_requests;
		sum->disks.read_bytes += one->read_bytes;
		sum->disks.write_bytes += one->write_bytes;
	}
	for (size_t k = 0; k < d->card_count; k++) {
		struct meter_card_rate *one =
			&r->cards[d->cards - s->cards + k];

		meter_card_rate(meter_same_card(before, d->cards[k].devid),
				&d->cards[k], r->seconds, one);
		sum->cards.received_bytes += one->received_bytes;
		sum->cards.sent_bytes += one->sent_bytes;
		sum->cards.received_packets += one->received_packets;
		sum->cards.sent_packets += one->sent_packets;
	}
}

int meter_rates(const struct meter_snapshot *before,
		const struct meter_snapshot *after, struct meter_rates *r)
{
	size_t at = 0;

	*r = (struct meter_rates){
		.seconds =
			meter_seconds(before ? before->at_ns : 0, after->at_ns),
		.cpus = calloc(after->cpu_count + 1, sizeof(*r->cpus)),
		.domains = calloc(after->domain_count + 1, sizeof(*r->domains)),
		.vcpus = calloc(after->vcpu_count + 1, sizeof(*r->vcpus)),
		.disks = calloc(after->disk_count + 1, sizeof(*r->disks)),
		.cards = calloc(after->card_count + 1, sizeof(*r->cards)),
	};
	if (!r->cpus || !r->domains || !r->vcpus || !r->disks || !r->cards) {
		meter_rates_free(r);
		return -ENOMEM;
	}
	for (size_t i = 0; i < after->cpu_count; i++)
		meter_cpu_rate(before && i < before->cpu_count
				       ? &before->cpus[i]
				       : NULL,
			       &after->cpus[i], &r->cpus[i]);
	for (size_t i = 0; i < after->domain_count; i++)
		meter_domain_rate(
			after, i,
			meter_same_domain(before, &at, &after->domains[i]), r);
	return 0;
}

void meter_rates_free(struct meter_rates *r)
{
	free(r->cpus);
	free(r->domains);
	free(r->vcpus);
	free(r->disks);
	free(r->cards);
	memset(r, 0, sizeof(*r));
}

static const char *meter_name(const char *const *names, size_t count, size_t i)
{
	return i < count ? names[i] : NULL;
}

const char *meter_fault_name(unsigned int fault)
{
	static const char *const names[PARAVANE_FAULTS] = {
		[PARAVANE_FAULT_page_table] = "page_table",
		[PARAVANE_FAULT_page_ldt] = "page_ldt",
		[PARAVANE_FAULT_page] = "page",
		[PARAVANE_FAULT_gp_emulated] = "gp_emulated",
		[PARAVANE_FAULT_gp] = "gp",
		[PARAVANE_FAULT_ud_emulated] = "ud_emulated",
		[PARAVANE_FAULT_ud] = "ud",
		[PARAVANE_FAULT_no_math] = "no_math",
		[PARAVANE_FAULT_debug] = "debug",
		[PARAVANE_FAULT_other] = "other",
	};

	return meter_name(names, PARAVANE_FAULTS, fault);
}

const char *meter_frames_name(unsigned int type)
{
	static const char *const names[PARAVANE_FRAMES] = {
		[PARAVANE_FRAMES_untyped] = "untyped",
		[PARAVANE_FRAMES_l1] = "l1",
		[PARAVANE_FRAMES_l2] = "l2",
		[PARAVANE_FRAMES_l3] = "l3",
		[PARAVANE_FRAMES_l4] = "l4",
		[PARAVANE_FRAMES_writable] = "writable",
		[PARAVANE_FRAMES_descriptor] = "descriptor",
		[PARAVANE_FRAMES_pinned] = "pinned",
		[PARAVANE_FRAMES_shared] = "shared",
	};

	return meter_name(names, PARAVANE_FRAMES, type);
}

const char *meter_state_name(unsigned int state)
{
	static const char *const names[PARAVANE_METER_STATES] = {
		"running", "runnable", "blocked", "offline"};

	return meter_name(names, PARAVANE_METER_STATES, state);
}

#define CALL(nr) [__HYPERVISOR_##nr] = #nr

const char *meter_hypercall_name(unsigned int number)
{
	static const char *const names[PARAVANE_METER_HYPERCALLS] = {
		CALL(set_trap_table),
		CALL(mmu_update),
		CALL(set_gdt),
		CALL(stack_switch),
		CALL(set_callbacks),
		CALL(fpu_taskswitch),
		CALL(sched_op_compat),
		CALL(platform_op),
		CALL(set_debugreg),
		CALL(get_debugreg),
		CALL(update_descriptor),
		CALL(memory_op),
		CALL(multicall),
		CALL(update_va_mapping),
		CALL(set_timer_op),
		CALL(event_channel_op_compat),
		CALL(xen_version),
		CALL(console_io),
		CALL(grant_table_op),
		CALL(vm_assist),
		CALL(update_va_mapping_otherdomain),
		CALL(iret),
		CALL(vcpu_op),
		CALL(set_segment_base),
		CALL(mmuext_op),
		CALL(nmi_op),
		CALL(sched_op),
		CALL(callback_op),
		CALL(event_channel_op),
		CALL(physdev_op),
		CALL(sysctl),
		CALL(domctl),
		CALL(mca),
		CALL(paravane_op),
	};

	return meter_name(names, PARAVANE_METER_HYPERCALLS, number);
}
