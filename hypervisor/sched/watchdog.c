/* SPDX-License-Identifier: MIT */
/*
 * A domain's watchdogs, two at most, and the shutdown code that it may fix in
 * advance. Few domains have either, so they are kept in a list of their own,
 * made on first use; each holds a reference on its domain until
 * watchdog_kill().
 *
 * The list's lock is of the kind LOCK_SCHED and is not held while the domain
 * is shut down.
 *
 * Tests: tests/unit/hypervisor/sched/test_watchdog.c.
 */
#include "mm/alloc.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"

#define WATCHDOGS 2
#define SECOND_NS 1000000000ull
#define NO_CODE	  0x100u

struct extra;

struct watchdog {
	struct timer timer;
	struct extra *extra;
	bool in_use;
};

struct extra {
	struct list_node node;
	struct domain *domain;
	struct watchdog watchdog[WATCHDOGS];
	unsigned int code; /* NO_CODE: not fixed */
};

static struct list_node extras = LIST_INIT(extras);
static struct spinlock lock = SPINLOCK_INIT(LOCK_SCHED);

static struct extra *extra_find_locked(const struct domain *d)
{
	struct extra *e;

	list_for_each_entry (e, &extras, node)
		if (e->domain == d)
			return e;
	return NULL;
}

static struct extra *extra_find(const struct domain *d)
{
	struct extra *e;

	lock_acquire(&lock);
	e = extra_find_locked(d);
	lock_release(&lock);
	return e;
}

static void watchdog_fire(struct timer *t)
{
	struct watchdog *w = container_of(t, struct watchdog, timer);

	domain_shutdown(w->extra->domain, SHUTDOWN_watchdog);
}

static struct extra *extra_make(struct domain *d)
{
	struct extra *e = extra_find(d), *other;
	unsigned int i;

	if (e)
		return e;
	e = hv_alloc(sizeof(*e));
	if (!e)
		return NULL;
	e->domain = d;
	e->code = NO_CODE;
	for (i = 0; i < WATCHDOGS; i++) {
		e->watchdog[i].extra = e;
		timer_init(&e->watchdog[i].timer, watchdog_fire);
	}
	lock_acquire(&lock);
	other = extra_find_locked(d);
	if (!other) {
		list_add_tail(&extras, &e->node);
		domain_get(d);
	}
	lock_release(&lock);
	if (!other)
		return e;
	/* Another vCPU of the domain's was faster. */
	hv_free(e, sizeof(*e));
	return other;
}

/* One that is in use from now on; -ENOSPC. */
static int watchdog_claim(struct extra *e)
{
	unsigned int i;
	int found = -ENOSPC;

	lock_acquire(&lock);
	for (i = 0; i < WATCHDOGS && found < 0; i++) {
		if (!e->watchdog[i].in_use) {
			e->watchdog[i].in_use = true;
			found = i;
		}
	}
	lock_release(&lock);
	return found;
}

static long watchdog_new(struct domain *d, uint64_t expires_ns)
{
	struct extra *e = extra_make(d);
	int i;

	if (!e)
		return -ENOMEM;
	i = watchdog_claim(e);
	if (i < 0)
		return i;
	timer_set(&e->watchdog[i].timer, expires_ns);
	return i + 1;
}

long watchdog_set(struct domain *d, uint32_t id, uint32_t timeout_s)
{
	uint64_t expires_ns = time_now_ns() + timeout_s * SECOND_NS;
	struct watchdog *w;
	struct extra *e;

	if (id == 0)
		return timeout_s ? watchdog_new(d, expires_ns) : -EINVAL;
	e = extra_find(d);
	if (!e || id > WATCHDOGS || !e->watchdog[id - 1].in_use)
		return -EINVAL;
	w = &e->watchdog[id - 1];
	if (timeout_s) {
		timer_set(&w->timer, expires_ns);
	} else {
		timer_stop(&w->timer);
		w->in_use = false;
	}
	return 0;
}

int shutdown_code_fix(struct domain *d, uint8_t reason)
{
	struct extra *e = extra_make(d);

	if (!e)
		return -ENOMEM;
	if (e->code == NO_CODE)
		e->code = reason;
	return 0;
}

uint8_t shutdown_code_of(struct domain *d, uint8_t reason)
{
	struct extra *e = extra_find(d);

	return e && e->code != NO_CODE ? (uint8_t)e->code : reason;
}

void watchdog_kill(struct domain *d)
{
	struct extra *e;
	unsigned int i;

	lock_acquire(&lock);
	e = extra_find_locked(d);
	if (e)
		list_del(&e->node);
	lock_release(&lock);
	if (!e)
		return;
	for (i = 0; i < WATCHDOGS; i++)
		timer_end(&e->watchdog[i].timer);
	hv_free(e, sizeof(*e));
	domain_put(d);
}
