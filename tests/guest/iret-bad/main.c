/* SPDX-License-Identifier: MIT */
/*
 * iret-bad: the iret hypercall loads what its frame says. Selectors of the
 * hypervisor, null, of ring 0, without a descriptor, code as stack; flags with
 * IOPL 3, VM and NT; a stack pointer that is not canonical. The vCPU must come
 * back to us by the failsafe callback or a fault, or run at ring 3 with
 * harmless flags: IOPL 0 for ring-3 hardware access, VM and NT clear.
 */
#include "guest.h"

static struct trap_catch c;
static struct iret_context frame;
static char *stack_top;
static uint64_t flags_seen;

extern char iret_landing[];
__asm__(".pushsection .text\n"
	".globl iret_landing\n"
	"iret_landing:\n"
	"	pushfq\n"
	"	popq %rax\n"
	"	ud2\n"
	".popsection\n");

/* Returns the vector that brought us back; #UD means "it ran". */
static uint64_t go(uint64_t cs, uint64_t ss, uint64_t flags, uint64_t rsp)
{
	memset(&frame, 0, sizeof(frame));
	frame.rip = PTR(iret_landing);
	frame.cs = cs;
	frame.ss = ss;
	frame.rflags = flags;
	frame.rsp = rsp;
	if (!trap_try(&c))
		iret_raw(&frame);
	flags_seen = c.frame.rax;
	return c.frame.vector;
}

void guest_main(void)
{
	static const uint64_t selectors[] = {
		0x0,	0x8,	0xe008, 0xe010, 0xe038, 0xe040,
		0xe048, 0xfff8, 0xfffc, 0x4,	0x14,	0xe02b,
	};
	uint64_t k = FLAT_KERNEL_CS & ~3UL, ss = FLAT_KERNEL_SS, rsp, v;
	struct physdev_set_iopl {
		uint32_t iopl;
	} iopl = {0};

	callbacks_init();
	shared_info_map();
	hypercall2(__HYPERVISOR_physdev_op, 6, PTR(&iopl));
	stack_top = (char *)page_alloc() + PAGE_SIZE;
	rsp = PTR(stack_top);

	v = go(k, ss, 2, rsp);
	expect(v == TRAP_UD, "a good frame came back by %lu", v);
	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
		v = go(selectors[i] & ~3UL, ss, 2, rsp);
		if (v == TRAP_UD)
			expect((c.frame.cs & 3) == 0 &&
				       (c.frame.cs & 0xfffc) != 0xe008,
			       "cs %lx ran as %lx", selectors[i], c.frame.cs);
		else
			expect(v == TRAP_FAILSAFE || v == TRAP_GP ||
				       v == TRAP_NP || v == TRAP_PF,
			       "cs %lx came back by %lu", selectors[i], v);
		v = go(k, selectors[i], 2, rsp);
		expect(v == TRAP_UD || v == TRAP_FAILSAFE || v == TRAP_GP ||
			       v == TRAP_SS || v == TRAP_NP,
		       "ss %lx came back by %lu", selectors[i], v);
	}
	/* IOPL 3, VM, NT, RF, VIF, VIP, AC, and all bits at once. */
	v = go(k, ss, 0x3002, rsp);
	expect(v == TRAP_UD, "IOPL 3: came back by %lu", v);
	expect(!(flags_seen & 0x3000), "IOPL in the real flags: %lx",
	       flags_seen);
	v = go(k, ss, 0x24002, rsp);
	expect(v == TRAP_UD || v == TRAP_FAILSAFE || v == TRAP_GP,
	       "VM and NT: came back by %lu", v);
	if (v == TRAP_UD)
		expect(!(flags_seen & 0x20000), "VM in the real flags: %lx",
		       flags_seen);
	v = go(k, ss, ~0x100UL, rsp);
	expect(v == TRAP_UD || v == TRAP_FAILSAFE || v == TRAP_GP ||
		       v == TRAP_DB,
	       "all flags: came back by %lu", v);
	if (v == TRAP_UD)
		expect(!(flags_seen & 0x23000), "flags are %lx", flags_seen);
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
	success("no frame gets more than ring 3");
}
