/* SPDX-License-Identifier: MIT */
/* See openmetrics.h. */
#include "vaned/openmetrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

/* One family of metrics while it is written. */
struct out {
	FILE *file;
	enum openmetrics_format format;
	const struct family *family;
	const struct meter_snapshot *s;
};

enum family_type { TYPE_GAUGE, TYPE_COUNTER, TYPE_INFO };

struct family {
	const char *name; /* without the suffix of its samples */
	enum family_type type;
	const char *unit; /* NULL: none; else the name ends with it */
	const char *help;
	void (*write)(struct out *o);
	size_t at, at_sent; /* of its number in its record */
};

static void write_text(struct out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t length = utf8_length(s);

		if (length == 0) {
			fputs("\xef\xbf\xbd", o->file);
			length = 1;
		} else if (*s == '\n') {
			fputs("\\n", o->file);
		} else if (*s == '"' || *s == '\\') {
			fprintf(o->file, "\\%c", *s);
		} else if (*s < ' ' || *s == 0x7f) {
			putc('?', o->file);
		} else {
			fwrite(s, 1, length, o->file);
		}
		s += length;
	}
}

static void label(struct out *o, const char *name, const char *value)
{
	fprintf(o->file, "%s=\"", name);
	write_text(o, value);
	putc('"', o->file);
}

/* The sample's name, up to its labels. */
static void sample(struct out *o)
{
	static const char *const suffixes[] = {"", "_total", "_info"};

	fprintf(o->file, "%s%s", o->family->name, suffixes[o->family->type]);
}

static void value_uint(struct out *o, uint64_t value)
{
	fprintf(o->file, " %" PRIu64 "\n", value);
}

static void value_ns(struct out *o, uint64_t ns)
{
	fprintf(o->file, " %" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000,
		ns % 1000000000);
}

/* The 64-bit number at an offset of a record. */
static uint64_t number(const void *record, size_t at)
{
	uint64_t value;

	memcpy(&value, (const char *)record + at, sizeof(value));
	return value;
}

static void domain_labels(struct out *o, const struct meter_domain *d)
{
	fprintf(o->file, "{domid=\"%u\",", d->info.domain);
	label(o, "name", d->name ? d->name : "");
}

static void vcpu_labels(struct out *o, const struct meter_domain *d,
			const struct paravane_meter_vcpu *v)
{
	sample(o);
	domain_labels(o, d);
	fprintf(o->file, ",vcpu=\"%u\"", v->vcpu);
}

static void device_labels(struct out *o, const struct meter_domain *d,
			  uint32_t devid)
{
	sample(o);
	domain_labels(o, d);
	fprintf(o->file, ",device=\"%u\"", devid);
}

/* The machine. */

static void write_uptime(struct out *o)
{
	sample(o);
	value_ns(o, o->s->at_ns);
}

static void write_cpus(struct out *o)
{
	sample(o);
	value_uint(o, o->s->machine.cpus);
}

static void write_memory(struct out *o)
{
	sample(o);
	value_uint(o, o->s->machine.total_pages * 4096);
}

static void write_memory_free(struct out *o)
{
	sample(o);
	value_uint(o, o->s->machine.free_pages * 4096);
}

static void write_ended(struct out *o)
{
	sample(o);
	value_uint(o, o->s->machine.domains_ended);
}

static void write_ended_states(struct out *o)
{
	for (unsigned int i = 0; i < PARAVANE_METER_STATES; i++) {
		sample(o);
		fprintf(o->file, "{state=\"%s\"}", meter_state_name(i));
		value_ns(o, o->s->machine.ended_ns[i]);
	}
}

/* CPUs. */

static void cpu_sample(struct out *o, const struct paravane_meter_cpu *c)
{
	sample(o);
	fprintf(o->file, "{cpu=\"%u\"}", c->cpu);
}

static void write_idle(struct out *o)
{
	for (size_t i = 0; i < o->s->cpu_count; i++) {
		cpu_sample(o, &o->s->cpus[i]);
		value_ns(o, o->s->cpus[i].idle_ns);
	}
}

