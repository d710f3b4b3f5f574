/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include "lib/cpuset.h"

Test(cpuset, holds_each_cpu_apart)
{
	struct cpuset s = {0}, all, both;
	unsigned int cpu, n = 0;

	cpuset_fill(&all);
	cr_assert(cpuset_empty(&s));
	cr_assert_eq(cpuset_next(&s, 0), MAX_CPUS);
	cr_assert_eq(cpuset_around(&s, 77), MAX_CPUS);
	cr_assert(!cpuset_and(&both, &s, &all));
	cpuset_add(&s, 63);
	cpuset_add_atomic(&s, 64);
	cpuset_add(&s, MAX_CPUS - 1);
	cr_assert(cpuset_and(&both, &s, &all));
	cpuset_for_each (cpu, &both) {
		cr_assert(cpu == 63 || cpu == 64 || cpu == MAX_CPUS - 1);
		n++;
	}
	cr_assert_eq(n, 3);
	cr_assert_eq(cpuset_next(&s, 65), MAX_CPUS - 1);
	cr_assert_eq(cpuset_around(&s, MAX_CPUS), 63);
	cpuset_remove(&s, 63);
	cpuset_remove_atomic(&s, 64);
	cr_assert(cpuset_has(&s, MAX_CPUS - 1) && !cpuset_has(&s, 64));
	both = cpuset_read(&s);
	cpuset_remove(&both, MAX_CPUS - 1);
	cr_assert(cpuset_empty(&both) && !cpuset_empty(&s));
}
