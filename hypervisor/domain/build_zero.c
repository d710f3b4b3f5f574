/* SPDX-License-Identifier: MIT */
/*
 * Domain zero: memory, kernel, page tables, start info, first vCPU.
 *
 * In the guest's physical space: the kernel where its segments say; behind it
 * start info, page tables and a boot stack, all in one linear mapping from
 * VIRT_BASE; behind that, not mapped, the initramfs; last the p2m with page
 * tables of its own where the kernel wants it (INIT_P2M). A kernel that knows
 * none of this gets initramfs and p2m in the linear mapping too.
 */
#include "domain/build_zero.h"
#include "domain/lifecycle.h"
#include "lib/elf.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/heap.h"
#include "mm/m2p.h"
#include "pv/table.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/hypercall_page.h"

#define EXTENTS_MAX 1024
#define MIB	    0x100000ull
#define PTE_TABLE   (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)

static struct {
	uint64_t pfn, mfn, count;
} extents[EXTENTS_MAX];
static unsigned int extent_count;

static struct elf_info elf;

/* All in frames of the guest's. */
struct layout {
	uint64_t nr_pages;
	uint64_t p2m_pages, initrd_pages;
	uint64_t initrd, p2m, start_info, tables, stack, linear_end;
	uint64_t p2m_tables, p2m_end;
	uint64_t table_count;
};

static mfn_t pfn_mfn(uint64_t pfn)
{
	unsigned int i;

	for (i = 0; i < extent_count; i++)
		if (pfn >= extents[i].pfn &&
		    pfn < extents[i].pfn + extents[i].count)
			return mfn(extents[i].mfn + pfn - extents[i].pfn);
	panic("domain 0: no memory at its frame %#llx\n",
	      (unsigned long long)pfn);
}

static void *pfn_virt(uint64_t pfn)
{
	return mfn_to_virt(pfn_mfn(pfn));
}

/* `nr_pages` in the largest extents there are. */
static void memory_populate(struct domain *d, uint64_t nr_pages)
{
	uint64_t pfn = 0;
	unsigned int order = 18;

	while (pfn < nr_pages) {
		mfn_t m = MFN_NONE;

		while ((1ull << order) > nr_pages - pfn)
			order--;
		for (;; order--) {
			m = page_alloc_unscrubbed(order, ADDR_ANY);
			if (!mfn_eq(m, MFN_NONE))
				break;
			if (!order)
				panic("domain 0: %llu MiB of %llu wanted are "
				      "all there is\n",
				      (unsigned long long)pfn >> 8,
				      (unsigned long long)nr_pages >> 8);
		}
		if (frame_assign(d, m, order) || extent_count == EXTENTS_MAX)
			panic("domain 0: its memory is in too many pieces\n");
		extents[extent_count].pfn = pfn;
		extents[extent_count].mfn = m.n;
		extents[extent_count++].count = 1ull << order;
		pfn += 1ull << order;
	}
}

static uint64_t tables_for(uint64_t start, uint64_t end, unsigned int shift)
{
	return ((end - 1) >> shift) - (start >> shift) + 1;
}

/* Page tables below the L4 that map [start, end). */
static uint64_t tables_needed(uint64_t start, uint64_t end)
{
	return tables_for(start, end, 39) + tables_for(start, end, 30) +
	       tables_for(start, end, 21);
}

static void room_check(uint64_t need_pages, uint64_t nr_pages)
{
	if (need_pages >= nr_pages)
		panic("domain 0: kernel and initramfs need %llu MiB, dom0_mem "
		      "gives %llu\n",
		      (unsigned long long)need_pages >> 8,
		      (unsigned long long)nr_pages >> 8);
}

/* Nothing of the guest's may be where we are. */
static void range_check(uint64_t start, uint64_t end, const char *what)
{
	if (end <= start || !va_is_guest(start) || !va_is_guest(end - 1))
		panic("domain 0: its %s would be at %#llx to %#llx, outside a "
		      "guest's addresses\n",
		      what, (unsigned long long)start, (unsigned long long)end);
}

