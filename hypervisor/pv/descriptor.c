/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. A guest's GDT is up to 14 of its pages, typed SEGDESC and
 * seen by the CPU through the vCPU's window in the per-domain area
 * (arch.tables_l1: 16 entries GDT, 16 entries LDT); our own descriptors are
 * page 14. LDT pages are mapped there when they are first touched.
 *
 * Tests: tests/unit/hypervisor/pv/test_descriptor.c.
 */
#include "pv/descriptor.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/table.h"
#include "x86/machine.h"
#include "x86/tlb.h"

#define GDT_MAX_ENTRIES FIRST_RESERVED_GDT_ENTRY
#define WINDOW_PTE	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

static void segdesc_put(uint64_t m)
{
	int rc = frame_put_type(frame_of(mfn(m)));

	BUG_ON(rc); /* descriptor pages hold nothing */
}

int gdt_set(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
	unsigned int count = DIV_ROUND_UP(entries, 512), i;
	struct frame *f;
	int rc;

	if (entries > GDT_MAX_ENTRIES)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		rc = frame_get_type(mfn(frames[i]), v->domain, FRAME_SEGDESC,
				    &f);
		if (rc) {
			while (i--)
				segdesc_put(frames[i]);
			return rc == -ERESTART ? -EINVAL : rc;
		}
	}
	gdt_clear(v);
	for (i = 0; i < count; i++) {
		v->arch.gdt_frames[i] = frames[i];
		v->arch.tables_l1[i] = frames[i] << PAGE_SHIFT | WINDOW_PTE;
	}
	v->arch.gdt_entries = entries;
	return 0;
}

void gdt_clear(struct vcpu *v)
{
	unsigned int i, count = DIV_ROUND_UP(v->arch.gdt_entries, 512);

	for (i = 0; i < count; i++) {
		v->arch.tables_l1[i] =
			empty_page_maddr | PTE_P | PTE_NX | PTE_A;
		segdesc_put(v->arch.gdt_frames[i]);
	}
	v->arch.gdt_entries = 0;
}

/* args: frame list, entries */
long hypercall_set_gdt(struct vcpu *v, uint64_t args[6])
{
	unsigned int entries = args[1], count;
	uint64_t frames[14];
	int rc;

	if (entries > GDT_MAX_ENTRIES)
		return -EINVAL;
	count = DIV_ROUND_UP(entries, 512);
	if (guest_read(frames, gptr(args[0]), count * sizeof(frames[0])))
		return -EFAULT;
	rc = gdt_set(v, frames, entries);
	if (!rc)
		vcpu_load_gdt(v);
	return rc;
}

/* args: machine address, descriptor */
long hypercall_update_descriptor(struct vcpu *v, uint64_t args[6])
{
	uint64_t desc = args[1], *slot;
	mfn_t m = mfn(args[0] >> PAGE_SHIFT);
	struct frame *f;
	int rc;

	if ((args[0] & 7) || !descriptor_fix(&desc))
		return -EINVAL;
	f = frame_get(m, v->domain);
	if (!f)
		return -EINVAL;
	slot = (uint64_t *)mfn_to_virt(m) + (args[0] & ~PAGE_MASK) / 8;
	if (frame_word_type(frame_load(f)) == FRAME_SEGDESC &&
	    frame_word_tcnt(frame_load(f))) {
		rc = frame_get_type(m, v->domain, FRAME_SEGDESC, &f);
		if (!rc) {
			__atomic_store_n(slot, desc, __ATOMIC_RELEASE);
			segdesc_put(m.n);
		}
	} else {
		rc = frame_get_type(m, v->domain, FRAME_WRITABLE, &f);
		if (!rc) {
			*slot = desc;
			frame_put_writable(f);
		}
	}
	frame_put(f);
	return rc;
}

void ldt_clear(struct vcpu *v)
{
	uint64_t *l1 = v->arch.tables_l1 + GDT_FRAMES;
	unsigned int i;
	bool any = false;

	for (i = 0; i < LDT_FRAMES; i++) {
		uint64_t old = l1[i];

		if (!(old & PTE_P))
			continue;
		l1[i] = 0;
		any = true;
		segdesc_put((old & PTE_ADDR) >> PAGE_SHIFT);
	}
	if (any)
		tlb_flush_local();
}

int ldt_set(struct vcpu *v, uint64_t base, uint32_t entries)
{
	if (entries > 8192 || (base & ~PAGE_MASK) ||
	    (entries &&
	     (!va_is_guest(base) || !va_is_guest(base + entries * 8ull - 1))))
		return -EINVAL;
	if (v->arch.ldt_base == base && v->arch.ldt_entries == entries)
		return 0;
	ldt_clear(v);
	v->arch.ldt_base = base;
	v->arch.ldt_entries = entries;
	if (vcpu_is_loaded(v))
		vcpu_load_ldt(v);
	return 0;
}

bool ldt_fault(struct vcpu *v, uint64_t offset)
{
	uint64_t *slot = v->arch.tables_l1 + GDT_FRAMES + (offset >> 12);
	uint64_t pte;
	struct frame *l1, *f;
	uint64_t *l1e;
	int rc;

	if (offset >= v->arch.ldt_entries * 8ull || (*slot & PTE_P))
		return false;
	l1e = table_find_l1e(v, v->arch.ldt_base + offset, &l1);
	if (!l1e)
		return false;
	pte = *l1e;
	table_unhold(v, l1);
	if (!(pte & PTE_P))
		return false;
	rc = frame_get_type(mfn((pte & PTE_ADDR) >> PAGE_SHIFT), v->domain,
			    FRAME_SEGDESC, &f);
	if (rc)
		return false;
	*slot = (pte & PTE_ADDR) | WINDOW_PTE;
	return true;
}
