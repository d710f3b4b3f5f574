/* SPDX-License-Identifier: MIT */
/*
 * hypercall-page: kernels of before 2025 ask, by ELF note 2, for a page of
 * their image to be filled with 32-byte stubs, one for each hypercall, and
 * call those. The stubs must give the same results as a direct `syscall`,
 * keep the registers that the ABI keeps, and slot 23 must do the iret.
 */
#include "guest.h"

__asm__(".pushsection .text\n"
	".balign 4096\n"
	".globl hypercall_page\n"
	"hypercall_page:\n"
	".fill 4096, 1, 0xcc\n"
	".popsection\n");
extern char hypercall_page[];

static long call_page(int nr, uint64_t a, uint64_t b)
{
	uint64_t entry = PTR(hypercall_page) + 32 * (uint64_t)nr;
	uint64_t rbx = 0xb0b0, r15 = 0xf15;
	long rc;

	__asm__ volatile("movq %[b0], %%rbx; movq %[f0], %%r15;"
			 "call *%[entry];"
			 "movq %%rbx, %[b0]; movq %%r15, %[f0]"
			 : "=a"(rc), "+D"(a),
			   "+S"(b), [b0] "+m"(rbx), [f0] "+m"(r15)
			 : [entry] "r"(entry)
			 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r15",
			   "memory", "cc");
	expect(rbx == 0xb0b0 && r15 == 0xf15,
	       "slot %d changed rbx to %lx, r15 to %lx", nr, rbx, r15);
	return rc;
}

/* To itself, past the jump, by the iret slot. */
static bool iret_slot(void)
{
	uint64_t entry = PTR(hypercall_page) + 32 * __HYPERVISOR_iret;
	uint64_t ok = 0;

	__asm__ volatile("movq %%rsp, %%rdx; movl $0x5ca1e, %%eax;"
			 "movl $0xccc, %%ecx;"
			 "pushq %[ss]; pushq %%rdx; pushq $2; pushq %[cs];"
			 "leaq 1f(%%rip), %%rdx; pushq %%rdx; pushq $0;"
			 "jmp *%[entry];"
			 "ud2;"
			 "1: xorl %%edx, %%edx;"
			 "cmpl $0x5ca1e, %%eax; jne 2f;"
			 "cmpl $0xccc, %%ecx; jne 2f; incl %%edx;"
			 "2: movq %%rdx, %[ok]"
			 : [ok] "=m"(ok)
			 : [entry] "r"(entry), [ss] "i"(FLAT_KERNEL_SS),
			   [cs] "i"(FLAT_KERNEL_CS & ~3)
			 : "rax", "rcx", "rdx", "r11", "memory", "cc");
	return ok;
}

void guest_main(void)
{
	long direct = do_xen_version(XENVER_version, NULL);
	struct xen_feature_info f = {0};

	expect(hypercall_page[0] != (char)0xcc,
	       "the hypercall page was not filled");
	expect(call_page(__HYPERVISOR_xen_version, XENVER_version, 0) == direct,
	       "the stub and syscall differ");
	expect(call_page(__HYPERVISOR_xen_version, XENVER_get_features,
			 PTR(&f)) == 0,
	       "get_features by the page failed");
	expect(f.submap & (1 << XENFEAT_mmu_pt_update_preserve_ad),
	       "features are %x", f.submap);
	expect(call_page(__HYPERVISOR_sched_op, SCHEDOP_yield, 0) == 0,
	       "yield by the page failed");
	/* Reserved slots are stubs, too: they answer, they do not crash. */
	expect(call_page(60, 0, 0) == -XEN_ENOSYS,
	       "slot 60 does not say -ENOSYS");
	expect(call_page(127, 0, 0) == -XEN_ENOSYS,
	       "slot 127 does not say -ENOSYS");
	expect(iret_slot(), "the iret slot lost a register");
	success("all slots work");
}