static void write_cpu_count(struct out *o)
{
	for (size_t i = 0; i < o->s->cpu_count; i++) {
		cpu_sample(o, &o->s->cpus[i]);
		value_uint(o, number(&o->s->cpus[i], o->family->at));
	}
}

/* Domains. */

static void write_info(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];
		const uint8_t *h = d->info.handle;

		sample(o);
		domain_labels(o, d);
		fputs(",uuid=\"", o->file);
		for (size_t k = 0; k < 16; k++)
			fprintf(o->file, "%s%02x",
				k == 4 || k == 6 || k == 8 || k == 10 ? "-"
								      : "",
				h[k]);
		fputs("\"}", o->file);
		value_uint(o, 1);
	}
}

static void domain_value(struct out *o, const struct meter_domain *d,
			 uint64_t value)
{
	sample(o);
	domain_labels(o, d);
	putc('}', o->file);
	value_uint(o, value);
}

/* A number of 32 bits. */
static void write_domain_number(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];
		uint32_t value;

		memcpy(&value, (const char *)&d->info + o->family->at,
		       sizeof(value));
		domain_value(o, d, value);
	}
}

static void write_domain_pages(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];
		uint64_t pages = number(&d->info, o->family->at);

		/* No limit is no number. */
		if (pages <= UINT64_MAX / 4096)
			domain_value(o, d, pages * 4096);
	}
}

static void write_frames(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];

		for (unsigned int t = 0;
		     d->info.census_ns && t < PARAVANE_FRAMES; t++) {
			sample(o);
			domain_labels(o, d);
			fprintf(o->file, ",type=\"%s\"}", meter_frames_name(t));
			value_uint(o, d->info.frames[t]);
		}
	}
}

static void write_census_age(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];

		if (!d->info.census_ns)
			continue;
		sample(o);
		domain_labels(o, d);
		putc('}', o->file);
		value_ns(o, d->info.at_ns > d->info.census_ns
				    ? d->info.at_ns - d->info.census_ns
				    : 0);
	}
}

/* vCPUs. */

typedef void vcpu_fn(struct out *o, const struct meter_domain *d,
		     const struct paravane_meter_vcpu *v);

static void each_vcpu(struct out *o, vcpu_fn *fn)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];

		for (size_t k = 0; k < d->vcpu_count; k++)
			fn(o, d, &d->vcpus[k]);
	}
}

static void vcpu_states(struct out *o, const struct meter_domain *d,
			const struct paravane_meter_vcpu *v)
{
	for (unsigned int i = 0; i < PARAVANE_METER_STATES; i++) {
		vcpu_labels(o, d, v);
		fprintf(o->file, ",state=\"%s\"}", meter_state_name(i));
		value_ns(o, v->state_ns[i]);
	}
}

static void write_vcpu_states(struct out *o)
{
	each_vcpu(o, vcpu_states);
}

/* Those that were never called would be most of the text. */
static void vcpu_hypercalls(struct out *o, const struct meter_domain *d,
			    const struct paravane_meter_vcpu *v)
{
	for (unsigned int i = 0; i < PARAVANE_METER_HYPERCALLS; i++) {
		const char *name = meter_hypercall_name(i);

		if (!v->hypercalls[i])
			continue;
		vcpu_labels(o, d, v);
		if (name)
			fprintf(o->file, ",hypercall=\"%s\"}", name);
		else
			fprintf(o->file, ",hypercall=\"%u\"}", i);
		value_uint(o, v->hypercalls[i]);
	}
}

static void write_hypercalls(struct out *o)
{
	each_vcpu(o, vcpu_hypercalls);
}

static void vcpu_faults(struct out *o, const struct meter_domain *d,
			const struct paravane_meter_vcpu *v)
{
	for (unsigned int i = 0; i < PARAVANE_FAULTS; i++) {
		vcpu_labels(o, d, v);
		fprintf(o->file, ",kind=\"%s\"}", meter_fault_name(i));
		value_uint(o, v->faults[i]);
	}
}

