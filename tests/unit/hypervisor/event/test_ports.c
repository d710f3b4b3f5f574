/* SPDX-License-Identifier: MIT */
/* What each operation does to a port in each state; who may do it. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "event_fixture.h"
#include "domain/lifecycle.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "mm/alloc.h"

static struct domain *zero, *one, *two;
static struct vcpu *v0, *v1, *v2;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 2, NULL);
	one = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v0 = zero->vcpu[0];
	v1 = one->vcpu[0];
	v2 = two->vcpu[0];
	irq_init(24);
}

TestSuite(event_ports, .init = setup);

/* Brings a port of domain zero's into a state. */
enum kind { NEVER, CLOSED, UNBOUND, BOUND, PIRQ, GLOBAL, PER_VCPU, IPI };

static uint32_t port_in(enum kind k)
{
	int32_t pirq = 5;
	uint32_t far;
	long port = -1;

	switch (k) {
	case NEVER:
		return 100;
	case CLOSED:
		port = ev_bind_ipi(v0, 1);
		cr_assert_eq(ev_close(v0, (uint32_t)port), 0);
		break;
	case UNBOUND:
		port = ev_alloc_unbound(v0, DOMID_SELF, one->id);
		break;
	case BOUND:
		port = ev_connect(zero, one, &far);
		break;
	case PIRQ:
		cr_assert_eq(pirq_map_gsi(zero, 5, &pirq), 0);
		port = ev_bind_pirq(v0, (uint32_t)pirq);
		break;
	case GLOBAL:
		port = ev_bind_virq(v0, VIRQ_CONSOLE, 0);
		break;
	case PER_VCPU:
		port = ev_bind_virq(v0, VIRQ_TIMER, 1);
		break;
	case IPI:
		port = ev_bind_ipi(v0, 1);
		break;
	}
	cr_assert_gt(port, 0, "kind %d: %ld", k, port);
	return (uint32_t)port;
}

struct row {
	const char *name;
	enum kind kind;
	long status, send, bind_vcpu, unmask, close;
};

static struct row rows[] = {
	{"never used", NEVER, EVTCHNSTAT_closed, -EINVAL, -EINVAL, 0, -EINVAL},
	{"closed", CLOSED, EVTCHNSTAT_closed, -EINVAL, -EINVAL, 0, -EINVAL},
	{"unbound", UNBOUND, EVTCHNSTAT_unbound, 0, 0, 0, 0},
	{"interdomain", BOUND, EVTCHNSTAT_interdomain, 0, 0, 0, 0},
	{"pirq", PIRQ, EVTCHNSTAT_pirq, -EINVAL, 0, 0, 0},
	{"global virq", GLOBAL, EVTCHNSTAT_virq, -EINVAL, 0, 0, 0},
	{"vcpu's virq", PER_VCPU, EVTCHNSTAT_virq, -EINVAL, -EINVAL, 0, 0},
	{"ipi", IPI, EVTCHNSTAT_ipi, 0, -EINVAL, 0, 0},
};