static void layout_make(struct layout *l, uint64_t nr_pages,
			uint64_t initrd_bytes)
{
	uint64_t base = elf.virt_base, at, end = 0;

	memset(l, 0, sizeof(*l));
	l->nr_pages = nr_pages;
	l->p2m_pages = DIV_ROUND_UP(nr_pages, 512);
	l->initrd_pages = DIV_ROUND_UP(initrd_bytes, PAGE_SIZE);
	at = DIV_ROUND_UP(elf.kernel_end_paddr, PAGE_SIZE);
	if (!elf.mod_start_pfn) {
		l->initrd = at;
		at += l->initrd_pages;
	}
	if (!elf.has_init_p2m) {
		l->p2m = at;
		at += l->p2m_pages;
	}
	l->start_info = at++;
	l->tables = at;
	room_check(at, nr_pages);
	/* The tables map themselves: until they fit. */
	for (l->table_count = 4;; l->table_count++) {
		l->stack = l->tables + l->table_count;
		end = base + ((l->stack + 1) << PAGE_SHIFT);
		end = ALIGN_UP(end + MIB / 2, 4 * MIB);
		range_check(base, end, "kernel");
		if (1 + tables_needed(base, end) <= l->table_count)
			break;
	}
	l->linear_end = (end - base) >> PAGE_SHIFT;
	at = l->linear_end;
	if (elf.mod_start_pfn) {
		l->initrd = at;
		at += l->initrd_pages;
	}
	if (elf.has_init_p2m) {
		uint64_t va = elf.init_p2m;
		uint64_t va_end = va + (l->p2m_pages << PAGE_SHIFT);

		range_check(va, va_end, "p2m");
		l->p2m = at;
		l->p2m_tables = at + l->p2m_pages;
		at = l->p2m_tables + tables_needed(va, va_end);
		l->p2m_end = at;
	}
	room_check(at, nr_pages);
}

static void kernel_load(const struct zero_modules *m)
{
	size_t i;

	for (i = 0; i < elf.segment_count; i++) {
		const struct elf_segment *s = &elf.segments[i];
		uint64_t done = 0;

		while (done < s->memsz) {
			uint64_t at = s->paddr + done;
			uint64_t off = at & ~PAGE_MASK;
			uint64_t n = MIN(PAGE_SIZE - off, s->memsz - done);
			char *to = (char *)pfn_virt(at >> PAGE_SHIFT) + off;
			uint64_t copy = 0;

			if (done < s->filesz)
				copy = MIN(n, s->filesz - done);
			memcpy(to, (const char *)m->kernel + s->offset + done,
			       copy);
			memset(to + copy, 0, n - copy);
			done += n;
		}
	}
	if (elf.has_hypercall_page)
		hypercall_page_fill(pfn_virt(
			(elf.hypercall_page - elf.virt_base) >> PAGE_SHIFT));
}

static void initrd_load(const struct layout *l, const struct zero_modules *m)
{
	uint64_t i;

	for (i = 0; i < l->initrd_pages; i++) {
		size_t at = i << PAGE_SHIFT;
		size_t n = MIN(m->initrd_bytes - at, (size_t)PAGE_SIZE);

		memcpy(pfn_virt(l->initrd + i), (const char *)m->initrd + at,
		       n);
	}
}

/* Page tables are taken one after the other from `next`. */
struct mapper {
	uint64_t l4, next;
};

/* The table below entry `slot` of t; made if there is none. */
static uint64_t *mapper_step(struct mapper *p, uint64_t *t, unsigned int slot)
{
	if (!(t[slot] & PTE_P)) {
		memset(pfn_virt(p->next), 0, PAGE_SIZE);
		t[slot] = pfn_mfn(p->next).n << PAGE_SHIFT | PTE_TABLE;
		p->next++;
	}
	return mfn_to_virt(mfn((t[slot] & PTE_ADDR) >> PAGE_SHIFT));
}

static void map_page(struct mapper *p, uint64_t va, uint64_t pfn, bool rw)
{
	uint64_t *t = pfn_virt(p->l4);
	int shift;

	for (shift = 39; shift > 12; shift -= 9)
		t = mapper_step(p, t, va >> shift & 511);
	t[va >> 12 & 511] =
		pfn_mfn(pfn).n << PAGE_SHIFT | (PTE_TABLE & ~(rw ? 0 : PTE_RW));
}

static void tables_build(const struct layout *l)
{
	struct mapper p = {.l4 = l->tables, .next = l->tables + 1};
	uint64_t i;

	memset(pfn_virt(l->tables), 0, PAGE_SIZE);
	for (i = 0; i < l->linear_end; i++) {
		bool table = i >= l->tables && i < l->tables + l->table_count;

		map_page(&p, elf.virt_base + (i << PAGE_SHIFT), i, !table);
	}
	BUG_ON(p.next > l->tables + l->table_count);
	/* What is left of them is empty. */
	while (p.next < l->tables + l->table_count)
		memset(pfn_virt(p.next++), 0, PAGE_SIZE);
	if (!elf.has_init_p2m)
		return;
	p.next = l->p2m_tables;
	for (i = 0; i < l->p2m_pages; i++)
		map_page(&p, elf.init_p2m + (i << PAGE_SHIFT), l->p2m + i,
			 true);
	BUG_ON(p.next > l->p2m_end);
}

