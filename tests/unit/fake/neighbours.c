/* SPDX-License-Identifier: MIT */
/* The simple neighbours of fake/neighbours.h. */
#include "fake/rename.h"
#include "fake/neighbours.h"
#include <stdlib.h>
#include <string.h>
#include "event/event.h"
#include "hypercall/hypercall.h"
#include "mm/alloc.h"
#include "mm/guest.h"

unsigned int fake_pirq_events;
struct domain *fake_pirq_domain;
uint32_t fake_pirq;
unsigned int fake_global_virqs[24];
unsigned int fake_alloc_left = ~0u;
unsigned int fake_alloc_live;
struct domain *fake_domains[4];

void fake_neighbours_reset(void)
{
	fake_pirq_events = 0;
	fake_pirq_domain = NULL;
	fake_pirq = ~0u;
	memset(fake_global_virqs, 0, sizeof(fake_global_virqs));
	fake_alloc_left = ~0u;
	fake_alloc_live = 0;
	memset(fake_domains, 0, sizeof(fake_domains));
}

bool event_send_pirq(struct domain *d, uint32_t pirq)
{
	fake_pirq_events++;
	fake_pirq_domain = d;
	fake_pirq = pirq;
	return true;
}

void event_send_global_virq(uint32_t virq)
{
	fake_global_virqs[virq]++;
}

void *hv_alloc(size_t bytes)
{
	if (fake_alloc_left == 0)
		return NULL;
	if (fake_alloc_left != ~0u)
		fake_alloc_left--;
	fake_alloc_live++;
	return calloc(1, bytes);
}

void hv_free(void *p, size_t bytes)
{
	/* Whoever frees must know the size: the last byte is there. */
	memset(p, 0xd7, bytes);
	fake_alloc_live--;
	free(p);
}

int guest_read(void *dst, gptr_t src, size_t bytes)
{
	if (src.va <= FAKE_UNMAPPED)
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)src.va, bytes);
	return 0;
}

int guest_write(gptr_t dst, const void *src, size_t bytes)
{
	if (dst.va <= FAKE_UNMAPPED)
		return -EFAULT;
	memcpy((void *)(uintptr_t)dst.va, src, bytes);
	return 0;
}

void domain_put(struct domain *d)
{
	__atomic_fetch_sub(&d->refs, 1, __ATOMIC_RELAXED);
}

struct domain *domain_find_for(struct vcpu *v, domid_t id, int *rc)
{
	unsigned int i;

	if (id == DOMID_SELF)
		id = v->domain->id;
	for (i = 0; i < ARRAY_SIZE(fake_domains); i++) {
		if (fake_domains[i] && fake_domains[i]->id == id) {
			domain_get(fake_domains[i]);
			return fake_domains[i];
		}
	}
	*rc = -ESRCH;
	return NULL;
}

/* fake_domains is in the order of the numbers. */
struct domain *domain_next(domid_t from)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fake_domains); i++) {
		if (fake_domains[i] && fake_domains[i]->id >= from) {
			domain_get(fake_domains[i]);
			return fake_domains[i];
		}
	}
	return NULL;
}

long hypercall_lacking(struct vcpu *v, const char *what, uint64_t op)
{
	(void)v;
	(void)what;
	(void)op;
	return -ENOSYS;
}
