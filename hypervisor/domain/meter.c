/* SPDX-License-Identifier: MIT */
/*
 * See domain/meter.h and public/paravane.h. Records are gathered one at a time
 * and copied out; no lock is held meanwhile, but the one that a count needs.
 *
 * The census is one for all who ask. Its place and what it has counted are
 * guarded by the lock of the list of domains: as long as that is held no domain
 * of the list is freed, so the owner of a frame that has references can be
 * written to. The lock is given back after every CENSUS_BATCH frames.
 *
 * Test: tests/unit/hypervisor/domain/test_meter.c.
 */
#include "domain/meter.h"
#include "domain/domain.h"
#include "domain/info.h"
#include "domain/list.h"
#include "event/event.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/machine.h"

#define CENSUS_BATCH 1024

_Static_assert(PARAVANE_FRAMES <= PARAVANE_METER_FRAMES &&
		       PARAVANE_FAULTS <= PARAVANE_METER_FAULTS,
	       "room in the records");
_Static_assert((int)VCPU_RUNNING == RUNSTATE_running &&
		       (int)VCPU_OFFLINE == RUNSTATE_offline,
	       "the states are the ABI's");

/* The lock of the list of domains. */
static struct {
	uint64_t domains, state_ns[PARAVANE_METER_STATES];
} ended;
static struct {
	uint64_t next, passes;
} census;

void meter_domain_end(const struct domain *d)
{
	struct vcpu_usage u;
	unsigned int i, s;

	ended.domains++;
	for (i = 0; i < d->max_vcpus; i++) {
		if (!d->vcpu[i])
			continue;
		vcpu_usage(d->vcpu[i], &u);
		for (s = 0; s < PARAVANE_METER_STATES; s++)
			ended.state_ns[s] += u.state_ns[s];
	}
}

union record {
	struct paravane_meter_machine machine;
	struct paravane_meter_cpu cpu;
	struct paravane_meter_domain domain;
	struct paravane_meter_vcpu vcpu;
};

/*
 * Fills the record (which is all zero) that *from and *from_vcpu name, or the
 * next one, and moves on behind it; false: there is none.
 */
typedef bool record_fn(union record *r, uint32_t *from, uint32_t *from_vcpu);

static bool machine_record(union record *r, uint32_t *from, uint32_t *from_vcpu)
{
	struct paravane_meter_machine *m = &r->machine;

	(void)from_vcpu;
	if (*from)
		return false;
	*from = 1;
	m->at_ns = time_now_ns();
	m->cpus = cpu_count();
	m->total_pages = page_total_count();
	m->free_pages = page_free_count();
	lock_acquire(&domain_list_lock);
	m->domains_ended = ended.domains;
	memcpy(m->ended_ns, ended.state_ns, sizeof(m->ended_ns));
	m->census_passes = census.passes;
	lock_release(&domain_list_lock);
	return true;
}

static bool cpu_record(union record *r, uint32_t *from, uint32_t *from_vcpu)
{
	struct paravane_meter_cpu *c = &r->cpu;
	struct cpu_counts counts;
	struct cpu_usage u;

	(void)from_vcpu;
	if (*from >= cpu_count())
		return false;
	c->cpu = (*from)++;
	sched_cpu_usage(c->cpu, &u);
	cpu_counts_read(c->cpu, &counts);
	c->idle = u.is_idle;
	c->at_ns = u.at_ns;
	c->idle_ns = u.idle_ns;
	c->switches = u.switches;
	c->interrupts = counts.interrupts;
	c->ipis = counts.ipis;
	c->tlb_flushes = counts.tlb_flushes;
	return true;
}

/* With a reference; NULL: none has that number or a higher one. */
static struct domain *domain_from(uint32_t from)
{
	return from < DOMID_FIRST_RESERVED ? domain_next((domid_t)from) : NULL;
}

