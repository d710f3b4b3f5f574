/* SPDX-License-Identifier: MIT */
/* The debug keys that look at domains and memory. */
#include "domain/lifecycle.h"
#include "event/event.h"
#include "grant/grant.h"
#include "log/console.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "sched/sched.h"
#include "x86/dump.h"

static void each_domain(void (*fn)(struct domain *d))
{
	struct domain *d;
	domid_t from = 0;

	for (d = domain_next(0); d; d = domain_next(from)) {
		fn(d);
		from = d->id + 1;
		domain_put(d);
	}
}

/* What keeps a domain that has ended. */
static void show_holders(struct domain *d)
{
	struct grant_holder h;
	uint32_t from = 0;

	for (; from <= 0xffff && grant_holder_next(d, (domid_t)from, &h);
	     from = h.domid + 1u)
		log_info("  domain %u uses %u of its grants %u times\n",
			 h.domid, h.entries, h.pins);
	log_info("  %llu pages are still its own; what is more than its grants "
		 "is mapped by domain 0\n",
		 (unsigned long long)d->frame_count);
}

static void show_domain(struct domain *d)
{
	unsigned int i;

	log_info("domain %u: %llu pages of %llu, refs %u%s%s%s\n", d->id,
		 (unsigned long long)d->page_count,
		 (unsigned long long)d->page_max, d->refs,
		 d->paused_by_tools ? ", paused" : "",
		 d->shut_down ? ", shut down" : "",
		 d->life == DOMAIN_ALIVE ? "" : ", dying");
	if (d->life != DOMAIN_ALIVE) {
		show_holders(d);
		return;
	}
	for (i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (v)
			log_info("  vcpu %u: state %u, ran %llu ms, pending %u "
				 "mask %u, CPU %u%s%s%s%s, paused %u times\n",
				 i, v->state,
				 (unsigned long long)vcpu_state_time(
					 v, VCPU_RUNNING) /
					 1000000,
				 v->info->evtchn_upcall_pending,
				 v->info->evtchn_upcall_mask, v->cpu,
				 v->on_cpu ? ", on it" : "",
				 v->up ? "" : ", down",
				 v->blocked ? ", blocked" : "",
				 v->polling ? ", polling" : "", v->pause_count);
	}
}

static void key_domains(void)
{
	each_domain(show_domain);
}

static void key_events(void)
{
	each_domain(event_dump);
}

static void key_memory(void)
{
	log_info("memory: %llu pages free of %llu\n",
		 (unsigned long long)page_free_count(),
		 (unsigned long long)page_total_count());
}

static void show_registers(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i] && d->vcpu[i]->initialised)
			dump_vcpu(d->vcpu[i]);
}

static void key_registers(void)
{
	each_domain(show_registers);
}

static void key_panic(void)
{
	panic("debug key C\n");
}

void domain_system_init(void)
{
	debug_key_register('q', "list domains and vCPUs", key_domains);
	debug_key_register('r', "show what each CPU runs", sched_dump);
	debug_key_register('e', "list event channels", key_events);
	debug_key_register('m', "show free memory", key_memory);
	debug_key_register('C', "panic, to see what is printed", key_panic);
	debug_key_register('d', "dump guests' registers", key_registers);
	debug_key_register('l', "show how often locks were waited for",
			   lock_counts_log);
}
