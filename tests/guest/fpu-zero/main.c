/* SPDX-License-Identifier: MIT */
/*
 * fpu-zero: at start the vector registers are zero and the x87 control word is
 * the reset value, so that nothing of another domain leaks through them. They
 * keep their contents over hypercalls and traps, and after fpu_taskswitch(1)
 * the first use raises #NM until the kernel clears it.
 */
#include "guest.h"

static struct trap_catch c;

__attribute__((target("sse2"))) static void save_xmm(uint8_t *out)
{
	__asm__ volatile("movups %%xmm0, (%0); movups %%xmm1, 16(%0);"
			 "movups %%xmm2, 32(%0); movups %%xmm3, 48(%0);"
			 "movups %%xmm4, 64(%0); movups %%xmm5, 80(%0);"
			 "movups %%xmm6, 96(%0); movups %%xmm7, 112(%0);"
			 "movups %%xmm8, 128(%0); movups %%xmm9, 144(%0);"
			 "movups %%xmm10, 160(%0); movups %%xmm11, 176(%0);"
			 "movups %%xmm12, 192(%0); movups %%xmm13, 208(%0);"
			 "movups %%xmm14, 224(%0); movups %%xmm15, 240(%0)"
			 :
			 : "r"(out)
			 : "memory");
}

void guest_main(void)
{
	static uint8_t regs[256];
	uint16_t control_word = 0;
	uint32_t mxcsr = 0;
	uint64_t pattern = 0x0123456789abcdefUL, back = 0;

	save_xmm(regs);
	for (size_t i = 0; i < sizeof(regs); i++)
		expect(regs[i] == 0, "byte %lu of the vector registers is %x",
		       i, regs[i]);
	__asm__ volatile("fnstcw %0; stmxcsr %1"
			 : "=m"(control_word), "=m"(mxcsr));
	expect(control_word == 0x37f || control_word == 0x40,
	       "the x87 control word starts as %x", control_word);
	expect(mxcsr == 0x1f80, "mxcsr starts as %x", mxcsr);

	__asm__ volatile("movq %0, %%xmm5" : : "r"(pattern));
	do_xen_version(XENVER_version, NULL);
	if (!trap_try(&c)) {
		__asm__ volatile("ud2");
		trap_disarm();
	}
	do_sched_op(SCHEDOP_yield, NULL);
	__asm__ volatile("movq %%xmm5, %0" : "=r"(back));
	expect(back == pattern, "xmm5 became %lx", back);

	expect_rc(hypercall1(__HYPERVISOR_fpu_taskswitch, 1), 0);
	if (!trap_try(&c)) {
		__asm__ volatile("movq %%xmm5, %0" : "=r"(back));
		failure("no #NM after fpu_taskswitch(1)");
	}
	expect(c.frame.vector == TRAP_NM, "trap %lu instead of #NM",
	       c.frame.vector);
	expect_rc(hypercall1(__HYPERVISOR_fpu_taskswitch, 0), 0);
	back = 0;
	__asm__ volatile("movq %%xmm5, %0" : "=r"(back));
	expect(back == pattern, "xmm5 became %lx after #NM", back);
	success("the FPU starts clean and is kept");
}
