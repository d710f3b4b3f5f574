/* SPDX-License-Identifier: MIT */
/*
 * The boot, as a flat list: from multiboot information to domain zero's first
 * instruction. Entered from boot/head.S on the boot page tables.
 */
#include "boot/cmdline.h"
#include "boot/memory.h"
#include "boot/multiboot.h"
#include "domain/build_zero.h"
#include "domain/lifecycle.h"
#include "firmware/acpi.h"
#include "hypercall/hypercall.h"
#include "irq/irq.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/heap.h"
#include "pv/mmio.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/clock.h"
#include "x86/cmos.h"
#include "x86/cpu.h"
#include "x86/dump.h"
#include "x86/ioapic.h"
#include "x86/nmi.h"
#include "x86/paging.h"
#include "x86/pic.h"
#include "x86/ports.h"
#include "x86/provoke.h"
#include "x86/reset.h"
#include "x86/setup.h"
#include "x86/smp.h"
#include "x86/switch.h"
#include "x86/tlb.h"
#include "x86/uart.h"
#include "x86/watchdog.h"

#define MIB 0x100000ull

extern char image_start[], image_end[];
extern const char *hv_command_line;
void resume_first(void) __attribute__((noreturn));
void boot_main(uint32_t magic, uint32_t info_paddr) __attribute__((noreturn));

static char command_line[1024];
static char option_console[32] = "com1";
static char option_loglvl[32], option_guest_loglvl[32];
static char option_dom0_mem[64];
static char option_sched[16] = "share";
/* 0: as many as there are. */
static uint64_t option_dom0_max_vcpus, option_maxcpus;
static char option_nmi[8] = "dom0";
static bool option_provoke;
static bool option_watchdog;
static uint64_t option_watchdog_timeout = 5;
static bool option_dom0_vcpus_pin;

static const struct cmdline_option options[] = {
	{"console", CMDLINE_STRING, option_console, sizeof(option_console)},
	{"loglvl", CMDLINE_STRING, option_loglvl, sizeof(option_loglvl)},
	{"guest_loglvl", CMDLINE_STRING, option_guest_loglvl,
	 sizeof(option_guest_loglvl)},
	{"dom0_mem", CMDLINE_STRING, option_dom0_mem, sizeof(option_dom0_mem)},
	{"dom0_max_vcpus", CMDLINE_U64, &option_dom0_max_vcpus, 0},
	{"dom0_vcpus_pin", CMDLINE_FLAG, &option_dom0_vcpus_pin, 0},
	{"noreboot", CMDLINE_FLAG, &option_noreboot, 0},
	{"maxcpus", CMDLINE_U64, &option_maxcpus, 0},
	{"sched", CMDLINE_STRING, option_sched, sizeof(option_sched)},
	{"nmi", CMDLINE_STRING, option_nmi, sizeof(option_nmi)},
	{"watchdog", CMDLINE_BOOL, &option_watchdog, 0},
	{"watchdog_timeout", CMDLINE_U64, &option_watchdog_timeout, 0},
	{"provoke", CMDLINE_FLAG, &option_provoke, 0},
};

static struct acpi_info acpi;
static struct multiboot_modules modules;

static void *early_virt(uint64_t paddr)
{
	return (void *)(DIRECTMAP_BASE + paddr);
}

static void option_report(const char *word, bool known)
{
	log_warn("command line: \"%s\" %s, ignored\n", word,
		 known ? "has no effect yet" : "is not understood");
}

static const void *acpi_map(void *ctx, uint64_t paddr, size_t len)
{
	(void)ctx;
	if (paddr + len < paddr || paddr + len > 1ull << 32)
		return NULL;
	return early_virt(paddr);
}

static void acpi_read(void)
{
	uint64_t ebda = *(uint16_t *)early_virt(0x40e) << 4;
	const uint8_t *rsdp = NULL;
	const char *why = "no root pointer";

	if (ebda >= 0x80000 && ebda < 0xa0000)
		rsdp = acpi_find_rsdp(early_virt(ebda), 1024);
	if (!rsdp)
		rsdp = acpi_find_rsdp(early_virt(0xe0000), 0x20000);
	if (!rsdp || acpi_parse(rsdp, 36, acpi_map, NULL, &acpi, &why))
		panic("the ACPI tables cannot be read: %s\n", why);
}

/* A CPU that the firmware promises and that never comes. */
static void provoke_missing_cpu(void)
{
	if (acpi.cpu_count < ACPI_CPU_MAX)
		acpi.cpus[acpi.cpu_count++] =
			(struct acpi_cpu){.apic_id = 0xfd, .enabled = true};
}

static void memory_setup(void)
{
	unsigned int i;

	e820_finish();
	memory_reserve((uint64_t)image_start - IMAGE_BASE,
		       (uint64_t)image_end - IMAGE_BASE);
	for (i = 0; i < modules.count; i++)
		memory_reserve(modules.m[i].start, modules.m[i].end);
	paging_init();
	for (i = 0; i < e820_count; i++)
		if (e820[i].type == E820_RAM && e820[i].addr >= MIB)
			heap_reserve(e820[i].addr >> PAGE_SHIFT,
				     (e820[i].addr + e820[i].size) >>
					     PAGE_SHIFT);
	heap_init();
	memory_for_each_free(heap_give);
	log_info("memory: %llu MiB of RAM, %llu MiB free\n",
		 (unsigned long long)e820_ram_bytes() >> 20,
		 (unsigned long long)page_free_count() >> 8);
}