static void p2m_fill(const struct layout *l)
{
	unsigned int i;
	uint64_t k;

	for (k = 0; k < l->p2m_pages; k++)
		memset(pfn_virt(l->p2m + k), 0xff, PAGE_SIZE);
	for (i = 0; i < extent_count; i++) {
		uint64_t *page = NULL;

		for (k = 0; k < extents[i].count; k++) {
			uint64_t pfn = extents[i].pfn + k;

			if (!page || !(pfn & 511))
				page = pfn_virt(l->p2m + pfn / 512);
			page[pfn & 511] = extents[i].mfn + k;
			m2p_set(mfn(extents[i].mfn + k), pfn);
		}
	}
}

static uint64_t linear_va(uint64_t pfn)
{
	return elf.virt_base + (pfn << PAGE_SHIFT);
}

static void start_info_fill(const struct layout *l, struct domain *d,
			    const struct zero_modules *m)
{
	struct start_info *s = pfn_virt(l->start_info);

	memset(s, 0, PAGE_SIZE);
	strlcpy(s->magic, "xen-3.0-x86_64", sizeof(s->magic));
	s->nr_pages = l->nr_pages;
	s->shared_info = mfn_to_maddr(virt_to_mfn(d->shared)).a;
	s->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	s->pt_base = linear_va(l->tables);
	s->nr_pt_frames = l->table_count;
	s->mfn_list = elf.has_init_p2m ? elf.init_p2m : linear_va(l->p2m);
	if (elf.has_init_p2m) {
		s->first_p2m_pfn = l->p2m;
		s->nr_p2m_frames = l->p2m_end - l->p2m;
	}
	if (m->initrd_bytes) {
		s->mod_start =
			elf.mod_start_pfn ? l->initrd : linear_va(l->initrd);
		s->mod_len = m->initrd_bytes;
		if (elf.mod_start_pfn)
			s->flags |= SIF_MOD_START_PFN;
	}
	strlcpy((char *)s->cmd_line, m->cmdline, sizeof(s->cmd_line));
}

static void vcpu_start(const struct layout *l, struct domain *d)
{
	static struct vcpu_guest_context c;
	int rc;

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = elf.entry;
	c.user_regs.rsp = linear_va(l->stack + 1);
	c.user_regs.rsi = linear_va(l->start_info);
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.user_regs.rflags = 0x202;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = linear_va(l->stack + 1);
	c.ctrlreg[3] = pfn_mfn(l->tables).n << PAGE_SHIFT;
	rc = table_pin(d->vcpu[0], d, pfn_mfn(l->tables), FRAME_L4);
	if (rc)
		panic("domain 0: its page tables are refused (%d)\n", rc);
	rc = vcpu_set_context(d->vcpu[0], &c);
	if (rc)
		panic("domain 0: its first context is refused (%d)\n", rc);
}

void domain_build_zero(const struct zero_modules *m, uint64_t pages,
		       unsigned int vcpus)
{
	static const struct xen_domctl_createdomain config = {
		.max_vcpus = MAX_VCPUS,
		.max_grant_frames = 64,
		.max_maptrack_frames = 1024,
	};
	struct layout l;
	struct domain *d;
	const char *why = "";
	unsigned int i;
	int rc;

	rc = elf_parse(m->kernel, m->kernel_bytes, &elf, &why);
	if (rc)
		panic("domain 0's kernel cannot be used: %s\n", why);
	layout_make(&l, pages, m->initrd_bytes);
	rc = domain_create(0, &config, true, &d);
	if (rc)
		panic("domain 0 cannot be created (%d)\n", rc);
	domain_zero = d;
	d->max_vcpus = vcpus;
	for (i = 0; i < vcpus; i++)
		if (domain_make_vcpu(d, i))
			panic("domain 0: no memory for vCPU %u\n", i);
	memory_populate(d, pages);
	d->page_max = pages;
	kernel_load(m);
	initrd_load(&l, m);
	p2m_fill(&l);
	tables_build(&l);
	start_info_fill(&l, d, m);
	vcpu_start(&l, d);
	log_info("domain 0: %llu MiB, %u vCPU, kernel at %#llx, entry %#llx, "
		 "initramfs %llu KiB\n",
		 (unsigned long long)pages >> 8, vcpus,
		 (unsigned long long)elf.kernel_start_paddr,
		 (unsigned long long)elf.entry,
		 (unsigned long long)m->initrd_bytes >> 10);
	domain_put(d);
}