static void write_faults(struct out *o)
{
	each_vcpu(o, vcpu_faults);
}

static void vcpu_online(struct out *o, const struct meter_domain *d,
			const struct paravane_meter_vcpu *v)
{
	vcpu_labels(o, d, v);
	putc('}', o->file);
	value_uint(o, v->online);
}

static void write_vcpu_online(struct out *o)
{
	each_vcpu(o, vcpu_online);
}

static void vcpu_count(struct out *o, const struct meter_domain *d,
		       const struct paravane_meter_vcpu *v)
{
	vcpu_labels(o, d, v);
	putc('}', o->file);
	value_uint(o, number(v, o->family->at));
}

static void write_vcpu_count(struct out *o)
{
	each_vcpu(o, vcpu_count);
}

/* Devices. */

typedef void disk_fn(struct out *o, const struct meter_domain *d,
		     const struct meter_disk *disk);

static void each_disk(struct out *o, disk_fn *fn)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];

		for (size_t k = 0; k < d->disk_count; k++)
			fn(o, d, &d->disks[k]);
	}
}

static void disk_value(struct out *o, const struct meter_domain *d,
		       const struct meter_disk *disk, const char *operation,
		       uint64_t value)
{
	device_labels(o, d, disk->devid);
	fprintf(o->file, ",operation=\"%s\"}", operation);
	value_uint(o, value);
}

static void disk_requests(struct out *o, const struct meter_domain *d,
			  const struct meter_disk *disk)
{
	disk_value(o, d, disk, "read", disk->read_requests);
	disk_value(o, d, disk, "write", disk->write_requests);
	disk_value(o, d, disk, "flush", disk->flush_requests);
	disk_value(o, d, disk, "discard", disk->discard_requests);
}

static void write_disk_requests(struct out *o)
{
	each_disk(o, disk_requests);
}

static void disk_bytes(struct out *o, const struct meter_domain *d,
		       const struct meter_disk *disk)
{
	disk_value(o, d, disk, "read", disk->read_sectors * 512);
	disk_value(o, d, disk, "write", disk->write_sectors * 512);
}

static void write_disk_bytes(struct out *o)
{
	each_disk(o, disk_bytes);
}

static void disk_delayed(struct out *o, const struct meter_domain *d,
			 const struct meter_disk *disk)
{
	device_labels(o, d, disk->devid);
	putc('}', o->file);
	value_uint(o, disk->no_memory);
}

static void write_disk_delayed(struct out *o)
{
	each_disk(o, disk_delayed);
}

static void card_value(struct out *o, const struct meter_domain *d,
		       const struct meter_card *card, const char *direction,
		       uint64_t value)
{
	device_labels(o, d, card->devid);
	putc(',', o->file);
	label(o, "interface", card->interface);
	fprintf(o->file, ",direction=\"%s\"}", direction);
	value_uint(o, value);
}

/* As the guest sees it. */
static void write_card(struct out *o)
{
	for (size_t i = 0; i < o->s->domain_count; i++) {
		const struct meter_domain *d = &o->s->domains[i];

		for (size_t k = 0; k < d->card_count; k++) {
			const struct meter_card *c = &d->cards[k];

			card_value(o, d, c, "receive",
				   number(c, o->family->at));
			card_value(o, d, c, "send",
				   number(c, o->family->at_sent));
		}
	}
}

