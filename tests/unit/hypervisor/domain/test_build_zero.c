/* SPDX-License-Identifier: MIT */
/*
 * Domain zero as it is built: its page tables are walked as the CPU would, and
 * what they lead to is compared with what the kernel is told.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include "domain/build_zero.h"
#include "domain_fixture.h"
#include "fake/frames.h"
#include "hypervisor/lib/elf_image.h"
#include "mm/m2p.h"
#include "sched/sched.h"

#define KERNEL_PFN 0x200ull
#define ENTRY	   0x200040ull
#define HYPERCALLS 0x201000ull
#define P2M_VA	   0x8000000000ull
#define HIGH	   IMAGE_VIRT_BASE

static struct elf_image image;
static struct zero_modules modules;
static char *initrd;

/* virt_base; does it know INIT_P2M and initramfs by frame number? */
static void kernel_make(uint64_t base, bool modern)
{
	unsigned int i;

	image_init(&image);
	for (i = 0; i < 0x2000; i++)
		image.bytes[IMAGE_TEXT + i] = (unsigned char)(i * 31 + 7);
	image_load(&image.ph[0], IMAGE_TEXT, base + 0x200000, 0x200000, 0x1000,
		   0x1000, PF_R | PF_X);
	image_load(&image.ph[1], IMAGE_DATA, base + 0x201000, 0x201000, 0x800,
		   0x9000, PF_R | PF_W);
	/* It starts within a page, as per-CPU data may. */
	image_load(&image.ph[2], IMAGE_DATA + 0x800, 0, 0x20a800, 0x100, 0x1900,
		   PF_R | PF_W);
	image_note_text(&image, 6, "linux");
	image_note_text(&image, 5, "xen-3.0");
	image_note_text(&image, 8, "generic");
	image_note_u64(&image, 3, base);
	image_note_u64(&image, 1, base + ENTRY);
	image_note_u64(&image, 2, base + HYPERCALLS + 0x1000);
	if (modern) {
		image_note_u64(&image, 15, P2M_VA);
		image_note(&image, "Xen", 16, "\1\0\0\0", 4);
	}
}

static struct domain *build(uint64_t pages, size_t initrd_bytes)
{
	size_t i;

	initrd = malloc(initrd_bytes + 1);
	for (i = 0; i < initrd_bytes; i++)
		initrd[i] = (char)(i * 13 + (i >> 12));
	modules = (struct zero_modules){
		.kernel = image.bytes,
		.kernel_bytes = IMAGE_BYTES,
		.cmdline = "console=hvc0 quiet",
		.initrd = initrd,
		.initrd_bytes = initrd_bytes,
	};
	domain_build_zero(&modules, pages, 2);
	return domain_zero;
}

/* Memory with rests of others in it. */
static void setup(void)
{
	uint64_t n;

	world_init();
	for (n = FAKE_RAM_FIRST; n < FAKE_RAM_END; n++)
		memset(mfn_to_virt(mfn(n)), 0xbd, PAGE_SIZE);
}

TestSuite(build_zero, .init = setup);

static uint64_t walk(const struct domain *d, uint64_t va)
{
	uint64_t e = d->vcpu[0]->arch.kernel_cr3 | PTE_P;
	int shift;

	for (shift = 39; shift >= 12; shift -= 9) {
		uint64_t *t = mfn_to_virt(mfn((e & PTE_ADDR) >> PAGE_SHIFT));

		e = t[va >> shift & 511];
		if (!(e & PTE_P))
			return 0;
		cr_assert(e & PTE_U, "%#lx at %d", va, shift);
	}
	return e;
}

static mfn_t mapped(const struct domain *d, uint64_t va)
{
	return mfn((walk(d, va) & PTE_ADDR) >> PAGE_SHIFT);
}

static void *at(const struct domain *d, uint64_t va)
{
	return (char *)mfn_to_virt(mapped(d, va)) + (va & 4095);
}

static const struct start_info *start_info(const struct domain *d)
{
	return at(d, d->vcpu[0]->arch.regs.rsi);
}

static uint64_t p2m_of(const struct domain *d, uint64_t pfn)
{
	return *(uint64_t *)at(d, start_info(d)->mfn_list + 8 * pfn);
}

static bool is_table(const struct start_info *s, uint64_t base, uint64_t pfn)
{
	uint64_t first = (s->pt_base - base) >> PAGE_SHIFT;

	return pfn >= first && pfn < first + s->nr_pt_frames;
}