static void devices_setup(void)
{
	unsigned int i;

	reset_init(&acpi);
	pic_disable();
	clock_init(&acpi);
	apic_init_bsp(&acpi);
	ioapic_init(&acpi);
	irq_init(ioapic_gsi_count());
	cmos_init_wallclock();
	uart_enable_input();
	/* Ours alone, or only to be looked at. */
	mmio_deny(acpi.has_madt ? acpi.lapic_address : 0xfee00000, PAGE_SIZE);
	for (i = 0; ioapic_paddr(i); i++)
		mmio_read_only(ioapic_paddr(i), PAGE_SIZE);
	if (acpi.has_hpet)
		mmio_read_only(acpi.hpet_address, PAGE_SIZE);
}

/* Domain zero's share, if dom0_mem does not say: all but a sixteenth. */
static uint64_t dom0_pages(void)
{
	uint64_t free = page_free_count() << PAGE_SHIFT;
	uint64_t keep = MAX(free / 16, 128 * MIB);
	struct dom0_mem m;

	memset(&m, 0, sizeof(m));
	if (option_dom0_mem[0] && cmdline_parse_dom0_mem(option_dom0_mem, &m))
		option_report(option_dom0_mem, false);
	if (keep > free / 2)
		keep = free / 2;
	return dom0_mem_bytes(&m, free - 4 * MIB, free - keep) >> PAGE_SHIFT;
}

static void modules_free(void)
{
	unsigned int i;

	for (i = 0; i < modules.count; i++) {
		uint64_t start = ALIGN_DOWN(modules.m[i].start, PAGE_SIZE);
		uint64_t end = ALIGN_UP(modules.m[i].end, PAGE_SIZE);

		heap_give(start >> PAGE_SHIFT, end >> PAGE_SHIFT);
	}
}

static void domain_zero_start(void)
{
	struct zero_modules m = {0};
	uint64_t vcpus;

	if (!modules.count)
		panic("no kernel for domain 0: give it as the first boot "
		      "module\n");
	m.kernel = early_virt(modules.m[0].start);
	m.kernel_bytes = modules.m[0].end - modules.m[0].start;
	m.cmdline = modules.m[0].cmdline;
	if (modules.count > 1) {
		m.initrd = early_virt(modules.m[1].start);
		m.initrd_bytes = modules.m[1].end - modules.m[1].start;
	}
	vcpus = option_dom0_max_vcpus ? option_dom0_max_vcpus : cpu_count();
	domain_build_zero(&m, dom0_pages(), MIN(vcpus, (uint64_t)MAX_VCPUS));
	modules_free();
}

/* Each of domain zero's vCPUs stays on a CPU of its own, round and round. */
static void domain_zero_pin(void)
{
	unsigned int i;

	for (i = 0; i < domain_zero->max_vcpus; i++) {
		struct cpuset one = {0};

		cpuset_add(&one, i % cpu_count());
		if (sched_affinity_set(domain_zero->vcpu[i], &one, NULL))
			log_warn("domain 0: vCPU %u cannot be pinned\n", i);
	}
}

void boot_main(uint32_t magic, uint32_t info_paddr)
{
	multiboot_read(magic, early_virt(info_paddr), early_virt, command_line,
		       sizeof(command_line), &modules);
	hv_command_line = command_line;
	cmdline_parse(cmdline_skip_image(command_line), options,
		      ARRAY_SIZE(options), option_report);
	if (strcmp(option_console, "none"))
		uart_init();
	if (log_set_levels(option_loglvl[0] ? option_loglvl : NULL,
			   option_guest_loglvl[0] ? option_guest_loglvl : NULL))
		option_report("loglvl or guest_loglvl", false);
	log_info("Paravane 0.1, ABI of Xen 4.17; command line: %s\n",
		 command_line);
	idt_init();
	cpu_prepare(this_cpu(), this_cpu(), (uint64_t)this_cpu() - IMAGE_BASE);
	cpu_setup(this_cpu());
	acpi_read();
	memory_setup();
	devices_setup();
	if (!sched_choose(option_sched))
		option_report(option_sched, false);
	if (!nmi_choose(option_nmi))
		option_report(option_nmi, false);
	sched_init();
	watchdog_init(option_watchdog ? option_watchdog_timeout : 0);
	if (option_provoke)
		provoke_missing_cpu();
	smp_init(&acpi, option_maxcpus);
	tlb_init();
	domain_system_init();
	if (option_provoke)
		provoke_init();
	domain_zero_start();
	clock_settle();
	if (option_dom0_vcpus_pin)
		domain_zero_pin();
	preempt_enable();
	watchdog_start();
	time_stamp_vcpu(domain_zero->vcpu[0]);
	vcpu_wake(domain_zero->vcpu[0]);
	sched_request();
	resume_first();
}