static bool domain_record(union record *r, uint32_t *from, uint32_t *from_vcpu)
{
	struct paravane_meter_domain *m = &r->domain;
	struct domain *d = domain_from(*from);
	unsigned int i;

	(void)from_vcpu;
	if (!d)
		return false;
	*from = d->id + 1u;
	m->domain = d->id;
	m->flags = domain_info_flags(d);
	memcpy(m->handle, d->handle, sizeof(m->handle));
	m->at_ns = time_now_ns();
	for (i = 0; i < d->max_vcpus; i++) {
		m->vcpus += d->vcpu[i] != NULL;
		m->vcpus_online += d->vcpu[i] && d->vcpu[i]->up;
	}
	m->pages = d->page_count;
	m->frames_held = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED);
	m->pages_max = d->page_max;
	m->claimed_pages = d->claim;
	grant_counts(d, &m->grants_mapped, &m->grants_lent);
	m->ports = event_port_count(d);
	m->pool = sched_domain_pool(d);
	lock_acquire(&domain_list_lock);
	m->census_ns = d->census.done_ns;
	memcpy(m->frames, d->census.frames, sizeof(d->census.frames));
	lock_release(&domain_list_lock);
	domain_put(d);
	return true;
}

static void vcpu_fill(struct paravane_meter_vcpu *m, const struct vcpu *v)
{
	const struct vcpu_meter *c = &v->meter;
	struct vcpu_usage u;

	vcpu_usage(v, &u);
	m->domain = v->domain->id;
	m->vcpu = (uint16_t)v->id;
	m->state = (uint8_t)u.state;
	m->online = v->up;
	m->cpu = u.cpu;
	m->at_ns = u.at_ns;
	memcpy(m->state_ns, u.state_ns, sizeof(m->state_ns));
	m->switches = u.switches;
	m->migrations = u.migrations;
	m->events_sent = c->events_sent;
	m->upcalls = c->upcalls;
	m->grant_maps = c->grant_maps;
	m->grant_copies = c->grant_copies;
	memcpy(m->faults, c->faults, sizeof(c->faults));
	memcpy(m->hypercalls, c->hypercalls, sizeof(m->hypercalls));
}

static bool vcpu_record(union record *r, uint32_t *from, uint32_t *from_vcpu)
{
	struct domain *d;

	for (d = domain_from(*from); d; d = domain_from(*from)) {
		/* The one that was named may be gone. */
		uint32_t i = d->id == *from ? *from_vcpu : 0;

		while (i < d->max_vcpus && !d->vcpu[i])
			i++;
		*from = d->id;
		if (i < d->max_vcpus) {
			vcpu_fill(&r->vcpu, d->vcpu[i]);
			*from_vcpu = i + 1;
			domain_put(d);
			return true;
		}
		*from = d->id + 1u;
		*from_vcpu = 0;
		domain_put(d);
	}
	return false;
}

static const struct record_kind {
	record_fn *fn;
	uint32_t bytes;
} kinds[] = {
	[PARAVANE_METER_machine] = {machine_record,
				    sizeof(struct paravane_meter_machine)},
	[PARAVANE_METER_cpu] = {cpu_record, sizeof(struct paravane_meter_cpu)},
	[PARAVANE_METER_domain] = {domain_record,
				   sizeof(struct paravane_meter_domain)},
	[PARAVANE_METER_vcpu] = {vcpu_record,
				 sizeof(struct paravane_meter_vcpu)},
};

/* A record of ours as the caller knows it. */
static int record_out(gptr_t at, uint32_t room, const union record *r,
		      uint32_t bytes)
{
	static const uint8_t zeroes[64];
	uint32_t done = MIN(room, bytes);

	if (guest_write(at, r, done))
		return -EFAULT;
	while (done < room) {
		uint32_t n = MIN(room - done, (uint32_t)sizeof(zeroes));

		if (guest_write(gptr_add(at, done), zeroes, n))
			return -EFAULT;
		done += n;
	}
	return 0;
}

