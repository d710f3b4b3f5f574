/* SPDX-License-Identifier: MIT */
/* The guest of grant_fixture.h. */
#include "grant_fixture.h"
#include <stdio.h>
#include <stdlib.h>

long gt_call(struct vcpu *v, uint32_t cmd, void *ops, uint32_t count)
{
	uint64_t args[6] = {cmd, (uintptr_t)ops, count};
	unsigned int restarts = 0;
	long rc;

	while ((rc = hypercall_grant_table_op(v, args)) == -ERESTART) {
		if (++restarts > 10000) {
			fprintf(stderr, "gt_call: %u does not end\n", cmd);
			abort();
		}
	}
	return rc;
}

struct grant_entry_v1 *gt_entry(struct domain *d, grant_ref_t ref)
{
	mfn_t m = grant_table_frame(d, ref / 512);

	if (mfn_eq(m, MFN_NONE)) {
		fprintf(stderr, "gt_entry: no frame for %u\n", ref);
		abort();
	}
	return (struct grant_entry_v1 *)mfn_to_virt(m) + ref % 512;
}

void gt_give(struct domain *d, grant_ref_t ref, domid_t to, mfn_t m,
	     uint16_t flags)
{
	struct grant_entry_v1 *e = gt_entry(d, ref);

	e->domid = to;
	e->frame = (uint32_t)m.n;
	e->flags = GTF_permit_access | flags;
}

int gt_map(struct vcpu *v, domid_t dom, grant_ref_t ref, unsigned int at,
	   uint32_t flags, struct gnttab_map_grant_ref *op)
{
	struct gnttab_map_grant_ref own;
	long rc;

	if (!op)
		op = &own;
	memset(op, 0, sizeof(*op));
	op->host_addr = flags & GNTMAP_contains_pte
				? world_pte_maddr(v->domain, at)
				: world_window(at);
	op->flags = flags;
	op->dom = dom;
	op->ref = ref;
	op->status = 77;
	rc = gt_call(v, GNTTABOP_map_grant_ref, op, 1);
	return rc ? 1000 : op->status;
}

static int unmap(struct vcpu *v, uint64_t host, uint64_t device,
		 grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {.host_addr = host,
					    .dev_bus_addr = device,
					    .handle = handle,
					    .status = 77};
	long rc = gt_call(v, GNTTABOP_unmap_grant_ref, &op, 1);

	return rc ? 1000 : op.status;
}

int gt_unmap(struct vcpu *v, unsigned int at,
	     const struct gnttab_map_grant_ref *map)
{
	return unmap(v,
		     map->flags & GNTMAP_contains_pte
			     ? world_pte_maddr(v->domain, at)
			     : world_window(at),
		     0, map->handle);
}

int gt_unmap_device(struct vcpu *v, const struct gnttab_map_grant_ref *map)
{
	return unmap(v, 0, map->dev_bus_addr, map->handle);
}
