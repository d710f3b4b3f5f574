/* SPDX-License-Identifier: MIT */
/*
 * Every meter, as `vane top --json` prints it: docs/schema/top.json. Totals
 * only grow; `rates` are per second since the round before.
 */
#include <stdlib.h>

#include "cli/format.h"
#include "cli/top.h"
#include "lib/config.h"
#include "public/vcpu.h"

static void json_machine(struct json *j, const struct meter_snapshot *now)
{
	const struct paravane_meter_machine *m = &now->machine;

	json_open_object(j, "machine");
	json_double(j, "uptime_s", (double)m->at_ns / 1e9);
	json_uint(j, "cpus", m->cpus);
	json_uint(j, "total_kib", m->total_pages * 4);
	json_uint(j, "free_kib", m->free_pages * 4);
	json_uint(j, "domains_ended", m->domains_ended);
	json_double(j, "ended_running_s",
		    (double)m->ended_ns[RUNSTATE_running] / 1e9);
	json_close_object(j);
}

static void json_cpus(struct json *j, const struct meter_snapshot *now,
		      const struct meter_rates *rates)
{
	json_open_array(j, "cpus");
	for (size_t i = 0; i < now->cpu_count; i++) {
		const struct paravane_meter_cpu *c = &now->cpus[i];

		json_open_object(j, NULL);
		json_uint(j, "cpu", c->cpu);
		json_double(j, "idle_s", (double)c->idle_ns / 1e9);
		json_uint(j, "switches", c->switches);
		json_uint(j, "interrupts", c->interrupts);
		json_uint(j, "ipis", c->ipis);
		json_uint(j, "tlb_flushes", c->tlb_flushes);
		if (rates)
			json_double(j, "busy", 1 - rates->cpus[i].idle);
		json_close_object(j);
	}
	json_close_array(j);
}

static void json_states(struct json *j, const uint64_t *state_ns)
{
	json_open_object(j, "seconds");
	for (unsigned int i = 0; i < PARAVANE_METER_STATES; i++)
		json_double(j, meter_state_name(i), (double)state_ns[i] / 1e9);
	json_close_object(j);
}

/* Counts that have a name; those of what never happened are left out. */
static void json_counts(struct json *j, const char *key, const uint64_t *counts,
			size_t count, const char *(*name)(unsigned int))
{
	json_open_object(j, key);
	for (unsigned int i = 0; i < count; i++)
		if (counts[i] && name(i))
			json_uint(j, name(i), counts[i]);
	json_close_object(j);
}

static void json_vcpu_rates(struct json *j, const struct meter_vcpu_rate *r)
{
	json_open_object(j, "rates");
	for (unsigned int i = 0; i < PARAVANE_METER_STATES; i++)
		json_double(j, meter_state_name(i), r->states[i]);
	json_double(j, "switches", r->switches);
	json_double(j, "migrations", r->migrations);
	json_double(j, "hypercalls", r->hypercalls);
	json_double(j, "faults", r->faults);
	json_double(j, "events_sent", r->events_sent);
	json_double(j, "upcalls", r->upcalls);
	json_close_object(j);
}

static void json_vcpu(struct json *j, const struct paravane_meter_vcpu *v,
		      const struct meter_vcpu_rate *rate)
{
	json_open_object(j, NULL);
	json_uint(j, "vcpu", v->vcpu);
	json_uint(j, "cpu", v->cpu);
	json_bool(j, "online", v->online);
	json_string(j, "state",
		    meter_state_name(v->state) ? meter_state_name(v->state)
					       : "unknown");
	json_states(j, v->state_ns);
	json_uint(j, "switches", v->switches);
	json_uint(j, "migrations", v->migrations);
	json_uint(j, "events_sent", v->events_sent);
	json_uint(j, "upcalls", v->upcalls);
	json_uint(j, "grant_maps", v->grant_maps);
	json_uint(j, "grant_copies", v->grant_copies);
	json_counts(j, "faults", v->faults, PARAVANE_METER_FAULTS,
		    meter_fault_name);
	json_counts(j, "hypercalls", v->hypercalls, PARAVANE_METER_HYPERCALLS,
		    meter_hypercall_name);
	if (rate)
		json_vcpu_rates(j, rate);
	json_close_object(j);
}