/* Domain zero only. Records of what vCPUs, domains and CPUs used. */
long meter_read(struct vcpu *v, gptr_t arg)
{
	struct paravane_meter_read q;
	const struct record_kind *kind;
	uint32_t most;

	(void)v;
	if (guest_read_obj(&q, arg))
		return -EFAULT;
	if (q.what >= ARRAY_SIZE(kinds) || !q.record_bytes ||
	    q.record_bytes > PARAVANE_METER_RECORD_MAX || q.pad)
		return -EINVAL;
	kind = &kinds[q.what];
	most = MIN(q.capacity, (uint32_t)PARAVANE_METER_BATCH);
	for (q.count = 0; q.count < most; q.count++) {
		union record r;

		memset(&r, 0, sizeof(r));
		if (!kind->fn(&r, &q.from, &q.from_vcpu))
			break;
		if (record_out(
			    gptr(q.buffer + (uint64_t)q.count * q.record_bytes),
			    q.record_bytes, &r, kind->bytes))
			return -EFAULT;
	}
	q.record_bytes = kind->bytes;
	return guest_write_obj(arg, &q);
}

/* The lock of the list is held. */
static void census_begin(void)
{
	struct domain *d;

	list_for_each_entry (d, &domain_list, node) {
		memset(d->census.counted, 0, sizeof(d->census.counted));
		d->census.takes_part = true;
	}
}

static void census_end(void)
{
	uint64_t now_ns = time_now_ns();
	struct domain *d;

	list_for_each_entry (d, &domain_list, node) {
		struct domain_census *c = &d->census;

		if (!c->takes_part)
			continue;
		memcpy(c->frames, c->counted, sizeof(c->frames));
		c->done_ns = now_ns;
	}
	census.next = 0;
	census.passes++;
}

static void census_count(const struct frame *f)
{
	uint64_t w = frame_load(f);
	struct domain *d;

	if (!frame_word_refs(w))
		return;
	/* It had an owner a moment ago, which the list's lock keeps. */
	d = frame_owner(f);
	if (!d || !d->census.takes_part)
		return;
	d->census.counted[frame_word_tcnt(w) ? frame_word_type(w)
					     : FRAME_NONE]++;
	if (w & FRAME_PINNED)
		d->census.counted[PARAVANE_FRAMES_pinned]++;
	if (w & FRAME_SHARED)
		d->census.counted[PARAVANE_FRAMES_shared]++;
}

/* At most `frames`, and not beyond the end of a pass; how many. */
static uint64_t census_go(uint64_t frames, bool *at_end)
{
	uint64_t n;

	lock_acquire(&domain_list_lock);
	if (!census.next)
		census_begin();
	frames = MIN(frames, max_mfn - census.next);
	for (n = 0; n < frames; n++)
		census_count(frame_of(mfn(census.next + n)));
	census.next += n;
	*at_end = census.next == max_mfn;
	if (*at_end)
		census_end();
	lock_release(&domain_list_lock);
	return n;
}

/* Domain zero only. Goes on counting frames by type. */
long meter_census(struct vcpu *v, gptr_t arg)
{
	struct paravane_meter_census c;
	uint64_t want, done = 0;
	bool at_end = false;

	(void)v;
	if (guest_read_obj(&c, arg))
		return -EFAULT;
	want = MIN(c.frames, (uint64_t)PARAVANE_CENSUS_MAX);
	while (done < want && !at_end) {
		done += census_go(MIN(want - done, (uint64_t)CENSUS_BATCH),
				  &at_end);
		if (hypercall_preempt_check())
			break;
	}
	c.frames = done;
	lock_acquire(&domain_list_lock);
	c.next = census.next;
	c.total = max_mfn;
	c.passes = census.passes;
	lock_release(&domain_list_lock);
	return guest_write_obj(arg, &c);
}
