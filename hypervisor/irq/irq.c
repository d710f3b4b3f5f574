/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts on their way to the domain that drives the device.
 *
 * An interrupt takes a vector; the vector has one pirq (irq/pirq.h draws its
 * states); the pirq's domain gets an event. A level-triggered line is masked
 * and ended at the local APIC at once, so that it holds back nothing else, and
 * opened again when the guest says that its handler is done. Edges and
 * messages are ended at once and stay open.
 *
 * Invariants, which tests/unit/hypervisor/irq/test_irq.c checks:
 *  - a line is open exactly in PIRQ_LIVE;
 *  - each vector taken gets one end of interrupt, whatever the state;
 *  - a GSI has at most one pirq in the machine, a vector too;
 *  - a GSI that the hypervisor keeps may be mapped, never bound.
 *
 * Lock: irq_lock (LOCK_IRQ) guards all of it. event_send_pirq() is called with
 * it held, hence event/ calls irq_bind_guest() and irq_unbind_guest() without
 * its own lock.
 */
#include "irq/irq.h"
#include "event/event.h"
#include "irq/pirq.h"
#include "lib/bitmap.h"
#include "log/console.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "x86/apic.h"
#include "x86/ioapic.h"
#include "x86/vectors.h"

/* At least this many pirqs remain for messages. */
#define MSI_PIRQS_MIN 64
#define MAX_GSIS      (IRQ_NR_PIRQS - MSI_PIRQS_MIN)

#define FIRST_FREE_GSI_PIRQ 16 /* ISA's numbers stay ISA's */

struct irq_state {
	struct pirq *pirqs[IRQ_NR_PIRQS];
};

struct gsi {
	struct pirq *pirq;
	bool reserved;	 /* the hypervisor's */
	bool configured; /* setup_gsi has been */
	bool level, active_low;
};

static struct spinlock irq_lock = SPINLOCK_INIT(LOCK_IRQ);
static struct spinlock message_lock = SPINLOCK_INIT(LOCK_DOMAIN);
static struct gsi gsis[MAX_GSIS];
static unsigned int gsi_count;
static struct pirq *by_vector[256];
static uint64_t vectors_used[BITMAP_WORDS(256)];
static uint64_t unexpected_count;

static const char *const state_names[] = {
	[PIRQ_MAPPED] = "mapped",
	[PIRQ_LIVE] = "live",
	[PIRQ_IN_SERVICE] = "in service",
};

void irq_init(unsigned int nr_gsis)
{
	unsigned int i;

	if (nr_gsis > MAX_GSIS) {
		log_warn("irq: %u GSIs, of which the first %u can be used\n",
			 nr_gsis, MAX_GSIS);
		nr_gsis = MAX_GSIS;
	}
	gsi_count = nr_gsis;
	for (i = 0; i < gsi_count; i++) {
		gsis[i] = (struct gsi){0};
		ioapic_gsi_default(i, &gsis[i].level, &gsis[i].active_low);
	}
	debug_key_register('i', "dump interrupts", irq_dump);
}

void irq_reserve_gsi(unsigned int gsi)
{
	if (gsi < gsi_count)
		gsis[gsi].reserved = true;
}

int irq_domain_init(struct domain *d)
{
	/* Only who drives hardware has any: the rest gets it at need. */
	d->irqs = NULL;
	return 0;
}

/*
 * Without the lock: a guest that drives nothing does not come near it, however
 * often it asks.
 */
static bool has_pirqs(const struct domain *d)
{
	return __atomic_load_n(&d->irqs, __ATOMIC_ACQUIRE);
}

static struct pirq *pirq_of(struct domain *d, uint32_t pirq)
{
	if (!d->irqs || pirq >= IRQ_NR_PIRQS)
		return NULL;
	return d->irqs->pirqs[pirq];
}

/* `count` vectors, a power of two and aligned to it. 0: none free. */
static uint8_t vectors_take(unsigned int count)
{
	unsigned int first, v;

	for (first = ALIGN_UP((unsigned int)VECTOR_DEVICE_FIRST, count);
	     first + count - 1 <= VECTOR_DEVICE_LAST; first += count) {
		for (v = first; v < first + count; v++) {
			if (bitmap_test(vectors_used, v))
				break;
		}
		if (v < first + count)
			continue;
		for (v = first; v < first + count; v++)
			bitmap_set(vectors_used, v);
		return (uint8_t)first;
	}
	return 0;
}

static void vectors_give(uint8_t first, unsigned int count)
{
	unsigned int v;

	for (v = first; v < first + count; v++)
		bitmap_clear(vectors_used, v);
}

static bool is_level(const struct pirq *p)
{
	return !p->is_msi && gsis[p->gsi].level;
}