/* Every present entry of the tables leads to a frame of the domain's. */
static void tables_check(const struct domain *d, mfn_t table,
			 unsigned int level, uint64_t base)
{
	const struct start_info *s = start_info(d);
	uint64_t *t = mfn_to_virt(table), pfn = m2p_get(table);
	unsigned int i;

	cr_assert(is_table(s, base, pfn) ||
			  (s->nr_p2m_frames && pfn >= s->first_p2m_pfn &&
			   pfn < s->first_p2m_pfn + s->nr_p2m_frames),
		  "frame %#lx is a table and nobody was told", pfn);
	cr_assert_eq(frame_word_type(frame_load(frame_of(table))),
		     (enum frame_type)level);
	for (i = 0; i < 512 && level > 1; i++) {
		if (!(t[i] & PTE_P) || (level == 4 && i >= 256 && i < 272))
			continue;
		tables_check(d, mfn((t[i] & PTE_ADDR) >> PAGE_SHIFT), level - 1,
			     base);
	}
}

static void check(const struct domain *d, uint64_t pages, uint64_t base,
		  bool modern, size_t initrd_bytes)
{
	const struct start_info *s = start_info(d);
	const struct cpu_regs *r = &d->vcpu[0]->arch.regs;
	uint64_t pfn, linear_end, va;
	size_t i;

	cr_assert_str_eq(s->magic, "xen-3.0-x86_64");
	cr_assert_eq(s->nr_pages, pages);
	cr_assert_eq(d->page_count, pages);
	cr_assert_eq(d->page_max, pages);
	cr_assert_eq(s->shared_info, mfn_to_maddr(virt_to_mfn(d->shared)).a);
	cr_assert_eq(s->flags,
		     SIF_PRIVILEGED | SIF_INITDOMAIN |
			     (modern && initrd_bytes ? SIF_MOD_START_PFN : 0));
	cr_assert_str_eq((const char *)s->cmd_line, "console=hvc0 quiet");
	cr_assert_eq(mapped(d, s->pt_base).n,
		     d->vcpu[0]->arch.kernel_cr3 >> PAGE_SHIFT);
	cr_assert(frame_load(frame_of(mapped(d, s->pt_base))) & FRAME_PINNED);

	/* The frame list: every frame its own, once. */
	for (pfn = 0; pfn < pages; pfn++) {
		mfn_t m = mfn(p2m_of(d, pfn));

		cr_assert_eq(m2p_get(m), pfn);
		cr_assert_eq(frame_of(m)->owner, d);
	}
	/* One linear mapping from the base, page tables read-only. */
	for (pfn = 0; walk(d, base + (pfn << 12)); pfn++) {
		va = base + (pfn << 12);
		cr_assert_eq(mapped(d, va).n, p2m_of(d, pfn), "%#lx", va);
		cr_assert_eq(!!(walk(d, va) & PTE_RW), !is_table(s, base, pfn),
			     "%#lx", va);
	}
	linear_end = base + (pfn << 12);
	cr_assert_eq(linear_end & 0x3fffff, 0);
	/* The stack and half a MiB to spare behind it. */
	cr_assert_eq(r->rsp, d->vcpu[0]->arch.kernel_sp);
	cr_assert(walk(d, r->rsp - 1) & PTE_RW);
	cr_assert_geq(linear_end - r->rsp, 0x80000);
	tables_check(d, mapped(d, s->pt_base), 4, base);

	/* The kernel, with zeroes behind its data. */
	cr_assert_eq(r->rip, base + ENTRY);
	for (i = 0; i < 0x1000; i++)
		cr_assert_eq(*(unsigned char *)at(d, base + 0x200000 + i),
			     image.bytes[IMAGE_TEXT + i]);
	for (i = 0; i < 0x9000; i++) {
		unsigned char want =
			i < 0x800 ? image.bytes[IMAGE_DATA + i] : 0;

		if (i >= 0x1000 && i < 0x2000)
			want = 0xcc; /* the hypercall page */
		cr_assert_eq(*(unsigned char *)at(d, base + 0x201000 + i), want,
			     "%#zx", i);
	}
	for (i = 0; i < 0x1900; i++)
		cr_assert_eq(*(unsigned char *)at(d, base + 0x20a800 + i),
			     i < 0x100 ? image.bytes[IMAGE_DATA + 0x800 + i]
				       : 0,
			     "%#zx", i);

	/* The initramfs. */
	cr_assert_eq(s->mod_len, initrd_bytes);
	for (i = 0; i < initrd_bytes; i++) {
		char *c;

		if (modern)
			c = (char *)mfn_to_virt(
				    mfn(p2m_of(d, s->mod_start + (i >> 12)))) +
			    (i & 4095);
		else
			c = at(d, s->mod_start + i);
		cr_assert_eq(*c, initrd[i], "byte %zu", i);
	}
	if (modern) {
		cr_assert_eq(s->mfn_list, P2M_VA);
		cr_assert_eq(p2m_of(d, s->first_p2m_pfn), mapped(d, P2M_VA).n);
	} else {
		cr_assert_eq(s->nr_p2m_frames, 0);
	}
	cr_assert(d->privileged);
	cr_assert(vcpu_runnable(d->vcpu[0]));
	cr_assert_not(vcpu_runnable(d->vcpu[1]));
}

#define PAGES 4097 /* not a multiple of anything */

