/* SPDX-License-Identifier: MIT */
/* The domains of fake/world.h. */
#include "fake/world.h"
#include <stdio.h>
#include <stdlib.h>
#include "domain/lifecycle.h"
#include "fake/frames.h"
#include "mm/alloc.h"
#include "pv/mmu.h"
#include "sched/sched.h"

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "world: %s:%d: %s\n", __FILE__,        \
				__LINE__, #cond);                              \
			abort();                                               \
		}                                                              \
	} while (0)

void world_init(void)
{
	fake_frames_init();
	sched_init();
}

mfn_t world_page(struct domain *d)
{
	mfn_t m = page_alloc(0, ADDR_ANY);

	CHECK(!mfn_eq(m, MFN_NONE));
	CHECK(frame_assign(d, m, 0) == 0);
	return m;
}

/* Four tables, one way down to the L1. Nothing is mapped. */
static void tables_make(struct domain *d, struct vcpu *v)
{
	static const unsigned int shift[] = {39, 30, 21};
	mfn_t root = world_page(d), table = root;
	struct frame *f;
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(shift); i++) {
		mfn_t next = world_page(d);
		uint64_t *t = mfn_to_virt(table);

		t[WORLD_VA >> shift[i] & 511] =
			mfn_to_maddr(next).a | PTE_P | PTE_RW | PTE_U | PTE_A;
		table = next;
	}
	do {
		rc = frame_get_type(root, d, FRAME_L4, &f);
	} while (rc == -ERESTART);
	CHECK(rc == 0);
	v->arch.kernel_cr3 = mfn_to_maddr(root).a;
}

struct domain *world_domain(domid_t id, unsigned int vcpus,
			    const struct xen_domctl_createdomain *config)
{
	static const struct xen_domctl_createdomain none = {
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	struct domain *d;
	unsigned int i;

	CHECK(domain_create(id, config ? config : &none, id == WORLD_ZERO,
			    &d) == 0);
	d->page_max = ~0ull;
	d->paused_by_tools = false;
	d->max_vcpus = vcpus;
	for (i = 0; i < vcpus; i++) {
		CHECK(domain_make_vcpu(d, i) == 0);
		d->vcpu[i]->initialised = true;
		d->vcpu[i]->up = true;
	}
	if (vcpus)
		tables_make(d, d->vcpu[0]);
	if (id == WORLD_ZERO)
		domain_zero = d;
	return d;
}

uint64_t world_window(unsigned int i)
{
	return WORLD_VA + (uint64_t)i * PAGE_SIZE;
}

uint64_t world_pte_maddr(const struct domain *d, unsigned int i)
{
	static const unsigned int shift[] = {39, 30, 21};
	uint64_t at = d->vcpu[0]->arch.kernel_cr3;
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(shift); k++) {
		uint64_t *t = mfn_to_virt(maddr_to_mfn((maddr_t){at}));

		at = t[WORLD_VA >> shift[k] & 511] & PTE_ADDR;
	}
	return at + i * sizeof(uint64_t);
}

uint64_t *world_pte(const struct domain *d, unsigned int i)
{
	uint64_t at = world_pte_maddr(d, i);
	mfn_t m = maddr_to_mfn((maddr_t){at});

	return (uint64_t *)mfn_to_virt(m) + at % PAGE_SIZE / sizeof(uint64_t);
}

void world_end(struct domain *d)
{
	unsigned int tries;
	int rc = -ERESTART;

	for (tries = 0; rc == -ERESTART && tries < 10000; tries++)
		rc = domain_kill(d);
	CHECK(rc == 0);
	domain_put(d);
}

uint32_t world_refs(mfn_t m)
{
	return frame_word_refs(frame_load(frame_of(m))) - 1;
}

uint32_t world_types(mfn_t m)
{
	return frame_word_tcnt(frame_load(frame_of(m)));
}
