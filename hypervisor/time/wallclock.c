/* SPDX-License-Identifier: MIT */
/*
 * The guests' clock pages: each vCPU's time info (system time) and each
 * domain's wall clock in its shared info page. Layouts: public/xen.h.
 *
 * A reader takes the version, the fields, and the version again, and starts
 * over if it was odd or has changed. So the writer makes it odd first and
 * even last, with the fields' stores between the two.
 *
 * System time has one origin and one scale for all and for ever, from
 * clock_settle() on: so a page is written once and stays right. Domain zero
 * starts after that.
 *
 * Tested by tests/unit/hypervisor/time/test_wallclock.c.
 */
#include "time/time.h"
#include "mm/guest.h"
#include "x86/clock.h"

/* Wall clock, in nanoseconds since 1970, at system time 0. */
static uint64_t wall_base_ns;

/* One writer at a time, of that and of the guests' copies. */
static struct spinlock wall_lock = SPINLOCK_INIT(LOCK_TIMER);

static inline void publish_u32(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void time_info_fill(struct vcpu_time_info *to,
			   const struct vcpu_time_info *from)
{
	uint32_t version = to->version | 1;

	publish_u32(&to->version, version);
	to->tsc_timestamp = from->tsc_timestamp;
	to->system_time = from->system_time;
	to->tsc_to_system_mul = from->tsc_to_system_mul;
	to->tsc_shift = from->tsc_shift;
	to->flags = from->flags;
	publish_u32(&to->version, version + 1);
}

static struct vcpu_time_info stamp_take(void)
{
	struct tsc_scale scale = clock_scale();
	struct vcpu_time_info now = {
		.tsc_to_system_mul = scale.mul,
		.tsc_shift = scale.shift,
	};

	clock_origin(&now.tsc_timestamp, &now.system_time);
	return now;
}

void time_stamp_vcpu(struct vcpu *v)
{
	struct vcpu_time_info now = stamp_take();

	time_info_fill(&v->info->time, &now);
}

/*
 * Writing stops at the first failure, and the version is written last, so that
 * a half-written area reads as "changing".
 */
int time_stamp_area(gptr_t to)
{
	struct vcpu_time_info copy = stamp_take();
	const size_t body = offsetof(struct vcpu_time_info, tsc_timestamp);
	gptr_t version_at =
		gptr_add(to, offsetof(struct vcpu_time_info, version));
	int rc;

	rc = guest_read(&copy.version, version_at, sizeof(copy.version));
	if (rc)
		return rc;
	copy.version |= 1;
	rc = guest_write(version_at, &copy.version, sizeof(copy.version));
	if (rc)
		return rc;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rc = guest_write(gptr_add(to, body), (char *)&copy + body,
			 sizeof(copy) - body);
	if (rc)
		return rc;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	copy.version++;
	return guest_write(version_at, &copy.version, sizeof(copy.version));
}

void time_update_wallclock(struct domain *d)
{
	struct shared_info *s;
	uint32_t version;
	uint64_t seconds;

	lock_acquire(&wall_lock);
	s = d->shared;
	if (!s)
		goto out;
	version = s->wc_version | 1;
	seconds = wall_base_ns / NS_PER_SECOND + (uint64_t)d->time_offset_s;
	publish_u32(&s->wc_version, version);
	s->wc_sec = (uint32_t)seconds;
	s->wc_sec_hi = (uint32_t)(seconds >> 32);
	s->wc_nsec = (uint32_t)(wall_base_ns % NS_PER_SECOND);
	publish_u32(&s->wc_version, version + 1);
out:
	lock_release(&wall_lock);
}

void time_end_wallclock(struct domain *d)
{
	lock_acquire(&wall_lock);
	d->shared = NULL;
	lock_release(&wall_lock);
}

void time_init_wallclock(uint64_t seconds_now)
{
	wall_base_ns = seconds_now * NS_PER_SECOND - time_now_ns();
}

int time_check_wallclock(uint64_t seconds, uint32_t ns, uint64_t system_ns)
{
	/* No overflow before the year 2554, and nothing before 1970. */
	if (ns >= NS_PER_SECOND || seconds >= ~0ull / NS_PER_SECOND ||
	    seconds * NS_PER_SECOND + ns < system_ns)
		return -EINVAL;
	return 0;
}

void time_set_wallclock(uint64_t seconds, uint32_t ns, uint64_t system_ns)
{
	struct domain *d;
	domid_t next;

	lock_acquire(&wall_lock);
	wall_base_ns = seconds * NS_PER_SECOND + ns - system_ns;
	lock_release(&wall_lock);
	for (d = domain_next(0); d; d = domain_next(next)) {
		next = (domid_t)(d->id + 1);
		time_update_wallclock(d);
		domain_put(d);
	}
}

uint64_t time_wallclock_boot_s(void)
{
	return wall_base_ns / NS_PER_SECOND;
}