static void build_and_check(uint64_t base, bool modern, size_t initrd_bytes)
{
	kernel_make(base, modern);
	check(build(PAGES, initrd_bytes), PAGES, base, modern, initrd_bytes);
}

Test(build_zero, a_modern_kernel)
{
	build_and_check(HIGH, true, 123457);
}

Test(build_zero, a_modern_kernel_without_initramfs)
{
	build_and_check(HIGH, true, 0);
}

Test(build_zero, a_kernel_that_knows_neither)
{
	build_and_check(HIGH, false, 123457);
}

Test(build_zero, an_old_kernel_without_initramfs)
{
	build_and_check(HIGH, false, 0);
}

Test(build_zero, a_low_base)
{
	build_and_check(0, true, 4096);
}

Test(build_zero, a_low_base_and_an_old_kernel)
{
	build_and_check(0, false, 4097);
}

Test(build_zero, a_base_that_is_not_aligned_to_a_table)
{
	build_and_check(0xffffffff80123000, true, 1);
}

Test(build_zero, an_initramfs_of_many_tables)
{
	build_and_check(HIGH, false, 5000001);
}

Test(build_zero, memory_in_many_pieces)
{
	static mfn_t held[FAKE_RAM_END];
	unsigned int n = 0, i;

	/* Every 64th page stays somebody else's. */
	while (!mfn_eq(held[n] = page_alloc(0, ADDR_ANY), MFN_NONE))
		n++;
	for (i = 0; i < n; i++)
		if (held[i].n & 63)
			page_free(held[i], 0);
	build_and_check(HIGH, true, 123457);
}

Test(build_zero, memory_in_too_many_pieces_stops, .signal = SIGABRT)
{
	static mfn_t held[FAKE_RAM_END];
	unsigned int n = 0, i;

	while (!mfn_eq(held[n] = page_alloc(0, ADDR_ANY), MFN_NONE))
		n++;
	for (i = 0; i < n; i++)
		if (held[i].n & 2)
			page_free(held[i], 0);
	kernel_make(HIGH, true);
	build(PAGES, 0);
}

/* The least memory that will do: one page less stops the machine. */
#define LEAST_MODERN (0x400 + 3 + 3 + 1)

Test(build_zero, just_enough)
{
	kernel_make(HIGH, true);
	check(build(LEAST_MODERN, 0), LEAST_MODERN, HIGH, true, 0);
}

Test(build_zero, one_page_too_few_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	build(LEAST_MODERN - 1, 0);
}

Test(build_zero, far_too_few_stop, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	build(10, 0);
}

Test(build_zero, none_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, false);
	build(0, 0);
}

Test(build_zero, an_initramfs_that_is_too_large_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	build(PAGES, PAGES * 4096ull);
}

Test(build_zero, more_than_there_is_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	build(20000, 0);
}

Test(build_zero, no_memory_for_its_structures_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	fake_heap_fail_in = 3;
	build(PAGES, 0);
}

Test(build_zero, no_memory_for_its_vcpus_stops, .signal = SIGABRT)
{
	static const struct xen_domctl_createdomain any = {0};
	unsigned int calls = fake_heap_calls;
	struct domain *d;

	/* What a domain alone takes. */
	cr_assert_eq(domain_create(5, &any, true, &d), 0);
	kernel_make(HIGH, true);
	fake_heap_fail_in = fake_heap_calls - calls + 1;
	build(PAGES, 0);
}

Test(build_zero, what_is_no_kernel_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, true);
	image.bytes[0] = 0;
	build(PAGES, 0);
}

Test(build_zero, a_base_where_we_are_stops, .signal = SIGABRT)
{
	kernel_make(0xffff820000000000, true);
	build(PAGES, 0);
}

Test(build_zero, a_base_at_the_end_of_addresses_stops, .signal = SIGABRT)
{
	kernel_make(0xffffffffffc00000, true);
	build(PAGES, 0);
}

Test(build_zero, a_frame_list_where_we_are_stops, .signal = SIGABRT)
{
	kernel_make(HIGH, false);
	image_note_u64(&image, 15, 0xffff800000000000);
	build(PAGES, 0);
}

/* Its tables alone would be more than could ever be counted. */
Test(build_zero, a_kernel_of_a_petabyte_stops, .signal = SIGABRT)
{
	kernel_make(0, false);
	image.ph[2].p_paddr = 1ull << 50;
	build(PAGES, 0);
}

Test(build_zero, a_long_command_line_is_cut)
{
	static char text[5000];

	memset(text, 'k', sizeof(text) - 1);
	kernel_make(HIGH, true);
	modules = (struct zero_modules){.kernel = image.bytes,
					.kernel_bytes = IMAGE_BYTES,
					.cmdline = text};
	domain_build_zero(&modules, PAGES, 1);
	cr_assert_eq(strlen((const char *)start_info(domain_zero)->cmd_line),
		     sizeof(start_info(domain_zero)->cmd_line) - 1);
}