ParameterizedTestParameters(event_ports, operations_by_state)
{
	return cr_make_param_array(struct row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct row *r, event_ports, operations_by_state)
{
	uint32_t port;

	/* The bucket is there, so that "never used" is a known number. */
	cr_assert_gt(ev_alloc_unbound(v0, DOMID_SELF, DOMID_SELF), 0);
	port = port_in(r->kind);
	cr_assert_eq(ev_status(v0, DOMID_SELF, port, NULL), r->status);
	cr_assert_eq(ev_send(v0, port), r->send, "%s", r->name);
	cr_assert_eq(ev_bind_vcpu(v0, port, 1), r->bind_vcpu, "%s", r->name);
	cr_assert_eq(ev_bind_vcpu(v0, port, 2), -ENOENT);
	cr_assert_eq(ev_unmask(v0, port), r->unmask, "%s", r->name);
	cr_assert_eq(ev_set_priority(v0, port, 3), -ENOSYS);
	cr_assert_eq(ev_close(v0, port), r->close, "%s", r->name);
	cr_assert_eq(ev_close(v0, port), -EINVAL);
	cr_assert_eq(ev_status(v0, DOMID_SELF, port, NULL), EVTCHNSTAT_closed);
}

struct bad_port {
	uint32_t port;
};

static struct bad_port bad_ports[] = {
	{0},	  {1024},	{4095},	      {4096},	    {131071},
	{131072}, {0x7fffffff}, {0x80000000}, {0xffffffff},
};

ParameterizedTestParameters(event_ports, numbers_out_of_range)
{
	return cr_make_param_array(struct bad_port, bad_ports,
				   ARRAY_SIZE(bad_ports));
}

ParameterizedTest(struct bad_port *b, event_ports, numbers_out_of_range)
{
	cr_assert_gt(ev_bind_ipi(v0, 0), 0);
	cr_assert_eq(ev_send(v0, b->port), -EINVAL);
	cr_assert_eq(ev_close(v0, b->port), -EINVAL);
	cr_assert_eq(ev_unmask(v0, b->port), -EINVAL);
	cr_assert_eq(ev_bind_vcpu(v0, b->port, 0), -EINVAL);
	cr_assert_eq(ev_status(v0, DOMID_SELF, b->port, NULL),
		     b->port ? -EINVAL : EVTCHNSTAT_closed);
	cr_assert_eq(ev_bind_interdomain(v0, DOMID_SELF, b->port), -EINVAL);
	cr_assert_eq(event_port_pending(zero, b->port), -EINVAL);
}

Test(event_ports, the_lowest_free_number_is_given_and_never_0)
{
	long a = ev_bind_ipi(v0, 0), b = ev_bind_ipi(v0, 0);

	cr_assert_eq(a, 1);
	cr_assert_eq(b, 2);
	cr_assert_eq(ev_close(v0, 1), 0);
	cr_assert_eq(ev_bind_ipi(v0, 0), 1);
	cr_assert_eq(ev_bind_ipi(v0, 0), 3);
}

Test(event_ports, binding_raises_the_binder_and_connects_both)
{
	struct evtchn_status st;
	uint32_t far, near = ev_connect(one, two, &far);

	cr_assert(ev_pending(one, near));
	cr_assert(!ev_pending(two, far));
	cr_assert_eq(v1->info->evtchn_upcall_pending, 1);
	ev_status(v1, DOMID_SELF, near, &st);
	cr_assert_eq(st.u.interdomain.dom, two->id);
	cr_assert_eq(st.u.interdomain.port, far);
	ev_status(v2, DOMID_SELF, far, &st);
	cr_assert_eq(st.u.interdomain.dom, one->id);
	cr_assert_eq(st.u.interdomain.port, near);
	cr_assert_eq(ev_send(v1, near), 0);
	cr_assert(ev_pending(two, far));
	cr_assert_eq(v2->info->evtchn_upcall_pending, 1);
}

Test(event_ports, only_whom_the_port_waits_for_may_bind_it)
{
	long port = ev_alloc_unbound(v2, DOMID_SELF, one->id);

	cr_assert_eq(ev_bind_interdomain(v0, two->id, port), -EINVAL);
	cr_assert_eq(ev_bind_interdomain(v2, two->id, port), -EINVAL);
	cr_assert_eq(ev_bind_interdomain(v1, 0x123, port), -ESRCH);
	cr_assert_gt(ev_bind_interdomain(v1, two->id, port), 0);
	cr_assert_eq(ev_bind_interdomain(v1, two->id, port), -EINVAL);
}

Test(event_ports, closing_leaves_the_peer_unbound_for_the_same_domain)
{
	struct evtchn_status st;
	uint32_t far, near = ev_connect(one, two, &far);

	cr_assert_eq(ev_close(v1, near), 0);
	cr_assert_eq(ev_status(v2, DOMID_SELF, far, &st), EVTCHNSTAT_unbound);
	cr_assert_eq(st.u.unbound.dom, one->id);
	cr_assert_eq(ev_send(v2, far), 0);
	cr_assert_gt(ev_bind_interdomain(v1, two->id, far), 0);
}

Test(event_ports, a_domain_can_be_its_own_peer)
{
	long a = ev_alloc_unbound(v1, DOMID_SELF, DOMID_SELF);
	long b = ev_bind_interdomain(v1, DOMID_SELF, a);

	cr_assert_gt(b, 0);
	cr_assert_neq(a, b);
	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert(ev_pending(one, a));
	cr_assert_eq(ev_close(v1, a), 0);
	cr_assert_eq(ev_status(v1, DOMID_SELF, b, NULL), EVTCHNSTAT_unbound);
	cr_assert_eq(ev_close(v1, b), 0);
}

Test(event_ports, the_privileged_act_for_others_and_nobody_else_does)
{
	struct evtchn_status st;
	long port = ev_alloc_unbound(v0, two->id, one->id);

	cr_assert_gt(port, 0);
	cr_assert_eq(ev_status(v0, two->id, port, &st), EVTCHNSTAT_unbound);
	cr_assert_eq(st.u.unbound.dom, one->id);
	cr_assert_eq(ev_alloc_unbound(v1, two->id, one->id), -EPERM);
	cr_assert_eq(ev_status(v1, two->id, port, NULL), -EPERM);
	cr_assert_eq(ev_reset(v1, two->id), -EPERM);
	cr_assert_eq(ev_alloc_unbound(v0, 0x123, one->id), -ESRCH);
	cr_assert_eq(ev_reset(v0, two->id), 0);
	cr_assert_eq(ev_status(v2, DOMID_SELF, port, NULL), EVTCHNSTAT_closed);
}

Test(event_ports, a_virq_is_bound_once)
{
	long port = ev_bind_virq(v0, VIRQ_TIMER, 0);

	cr_assert_gt(port, 0);
	cr_assert_eq(ev_bind_virq(v0, VIRQ_TIMER, 0), -EEXIST);
	cr_assert_gt(ev_bind_virq(v0, VIRQ_TIMER, 1), 0);
	cr_assert_eq(ev_bind_virq(v0, VIRQ_TIMER, 2), -ENOENT);
	cr_assert_eq(ev_bind_virq(v0, VIRQ_TIMER, 0x80000001), -ENOENT);
	cr_assert_eq(ev_bind_virq(v0, NR_VIRQS, 0), -EINVAL);
	cr_assert_eq(ev_bind_virq(v0, 0xffffffff, 0), -EINVAL);
	cr_assert_eq(ev_bind_virq(v0, VIRQ_DOM_EXC, 1), -EINVAL);
	cr_assert_eq(ev_close(v0, port), 0);
	cr_assert_gt(ev_bind_virq(v0, VIRQ_TIMER, 0), 0);
}

Test(event_ports, a_virq_goes_to_its_vcpu_and_a_global_one_where_it_is_moved)
{
	long timer = ev_bind_virq(v0, VIRQ_TIMER, 1);
	long console = ev_bind_virq(v0, VIRQ_CONSOLE, 0);

	event_send_vcpu_virq(zero->vcpu[0], VIRQ_TIMER);
	cr_assert(!ev_pending(zero, timer));
	event_send_vcpu_virq(zero->vcpu[1], VIRQ_TIMER);
	cr_assert(ev_pending(zero, timer));
	cr_assert_eq(zero->vcpu[1]->info->evtchn_upcall_pending, 1);
	cr_assert_eq(v0->info->evtchn_upcall_pending, 0);
	cr_assert_eq(ev_take_2l(zero->vcpu[1], NULL), 1);

	cr_assert_eq(ev_bind_vcpu(v0, console, 1), 0);
	event_send_global_virq(VIRQ_CONSOLE);
	cr_assert(ev_pending(zero, console));
	cr_assert_eq(zero->vcpu[1]->info->evtchn_upcall_pending, 1);
	cr_assert_eq(ev_bind_virq(v0, VIRQ_CONSOLE, 0), -EEXIST);
	cr_assert_eq(ev_close(v0, console), 0);
	event_send_global_virq(VIRQ_CONSOLE);
	cr_assert_gt(ev_bind_virq(v0, VIRQ_CONSOLE, 0), 0);
}

Test(event_ports, a_global_virq_reaches_domain_zero_only)
{
	long port = ev_bind_virq(v1, VIRQ_DOM_EXC, 0);

	cr_assert_gt(port, 0);
	event_send_global_virq(VIRQ_DOM_EXC);
	cr_assert(!ev_pending(one, port));
	domain_zero = NULL;
	event_send_global_virq(VIRQ_DOM_EXC);
}

Test(event_ports, a_pirq_is_for_the_privileged_and_bound_once)
{
	int32_t pirq = 7;
	long port;

	cr_assert_eq(ev_bind_pirq(v1, 7), -EPERM);
	cr_assert_eq(ev_bind_pirq(v0, IRQ_NR_PIRQS), -EINVAL);
	cr_assert_lt(ev_bind_pirq(v0, 7), 0, "it is not mapped");
	cr_assert(!event_send_pirq(zero, 7));
	cr_assert_eq(pirq_map_gsi(zero, 7, &pirq), 0);
	port = ev_bind_pirq(v0, 7);
	cr_assert_eq(port, 1, "the failed attempt kept a port");
	cr_assert_eq(ev_bind_pirq(v0, 7), -EEXIST);
	cr_assert(event_send_pirq(zero, 7));
	cr_assert(ev_pending(zero, 1));
	cr_assert(!event_send_pirq(zero, IRQ_NR_PIRQS));
	cr_assert_eq(ev_close(v0, port), 0);
	cr_assert(!event_send_pirq(zero, 7));
	cr_assert_eq(ev_bind_pirq(v0, 7), 1);
}

Test(event_ports, an_argument_that_cannot_be_read_or_written_changes_nothing)
{
	struct evtchn_bind_ipi op = {.vcpu = 0};

	cr_assert_eq(ev_call(v1, EVTCHNOP_bind_ipi, (void *)FAKE_GUEST_BAD),
		     -EFAULT);
	cr_assert_eq(
		ev_call(v1, EVTCHNOP_bind_ipi, (void *)(HV_VIRT_START + 64)),
		-EFAULT);
	fake_guest_hole(&op, sizeof(op), true);
	cr_assert_eq(ev_call(v1, EVTCHNOP_bind_ipi, &op), -EFAULT);
	fake_guest_hole(&op, sizeof(op), false);
	cr_assert_eq(ev_call(v1, EVTCHNOP_bind_ipi, &op), -EFAULT);
	fake_guest_hole(NULL, 0, false);
	cr_assert_eq(ev_bind_ipi(v1, 0), 1, "a failed call kept port 1");
}

Test(event_ports, unknown_operations_do_not_exist)
{
	uint32_t op[8] = {0};
	uint32_t cmd;

	for (cmd = EVTCHNOP_set_priority + 1; cmd < 70; cmd++)
		cr_assert_eq(ev_call(v1, cmd, op), -ENOSYS);
	cr_assert_eq(ev_call(v1, 0xffffffff, op), -ENOSYS);
}

Test(event_ports, the_old_form_of_the_call_knows_the_old_operations)
{
	struct evtchn_op op = {.cmd = EVTCHNOP_bind_ipi};
	uint64_t args[6] = {(uintptr_t)&op};

	op.u.bind_ipi.vcpu = 1;
	cr_assert_eq(hypercall_event_channel_op_compat(v1, args), 0);
	cr_assert_eq(op.u.bind_ipi.port, 1);
	op.cmd = EVTCHNOP_close;
	op.u.close.port = 1;
	cr_assert_eq(hypercall_event_channel_op_compat(v1, args), 0);
	op.cmd = EVTCHNOP_reset;
	cr_assert_eq(hypercall_event_channel_op_compat(v1, args), -ENOSYS);
	args[0] = FAKE_GUEST_BAD;
	cr_assert_eq(hypercall_event_channel_op_compat(v1, args), -EFAULT);
}

Test(event_ports, a_vcpu_number_beyond_the_table_is_none)
{
	cr_assert_eq(ev_bind_ipi(v1, 2), -ENOENT);
	cr_assert_eq(ev_bind_ipi(v1, MAX_VCPUS), -ENOENT);
	cr_assert_eq(ev_bind_ipi(v1, 0xffffffff), -ENOENT);
	cr_assert_eq(ev_init_control(v1, MAX_VCPUS, world_page(one), 0),
		     -ENOENT);
}

Test(event_ports, the_limit_of_the_configuration_is_the_highest_number)
{
	struct xen_domctl_createdomain config = {
		.max_evtchn_port = 130,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	struct domain *d = world_domain(0x77, 1, &config);
	long i;

	for (i = 1; i <= 130; i++)
		cr_assert_eq(ev_bind_ipi(d->vcpu[0], 0), i);
	cr_assert_eq(ev_bind_ipi(d->vcpu[0], 0), -ENOSPC);
	cr_assert_eq(ev_close(d->vcpu[0], 17), 0);
	cr_assert_eq(ev_bind_ipi(d->vcpu[0], 0), 17);
	world_end(d);
}

Test(event_ports, two_levels_have_4095_ports)
{
	long i;

	for (i = 1; i < 4096; i++)
		cr_assert_eq(ev_bind_ipi(v1, 0), i);
	cr_assert_eq(ev_bind_ipi(v1, 0), -ENOSPC);
	cr_assert_eq(ev_close(v1, 4095), 0);
	cr_assert_eq(ev_bind_ipi(v1, 0), 4095);
}

Test(event_ports, reset_goes_on_where_it_stopped)
{
	unsigned int restarts = 0;
	long i, rc;

	for (i = 1; i < 1000; i++)
		cr_assert_eq(ev_bind_ipi(v1, 0), i);
	fake_preempt_every = 1;
	while ((rc = ev_reset(v1, DOMID_SELF)) == -ERESTART)
		cr_assert_lt(++restarts, 20);
	cr_assert_eq(rc, 0);
	cr_assert_geq(restarts, 999 / 64);
	for (i = 1; i < 1000; i++)
		cr_assert_eq(ev_status(v1, DOMID_SELF, i, NULL),
			     EVTCHNSTAT_closed);
	cr_assert_eq(ev_bind_ipi(v1, 0), 1);
}

static void bind_meanwhile(void)
{
	cr_assert_gt(ev_bind_ipi(v1, 1), 0);
}

Test(event_ports, a_port_bound_during_reset_is_not_overlooked)
{
	long i, rc;

	for (i = 1; i < 100; i++)
		cr_assert_eq(ev_bind_ipi(v1, 0), i);
	fake_preempt_hook = bind_meanwhile;
	rc = ev_reset(v1, DOMID_SELF);
	fake_preempt_hook = NULL;
	cr_assert_eq(rc, -EAGAIN);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
}

Test(event_ports, a_dying_domain_leaves_unbound_peers_and_no_memory)
{
	uint64_t free_before = page_free_count();
	struct domain *d = world_domain(0x4f, 2, NULL);
	uint32_t far, i;
	long port;

	ev_connect(d, one, &far);
	port = ev_alloc_unbound(d->vcpu[0], DOMID_SELF, one->id);
	cr_assert_gt(ev_bind_interdomain(v1, d->id, port), 0);
	for (i = 0; i < 300; i++)
		cr_assert_gt(ev_bind_ipi(d->vcpu[1], 1), 0);
	cr_assert_gt(ev_bind_virq(d->vcpu[0], VIRQ_DEBUG, 1), 0);
	fake_preempt_every = 1;
	world_end(d);
	cr_assert_eq(ev_status(v1, DOMID_SELF, far, NULL), EVTCHNSTAT_unbound);
	cr_assert_eq(ev_send(v1, far), 0);
	cr_assert_eq(ev_bind_interdomain(v1, 0x4f, port), -ESRCH);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
	/* Domain one's own table may have grown by its first ports. */
	cr_assert_geq(page_free_count() + 2, free_before);
}

Test(event_ports, nothing_binds_to_a_domain_whose_end_has_begun)
{
	long port = ev_alloc_unbound(v2, DOMID_SELF, one->id);

	cr_assert_eq(event_kill(two), 0);
	cr_assert_eq(ev_bind_interdomain(v1, two->id, port), -EINVAL);
	cr_assert_eq(ev_alloc_unbound(v0, two->id, one->id), -ESRCH);
	cr_assert_eq(event_kill(two), 0);
}

Test(event_ports, an_event_before_there_is_a_vcpu_is_shown_to_the_first)
{
	struct domain *d = world_domain(0x5d, 0, NULL);
	long port = ev_alloc_unbound(v0, d->id, 0);
	long mine = ev_bind_interdomain(v0, d->id, port);

	cr_assert_eq(ev_send(v0, mine), 0);
	d->max_vcpus = 1;
	cr_assert_eq(domain_make_vcpu(d, 0), 0);
	cr_assert_eq(d->vcpu[0]->info->evtchn_upcall_pending, 1);
	cr_assert_eq(ev_take_2l(d->vcpu[0], NULL), 1);
}
