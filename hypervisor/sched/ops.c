/* SPDX-License-Identifier: MIT */
/*
 * sched_op, the guest's side of the scheduler, in a table by number, and its
 * old form with three operations.
 *
 * Tests: tests/unit/hypervisor/sched/test_ops.c.
 */
#include "event/event.h"
#include "hypercall/hypercall.h"
#include "mm/guest.h"
#include "public/event_channel.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"

#define POLL_PORTS_MAX 128
#define PORT_ANY       (~0u)

static long op_yield(struct vcpu *v, gptr_t arg)
{
	(void)arg;
	vcpu_yield(v);
	return 0;
}

static long op_block(struct vcpu *v, gptr_t arg)
{
	(void)arg;
	__atomic_store_n(&v->info->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
	vcpu_block(v);
	return 0;
}

static void shut_down(struct domain *d, uint32_t reason)
{
	domain_shutdown(d, shutdown_code_of(d, (uint8_t)reason));
}

static long op_shutdown(struct vcpu *v, gptr_t arg)
{
	struct sched_shutdown op;
	int rc = guest_read_obj(&op, arg);

	if (!rc)
		shut_down(v->domain, op.reason);
	return rc;
}

static long op_shutdown_code(struct vcpu *v, gptr_t arg)
{
	struct sched_shutdown op;
	int rc = guest_read_obj(&op, arg);

	return rc ? rc : shutdown_code_fix(v->domain, (uint8_t)op.reason);
}

static long op_remote_shutdown(struct vcpu *v, gptr_t arg)
{
	struct sched_remote_shutdown op;
	struct domain *d;
	int rc = guest_read_obj(&op, arg);

	if (rc)
		return rc;
	if (!v->domain->privileged)
		return -EPERM;
	d = domain_find_for(v, op.domain_id, &rc);
	if (!d)
		return rc;
	rc = d == v->domain ? -EPERM : 0;
	if (!rc)
		shut_down(d, op.reason);
	domain_put(d);
	return rc;
}

/* 1: one of them is pending; 0; -errno. */
static int ports_pending(struct vcpu *v, const struct sched_poll *op)
{
	uint32_t i, port;
	int rc = 0;

	for (i = 0; i < op->nr_ports && !rc; i++) {
		rc = guest_read_elem(&port, gptr(op->ports), i);
		if (!rc)
			rc = event_port_pending(v->domain, port);
	}
	return rc;
}

static long op_poll(struct vcpu *v, gptr_t arg)
{
	struct sched_poll op;
	evtchn_port_t port = PORT_ANY;
	int rc = guest_read_obj(&op, arg);

	if (rc)
		return rc;
	if (op.nr_ports > POLL_PORTS_MAX)
		return -EINVAL;
	if (op.nr_ports == 1) {
		rc = guest_read_obj(&port, gptr(op.ports));
		if (rc)
			return rc;
	}
	/* An event that it would take anyway ends the call at once. */
	if (!vcpu_poll_begin(v, port, op.timeout))
		return 0;
	rc = ports_pending(v, &op);
	if (!rc && op.timeout && op.timeout <= time_now_ns())
		rc = 1;
	if (rc) {
		vcpu_poll_cancel(v);
		return rc < 0 ? rc : 0;
	}
	sched_request();
	return 0;
}

static long op_watchdog(struct vcpu *v, gptr_t arg)
{
	struct sched_watchdog op;
	int rc = guest_read_obj(&op, arg);

	return rc ? rc : watchdog_set(v->domain, op.id, op.timeout);
}

static long (*const sched_ops[])(struct vcpu *v, gptr_t arg) = {
	[SCHEDOP_yield] = op_yield,
	[SCHEDOP_block] = op_block,
	[SCHEDOP_shutdown] = op_shutdown,
	[SCHEDOP_poll] = op_poll,
	[SCHEDOP_remote_shutdown] = op_remote_shutdown,
	[SCHEDOP_shutdown_code] = op_shutdown_code,
	[SCHEDOP_watchdog] = op_watchdog,
};

/* args: operation, structure */
long hypercall_sched_op(struct vcpu *v, uint64_t args[6])
{
	uint32_t cmd = (uint32_t)args[0];

	if (cmd >= ARRAY_SIZE(sched_ops))
		return hypercall_lacking(v, "sched_op", cmd);
	return sched_ops[cmd](v, gptr(args[1]));
}

/* args: operation, shutdown reason */
long hypercall_sched_op_compat(struct vcpu *v, uint64_t args[6])
{
	switch ((uint32_t)args[0]) {
	case SCHEDOP_yield:
	case SCHEDOP_block:
		return hypercall_sched_op(v, args);
	case SCHEDOP_shutdown:
		shut_down(v->domain, (uint32_t)args[1]);
		return 0;
	default:
		return -ENOSYS;
	}
}
