/* SPDX-License-Identifier: MIT */
/*
 * write-hypervisor: ring 3 reads, writes and jumps all over the hypervisor's
 * 16 slots of the address space, from kernel mode and from user mode. Each
 * write must fault into us with the right address; reads may succeed in the
 * M2P only. One address in each 256 GiB and around known landmarks is tried,
 * from user mode a list.
 */
#include "guest.h"

__asm__(".pushsection .rodata\n"
	".globl poke_blob, poke_blob_end\n"
	"poke_blob:\n"
	"	movq %rax, (%rdi)\n"
	"	syscall\n"
	"	ud2\n"
	"peek_blob:\n"
	"	movq (%rdi), %rax\n"
	"	syscall\n"
	"	ud2\n"
	"poke_blob_end:\n"
	".popsection\n");
extern char poke_blob[], poke_blob_end[], peek_blob[];

static void from_kernel(uint64_t va)
{
	struct trap_catch c;

	expect(store_traps((void *)va, 0x41414141, &c), "%lx was written", va);
	expect(c.frame.vector == TRAP_PF, "write to %lx: trap %lu", va,
	       c.frame.vector);
	expect(c.cr2 == va, "write to %lx: cr2 %lx", va, c.cr2);
	if (va < MACH2PHYS_VIRT_START || va >= MACH2PHYS_VIRT_END)
		expect(load_traps((void *)va, &c), "%lx can be read", va);
	if (!trap_try(&c)) {
		((void (*)(void))va)();
		failure("code at %lx was executed", va);
	}
}

static void from_user(uint64_t va, bool write)
{
	static struct trap_catch back;
	struct trap_frame f;

	memset(&f, 0, sizeof(f));
	f.rip = USER_CODE + (write ? 0 : (uint64_t)(peek_blob - poke_blob));
	f.rdi = va;
	f.rflags = 0x202;
	user_run(&f, &back);
	if (!write && va < MACH2PHYS_VIRT_END)
		return;
	expect(back.frame.vector == TRAP_PF, "user %s of %lx came back by %lu",
	       write ? "write" : "read", va, back.frame.vector);
	expect(back.cr2 == va, "user access to %lx: cr2 %lx", va, back.cr2);
}

void guest_main(void)
{
	static const uint64_t landmarks[] = {
		0xffff800000000000UL, 0xffff804000000000UL,
		0xffff810000000000UL, 0xffff818000000000UL,
		0xffff820000000000UL, 0xffff82c000000000UL,
		0xffff82d040200000UL, 0xffff82d080200000UL,
		0xffff82e000000000UL, 0xffff830000000000UL,
		0xffff830000100000UL, 0xffff83000fc00000UL,
		0xffff87fffffff000UL,
	};

	user_init(poke_blob, (size_t)(poke_blob_end - poke_blob));
	for (uint64_t va = HYPERVISOR_VIRT_START; va < HYPERVISOR_VIRT_END;
	     va += 1UL << 38)
		from_kernel(va + 0x1008);
	for (size_t i = 0; i < ARRAY_SIZE(landmarks); i++) {
		from_kernel(landmarks[i]);
		from_user(landmarks[i], true);
		from_user(landmarks[i], false);
	}
	success("ring 3 does not get into the hypervisor");
}
