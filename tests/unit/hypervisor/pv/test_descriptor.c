/* SPDX-License-Identifier: MIT */
/*
 * Which descriptors a guest may have, whose pages its tables are, and what
 * the windows through which the CPU sees them hold.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "pv/descriptor.h"
#include "pv_fixture.h"
#include "x86/machine.h"

#define EMPTY_MADDR 0x1234000ull

static struct domain *d, *two;
static struct vcpu *v;

static void setup(void)
{
	world_init();
	empty_page_maddr = EMPTY_MADDR;
	d = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = d->vcpu[0];
}

TestSuite(descriptor, .init = setup);

#define CODE64 0x00af9a000000ffffull
#define DATA   0x00cf92000000ffffull
#define DPL(n) ((uint64_t)(n) << 45)

struct desc_row {
	char what[40];
	uint64_t desc, fixed; /* 0: refused */
	bool ok;
};

ParameterizedTestParameters(descriptor, which_descriptors_a_guest_may_have)
{
	static struct desc_row rows[] = {
		{"empty", 0, 0, true},
		{"empty with rubbish", 0xff60ffffull, 0xff60ffffull, true},
		{"code, DPL 3", CODE64 | DPL(3), CODE64 | DPL(3) | 1ull << 40,
		 true},
		{"code, DPL 0", CODE64, CODE64 | DPL(3) | 1ull << 40, true},
		{"data, DPL 0", DATA, DATA | DPL(3) | 1ull << 40, true},
		{"data, DPL 1", DATA | DPL(1), DATA | DPL(3) | 1ull << 40,
		 true},
		{"conforming code", CODE64 | 1ull << 42,
		 CODE64 | 1ull << 42 | DPL(3) | 1ull << 40, true},
		{"data, not present", DATA & ~(1ull << 47),
		 DATA & ~(1ull << 47), true},
		{"call gate", 0x0000ec0000330000ull, 0, false},
		{"call gate, not present", 0x00006c0000330000ull, 0, false},
		{"interrupt gate", 0x0000ee0000330000ull, 0, false},
		{"trap gate", 0x0000ef0000330000ull, 0, false},
		{"task gate", 0x0000e50000330000ull, 0, false},
		{"TSS", 0x0000890000000067ull, 0, false},
		{"busy TSS", 0x00008b0000000067ull, 0, false},
		{"LDT", 0x000082000000ffffull, 0, false},
		{"LDT, DPL 3", 0x0000e2000000ffffull, 0, false},
		{"reserved type 0, present", 0x0000800000000000ull, 0, false},
		{"16-bit call gate", 0x0000e40000330000ull, 0, false},
	};

	return cr_make_param_array(struct desc_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct desc_row *row, descriptor,
		  which_descriptors_a_guest_may_have)
{
	mfn_t table = world_page(d), data = world_page(d);
	uint64_t e = row->desc, frames[1] = {table.n};
	uint64_t args[6] = {pv_slot_maddr(data, 5), row->desc};

	cr_assert_eq(descriptor_fix(&e), row->ok, "%s", row->what);
	if (row->ok)
		cr_assert_eq(e, row->fixed, "%s", row->what);
	/* The same in a page that becomes a table ... */
	*pv_slot(table, 511) = row->desc;
	cr_assert_eq(gdt_set(v, frames, 512) == 0, row->ok, "%s", row->what);
	if (row->ok)
		cr_assert_eq(*pv_slot(table, 511), row->fixed);
	gdt_clear(v);
	/* ... and put into a page, table or not. */
	cr_assert_eq(hypercall_update_descriptor(v, args) == 0, row->ok);
	cr_assert_eq(*pv_slot(data, 5), row->ok ? row->fixed : 0);
	cr_assert_eq(world_refs(data), 0);
	pv_check("%s", row->what);
}

/* All 256 access bytes: whatever is let in cannot lead out of ring 3. */
Test(descriptor, no_access_byte_gives_a_system_descriptor_or_a_lower_ring)
{
	unsigned int access;

	for (access = 0; access < 256; access++) {
		uint64_t e = 0x00af00000000ffffull | (uint64_t)access << 40;
		uint64_t out = e;

		if (!descriptor_fix(&out))
			continue;
		if (!(out >> 47 & 1))
			continue; /* not present: cannot be loaded */
		cr_assert(out >> 44 & 1, "access %#x", access);
		cr_assert_eq(out >> 45 & 3, 3, "access %#x", access);
		cr_assert(out >> 40 & 1, "access %#x", access);
	}
}

Test(descriptor, a_gdt_takes_its_pages_and_gives_them_back)
{
	uint64_t frames[14], n, i;

	for (i = 0; i < 14; i++)
		frames[i] = world_page(d).n;
	for (n = 0; n <= 14; n++) {
		cr_assert_eq(gdt_set(v, frames, (unsigned int)n * 512), 0);
		for (i = 0; i < 14; i++) {
			uint64_t pte = v->arch.tables_l1[i];

			cr_assert_eq(world_types(mfn(frames[i])), i < n);
			cr_assert_eq(pte & PTE_ADDR,
				     i < n ? frames[i] << 12 : EMPTY_MADDR);
			cr_assert(pte & PTE_NX);
			cr_assert_not(pte & PTE_U);
			cr_assert_eq((pte & PTE_RW) != 0, i < n);
		}
		pv_check("%lu pages", (long)n);
	}
	gdt_clear(v);
	for (i = 0; i < 14; i++)
		cr_assert_eq(world_refs(mfn(frames[i])), 0);
	gdt_clear(v);
	pv_check("twice");
}

Test(descriptor, one_entry_takes_a_whole_page)
{
	uint64_t frames[2] = {world_page(d).n, world_page(d).n};

	cr_assert_eq(gdt_set(v, frames, 513), 0);
	cr_assert_eq(world_types(mfn(frames[1])), 1);
	cr_assert_eq(gdt_set(v, frames, 1), 0);
	cr_assert_eq(world_types(mfn(frames[0])), 1);
	cr_assert_eq(world_types(mfn(frames[1])), 0);
}

Test(descriptor, the_same_page_may_be_there_twice)
{
	uint64_t m = world_page(d).n, frames[3] = {m, m, m};

	cr_assert_eq(gdt_set(v, frames, 1536), 0);
	cr_assert_eq(world_types(mfn(m)), 3);
	cr_assert_eq(gdt_set(v, frames, 1024), 0);
	cr_assert_eq(world_types(mfn(m)), 2);
	gdt_clear(v);
	cr_assert_eq(world_refs(mfn(m)), 0);
}

Test(descriptor, a_bad_page_leaves_the_old_gdt)
{
	mfn_t good = world_page(d), pinned = world_page(d), wr = world_page(d);
	uint64_t frames[3] = {good.n, good.n, 0};
	uint64_t bad[5];
	unsigned int i;

	bad[0] = 0;
	bad[1] = world_page(two).n;
	bad[2] = pinned.n;
	bad[3] = wr.n;
	bad[4] = ~0ull;
	cr_assert_eq(pv_pin(v, pinned, 1), 0);
	cr_assert_eq(frame_get_writable(wr, d), 0);
	pv_hold(wr, 1, 1);
	cr_assert_eq(gdt_set(v, frames, 512), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		frames[2] = bad[i];
		cr_assert_neq(gdt_set(v, frames, 1536), 0);
		cr_assert_eq(v->arch.gdt_entries, 512);
		cr_assert_eq(world_types(good), 1);
		pv_check("bad %u", i);
	}
	cr_assert_eq(gdt_set(v, frames, 14 * 512 + 1), -EINVAL);
	cr_assert_eq(gdt_set(v, frames, ~0u), -EINVAL);
}

Test(descriptor, the_hypercall_reads_the_list_and_loads_the_table)
{
	uint64_t frames[2] = {world_page(d).n, world_page(d).n};
	uint64_t args[6] = {(uintptr_t)frames, 1000};
	unsigned int loads = fake_gdt_loads;

	cr_assert_eq(hypercall_set_gdt(v, args), 0);
	cr_assert_eq(v->arch.gdt_entries, 1000);
	cr_assert_eq(fake_gdt_loads, loads + 1);
	args[0] = FAKE_GUEST_BAD;
	cr_assert_eq(hypercall_set_gdt(v, args), -EFAULT);
	args[0] = HV_VIRT_START;
	cr_assert_eq(hypercall_set_gdt(v, args), -EFAULT);
	args[1] = 14 * 512 + 1;
	cr_assert_eq(hypercall_set_gdt(v, args), -EINVAL);
	cr_assert_eq(v->arch.gdt_entries, 1000);
}

Test(descriptor, a_descriptor_page_is_neither_writable_nor_a_table)
{
	mfn_t m = world_page(d);
	uint64_t frames[1] = {m.n}, e = pv_entry(m, PV_RW);

	cr_assert_eq(gdt_set(v, frames, 512), 0);
	cr_assert_eq(pte_get(&e, 1, d, d), -EINVAL);
	cr_assert_eq(pv_pin(v, m, 1), -EINVAL);
	cr_assert_neq(pv_update(v, pv_slot_maddr(m, 0), 0x1234), 0);
	e = pv_entry(m, PV_RO);
	cr_assert_eq(pte_get(&e, 1, d, d), 0);
	cr_assert_eq(pte_put(e, 1), 0);
}

Test(descriptor, single_descriptors_go_into_tables_in_use)
{
	mfn_t m = world_page(d), table = world_page(d);
	uint64_t frames[1] = {m.n};
	uint64_t args[6] = {pv_slot_maddr(m, 9), DATA};

	cr_assert_eq(gdt_set(v, frames, 512), 0);
	cr_assert_eq(hypercall_update_descriptor(v, args), 0);
	cr_assert_eq(*pv_slot(m, 9), DATA | DPL(3) | 1ull << 40);
	args[1] = 0x0000890000000067ull;
	cr_assert_eq(hypercall_update_descriptor(v, args), -EINVAL);
	cr_assert_eq(world_types(m), 1);
	args[1] = DATA;
	args[0] = pv_slot_maddr(m, 9) + 4;
	cr_assert_eq(hypercall_update_descriptor(v, args), -EINVAL);
	args[0] = mfn_to_maddr(world_page(two)).a;
	cr_assert_eq(hypercall_update_descriptor(v, args), -EINVAL);
	args[0] = 0x1000;
	cr_assert_eq(hypercall_update_descriptor(v, args), -EINVAL);
	/* A page table is not a place for descriptors. */
	cr_assert_eq(pv_pin(v, table, 1), 0);
	args[0] = pv_slot_maddr(table, 1);
	cr_assert_eq(hypercall_update_descriptor(v, args), -EINVAL);
	cr_assert_eq(*pv_slot(table, 1), 0);
	pv_check("updated");
}

static void map(unsigned int window, mfn_t m, uint64_t flags)
{
	cr_assert_eq(
		pv_update(v, world_pte_maddr(d, window), pv_entry(m, flags)),
		0);
}

Test(descriptor, ldt_pages_come_when_they_are_touched)
{
	uint64_t *ldt = v->arch.tables_l1 + GDT_FRAMES;
	mfn_t a = world_page(d), b = world_page(d);

	map(0, a, PV_RO);
	map(2, b, PV_RO);
	cr_assert_eq(ldt_set(v, world_window(0), 3 * 512), 0);
	cr_assert_eq(world_types(a), 0);
	cr_assert(ldt_fault(v, 0x123));
	cr_assert_eq(ldt[0] & PTE_ADDR, mfn_to_maddr(a).a);
	cr_assert_not(ldt[0] & PTE_U);
	cr_assert_eq(world_types(a), 1);
	cr_assert_not(ldt_fault(v, 0x123), "it is there already");
	cr_assert_not(ldt_fault(v, 0x1000), "not mapped by the guest");
	cr_assert(ldt_fault(v, 0x2ff8));
	cr_assert_not(ldt_fault(v, 0x3000), "beyond the end");
	cr_assert_not(ldt_fault(v, 0xffff));
	pv_check("two pages");
	ldt_clear(v);
	cr_assert_eq(ldt[0] | ldt[1] | ldt[2], 0);
	cr_assert_eq(world_types(a), 0);
	cr_assert_eq(world_refs(b), 1);
	pv_check("none");
}

Test(descriptor, an_ldt_page_must_be_fit_for_it)
{
	mfn_t writable = world_page(d), bad = world_page(d);
	mfn_t table = world_page(d);

	*pv_slot(bad, 3) = 0x0000ec0000330000ull;
	cr_assert_eq(pv_pin(v, table, 1), 0);
	map(0, writable, PV_RW);
	map(1, bad, PV_RO);
	map(2, table, PV_RO);
	cr_assert_eq(ldt_set(v, world_window(0), 8192), 0);
	cr_assert_not(ldt_fault(v, 0));
	cr_assert_not(ldt_fault(v, 0x1000));
	cr_assert_not(ldt_fault(v, 0x2000));
	pv_check("refused");
	/* Another LDT's pages do not stay. */
	*pv_slot(bad, 3) = 0;
	cr_assert(ldt_fault(v, 0x1000));
	cr_assert_eq(ldt_set(v, world_window(1), 512), 0);
	cr_assert_eq(world_types(bad), 0);
	cr_assert_eq(ldt_set(v, 0, 0), 0);
	cr_assert_not(ldt_fault(v, 0));
}

struct ldt_row {
	uint64_t base;
	uint32_t entries;
	int rc;
};

ParameterizedTestParameters(descriptor, where_an_ldt_may_be)
{
	static struct ldt_row rows[] = {
		{WORLD_VA, 8192, 0},
		{WORLD_VA, 8193, -EINVAL},
		{WORLD_VA, ~0u, -EINVAL},
		{WORLD_VA + 8, 1, -EINVAL},
		{HV_VIRT_START, 1, -EINVAL},
		{HV_VIRT_END - 4096, 1, -EINVAL},
		{HV_VIRT_END, 8192, 0},
		{0x7ffffffff000ull, 512, 0},
		{0x7ffffffff000ull, 513, -EINVAL},
		{1ull << 47, 1, -EINVAL},
		{~0xfffull, 512, 0},
		{0, 0, 0},
		{HV_VIRT_START, 0, 0},
	};

	return cr_make_param_array(struct ldt_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct ldt_row *row, descriptor, where_an_ldt_may_be)
{
	cr_assert_eq(ldt_set(v, row->base, row->entries), row->rc, "%#lx, %u",
		     (long)row->base, row->entries);
}

Test(descriptor, only_the_loaded_vcpu_loads_its_ldt)
{
	unsigned int loads = fake_ldt_loads;

	cr_assert_eq(ldt_set(d->vcpu[1], WORLD_VA, 8), 0);
	cr_assert_eq(fake_ldt_loads, loads);
	fake_vcpu_loaded = true;
	cr_assert_eq(ldt_set(v, WORLD_VA, 8), 0);
	cr_assert_eq(fake_ldt_loads, loads + 1);
	cr_assert_eq(ldt_set(v, WORLD_VA, 8), 0, "the same again");
	cr_assert_eq(fake_ldt_loads, loads + 1);
}