#define CPU(member)    offsetof(struct paravane_meter_cpu, member)
#define DOMAIN(member) offsetof(struct paravane_meter_domain, member)
#define VCPU(member)   offsetof(struct paravane_meter_vcpu, member)
#define CARD(member)                                                           \
	offsetof(struct meter_card, received_##member),                        \
		offsetof(struct meter_card, sent_##member)

static const struct family families[] = {
	{"paravane_uptime_seconds", TYPE_GAUGE, "seconds",
	 "Time since the hypervisor started.", write_uptime, 0, 0},
	{"paravane_cpus", TYPE_GAUGE, NULL, "CPUs that run vCPUs.", write_cpus,
	 0, 0},
	{"paravane_memory_bytes", TYPE_GAUGE, "bytes",
	 "Memory that domains can have, free or not.", write_memory, 0, 0},
	{"paravane_memory_free_bytes", TYPE_GAUGE, "bytes",
	 "Memory that nobody has.", write_memory_free, 0, 0},
	{"paravane_domains_ended", TYPE_COUNTER, NULL, "Domains that are gone.",
	 write_ended, 0, 0},
	{"paravane_ended_state_seconds", TYPE_COUNTER, "seconds",
	 "Time of the vCPUs of domains that are gone, by state.",
	 write_ended_states, 0, 0},
	{"paravane_cpu_idle_seconds", TYPE_COUNTER, "seconds",
	 "Time for which the CPU had no vCPU to run.", write_idle, 0, 0},
	{"paravane_cpu_switches", TYPE_COUNTER, NULL,
	 "Changes from one vCPU, or idling, to another.", write_cpu_count,
	 CPU(switches), 0},
	{"paravane_cpu_interrupts", TYPE_COUNTER, NULL,
	 "Interrupts of all kinds.", write_cpu_count, CPU(interrupts), 0},
	{"paravane_cpu_ipis", TYPE_COUNTER, NULL,
	 "Interrupts that other CPUs sent.", write_cpu_count, CPU(ipis), 0},
	{"paravane_cpu_tlb_flushes", TYPE_COUNTER, NULL,
	 "Flushes of the whole TLB, without those of changes of mode.",
	 write_cpu_count, CPU(tlb_flushes), 0},
	{"paravane_domain", TYPE_INFO, NULL, "A domain and its UUID.",
	 write_info, 0, 0},
	{"paravane_domain_vcpus", TYPE_GAUGE, NULL, "vCPUs that it has.",
	 write_domain_number, DOMAIN(vcpus), 0},
	{"paravane_domain_vcpus_online", TYPE_GAUGE, NULL, "vCPUs that are up.",
	 write_domain_number, DOMAIN(vcpus_online), 0},
	{"paravane_domain_memory_bytes", TYPE_GAUGE, "bytes",
	 "Memory that is allocated to it.", write_domain_pages, DOMAIN(pages),
	 0},
	{"paravane_domain_memory_max_bytes", TYPE_GAUGE, "bytes",
	 "Memory that it may have; no value: no limit.", write_domain_pages,
	 DOMAIN(pages_max), 0},
	{"paravane_domain_memory_held_bytes", TYPE_GAUGE, "bytes",
	 "Memory of its own, and what others keep of it.", write_domain_pages,
	 DOMAIN(frames_held), 0},
	{"paravane_domain_memory_claimed_bytes", TYPE_GAUGE, "bytes",
	 "Memory that is promised to it and not yet taken.", write_domain_pages,
	 DOMAIN(claimed_pages), 0},
	{"paravane_domain_grants_mapped", TYPE_GAUGE, NULL,
	 "Mappings that it has of other domains' grants.", write_domain_number,
	 DOMAIN(grants_mapped), 0},
	{"paravane_domain_grants_lent", TYPE_GAUGE, NULL,
	 "Grants of its own that somebody uses.", write_domain_number,
	 DOMAIN(grants_lent), 0},
	{"paravane_domain_event_channels", TYPE_GAUGE, NULL,
	 "Event channels that it has.", write_domain_number, DOMAIN(ports), 0},
	{"paravane_domain_frames", TYPE_GAUGE, NULL,
	 "Its frames by type, when they were last counted; pinned and shared "
	 "ones count in their types, too.",
	 write_frames, 0, 0},
	{"paravane_domain_frames_age_seconds", TYPE_GAUGE, "seconds",
	 "Time since its frames were counted.", write_census_age, 0, 0},
	{"paravane_vcpu_state_seconds", TYPE_COUNTER, "seconds",
	 "Time of the vCPU by state; runnable: it waited for a CPU.",
	 write_vcpu_states, 0, 0},
	{"paravane_vcpu_online", TYPE_GAUGE, NULL, "Whether the vCPU is up.",
	 write_vcpu_online, 0, 0},
	{"paravane_vcpu_switches", TYPE_COUNTER, NULL,
	 "How often the vCPU was given a CPU.", write_vcpu_count,
	 VCPU(switches), 0},
	{"paravane_vcpu_migrations", TYPE_COUNTER, NULL,
	 "How often the vCPU went to another CPU.", write_vcpu_count,
	 VCPU(migrations), 0},
	{"paravane_vcpu_hypercalls", TYPE_COUNTER, NULL,
	 "Hypercalls; iret: only those that took the long way.",
	 write_hypercalls, 0, 0},
	{"paravane_vcpu_faults", TYPE_COUNTER, NULL,
	 "Faults by what became of them.", write_faults, 0, 0},
	{"paravane_vcpu_events_sent", TYPE_COUNTER, NULL,
	 "Events that the vCPU sent.", write_vcpu_count, VCPU(events_sent), 0},
	{"paravane_vcpu_upcalls", TYPE_COUNTER, NULL,
	 "How often the vCPU was told of events.", write_vcpu_count,
	 VCPU(upcalls), 0},
	{"paravane_vcpu_grant_maps", TYPE_COUNTER, NULL,
	 "Grants that the vCPU mapped.", write_vcpu_count, VCPU(grant_maps), 0},
	{"paravane_vcpu_grant_copies", TYPE_COUNTER, NULL,
	 "Copies by grant that the vCPU asked for.", write_vcpu_count,
	 VCPU(grant_copies), 0},
	{"paravane_disk_requests", TYPE_COUNTER, NULL,
	 "Requests that the block back end took.", write_disk_requests, 0, 0},
	{"paravane_disk_bytes", TYPE_COUNTER, "bytes",
	 "Bytes that were read from, or written to, the disk.",
	 write_disk_bytes, 0, 0},
	{"paravane_disk_delayed_requests", TYPE_COUNTER, NULL,
	 "Requests that had to wait for memory of the back end.",
	 write_disk_delayed, 0, 0},
	{"paravane_network_bytes", TYPE_COUNTER, "bytes",
	 "Bytes that the guest received or sent.", write_card, CARD(bytes)},
	{"paravane_network_packets", TYPE_COUNTER, NULL,
	 "Packets that the guest received or sent.", write_card, CARD(packets)},
	{"paravane_network_errors", TYPE_COUNTER, NULL,
	 "Packets that were lost by an error.", write_card, CARD(errors)},
	{"paravane_network_drops", TYPE_COUNTER, NULL,
	 "Packets that were dropped.", write_card, CARD(drops)},
};

static void write_family(struct out *o, const struct family *f)
{
	static const char *const types[] = {"gauge", "counter", "info"};
	/* The older format has no infos, and names what the samples are. */
	bool is_open = o->format == METRICS_OPEN;
	const char *suffix = "", *type = types[f->type];

	if (!is_open && f->type == TYPE_COUNTER)
		suffix = "_total";
	if (!is_open && f->type == TYPE_INFO) {
		suffix = "_info";
		type = "gauge";
	}
	fprintf(o->file, "# TYPE %s%s %s\n", f->name, suffix, type);
	if (is_open && f->unit)
		fprintf(o->file, "# UNIT %s %s\n", f->name, f->unit);
	fprintf(o->file, "# HELP %s%s %s\n", f->name, suffix, f->help);
	o->family = f;
	f->write(o);
}

const char *openmetrics_type(enum openmetrics_format format)
{
	return format == METRICS_OPEN
		       ? "application/openmetrics-text; version=1.0.0; "
			 "charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

char *openmetrics_format(const struct meter_snapshot *s,
			 enum openmetrics_format format, size_t *size)
{
	struct out o = {.format = format, .s = s};
	char *text = NULL;
	bool failed;

	o.file = open_memstream(&text, size);
	if (o.file == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(&o, &families[i]);
	if (format == METRICS_OPEN)
		fputs("# EOF\n", o.file);
	failed = ferror(o.file);
	if (fclose(o.file) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
