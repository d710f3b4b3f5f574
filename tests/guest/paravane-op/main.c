/* SPDX-License-Identifier: MIT */
/*
 * paravane-op: our own extension is found by its CPUID leaf and answers with
 * its version; an unknown op is refused, and so is the hypercall on any other
 * hypervisor, where this guest has nothing to say. Domain zero is told what it
 * used itself, and nobody else anything of that; an address that cannot be
 * written or is the hypervisor's is refused.
 */
#include "guest.h"

#include "public/cpuid.h"
#include "public/paravane.h"

static void cpuid(uint32_t leaf, uint32_t r[4])
{
	__asm__ volatile(XEN_CPUID
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(0));
}

static long meter(struct paravane_meter_read *q)
{
	return hypercall2(__HYPERVISOR_paravane_op, PARAVANE_OP_meter_read,
			  (uintptr_t)q);
}

static void meter_refuses(struct paravane_meter_read *q)
{
	static const uint64_t bad[] = {
		0xffff830000000000,
		0xffff800000000000,
		0x0000800000000000,
		8,
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q->from = q->from_vcpu = 0;
		q->buffer = bad[i];
		q->capacity = 1;
		expect_rc(meter(q), -XEN_EFAULT);
		expect_rc(hypercall2(__HYPERVISOR_paravane_op,
				     PARAVANE_OP_meter_census, bad[i]),
			  -XEN_EFAULT);
	}
}

/* True: we are domain zero, and the numbers are right. */
static bool meter_try(void)
{
	struct paravane_meter_vcpu a = {0}, b = {0};
	struct paravane_meter_read q = {
		.what = PARAVANE_METER_vcpu,
		.record_bytes = sizeof(a),
		.capacity = 1,
		.buffer = (uintptr_t)&a,
	};
	long rc = meter(&q);
	unsigned int i;

	if (rc == -XEN_EPERM)
		return false;
	expect_rc(rc, 0);
	expect(q.count == 1 && a.domain == 0 && a.vcpu == 0, "not ours");
	for (i = 0; i < 5; i++)
		hypercall2(__HYPERVISOR_xen_version, 0, 0);
	q.from = q.from_vcpu = 0;
	q.buffer = (uintptr_t)&b;
	expect_rc(meter(&q), 0);
	expect(b.hypercalls[__HYPERVISOR_xen_version] ==
		       a.hypercalls[__HYPERVISOR_xen_version] + 5,
	       "five calls are counted as %lu",
	       b.hypercalls[__HYPERVISOR_xen_version] -
		       a.hypercalls[__HYPERVISOR_xen_version]);
	expect(b.faults[PARAVANE_FAULT_ud_emulated] >= 2,
	       "two emulated CPUIDs are counted as %lu",
	       b.faults[PARAVANE_FAULT_ud_emulated]);
	expect(b.at_ns > a.at_ns && b.state_ns[0] > a.state_ns[0],
	       "no time has passed");
	meter_refuses(&q);
	return true;
}

void guest_main(void)
{
	uint32_t r[4];
	long rc;

	cpuid(XEN_CPUID_LEAF(0), r);
	expect(r[1] == XEN_CPUID_SIGNATURE_EBX &&
		       r[2] == XEN_CPUID_SIGNATURE_ECX &&
		       r[3] == XEN_CPUID_SIGNATURE_EDX,
	       "no Xen signature: %x %x %x", r[1], r[2], r[3]);
	expect(r[0] >= XEN_CPUID_LEAF(2), "highest Xen leaf is %x", r[0]);

	cpuid(PARAVANE_CPUID_BASE, r);
	rc = hypercall2(__HYPERVISOR_paravane_op, PARAVANE_OP_version, 0);
	if (r[1] != PARAVANE_CPUID_EBX || r[2] != PARAVANE_CPUID_ECX ||
	    r[3] != PARAVANE_CPUID_EDX) {
		expect(rc == -XEN_ENOSYS, "no signature, but the op gave %ld",
		       rc);
		skip("this hypervisor is not Paravane");
	}
	expect(r[0] >= PARAVANE_CPUID_BASE, "highest leaf is %x", r[0]);
	expect(rc == PARAVANE_VERSION, "version is %lx", rc);
	expect_rc(hypercall2(__HYPERVISOR_paravane_op, 0xffff, 0),
		  -XEN_EOPNOTSUPP);
	success("version %lu.%lu, %s", (uint64_t)rc >> 16,
		(uint64_t)rc & 0xffff, meter_try() ? "metered" : "not metered");
}
