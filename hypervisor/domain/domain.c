/* SPDX-License-Identifier: MIT */
/*
 * Finding domains, stopping them, crashing them.
 * Tests: tests/unit/hypervisor/domain/test_domain.c.
 */
#include "domain/domain.h"
#include "domain/lifecycle.h"
#include "domain/list.h"
#include "event/event.h"
#include "lib/string.h"
#include "log/fmt.h"
#include "log/log.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "x86/dump.h"
#include "x86/machine.h"
#include "x86/reset.h"

struct domain *domain_zero;
struct domain domain_xen = {.id = DOMID_XEN, .refs = 1};
struct domain domain_io = {.id = DOMID_IO, .refs = 1};

struct list_node domain_list = LIST_INIT(domain_list);
struct spinlock domain_list_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);

/*
 * Each grant operation and each mapping of another's page finds a domain by its
 * number. That takes a lock which is hardly ever another domain's, too.
 */
#define FIND_BUCKETS 64

static struct find_bucket {
	struct spinlock lock;
	struct domain *first;
} __attribute__((aligned(64))) find_buckets[FIND_BUCKETS] = {
	[0 ... FIND_BUCKETS - 1] = {.lock = SPINLOCK_INIT(LOCK_DOMAIN_FIND)},
};

static struct find_bucket *bucket_of(domid_t id)
{
	return &find_buckets[id % FIND_BUCKETS];
}

void domain_find_add(struct domain *d)
{
	struct find_bucket *b = bucket_of(d->id);

	lock_acquire(&b->lock);
	d->find_next = b->first;
	b->first = d;
	lock_release(&b->lock);
}

void domain_find_remove(struct domain *d)
{
	struct find_bucket *b = bucket_of(d->id);
	struct domain **at;

	lock_acquire(&b->lock);
	for (at = &b->first; *at; at = &(*at)->find_next) {
		if (*at == d) {
			*at = d->find_next;
			break;
		}
	}
	lock_release(&b->lock);
}

/* Where it is found: the last reference may have gone a moment ago. */
static bool get_unless_gone(struct domain *d)
{
	uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

	do {
		if (!refs)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

struct domain *domain_find(domid_t id)
{
	struct find_bucket *b = bucket_of(id);
	struct domain *d;

	lock_acquire(&b->lock);
	for (d = b->first; d && d->id != id; d = d->find_next)
		;
	if (d && (__atomic_load_n(&d->life, __ATOMIC_RELAXED) == DOMAIN_DEAD ||
		  !get_unless_gone(d)))
		d = NULL;
	lock_release(&b->lock);
	return d;
}

struct domain *domain_next(domid_t from)
{
	struct domain *d, *found;

	lock_acquire(&domain_list_lock);
	do {
		found = NULL;
		list_for_each_entry (d, &domain_list, node)
			if (d->id >= from && (!found || d->id < found->id))
				found = d;
		if (found)
			from = found->id + 1;
	} while (found && !get_unless_gone(found));
	lock_release(&domain_list_lock);
	return found;
}

struct domain *domain_find_for(struct vcpu *v, domid_t id, int *rc)
{
	struct domain *d = v->domain;

	if (id == DOMID_SELF || id == d->id) {
		domain_get(d);
		return d;
	}
	if (!d->privileged) {
		*rc = -EPERM;
		return NULL;
	}
	*rc = -ESRCH;
	return domain_find(id);
}

void domain_pause(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_pause(d->vcpu[i]);
}

void domain_pause_wait(struct domain *d)
{
	unsigned int i;

	/* All are told first, then waited for. */
	domain_pause(d);
	for (i = 0; i < d->max_vcpus; i++) {
		if (!d->vcpu[i])
			continue;
		vcpu_pause_wait(d->vcpu[i]);
		vcpu_unpause(d->vcpu[i]);
	}
}

void domain_unpause(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_unpause(d->vcpu[i]);
}

/* Domain zero's end is the machine's. */
static void machine_shutdown(uint8_t reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		log_info("domain 0 has shut down: power off\n");
		machine_power_off_unasked();
		log_info("the machine has no power-off: halted\n");
		machine_halt();
	case SHUTDOWN_reboot:
		log_info("domain 0 has shut down: reboot\n");
		machine_restart();
	default:
		log_err("domain 0 has crashed (reason %u)\n", reason);
		if (option_noreboot) {
			log_err("halted (noreboot)\n");
			machine_halt();
		}
		machine_restart();
	}
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	bool already;

	if (d == domain_zero)
		machine_shutdown(reason);
	lock_acquire(&d->lock);
	already = d->shut_down;
	d->shut_down = true;
	if (!already)
		d->shutdown_reason = reason;
	lock_release(&d->lock);
	if (already)
		return;
	log_info("domain %u has shut down, reason %u\n", d->id, reason);
	domain_pause(d);
	event_send_global_virq(VIRQ_DOM_EXC);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[200];
	unsigned int i;
	va_list ap;

	if (d->shut_down)
		return;
	va_start(ap, fmt);
	fmt_vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_err("domain %u crashes: %s\n", d->id, why);
	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i] && d->vcpu[i]->initialised &&
		    (vcpu_is_loaded(d->vcpu[i]) || d->vcpu[i]->up))
			dump_vcpu(d->vcpu[i]);
	domain_shutdown(d, SHUTDOWN_crash);
	sched_request();
}
