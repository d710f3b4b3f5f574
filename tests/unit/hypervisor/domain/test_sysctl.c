/* SPDX-License-Identifier: MIT */
/* sysctl: the machine as the toolstack sees it. */
#include <criterion/criterion.h>
#include "domain_fixture.h"
#include "fake/clock.h"
#include "fake/frames.h"
#include "log/log.h"
#include "public/sysctl.h"
#include "sched/sched.h"

static struct domain *zero, *one;
static struct vcpu *v;
static struct xen_sysctl op;

static void setup(void)
{
	fake_clock_reset();
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 2, NULL);
	world_domain(WORLD_TWO, 1, NULL);
	v = zero->vcpu[0];
	memset(&op, 0, sizeof(op));
}

TestSuite(sysctl, .init = setup);

static long call(struct vcpu *by, uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return dm_call(hypercall_sysctl, by, (uintptr_t)&op, 0, 0);
}

Test(sysctl, is_for_the_privileged_of_this_version)
{
	cr_assert_eq(call(one->vcpu[0], XEN_SYSCTL_physinfo), -EPERM);
	cr_assert_eq(dm_call(hypercall_sysctl, v, 0x10, 0, 0), -EFAULT);
	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
	cr_assert_eq(dm_call(hypercall_sysctl, v, (uintptr_t)&op, 0, 0),
		     -EACCES);
	cr_assert_eq(call(v, 0), -ENOSYS);
	cr_assert_eq(call(v, 1000), -ENOSYS);
	cr_assert_eq(call(v, ~0u), -ENOSYS);
	fake_guest_hole(&op, sizeof(op), true);
	cr_assert_eq(call(v, XEN_SYSCTL_physinfo), -EFAULT);
}

Test(sysctl, physinfo_counts_memory)
{
	memset(&op.u, 0xa5, sizeof(op.u));
	cr_assert_eq(frame_claim(one, one->page_count + 17), 0);
	cr_assert_eq(call(v, XEN_SYSCTL_physinfo), 0);
	cr_assert_eq(op.u.physinfo.total_pages, FAKE_RAM_END - FAKE_RAM_FIRST);
	cr_assert_eq(op.u.physinfo.free_pages, page_free_count());
	cr_assert_eq(op.u.physinfo.outstanding_pages, 17);
	cr_assert_eq(op.u.physinfo.max_mfn, FAKE_MAX_MFN - 1);
	cr_assert_eq(op.u.physinfo.nr_cpus, 1);
	cr_assert_eq(op.u.physinfo.cpu_khz, FAKE_TSC_HZ / 1000);
	cr_assert_eq(op.u.physinfo.scrub_pages, 0);
	memset(&op.u, 0xa5, sizeof(op.u));
	cr_assert_eq(call(v, XEN_SYSCTL_availheap), 0);
	cr_assert_eq(op.u.availheap.avail_bytes, page_free_count() << 12);
}

static uint32_t list(domid_t first, uint32_t max,
		     struct xen_domctl_getdomaininfo *to)
{
	op.u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){
		.first_domain = first,
		.max_domains = max,
		.buffer = (uintptr_t)to,
	};
	cr_assert_eq(call(v, XEN_SYSCTL_getdomaininfolist), 0);
	return op.u.getdomaininfolist.num_domains;
}

Test(sysctl, the_list_of_domains_ascends_and_ends)
{
	struct xen_domctl_getdomaininfo info[4];

	cr_assert_eq(list(0, 4, info), 3);
	cr_assert_eq(info[0].domain, 0);
	cr_assert_eq(info[1].domain, WORLD_TWO);
	cr_assert_eq(info[2].domain, WORLD_ONE);
	info[1].domain = 77;
	cr_assert_eq(list(WORLD_ONE, 1, info), 1);
	cr_assert_eq(info[0].domain, WORLD_ONE);
	cr_assert_eq(info[1].domain, 77);
	cr_assert_eq(list(0, 0, NULL), 0);
	cr_assert_eq(list(0xffff, 9, info), 0);
	cr_assert_eq(list(0, ~0u, info), 3);
	op.u.getdomaininfolist.buffer = 0x10;
	cr_assert_eq(call(v, XEN_SYSCTL_getdomaininfolist), -EFAULT);
}

