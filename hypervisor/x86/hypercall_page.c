/* SPDX-License-Identifier: MIT */
/*
 * Stub n: save rcx and r11, which SYSCALL overwrites, put n into eax, call,
 * restore, return. Number 23 (iret) has rax pushed too and does not return:
 * what it leaves on the stack is the head of the iret frame.
 */
#include "x86/hypercall_page.h"
#include "lib/string.h"
#include "public/xen.h"

#define STUBS	   128
#define STUB_BYTES 32

void hypercall_page_fill(void *page)
{
	/* push rcx; push r11; mov $n, eax; syscall; pop r11; pop rcx; ret */
	static const uint8_t call[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,	  0, 0,
				       0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
	/* push rcx; push r11; push rax; mov $23, eax; syscall */
	static const uint8_t iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 0x17,
				       0,    0,	   0,	 0x0f, 0x05};
	uint8_t *p = page;
	unsigned int n;

	memset(page, 0xcc, STUBS * STUB_BYTES);
	for (n = 0; n < STUBS; n++, p += STUB_BYTES) {
		if (n == __HYPERVISOR_iret) {
			memcpy(p, iret, sizeof(iret));
			continue;
		}
		memcpy(p, call, sizeof(call));
		p[4] = n;
	}
}