static void line_open(struct pirq *p)
{
	if (p->is_msi)
		msi_set_mask(&p->msi, false);
	else
		ioapic_unmask(p->gsi);
}

static void line_close(struct pirq *p)
{
	if (p->is_msi)
		msi_set_mask(&p->msi, true);
	else
		ioapic_mask(p->gsi);
}

/* A new pirq at a free number, in PIRQ_MAPPED. NULL: no memory. */
static struct pirq *pirq_new(struct domain *d, uint32_t number)
{
	struct pirq *p;

	lock_assert_held(&irq_lock);
	if (!d->irqs)
		__atomic_store_n(&d->irqs, hv_alloc(sizeof(*d->irqs)),
				 __ATOMIC_RELEASE);
	if (!d->irqs)
		return NULL;
	p = hv_alloc(sizeof(*p));
	if (!p)
		return NULL;
	p->state = PIRQ_MAPPED;
	p->number = number;
	p->owner = d;
	d->irqs->pirqs[number] = p;
	return p;
}

static void pirq_delete(struct pirq *p)
{
	struct domain *d = p->owner;

	lock_assert_held(&irq_lock);
	if (p->state == PIRQ_LIVE || p->is_msi)
		line_close(p);
	if (p->vector) {
		by_vector[p->vector] = NULL;
		vectors_give(p->vector, 1);
	}
	if (!p->is_msi)
		gsis[p->gsi].pirq = NULL;
	d->irqs->pirqs[p->number] = NULL;
	hv_free(p, sizeof(*p));
}

static int find_free(struct domain *d, unsigned int from, unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++) {
		if (!pirq_of(d, i))
			return (int)i;
	}
	return -ENOSPC;
}

/* `count` free numbers in a row for messages, from the top down. */
static int find_free_block(struct domain *d, unsigned int count)
{
	unsigned int end = IRQ_NR_PIRQS, i;

	for (i = end; i > gsi_count;) {
		i--;
		if (pirq_of(d, i))
			end = i;
		else if (end - i == count)
			return (int)i;
	}
	return -ENOSPC;
}

/* The number for gsi where the caller names none. */
static int choose_gsi_pirq(struct domain *d, unsigned int gsi)
{
	if (!pirq_of(d, gsi))
		return (int)gsi;
	return find_free(d, FIRST_FREE_GSI_PIRQ, gsi_count);
}

int pirq_map_gsi(struct domain *d, int32_t gsi, int32_t *pirq)
{
	struct pirq *p;
	int rc = 0, number = *pirq;

	if (gsi < 0 || (uint32_t)gsi >= gsi_count || number >= IRQ_NR_PIRQS)
		return -EINVAL;

	lock_acquire(&irq_lock);
	p = gsis[gsi].pirq;
	if (p) {
		if (p->owner != d)
			rc = -EBUSY;
		else if (number >= 0 && (uint32_t)number != p->number)
			rc = -EEXIST;
		else
			*pirq = (int32_t)p->number;
		goto out;
	}
	if (number < 0)
		number = choose_gsi_pirq(d, (unsigned int)gsi);
	if (number < 0) {
		rc = number;
		goto out;
	}
	if (pirq_of(d, (uint32_t)number)) {
		rc = -EEXIST;
		goto out;
	}
	p = pirq_new(d, (uint32_t)number);
	if (!p) {
		rc = -ENOMEM;
		goto out;
	}
	p->gsi = (unsigned int)gsi;
	gsis[gsi].pirq = p;
	*pirq = number;
out:
	lock_release(&irq_lock);
	return rc;
}

static bool same_device(struct pci_address a, struct pci_address b)
{
	return a.segment == b.segment && a.bus == b.bus && a.devfn == b.devfn;
}

/* A device uses MSI or MSI-X, and each message once. */
static bool message_is_mapped(const struct msi *m)
{
	unsigned int v;

	for (v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++) {
		const struct pirq *p = by_vector[v];

		if (p && p->is_msi && same_device(p->msi.dev, m->dev) &&
		    (p->msi.msix != m->msix || p->msi.index == m->index))
			return true;
	}
	return false;
}

static int find_message(const struct msi_request *r, unsigned int i,
			struct msi *m)
{
	if (r->msix)
		return msix_find(r->dev, r->entry, r->table_base, m);
	return msi_find(r->dev, r->count, i, m);
}

static void delete_block(struct domain *d, uint32_t first, unsigned int count)
{
	while (count--)
		pirq_delete(pirq_of(d, first + count));
}

