/* SPDX-License-Identifier: MIT */
/* Dispatch of hypercalls, and multicalls. */
#include <criterion/criterion.h>
#include "hypervisor/domain/domain_fixture.h"
#include "log/log.h"
#include "public/memory.h"
#include "public/sched.h"
#include "public/version.h"

static struct domain *zero, *d;
static struct vcpu *v;
static struct cpu_regs *r;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 2, NULL);
	v = d->vcpu[0];
	v->arch.kernel_mode = 1;
	r = &v->arch.regs;
}

TestSuite(hypercall_table, .init = setup);

#define RIP 0xffffffff81001232ull

static void dispatch(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	r->rip = RIP;
	r->rax = nr;
	r->rdi = a0;
	r->rsi = a1;
	r->rdx = a2;
	r->r10 = r->r8 = r->r9 = 0x5aa5;
	hypercall_dispatch(v);
}

Test(hypercall_table, numbers_out_of_range)
{
	static const uint64_t nrs[] = {11,	   63,	       64,	  65,
				       0x7fffffff, 0x80000000, 0xffffffff};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		dispatch(nrs[i], 1, 2, 3);
		cr_assert_eq(r->rax, (uint64_t)-ENOSYS, "%#lx", nrs[i]);
		cr_assert_eq(r->rip, RIP);
	}
	/* The number is the low half, as the ABI has it. */
	dispatch(7ull << 32 | __HYPERVISOR_xen_version, XENVER_version, 0, 0);
	cr_assert_eq(r->rax, 4 << 16 | 17);
}

Test(hypercall_table, every_row_has_a_name_and_takes_what_fits)
{
	unsigned int i, rows = 0;

	for (i = 0; i < 64; i++) {
		const struct hypercall *h = &hypercall_table[i];

		cr_assert_eq(!h->fn, !h->name, "%u", i);
		cr_assert_leq(h->args, 6);
		rows += h->fn != NULL;
	}
	cr_assert_geq(rows, 33);
}

static const char *log_text(void)
{
	static char text[65536];
	uint32_t index = 0;

	text[log_ring_read(text, sizeof(text) - 1, &index, false)] = 0;
	return text;
}

/* Each domain has its own lines: one cannot use up another's. */
Test(hypercall_table, what_lacks_is_logged_once_and_so_often_for_each_domain)
{
	const char *at;
	unsigned int i, lines = 0;

	for (i = 0; i < 2000; i++)
		cr_assert_eq(hypercall_lacking(v, "test", i / 2), -ENOSYS);
	for (at = log_text(); (at = strstr(at, "domain 849 asks for")); at++)
		lines++;
	cr_assert_geq(lines, 8);
	cr_assert_leq(lines, 32);
	cr_assert_not_null(strstr(log_text(), "no more of domain 849's"));
	cr_assert_eq(hypercall_lacking(zero->vcpu[0], "test", 3), -ENOSYS);
	cr_assert_eq(hypercall_lacking(zero->vcpu[0], "test", 3), -ENOSYS);
	at = strstr(log_text(), "domain 0 asks for test 3");
	cr_assert_not_null(at);
	cr_assert_null(strstr(at + 1, "domain 0 asks for test 3"));
}

/* A breakpoint's address may look like any status. */
Test(hypercall_table, a_value_is_no_status)
{
	static struct multicall_entry e[2];

	v->arch.debugreg[2] = (uint64_t)-ERESTART;
	dispatch(__HYPERVISOR_get_debugreg, 2, 0, 0);
	cr_assert_eq(r->rip, RIP, "not to be called again");
	cr_assert_eq(r->rax, (uint64_t)-ERESTART);
	e[0].op = __HYPERVISOR_get_debugreg;
	e[0].args[0] = 2;
	e[1].op = __HYPERVISOR_xen_version;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 2, 0);
	cr_assert_eq(r->rip, RIP);
	cr_assert_eq(r->rax, 0);
	cr_assert_eq((long)e[0].result, -ERESTART);
	cr_assert_eq(e[1].result, 4 << 16 | 17);
}

static struct xen_memory_reservation populate(uint64_t *list, uint64_t n)
{
	return (struct xen_memory_reservation){
		.extent_start = (uintptr_t)list,
		.nr_extents = n,
		.domid = DOMID_SELF,
	};
}

