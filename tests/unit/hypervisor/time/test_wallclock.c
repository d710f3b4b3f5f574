/* SPDX-License-Identifier: MIT */
/* The guests' clock pages: hypervisor/time/wallclock.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include "fake/clock.h"
#include "fake/neighbours.h"
#include "time/scale.h"
#include "time/time.h"

static struct domain dom0, dom5;
static struct shared_info shared0, shared5;
static struct vcpu v;
static struct vcpu_info info;

static void setup(void)
{
	fake_clock_reset();
	fake_neighbours_reset();
	dom0 = (struct domain){.id = 0, .shared = &shared0, .refs = 1};
	dom5 = (struct domain){.id = 5, .shared = &shared5, .refs = 1};
	v = (struct vcpu){.domain = &dom5, .info = &info};
	fake_domains[0] = &dom0;
	fake_domains[1] = &dom5;
}

TestSuite(time_wallclock, .init = setup);

/* As a guest computes it from its page. */
static uint64_t guest_time(const struct vcpu_time_info *t, uint64_t tsc)
{
	struct tsc_scale s = {t->tsc_to_system_mul, t->tsc_shift};

	return t->system_time + tsc_scale_ticks(s, tsc - t->tsc_timestamp);
}

Test(time_wallclock, time_info_gives_system_time)
{
	time_stamp_vcpu(&v);
	cr_assert_eq(info.time.system_time, FAKE_TIME_BASE);
	cr_assert_eq(guest_time(&info.time, info.time.tsc_timestamp),
		     FAKE_TIME_BASE);
	cr_assert(
		guest_time(&info.time, info.time.tsc_timestamp + FAKE_TSC_HZ) >
		FAKE_TIME_BASE + NS_PER_SECOND - 10);
}

Test(time_wallclock, versions_end_even_and_move)
{
	uint32_t before;

	time_stamp_vcpu(&v);
	before = info.time.version;
	cr_assert_eq(before & 1, 0);
	time_stamp_vcpu(&v);
	cr_assert_eq(info.time.version, before + 2);
	/* A guest that scribbles an odd version is not stuck with it. */
	info.time.version = 0xffffffff;
	time_stamp_vcpu(&v);
	cr_assert_eq(info.time.version, 0);
}

Test(time_wallclock, an_area_gets_the_same_stamp)
{
	struct vcpu_time_info area = {.version = 7, .pad0 = 0x55};

	fake_time_ns += 123456789;
	time_stamp_vcpu(&v);
	cr_assert_eq(time_stamp_area(gptr((uintptr_t)&area)), 0);
	cr_assert_eq(area.version, 8);
	cr_assert_eq(area.system_time, FAKE_TIME_BASE + 123456789);
	cr_assert_eq(area.tsc_timestamp, info.time.tsc_timestamp);
	cr_assert_eq(area.tsc_to_system_mul, info.time.tsc_to_system_mul);
	cr_assert_eq(area.tsc_shift, info.time.tsc_shift);
	cr_assert_eq(time_stamp_area(gptr(FAKE_UNMAPPED)), -EFAULT);
}

Test(time_wallclock, the_stable_flag_is_off)
{
	time_stamp_vcpu(&v);
	cr_assert_eq(info.time.flags, 0);
}

Test(time_wallclock, boot_time_is_now_less_system_time)
{
	time_init_wallclock(1700000000);
	time_update_wallclock(&dom0);
	/* A millisecond and a bit had passed. */
	cr_assert_eq(shared0.wc_sec, 1699999999);
	cr_assert_eq(shared0.wc_nsec, NS_PER_SECOND - FAKE_TIME_BASE);
	cr_assert_eq(shared0.wc_version & 1, 0);
	cr_assert_eq(time_wallclock_boot_s(), 1699999999);
}

Test(time_wallclock, setting_reaches_every_domain_with_its_offset)
{
	dom5.time_offset_s = -3600;
	time_set_wallclock(0x200000000ull, 500, 1500);
	cr_assert_eq(shared0.wc_sec, 0xffffffff);
	cr_assert_eq(shared0.wc_sec_hi, 1);
	cr_assert_eq(shared0.wc_nsec, NS_PER_SECOND - 1000);
	cr_assert_eq(shared5.wc_sec, 0xffffffffu - 3600);
	cr_assert_eq(dom0.refs, 1);
	cr_assert_eq(dom5.refs, 1);
}

Test(time_wallclock, a_domain_under_construction_is_passed_over)
{
	dom5.shared = NULL;
	time_set_wallclock(1700000000, 0, 0);
	cr_assert_eq(shared0.wc_sec, 1700000000);
}

Test(time_wallclock, impossible_times_are_refused)
{
	cr_assert_eq(time_check_wallclock(1700000000, 999999999, 5), 0);
	cr_assert_eq(time_check_wallclock(1700000000, 1000000000, 5), -EINVAL);
	cr_assert_eq(time_check_wallclock(0, 4, 5), -EINVAL);
	cr_assert_eq(time_check_wallclock(0, 5, 5), 0);
	cr_assert_eq(time_check_wallclock(~0ull, 0, 0), -EINVAL);
	cr_assert_eq(time_check_wallclock(18446744074ull, 0, 0), -EINVAL);
}
