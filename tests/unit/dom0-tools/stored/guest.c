/* SPDX-License-Identifier: MIT */
/* See guest.h. */
#include "dom0-tools/stored/guest.h"

#include <criterion/criterion.h>

#include "dom0-tools/stored/fake_xen.h"

void guest_put(struct guest *g, const void *data, size_t len)
{
	struct xenstore_domain_interface *p = fake_page(g->domid);
	const char *from = data;
	uint32_t prod;
	size_t chunk;

	while (len) {
		uint32_t cons = __atomic_load_n(&p->req_cons, __ATOMIC_ACQUIRE);

		if (p->req_prod - cons == XENSTORE_RING_SIZE) {
			fake_wait(g->domid, &g->seen);
			continue;
		}
		/* As much as there is room for, and then, like Linux, an event
		 * only if the other side has read all that came before. */
		prod = p->req_prod;
		chunk = XENSTORE_RING_SIZE - (prod - cons);
		chunk = chunk < len ? chunk : len;
		for (size_t i = 0; i < chunk; i++)
			p->req[MASK_XENSTORE_IDX(prod + i)] = from[i];
		__atomic_store_n(&p->req_prod, prod + (uint32_t)chunk,
				 __ATOMIC_SEQ_CST);
		if (prod <= __atomic_load_n(&p->req_cons, __ATOMIC_SEQ_CST))
			fake_kick(g->domid);
		from += chunk;
		len -= chunk;
	}
}

static void guest_get(struct guest *g, void *data, size_t len)
{
	struct xenstore_domain_interface *p = fake_page(g->domid);
	char *to = data;

	while (len) {
		uint32_t prod = __atomic_load_n(&p->rsp_prod, __ATOMIC_ACQUIRE);

		if (prod == p->rsp_cons) {
			fake_wait(g->domid, &g->seen);
			continue;
		}
		*to++ = p->rsp[MASK_XENSTORE_IDX(p->rsp_cons)];
		__atomic_store_n(&p->rsp_cons, p->rsp_cons + 1,
				 __ATOMIC_RELEASE);
		len--;
		fake_kick(g->domid);
	}
}

void guest_receive(struct guest *g)
{
	guest_get(g, &g->header, sizeof(g->header));
	cr_assert_leq(g->header.len, XENSTORE_PAYLOAD_MAX);
	guest_get(g, g->reply, g->header.len);
	g->reply[g->header.len] = '\0';
}

void guest_request(struct guest *g, uint32_t type, uint32_t txn,
		   const void *data, size_t len)
{
	struct xsd_sockmsg header = {
		.type = type, .tx_id = txn, .len = (uint32_t)len};

	guest_put(g, &header, sizeof(header));
	guest_put(g, data, len);
}

const char *guest_ask(struct guest *g, uint32_t type, const void *data,
		      size_t len)
{
	guest_request(g, type, 0, data, len);
	guest_receive(g);
	return g->reply;
}