Test(hypercall_table, a_restart_goes_back_onto_the_instruction)
{
	uint64_t list[100] = {0};
	struct xen_memory_reservation m = populate(list, 100);

	fake_preempt_in = 1;
	dispatch(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (uintptr_t)&m,
		 0x77);
	cr_assert_eq(r->rip, RIP - 2);
	cr_assert_eq(r->rax, __HYPERVISOR_memory_op);
	cr_assert_eq(r->rdi,
		     XENMEM_populate_physmap | 32ull << MEMOP_EXTENT_SHIFT);
	cr_assert_eq(r->rsi, (uintptr_t)&m);
	cr_assert_eq(r->rdx, 0x77);
	cr_assert_eq(r->r10, 0x5aa5);
	cr_assert_eq(r->r9, 0x5aa5);
	dispatch(r->rax, r->rdi, r->rsi, r->rdx);
	cr_assert_eq(r->rip, RIP);
	cr_assert_eq(r->rax, 100);
}

Test(hypercall_table, iret_loads_its_frame)
{
	struct iret_context frame = {
		.rax = 0x11,
		.r11 = 0x22,
		.rcx = 0x33,
		.rip = 0x400000,
		.cs = 0xe030,
		.rflags = 0x246,
		.rsp = 0x7f0000,
		.ss = 0xe02b,
	};

	r->rsp = (uintptr_t)&frame;
	dispatch(__HYPERVISOR_iret, 0, 0, 0);
	cr_assert_eq(r->rip, 0x400000);
	cr_assert_eq(r->rax, 0x11);
	cr_assert_eq(r->cs & 3, 3);
	cr_assert_not(d->shut_down);
	r->rsp = HV_VIRT_START;
	dispatch(__HYPERVISOR_iret, 0, 0, 0);
	cr_assert(d->shut_down);
}

static struct multicall_entry entry(uint64_t op, uint64_t a0, uint64_t a1,
				    uint64_t a2)
{
	return (struct multicall_entry){
		.op = op, .result = 0x7777, .args = {a0, a1, a2}};
}

Test(hypercall_table, a_multicall_does_each_and_notes_its_result)
{
	struct xen_feature_info f = {0};
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
		entry(63, 0, 0, 0),
		entry(__HYPERVISOR_xen_version, XENVER_get_features,
		      (uintptr_t)&f, 0),
		entry(1ull << 32 | __HYPERVISOR_xen_version, 0, 0, 0),
		entry(~0ull, 0, 0, 0),
		entry(__HYPERVISOR_domctl, 0x10, 0, 0),
		entry(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0),
	};

	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, ARRAY_SIZE(e), 0);
	cr_assert_eq(r->rax, 0);
	cr_assert_eq(e[0].result, 4 << 16 | 17);
	cr_assert_eq(e[1].result, (uint64_t)-ENOSYS);
	cr_assert_eq(e[2].result, 0);
	cr_assert_neq(f.submap, 0);
	cr_assert_eq(e[3].result, (uint64_t)-ENOSYS);
	cr_assert_eq(e[4].result, (uint64_t)-ENOSYS);
	cr_assert_eq(e[5].result, (uint64_t)-EPERM);
	cr_assert_eq(e[6].result, 4096);
}

Test(hypercall_table, no_multicall_in_a_multicall_and_no_iret)
{
	struct multicall_entry inner[1] = {
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
	};
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_multicall, (uintptr_t)inner, 1, 0),
		entry(__HYPERVISOR_iret, 0, 0, 0),
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
	};
	struct cpu_regs was;

	r->rsp = (uintptr_t)e;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 0, 0);
	was = *r;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 3, 0);
	cr_assert_eq(e[0].result, (uint64_t)-EINVAL);
	cr_assert_eq(inner[0].result, 0x7777);
	cr_assert_eq(e[1].result, (uint64_t)-EINVAL);
	cr_assert_eq(e[2].result, 4 << 16 | 17);
	/* Mode and registers are as they were. */
	cr_assert_eq(v->arch.kernel_mode, 1);
	was.rsi = 3;
	cr_assert_arr_eq(r, &was, sizeof(was));
}

