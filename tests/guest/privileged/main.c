/* SPDX-License-Identifier: MIT */
/*
 * privileged: instructions that only ring 0 may execute, from the guest kernel
 * in ring 3. Each must be emulated harmlessly or fault into us; none may take
 * effect on the machine: new descriptor tables, control registers, the system
 * call entry, the APIC base, halting with interrupts off, and ports that the
 * hypervisor keeps.
 */
#include "guest.h"

static struct trap_catch c;
static uint64_t table[2];

#define attempt(what, ...)                                                     \
	do {                                                                   \
		print("%s: ", what);                                           \
		if (trap_try(&c)) {                                            \
			print("trap %lu\n", c.frame.vector);                   \
			expect(c.frame.vector == TRAP_GP ||                    \
				       c.frame.vector == TRAP_UD,              \
			       "%s: trap %lu", what, c.frame.vector);          \
		} else {                                                       \
			__asm__ volatile(__VA_ARGS__);                         \
			trap_disarm();                                         \
			print("done\n");                                       \
		}                                                              \
		expect(do_xen_version(XENVER_version, NULL) > 0,               \
		       "%s broke hypercalls", what);                           \
	} while (0)

#define must_trap(what, ...)                                                   \
	do {                                                                   \
		if (!trap_try(&c)) {                                           \
			__asm__ volatile(__VA_ARGS__);                         \
			failure("%s was executed", what);                      \
		}                                                              \
		expect(c.frame.vector == TRAP_GP || c.frame.vector == TRAP_UD, \
		       "%s: trap %lu", what, c.frame.vector);                  \
	} while (0)

static bool rdmsr(uint32_t msr, uint64_t *value)
{
	uint32_t low, high;

	if (trap_try(&c))
		return false;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	trap_disarm();
	*value = ((uint64_t)high << 32) | low;
	return true;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
	if (trap_try(&c))
		return;
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"(value >> 32));
	trap_disarm();
}

void guest_main(void)
{
	static const uint32_t entries[] = {0xc0000080, 0xc0000081, 0xc0000082,
					   0xc0000083, 0xc0000084, 0x174,
					   0x175,      0x176,	   0x1b,
					   0x277,      0x200,	   0x2ff};
	struct physdev_set_iopl {
		uint32_t iopl;
	} iopl = {1};

	hypercall2(__HYPERVISOR_physdev_op, 6, PTR(&iopl));
	must_trap("lgdt", "lgdt %0" : : "m"(table));
	must_trap("lidt", "lidt %0" : : "m"(table));
	must_trap("lldt", "lldt %w0" : : "r"(8));
	must_trap("ltr", "ltr %w0" : : "r"(8));
	must_trap("swapgs", "swapgs");
	must_trap("sysretq", "sysretq");
	must_trap("wrong mov to cr8", "mov %0, %%cr8" : : "r"(15UL));
	must_trap("vmxoff", ".byte 0x0f, 0x01, 0xc4");
	must_trap("invd", "invd");

	/* These have emulations. */
	attempt("mov from cr0", "mov %%cr0, %%rax" : : : "rax");
	attempt("mov from cr4", "mov %%cr4, %%rax" : : : "rax");
	attempt("clear PG", "mov %0, %%cr0" : : "r"(0x10UL));
	attempt("clear PAE", "mov %0, %%cr4" : : "r"(0UL));
	attempt("all of cr4", "mov %0, %%cr4" : : "r"(~0UL));
	attempt("cr3 of nobody", "mov %0, %%cr3" : : "r"(0xffffff000UL));
	attempt("wbinvd", "wbinvd");
	attempt("cli", "cli");
	attempt("sti", "sti");
	attempt("invlpg", "invlpg (%0)" : : "r"(0xffff830000000000UL));
	attempt("clts", "clts");
	attempt("xsetbv", "xsetbv" : : "c"(0), "a"(7), "d"(0));
	attempt("xsetbv of nonsense", "xsetbv" : : "c"(0), "a"(~0), "d"(~0));
	attempt("out to the PIT", "outb %%al, $0x43" : : "a"(0));
	attempt("in from the PIC", "inb $0x21, %%al" : : : "rax");
	attempt("out to the PIC", "outb %%al, $0x21" : : "a"(0xff));
	attempt("out to port 0xcf8", "outl %%eax, %%dx" : : "a"(0), "d"(0xcf8));

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		uint64_t before = 0, after = 0;
		bool can = rdmsr(entries[i], &before);

		wrmsr(entries[i], 0x4141414141414141UL);
		wrmsr(entries[i], 0);
		expect(do_xen_version(XENVER_version, NULL) > 0,
		       "wrmsr %x broke hypercalls", entries[i]);
		if (can && rdmsr(entries[i], &after))
			expect(after == before, "MSR %x went from %lx to %lx",
			       entries[i], before, after);
	}
	expect(load_traps((void *)(va_base() + 0x38000000), &c),
	       "no page faults any more");
	success("no privileged instruction got through");
}