static uint32_t read_console(char *to, uint32_t count, bool incremental,
			     bool clear, uint32_t index)
{
	op.u.readconsole = (struct xen_sysctl_readconsole){
		.clear = clear,
		.incremental = incremental,
		.index = index,
		.buffer = (uintptr_t)to,
		.count = count,
	};
	cr_assert_eq(call(v, XEN_SYSCTL_readconsole), 0);
	return op.u.readconsole.count;
}

Test(sysctl, the_console_is_read_in_pieces)
{
	static char whole[70000], again[70000];
	uint32_t n, got, index;
	unsigned int i;

	for (i = 0; i < 100; i++)
		log_info("line %u of this test, of a length of its own\n", i);
	n = read_console(whole, sizeof(whole), false, false, 0);
	cr_assert_gt(n, 512 * 3);
	whole[n] = 0;
	cr_assert_not_null(strstr(whole, "line 0 of"));
	cr_assert_not_null(strstr(whole, "line 99 of"));
	index = op.u.readconsole.index;
	/* Nothing new. */
	cr_assert_eq(read_console(again, 100, true, false, index), 0);
	cr_assert_eq(op.u.readconsole.index, index);
	/* The same by pieces that do not fit our own. */
	got = read_console(again, 700, false, false, 99);
	cr_assert_eq(got, 700);
	while (got < n) {
		uint32_t more = read_console(again + got, 333, true, false,
					     op.u.readconsole.index);

		cr_assert_gt(more, 0);
		got += more;
	}
	cr_assert_eq(got, n);
	cr_assert_arr_eq(again, whole, n);
	/* Not a byte more than was asked for. */
	memset(again, 0x11, sizeof(again));
	cr_assert_eq(read_console(again, 513, false, false, 0), 513);
	cr_assert_eq(again[513], 0x11);
	cr_assert_eq(read_console(again, 0, false, false, 0), 0);
	/* What was read with `clear` is not shown again. */
	cr_assert_eq(read_console(again, 600, false, true, 0), 600);
	cr_assert_eq(read_console(again, sizeof(again), false, false, 0),
		     n - 600);
	cr_assert_arr_eq(again, whole + 600, n - 600);
}

Test(sysctl, a_console_buffer_that_cannot_be_written)
{
	log_info("something\n");
	op.u.readconsole.buffer = HV_VIRT_START;
	op.u.readconsole.count = 10;
	cr_assert_eq(call(v, XEN_SYSCTL_readconsole), -EFAULT);
}

/* Also when a later piece faults, nothing is forgotten. */
Test(sysctl, what_could_not_be_copied_is_not_cleared)
{
	static char whole[70000], again[70000];
	uint32_t n;
	unsigned int i;

	for (i = 0; i < 100; i++)
		log_info("line %u of this test, of a length of its own\n", i);
	n = read_console(whole, sizeof(whole), false, false, 0);
	fake_guest_hole(again + 1500, 100, true);
	op.u.readconsole = (struct xen_sysctl_readconsole){
		.clear = 1,
		.buffer = (uintptr_t)again,
		.count = sizeof(again),
	};
	cr_assert_eq(call(v, XEN_SYSCTL_readconsole), -EFAULT);
	fake_guest_hole(NULL, 0, false);
	cr_assert_eq(read_console(again, sizeof(again), false, false, 0), n);
	cr_assert_arr_eq(again, whole, n);
}

Test(sysctl, the_cpus_time)
{
	struct xen_sysctl_cpuinfo info = {77};

	/* A domain runs for 4 ms of 10, and dies. */
	fake_time_ns += 2000000;
	vcpu_wake(one->vcpu[0]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), one->vcpu[0]);
	fake_time_ns += 4000000;
	vcpu_pause(one->vcpu[0]);
	cr_assert_null(sched_pick(0, one->vcpu[0], fake_time_ns));
	dm_end(one);
	fake_time_ns += 4000000;
	op.u.getcpuinfo.max_cpus = 8;
	op.u.getcpuinfo.info = (uintptr_t)&info;
	cr_assert_eq(call(v, XEN_SYSCTL_getcpuinfo), 0);
	cr_assert_eq(op.u.getcpuinfo.nr_cpus, 1);
	/* Before there was anybody to run, too. */
	cr_assert_eq(info.idletime, FAKE_TIME_BASE + 6000000);
	op.u.getcpuinfo.max_cpus = 0;
	op.u.getcpuinfo.info = 0;
	cr_assert_eq(call(v, XEN_SYSCTL_getcpuinfo), 0);
	cr_assert_eq(op.u.getcpuinfo.nr_cpus, 0);
}