Test(hypercall_table, a_multicall_stops_where_its_list_does)
{
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
	};

	fake_guest_hole(&e[1], sizeof(e[1]), false);
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 3, 0);
	cr_assert_eq(r->rax, (uint64_t)-EFAULT);
	cr_assert_eq(e[0].result, 4 << 16 | 17);
	cr_assert_eq(e[2].result, 0x7777);
	/* A result that cannot be told. */
	fake_guest_hole(&e[1].result, sizeof(e[1].result), true);
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 3, 0);
	cr_assert_eq(r->rax, (uint64_t)-EFAULT);
	cr_assert_eq(e[2].result, 0x7777);
	fake_guest_hole(e, 0, false);
	dispatch(__HYPERVISOR_multicall, HV_VIRT_START - 64, 3, 0);
	cr_assert_eq(r->rax, (uint64_t)-EFAULT);
	dispatch(__HYPERVISOR_multicall, ~0ull - 63, 0xffffffff, 0);
	cr_assert_eq(r->rax, (uint64_t)-EFAULT);
	dispatch(__HYPERVISOR_multicall, 0x10, 0, 0);
	cr_assert_eq(r->rax, 0);
}

Test(hypercall_table, a_multicall_is_resumed_with_the_rest_of_its_list)
{
	struct multicall_entry e[5];
	unsigned int i, restarts = 0;

	for (i = 0; i < 5; i++)
		e[i] = entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0);
	fake_preempt_every = 1;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 5, 0);
	while (r->rip != RIP) {
		cr_assert_lt(++restarts, 100);
		cr_assert_eq(r->rax, __HYPERVISOR_multicall);
		cr_assert_eq(r->rdi, (uintptr_t)&e[restarts]);
		cr_assert_eq(r->rsi, 5 - restarts);
		dispatch(r->rax, r->rdi, r->rsi, 0);
	}
	cr_assert_eq(restarts, 4);
	for (i = 0; i < 5; i++)
		cr_assert_eq(e[i].result, 4 << 16 | 17);
}

Test(hypercall_table, a_call_inside_is_resumed_in_place)
{
	uint64_t list[70] = {0}, pages = d->page_count;
	struct xen_memory_reservation m = populate(list, 70);
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
		entry(__HYPERVISOR_memory_op, XENMEM_populate_physmap,
		      (uintptr_t)&m, 0),
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
	};

	fake_preempt_in = 2;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 3, 0);
	cr_assert_eq(r->rip, RIP - 2);
	cr_assert_eq(r->rdi, (uintptr_t)&e[1]);
	cr_assert_eq(r->rsi, 2);
	/* Its progress stands in the list; it has no result yet. */
	cr_assert_eq(e[1].args[0],
		     XENMEM_populate_physmap | 32ull << MEMOP_EXTENT_SHIFT);
	cr_assert_eq(e[1].result, 0x7777);
	dispatch(r->rax, r->rdi, r->rsi, 0);
	cr_assert_eq(r->rax, 0);
	cr_assert_eq(e[1].result, 70);
	cr_assert_eq(e[2].result, 4 << 16 | 17);
	cr_assert_eq(d->page_count, pages + 70);
}

Test(hypercall_table, progress_that_cannot_be_noted_ends_the_multicall)
{
	uint64_t list[70] = {0};
	struct xen_memory_reservation m = populate(list, 70);
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_memory_op, XENMEM_populate_physmap,
		      (uintptr_t)&m, 0),
	};

	fake_guest_hole(e, sizeof(e), true);
	fake_preempt_in = 1;
	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 1, 0);
	cr_assert_eq(r->rax, (uint64_t)-EFAULT);
	cr_assert_eq(r->rip, RIP);
}

Test(hypercall_table, a_multicall_of_a_domain_that_shuts_down_ends)
{
	struct sched_shutdown s = {SHUTDOWN_poweroff};
	struct multicall_entry e[] = {
		entry(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&s,
		      0),
		entry(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
	};

	dispatch(__HYPERVISOR_multicall, (uintptr_t)e, 2, 0);
	cr_assert(d->shut_down);
	cr_assert_eq(e[1].result, 0x7777);
}
