/* SPDX-License-Identifier: MIT */
/*
 * descriptors-bad: a guest's GDT and LDT are used by the processor directly,
 * so a call gate to ring 0, a ring-0 code segment, a task state segment or a
 * gate of any kind in them is a way into the hypervisor. None may be installed
 * by update_descriptor, by set_gdt on a prepared page or by SET_LDT; DPL 0
 * data and code may be lifted to ring 3 instead of being refused. And the
 * selectors that are let in must not be more than ring 3.
 */
#include "guest.h"

#define CODE_DPL0 0x00af9b000000ffffUL
#define DATA_DPL0 0x00cf93000000ffffUL
#define CODE_DPL3 0x00affb000000ffffUL
#define CALL_GATE 0x0000ec000008f000UL /* DPL 3 gate to selector 8 */
#define TSS_AVAIL 0x0000890000000067UL
#define LDT_DESC  0x0000820000000fffUL
#define INT_GATE  0x0000ee000008f000UL
#define TASK_GATE 0x0000e50000080000UL
#define CODE_CONF 0x00af9f000000ffffUL /* conforming, DPL 0 */

static const struct {
	const char *name;
	uint64_t value;
} evil[] = {
	{"a call gate", CALL_GATE},
	{"a free TSS", TSS_AVAIL},
	{"an LDT", LDT_DESC},
	{"an interrupt gate", INT_GATE},
	{"a task gate", TASK_GATE},
	{"a 16-bit call gate", 0x0000e4000008f000UL},
	{"a busy TSS", 0x00008b0000000067UL},
	{"a gate of type 0x1e", 0x00009e000008f000UL & ~(1UL << 44)},
};

/* A call gate with DPL 0 is out of ring 3's reach; it may be emulated. */
static bool ring0_possible(uint64_t d)
{
	bool present = d & (1UL << 47), memory = d & (1UL << 44);
	unsigned int dpl = (d >> 45) & 3, type = (d >> 40) & 15;

	if (!present || (memory && dpl == 3))
		return false;
	return memory || type != 12 || dpl != 0;
}

static void try_gdt_page(uint64_t *gdt, const char *name, uint64_t value)
{
	uint64_t frames[1];
	long rc;

	page_set_rw(gdt);
	memset(gdt, 0, PAGE_SIZE);
	gdt[4] = value;
	page_set_ro(gdt);
	frames[0] = mfn_of(gdt);
	rc = hypercall2(__HYPERVISOR_set_gdt, PTR(frames), 512);
	expect(rc < 0 || !ring0_possible(gdt[4]),
	       "%s is in the GDT as %lx (set_gdt gave %ld)", name, gdt[4], rc);
	if (rc == 0)
		expect_rc(hypercall2(__HYPERVISOR_set_gdt, 0, 0), 0);
}

void guest_main(void)
{
	uint64_t *gdt = page_alloc(), *live = page_alloc();
	uint64_t frames[1], saved;
	struct trap_catch c;

	for (size_t i = 0; i < ARRAY_SIZE(evil); i++)
		try_gdt_page(gdt, evil[i].name, evil[i].value);
	try_gdt_page(gdt, "ring-0 code", CODE_DPL0);
	try_gdt_page(gdt, "ring-0 data", DATA_DPL0);
	try_gdt_page(gdt, "conforming code", CODE_CONF);

	live[2] = CODE_DPL3;
	page_set_ro(live);
	frames[0] = mfn_of(live);
	expect_rc(hypercall2(__HYPERVISOR_set_gdt, PTR(frames), 512), 0);
	expect_refused(do_update_va(live, pte_make(mfn_of(live), PTE_RW),
				    UVMF_INVLPG));
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
		saved = live[5];
		expect(hypercall2(__HYPERVISOR_update_descriptor,
				  maddr_of(&live[5]), evil[i].value) < 0 ||
			       !ring0_possible(live[5]),
		       "%s was put into the live GDT as %lx", evil[i].name,
		       live[5]);
		expect(live[5] == saved || !ring0_possible(live[5]),
		       "the refused %s is in the GDT", evil[i].name);
	}
	/* Not aligned, and past the page's end. */
	expect_refused(hypercall2(__HYPERVISOR_update_descriptor,
				  maddr_of(&live[5]) + 4, 0));
	/* Good ones go in, and work at ring 3 only. */
	expect_rc(hypercall2(__HYPERVISOR_update_descriptor, maddr_of(&live[6]),
			     CODE_DPL3),
		  0);
	expect(((live[6] >> 45) & 3) == 3, "a good descriptor became %lx",
	       live[6]);

	/* More entries than belong to a guest; the reserved ones. */
	{
		static uint64_t many[16];

		for (int i = 0; i < 16; i++)
			many[i] = mfn_of(live);
		expect_refused(hypercall2(__HYPERVISOR_set_gdt, PTR(many),
					  FIRST_RESERVED_GDT_ENTRY + 1));
		expect_refused(
			hypercall2(__HYPERVISOR_set_gdt, PTR(many), 8192));
		expect_refused(hypercall2(__HYPERVISOR_set_gdt, PTR(many),
					  0x10000000));
	}
	/* LDTs: too many entries, bad and hypervisor addresses. */
	expect_refused(do_mmuext(MMUEXT_SET_LDT, PTR(live), 8193));
	expect_refused(do_mmuext(MMUEXT_SET_LDT, PTR(live) + 8, 16));
	expect_refused(do_mmuext(MMUEXT_SET_LDT, 0x800000000000UL, 16));
	expect_refused(do_mmuext(MMUEXT_SET_LDT, HYPERVISOR_VIRT_START, 16));

	/* An LDT page with a call gate: its use must trap, not work. */
	page_set_rw(gdt);
	memset(gdt, 0, PAGE_SIZE);
	gdt[1] = CALL_GATE;
	page_set_ro(gdt);
	if (do_mmuext(MMUEXT_SET_LDT, PTR(gdt), 512) == 0) {
		if (!trap_try(&c)) {
			static const struct {
				uint32_t offset;
				uint16_t selector;
			} target = {0, 0x0f};

			__asm__ volatile("lcall *%0" : : "m"(target));
			failure("a call through an LDT gate came back");
		}
		expect_rc(do_mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	}
	expect_rc(hypercall2(__HYPERVISOR_set_gdt, 0, 0), 0);
	page_set_rw(live);
	success("no descriptor leads out of ring 3");
}