Test(sysctl, topology_is_counted_and_told)
{
	struct xen_sysctl_cputopo cpu[2];
	struct xen_sysctl_meminfo mem[2];
	uint32_t distance[4] = {7, 7, 7, 7};

	cr_assert_eq(call(v, XEN_SYSCTL_cputopoinfo), 0);
	cr_assert_eq(op.u.cputopoinfo.num_cpus, 1);
	memset(cpu, 0x5a, sizeof(cpu));
	op.u.cputopoinfo.num_cpus = 2;
	op.u.cputopoinfo.cputopo = (uintptr_t)cpu;
	cr_assert_eq(call(v, XEN_SYSCTL_cputopoinfo), 0);
	cr_assert_eq(op.u.cputopoinfo.num_cpus, 1);
	cr_assert_eq(cpu[0].core, 0);
	cr_assert_eq(cpu[0].socket, 5);
	cr_assert_eq(cpu[1].core, 0x5a5a5a5a);
	memset(&op.u, 0, sizeof(op.u));
	op.u.numainfo.num_nodes = 2;
	op.u.numainfo.meminfo = (uintptr_t)mem;
	op.u.numainfo.distance = (uintptr_t)distance;
	cr_assert_eq(call(v, XEN_SYSCTL_numainfo), 0);
	cr_assert_eq(op.u.numainfo.num_nodes, 1);
	cr_assert_eq(mem[0].memfree, page_free_count() << 12);
	cr_assert_eq(distance[0], 10);
	cr_assert_eq(distance[1], 7);
}

Test(sysctl, siblings_are_counted_and_told)
{
	struct xen_sysctl_cputopo cpu[8];

	fake_cpus = 8;
	cr_assert_eq(call(v, XEN_SYSCTL_physinfo), 0);
	cr_assert_eq(op.u.physinfo.nr_cpus, 8);
	cr_assert_eq(op.u.physinfo.threads_per_core, 3);
	cr_assert_eq(op.u.physinfo.cores_per_socket, 2);
	memset(&op.u, 0, sizeof(op.u));
	op.u.cputopoinfo.num_cpus = 8;
	op.u.cputopoinfo.cputopo = (uintptr_t)cpu;
	cr_assert_eq(call(v, XEN_SYSCTL_cputopoinfo), 0);
	cr_assert_eq(cpu[2].core, 0);
	cr_assert_eq(cpu[5].core, 1);
	cr_assert_eq(cpu[5].socket, 5);
	cr_assert_eq(cpu[7].socket, 6);
	fake_cpus = 1;
}

Test(sysctl, keys_are_pressed)
{
	char keys[80], text[8192];
	uint32_t n;

	memset(keys, '?', sizeof(keys));
	keys[1] = 'h';
	/* More keys than are taken at once: the one after is not. */
	keys[64] = 'h';
	op.u.debug_keys.keys = (uintptr_t)keys;
	op.u.debug_keys.nr_keys = 80;
	n = read_console(text, sizeof(text), false, true, 0);
	memset(&op.u, 0, sizeof(op.u));
	op.u.debug_keys.keys = (uintptr_t)keys;
	op.u.debug_keys.nr_keys = 80;
	cr_assert_eq(call(v, XEN_SYSCTL_debug_keys), 0);
	n = read_console(text, sizeof(text) - 1, false, true, 0);
	text[n] = 0;
	cr_assert_not_null(strstr(text, "debug keys:"));
	cr_assert_null(strstr(strstr(text, "debug keys:") + 1, "debug keys:"));
	op.u.debug_keys.keys = 0x10;
	op.u.debug_keys.nr_keys = 1;
	cr_assert_eq(call(v, XEN_SYSCTL_debug_keys), -EFAULT);
}