static int map_messages(struct domain *d, const struct msi_request *r,
			int32_t *pirq)
{
	unsigned int i = 0;
	uint8_t vector = 0;
	int first = *pirq;
	struct msi m;
	int rc;

	/* All that depends on the device, before anything is taken. */
	rc = find_message(r, 0, &m);
	if (rc)
		return rc;

	lock_acquire(&irq_lock);
	if (message_is_mapped(&m)) {
		rc = -EEXIST;
		goto out;
	}
	if (first < 0)
		first = find_free_block(d, r->count);
	if (first < 0) {
		rc = first;
		goto out;
	}
	if ((uint32_t)first + r->count > IRQ_NR_PIRQS) {
		rc = -EINVAL;
		goto out;
	}
	for (i = 0; i < r->count; i++) {
		if (pirq_of(d, (uint32_t)first + i)) {
			rc = -EEXIST;
			goto out;
		}
	}
	vector = vectors_take(r->count);
	if (!vector) {
		rc = -ENOSPC;
		goto out;
	}
	for (i = 0; i < r->count; i++) {
		struct pirq *p = pirq_new(d, (uint32_t)first + i);

		if (!p) {
			rc = -ENOMEM;
			goto undo;
		}
		p->is_msi = true;
		p->msi = m;
		p->msi.index = r->msix ? m.index : (uint16_t)i;
		p->vector = (uint8_t)(vector + i);
		by_vector[p->vector] = p;
		msi_program(&p->msi, p->vector, apic_destination(0));
	}
	*pirq = first;
	goto out;

undo:
	/* Those that have a pirq give their vector back with it. */
	vectors_give((uint8_t)(vector + i), r->count - i);
	delete_block(d, (uint32_t)first, i);
out:
	lock_release(&irq_lock);
	return rc;
}

int pirq_map_msi(struct domain *d, const struct msi_request *r, int32_t *pirq)
{
	int rc;

	/* Devices are asked one at a time, without the interrupts' lock. */
	lock_acquire(&message_lock);
	rc = map_messages(d, r, pirq);
	lock_release(&message_lock);
	return rc;
}

int pirq_unmap(struct domain *d, int32_t pirq)
{
	struct pirq *p;
	int rc = 0;

	if (pirq < 0)
		return -EINVAL;
	lock_acquire(&irq_lock);
	p = pirq_of(d, (uint32_t)pirq);
	if (!p || (p->is_msi && !p->msi.msix && p->msi.index != 0))
		rc = -EINVAL;
	else if (p->is_msi)
		delete_block(d, (uint32_t)pirq, p->msi.count);
	else
		pirq_delete(p);
	lock_release(&irq_lock);
	return rc;
}

void pirq_restore_device(struct pci_address dev)
{
	unsigned int v;

	lock_acquire(&irq_lock);
	for (v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++) {
		struct pirq *p = by_vector[v];

		if (!p || !p->is_msi || !same_device(p->msi.dev, dev))
			continue;
		msi_program(&p->msi, p->vector, apic_destination(0));
		if (p->state == PIRQ_LIVE)
			line_open(p);
	}
	lock_release(&irq_lock);
}

int pirq_setup_gsi(int32_t gsi, bool level, bool active_low)
{
	struct gsi *g;
	int rc = 0;

	if (gsi < 0 || (uint32_t)gsi >= gsi_count)
		return -EINVAL;
	g = &gsis[gsi];
	lock_acquire(&irq_lock);
	if (g->reserved || g->configured ||
	    (g->pirq && g->pirq->state != PIRQ_MAPPED)) {
		rc = -EEXIST;
	} else {
		g->configured = true;
		g->level = level;
		g->active_low = active_low;
	}
	lock_release(&irq_lock);
	return rc;
}

int pirq_find_free(struct domain *d, bool for_msi)
{
	int number;

	lock_acquire(&irq_lock);
	number = for_msi ? find_free_block(d, 1)
			 : find_free(d, FIRST_FREE_GSI_PIRQ, gsi_count);
	lock_release(&irq_lock);
	return number;
}

int pirq_check(struct domain *d, uint32_t pirq)
{
	int rc;

	if (!has_pirqs(d))
		return -EINVAL;
	lock_acquire(&irq_lock);
	rc = pirq_of(d, pirq) ? 0 : -EINVAL;
	lock_release(&irq_lock);
	return rc;
}

/* The route of a GSI, which is programmed anew for each binding. */
static int route_gsi(struct pirq *p)
{
	struct gsi *g = &gsis[p->gsi];

	if (g->reserved)
		return -EBUSY;
	if (!p->vector) {
		p->vector = vectors_take(1);
		if (!p->vector)
			return -ENOSPC;
		by_vector[p->vector] = p;
	}
	return ioapic_route(p->gsi, p->vector, apic_destination(0), g->level,
			    g->active_low);
}

