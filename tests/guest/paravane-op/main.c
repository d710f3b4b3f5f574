/* SPDX-License-Identifier: MIT */
/*
 * paravane-op: our own extension is found by its CPUID leaf and answers with
 * its version; an unknown op is refused, and so is the hypercall on any other
 * hypervisor, where this guest has nothing to say.
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
	success("version %lu.%lu", (uint64_t)rc >> 16, (uint64_t)rc & 0xffff);
}