static void json_disk(struct json *j, const struct meter_disk *k,
		      const struct meter_disk_rate *rate)
{
	char name[16];

	top_disk_name(k->devid, name);
	json_open_object(j, NULL);
	json_uint(j, "devid", k->devid);
	json_string(j, "vdev", name);
	json_uint(j, "read_requests", k->read_requests);
	json_uint(j, "write_requests", k->write_requests);
	json_uint(j, "flush_requests", k->flush_requests);
	json_uint(j, "discard_requests", k->discard_requests);
	json_uint(j, "read_bytes", k->read_sectors * 512);
	json_uint(j, "write_bytes", k->write_sectors * 512);
	json_uint(j, "no_memory", k->no_memory);
	if (rate) {
		json_open_object(j, "rates");
		json_double(j, "read_requests", rate->read_requests);
		json_double(j, "write_requests", rate->write_requests);
		json_double(j, "read_bytes", rate->read_bytes);
		json_double(j, "write_bytes", rate->write_bytes);
		json_close_object(j);
	}
	json_close_object(j);
}

static void json_card(struct json *j, const struct meter_card *k,
		      const struct meter_card_rate *rate)
{
	json_open_object(j, NULL);
	json_uint(j, "devid", k->devid);
	json_string(j, "ifname", k->interface);
	json_uint(j, "received_bytes", k->received_bytes);
	json_uint(j, "received_packets", k->received_packets);
	json_uint(j, "received_errors", k->received_errors);
	json_uint(j, "received_drops", k->received_drops);
	json_uint(j, "sent_bytes", k->sent_bytes);
	json_uint(j, "sent_packets", k->sent_packets);
	json_uint(j, "sent_errors", k->sent_errors);
	json_uint(j, "sent_drops", k->sent_drops);
	if (rate) {
		json_open_object(j, "rates");
		json_double(j, "received_bytes", rate->received_bytes);
		json_double(j, "received_packets", rate->received_packets);
		json_double(j, "sent_bytes", rate->sent_bytes);
		json_double(j, "sent_packets", rate->sent_packets);
		json_close_object(j);
	}
	json_close_object(j);
}

static void json_memory(struct json *j,
			const struct paravane_meter_domain *info)
{
	json_uint(j, "memory_kib", info->pages * 4);
	if (info->pages_max >= UINT32_MAX)
		json_null(j, "memory_max_kib");
	else
		json_uint(j, "memory_max_kib", info->pages_max * 4);
	json_uint(j, "frames_held", info->frames_held);
	json_uint(j, "grants_lent", info->grants_lent);
	json_uint(j, "grants_mapped", info->grants_mapped);
	json_uint(j, "ports", info->ports);
	if (info->census_ns)
		json_counts(j, "frames", info->frames, PARAVANE_METER_FRAMES,
			    meter_frames_name);
	else
		json_null(j, "frames");
}

static void json_domain(struct json *j, const struct meter_snapshot *now,
			const struct meter_domain *d,
			const struct meter_rates *r)
{
	struct xen_domctl_getdomaininfo info = {.flags = d->info.flags};
	char uuid[37];

	config_format_uuid(d->info.handle, uuid);
	json_open_object(j, NULL);
	json_uint(j, "domid", d->info.domain);
	if (d->name)
		json_string(j, "name", d->name);
	else
		json_null(j, "name");
	json_string(j, "uuid", uuid);
	json_string(j, "state", format_state_word(&info));
	json_uint(j, "pool", d->info.pool);
	json_memory(j, &d->info);
	if (r)
		json_vcpu_rates(j, &r->domains[d - now->domains].vcpus);
	json_open_array(j, "vcpus");
	for (size_t i = 0; i < d->vcpu_count; i++)
		json_vcpu(j, &d->vcpus[i],
			  r ? &r->vcpus[&d->vcpus[i] - now->vcpus] : NULL);
	json_close_array(j);
	json_open_array(j, "disks");
	for (size_t i = 0; i < d->disk_count; i++)
		json_disk(j, &d->disks[i],
			  r ? &r->disks[&d->disks[i] - now->disks] : NULL);
	json_close_array(j);
	json_open_array(j, "cards");
	for (size_t i = 0; i < d->card_count; i++)
		json_card(j, &d->cards[i],
			  r ? &r->cards[&d->cards[i] - now->cards] : NULL);
	json_close_array(j);
	json_close_object(j);
}

void top_json(struct json *j, const struct meter_snapshot *now,
	      const struct meter_rates *rates)
{
	json_open_object(j, NULL);
	if (rates)
		json_double(j, "interval_s", rates->seconds);
	json_machine(j, now);
	json_cpus(j, now, rates);
	json_open_array(j, "domains");
	for (size_t i = 0; i < now->domain_count; i++)
		json_domain(j, now, &now->domains[i], rates);
	json_close_array(j);
	json_close_object(j);
}
