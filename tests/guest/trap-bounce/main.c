/* SPDX-License-Identifier: MIT */
/*
 * trap-bounce: every kind of trap comes back to the kernel as the ABI says.
 * Page faults: CR2, and the error code's U bit, which the processor sets on
 * each of our faults (we run in ring 3) and the hypervisor must clear because
 * the guest kernel is not a user. The saved CS has privilege level 0 for the
 * same reason. Then #DE, #UD, #GP, int3, `int 0x80` and an `int` whose gate
 * the table does not open, and the event mask that a trap entry sets and
 * iret takes back.
 */
#include "guest.h"

static struct trap_catch c;
static volatile uint64_t written;

static void expect_fault(const char *what, uint64_t vector, uint64_t error)
{
	expect(c.frame.vector == vector, "%s: trap %lu instead of %lu", what,
	       c.frame.vector, vector);
	expect(c.frame.error == error, "%s: error code %lx instead of %lx",
	       what, c.frame.error, error);
	expect((c.frame.cs & 3) == 0, "%s: saved cs %lx says user mode", what,
	       c.frame.cs);
	expect((c.frame.cs & 0xfffc) == (FLAT_KERNEL_CS & 0xfffc),
	       "%s: saved cs is %lx", what, c.frame.cs);
}

static void page_faults(void)
{
	char *hole = window_alloc();
	void *page = page_alloc();

	expect(load_traps(hole + 0x123, &c), "reading a hole did not trap");
	expect_fault("read of a hole", TRAP_PF, 0);
	expect(c.cr2 == PTR(hole + 0x123), "cr2 is %lx instead of %p", c.cr2,
	       (void *)(hole + 0x123));

	expect(store_traps(hole + 0x120, 1, &c), "writing a hole did not trap");
	expect_fault("write of a hole", TRAP_PF, PF_WRITE);

	page_set_ro(page);
	expect(!load_traps(page, &c), "reading a read-only page trapped");
	expect(store_traps(page, 1, &c), "writing a read-only page worked");
	expect_fault("write of a read-only page", TRAP_PF,
		     PF_PRESENT | PF_WRITE);
	expect(c.cr2 == PTR(page), "cr2 is %lx instead of %p", c.cr2, page);
	page_set_rw(page);
	expect(!store_traps(page, 1, &c), "the page stayed read-only");
}

static void instructions(void)
{
	if (!trap_try(&c)) {
		uint32_t zero = 0;

		__asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; divl %0"
				 :
				 : "r"(zero)
				 : "eax", "edx");
		failure("a division by zero went well");
	}
	expect_fault("division by zero", TRAP_DE, 0);

	if (!trap_try(&c)) {
		__asm__ volatile("ud2");
		failure("ud2 went well");
	}
	expect_fault("ud2", TRAP_UD, 0);

	if (!trap_try(&c)) {
		/* A selector far outside of the GDT. */
		__asm__ volatile("mov %0, %%fs" : : "r"(0xfff3));
		failure("loading fs with 0xfff3 went well");
	}
	expect_fault("bad selector", TRAP_GP, 0xfff0);

	if (!trap_try(&c)) {
		__asm__ volatile("int3");
		failure("int3 went well");
	}
	expect_fault("int3", TRAP_BP, 0);

	if (!trap_try(&c)) {
		__asm__ volatile("int $0x80");
		failure("int 0x80 went well");
	}
	expect_fault("int 0x80", 0x80, 0);

	if (!trap_try(&c)) {
		/* No entry in our table: a #GP that names the gate. */
		__asm__ volatile("int $0x90");
		failure("int 0x90 went well");
	}
	/* QEMU's own interpreter counts 16 bytes a gate instead of 8. */
	if (c.frame.error == ((0x90 << 4) | 2))
		c.frame.error = (0x90 << 3) | 2;
	expect_fault("int 0x90", TRAP_GP, (0x90 << 3) | 2);
}

static int seen_mask = -1;

static bool look_at_mask(struct trap_frame *frame, uint64_t cr2)
{
	(void)cr2;
	if (frame->vector != TRAP_BP)
		return false;
	seen_mask = shared_info->vcpu_info[0].evtchn_upcall_mask;
	written = frame->rflags;
	return true;
}

static void event_mask_by_iret(void)
{
	shared_info_map();
	trap_handler = look_at_mask;
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	__asm__ volatile("int3" ::: "memory");
	expect(seen_mask == 1, "a trap entry left the event mask at %d",
	       seen_mask);
	expect(written & 0x200, "saved rflags %lx: IF is not the old mask",
	       written);
	expect(shared_info->vcpu_info[0].evtchn_upcall_mask == 0,
	       "iret did not open the event mask");
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	__asm__ volatile("int3" ::: "memory");
	expect(!(written & 0x200), "saved rflags %lx: IF though masked",
	       written);
	expect(shared_info->vcpu_info[0].evtchn_upcall_mask == 1,
	       "iret opened a closed event mask");
}

void guest_main(void)
{
	page_faults();
	instructions();
	event_mask_by_iret();
	success("all traps came back as they should");
}