int irq_bind_guest(struct domain *d, uint32_t pirq, bool share)
{
	struct pirq *p;
	int rc = 0;

	/* A pirq has one domain, which shares among its own drivers. */
	(void)share;

	lock_acquire(&irq_lock);
	p = pirq_of(d, pirq);
	if (!p)
		rc = -EINVAL;
	else if (p->state != PIRQ_MAPPED)
		rc = -EBUSY;
	else if (!p->is_msi)
		rc = route_gsi(p);
	if (!rc) {
		p->state = PIRQ_LIVE;
		line_open(p);
	}
	lock_release(&irq_lock);
	return rc;
}

void irq_unbind_guest(struct domain *d, uint32_t pirq)
{
	struct pirq *p;

	lock_acquire(&irq_lock);
	p = pirq_of(d, pirq);
	if (p && p->state != PIRQ_MAPPED) {
		line_close(p);
		p->state = PIRQ_MAPPED;
	}
	lock_release(&irq_lock);
}

void irq_guest_eoi(struct domain *d, uint32_t pirq)
{
	struct pirq *p;

	lock_acquire(&irq_lock);
	p = pirq_of(d, pirq);
	if (p && p->state == PIRQ_IN_SERVICE) {
		p->state = PIRQ_LIVE;
		line_open(p);
	}
	lock_release(&irq_lock);
}

bool irq_needs_eoi(struct domain *d, uint32_t pirq)
{
	struct pirq *p;
	bool needs;

	if (!has_pirqs(d))
		return false;
	lock_acquire(&irq_lock);
	p = pirq_of(d, pirq);
	needs = p && is_level(p);
	lock_release(&irq_lock);
	return needs;
}

void irq_handle(uint8_t vector)
{
	struct pirq *p;

	lock_acquire(&irq_lock);
	p = by_vector[vector];
	if (p && p->state == PIRQ_LIVE && is_level(p)) {
		/* Before the end of interrupt: see x86/ioapic.c. */
		line_close(p);
		p->state = PIRQ_IN_SERVICE;
		apic_eoi();
		p->count++;
		event_send_pirq(p->owner, p->number);
		goto out;
	}

	apic_eoi();
	if (p && p->state == PIRQ_LIVE) {
		p->count++;
		event_send_pirq(p->owner, p->number);
	} else if (unexpected_count++ == 0) {
		/* On its way while the line was closed: once is normal. */
		log_debug("irq: vector %#x came while nobody has it\n", vector);
	}
out:
	lock_release(&irq_lock);
}

static void dump_gsi(unsigned int i)
{
	const struct gsi *g = &gsis[i];
	const struct pirq *p = g->pirq;

	if (!p && !g->reserved)
		return;
	log_info("  GSI %u %s %s%s\n", i, g->level ? "level" : "edge",
		 g->active_low ? "low" : "high",
		 g->reserved ? ", the hypervisor's" : "");
	if (p)
		log_info("    d%u pirq %u vector %#x %s, %lu taken\n",
			 p->owner->id, p->number, p->vector,
			 state_names[p->state], (unsigned long)p->count);
}

static void dump_message(const struct pirq *p)
{
	log_info("  %s %02x:%02x.%u/%u\n", p->msi.msix ? "MSI-X" : "MSI",
		 p->msi.dev.bus, p->msi.dev.devfn >> 3, p->msi.dev.devfn & 7,
		 p->msi.index);
	log_info("    d%u pirq %u vector %#x %s, %lu taken\n", p->owner->id,
		 p->number, p->vector, state_names[p->state],
		 (unsigned long)p->count);
}

void irq_dump(void)
{
	unsigned int i;

	lock_acquire(&irq_lock);
	log_info("irq: %lu came while nobody had them\n",
		 (unsigned long)unexpected_count);
	for (i = 0; i < gsi_count; i++)
		dump_gsi(i);
	for (i = VECTOR_DEVICE_FIRST; i <= VECTOR_DEVICE_LAST; i++) {
		if (by_vector[i] && by_vector[i]->is_msi)
			dump_message(by_vector[i]);
	}
	lock_release(&irq_lock);
}

int irq_kill(struct domain *d)
{
	uint32_t i;

	if (!has_pirqs(d))
		return 0;
	lock_acquire(&irq_lock);
	for (i = 0; i < IRQ_NR_PIRQS; i++) {
		struct pirq *p = pirq_of(d, i);

		if (p)
			pirq_delete(p);
	}
	lock_release(&irq_lock);
	return 0;
}

void irq_free(struct domain *d)
{
	if (d->irqs)
		hv_free(d->irqs, sizeof(*d->irqs));
	d->irqs = NULL;
}
