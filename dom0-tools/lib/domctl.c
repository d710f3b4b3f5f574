/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's hypercalls; see domctl.h.
 *
 * Each thread has one page of hypercall memory, used for the duration of one
 * call and laid out as: the operation's structure at 0, a small buffer that
 * it points to at half the page. Larger buffers are allocated for the call.
 * Tested on a machine only (tests/system).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/domctl.h"
#include "lib/domctl_call.h"
#include "lib/privcmd.h"
#include "lib/schedctl.h"
#include "public/event_channel.h"
#include "public/memory.h"
#include "public/sched.h"

static __thread char *domctl_page;
static __thread pid_t domctl_owner;

/* After a fork() the child needs one of its own: its parent has this one. */
char *domctl_get_page(void)
{
	if (domctl_page == NULL || domctl_owner != getpid()) {
		domctl_page = hcall_buf_alloc(PRIVCMD_PAGE_BYTES);
		domctl_owner = getpid();
	}
	return domctl_page;
}

static uint64_t domctl_addr(const void *p)
{
	return (uintptr_t)p;
}

long domctl_do(int fd, struct xen_domctl *op)
{
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	memcpy(page, op, sizeof(*op));
	rc = privcmd_hypercall(fd, __HYPERVISOR_domctl, domctl_addr(page), 0, 0,
			       0, 0);
	memcpy(op, page, sizeof(*op));
	return rc;
}

long sysctl_do(int fd, struct xen_sysctl *op)
{
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	memcpy(page, op, sizeof(*op));
	rc = privcmd_hypercall(fd, __HYPERVISOR_sysctl, domctl_addr(page), 0, 0,
			       0, 0);
	memcpy(op, page, sizeof(*op));
	return rc;
}

static int domctl_simple(int fd, uint32_t cmd, uint16_t domid)
{
	struct xen_domctl op = {.cmd = cmd, .domain = domid};

	return (int)domctl_do(fd, &op);
}

int domctl_create(int fd, const struct xen_domctl_createdomain *what,
		  uint16_t *domid)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.domain = *domid,
	};
	long rc;

	op.u.createdomain = *what;
	rc = domctl_do(fd, &op);
	if (rc == 0)
		*domid = op.domain;
	return (int)rc;
}

int domctl_destroy(int fd, uint16_t domid)
{
	int rc;

	/* It gives up now and then, so that a large domain can be freed. */
	do {
		rc = domctl_simple(fd, XEN_DOMCTL_destroydomain, domid);
	} while (rc == -EAGAIN || rc == -ERESTART);
	return rc;
}

int domctl_pause(int fd, uint16_t domid)
{
	return domctl_simple(fd, XEN_DOMCTL_pausedomain, domid);
}

int domctl_unpause(int fd, uint16_t domid)
{
	return domctl_simple(fd, XEN_DOMCTL_unpausedomain, domid);
}

int domctl_set_max_mem(int fd, uint16_t domid, uint64_t kib)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_max_mem, .domain = domid};

	op.u.max_mem.max_memkb = kib;
	return (int)domctl_do(fd, &op);
}

int domctl_set_handle(int fd, uint16_t domid, const uint8_t uuid[16])
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setdomainhandle,
		.domain = domid,
	};

	memcpy(op.u.setdomainhandle.handle, uuid,
	       sizeof(op.u.setdomainhandle.handle));
	return (int)domctl_do(fd, &op);
}

int domctl_set_time_offset(int fd, uint16_t domid, int64_t seconds)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_settimeoffset,
		.domain = domid,
	};

	op.u.settimeoffset.time_offset_seconds = seconds;
	return (int)domctl_do(fd, &op);
}

int domctl_set_max_vcpus(int fd, uint16_t domid, uint32_t count)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_max_vcpus, .domain = domid};

	op.u.max_vcpus.max = count;
	return (int)domctl_do(fd, &op);
}

int domctl_set_vcpu(int fd, uint16_t domid, uint32_t vcpu,
		    const struct vcpu_guest_context *context)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpucontext,
		.domain = domid,
	};
	struct vcpu_guest_context *buf = NULL;
	int rc;

	if (context) {
		buf = hcall_buf_alloc(sizeof(*buf));
		if (buf == NULL)
			return -ENOMEM;
		memcpy(buf, context, sizeof(*buf));
	}
	op.u.vcpucontext.vcpu = vcpu;
	op.u.vcpucontext.ctxt = domctl_addr(buf);
	rc = (int)domctl_do(fd, &op);
	hcall_buf_free(buf, sizeof(*buf));
	return rc;
}

int domctl_get_vcpu(int fd, uint16_t domid, uint32_t vcpu,
		    struct vcpu_guest_context *context)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getvcpucontext,
		.domain = domid,
	};
	struct vcpu_guest_context *buf = hcall_buf_alloc(sizeof(*buf));
	int rc;

	if (buf == NULL)
		return -ENOMEM;
	op.u.vcpucontext.vcpu = vcpu;
	op.u.vcpucontext.ctxt = domctl_addr(buf);
	rc = (int)domctl_do(fd, &op);
	if (rc == 0)
		memcpy(context, buf, sizeof(*buf));
	hcall_buf_free(buf, sizeof(*buf));
	return rc;
}

int domctl_hypercall_init(int fd, uint16_t domid, uint64_t mfn)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_hypercall_init,
		.domain = domid,
	};

	op.u.hypercall_init.gmfn = mfn;
	return (int)domctl_do(fd, &op);
}

int domctl_get_info(int fd, uint16_t domid,
		    struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo,
		.domain = domid,
	};
	long rc = domctl_do(fd, &op);

	if (rc)
		return (int)rc;
	/* The interface answers for the next one when that one is gone. */
	if (op.domain != domid)
		return -ESRCH;
	*info = op.u.getdomaininfo;
	return 0;
}

/* The operation on shares, by the scheduler of the domain's pool, in *op. */
static int domctl_share(int fd, struct xen_domctl *op, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	struct sched_pool_info pool;
	int scheduler, rc = domctl_get_info(fd, domid, &info);

	if (rc == 0)
		rc = sysctl_pool_get(fd, info.cpupool, &pool);
	if (rc)
		return rc;
	scheduler = (int)pool.policy;
	/* The two share the layout of their parameters. */
	if (scheduler != XEN_SCHEDULER_CREDIT &&
	    scheduler != XEN_SCHEDULER_CREDIT2)
		return -EOPNOTSUPP;
	op->cmd = XEN_DOMCTL_scheduler_op;
	op->domain = domid;
	op->u.scheduler_op.sched_id = (uint32_t)scheduler;
	op->u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	return (int)domctl_do(fd, op);
}

int domctl_get_share(int fd, uint16_t domid, uint16_t *weight, uint16_t *cap)
{
	struct xen_domctl op = {0};
	int rc = domctl_share(fd, &op, domid);

	if (rc == 0) {
		*weight = op.u.scheduler_op.u.credit.weight;
		*cap = op.u.scheduler_op.u.credit.cap;
	}
	return rc;
}

int domctl_set_share(int fd, uint16_t domid, uint16_t weight, uint16_t cap)
{
	struct xen_domctl op = {0};
	struct xen_domctl_sched_credit *share = &op.u.scheduler_op.u.credit;
	int rc = domctl_share(fd, &op, domid);

	if (rc)
		return rc;
	if (weight)
		share->weight = weight;
	if (cap != 0xffff)
		share->cap = cap;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	return (int)domctl_do(fd, &op);
}

int domctl_set_affinity(int fd, uint16_t domid, uint32_t vcpu, bool is_soft,
			const uint8_t *cpus, uint32_t cpu_count)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpuaffinity,
		.domain = domid,
	};
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	struct xenctl_bitmap *map;
	size_t bytes = (cpu_count + 7) / 8;
	char *page = domctl_get_page();

	if (page == NULL)
		return -ENOMEM;
	if (bytes > PRIVCMD_PAGE_BYTES - DOMCTL_DATA_OFFSET)
		return -E2BIG;
	memcpy(page + DOMCTL_DATA_OFFSET, cpus, bytes);
	a->vcpu = vcpu;
	map = is_soft ? &a->cpumap_soft : &a->cpumap_hard;
	a->flags = is_soft ? XEN_VCPUAFFINITY_SOFT : XEN_VCPUAFFINITY_HARD;
	map->bitmap = domctl_addr(page + DOMCTL_DATA_OFFSET);
	map->nr_bits = cpu_count;
	return (int)domctl_do(fd, &op);
}

int domctl_send_nmi(int fd, uint16_t domid, uint32_t vcpu)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_sendtrigger,
		.domain = domid,
	};

	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
	op.u.sendtrigger.vcpu = vcpu;
	return (int)domctl_do(fd, &op);
}

int sysctl_list(int fd, uint16_t first, struct xen_domctl_getdomaininfo *infos,
		size_t capacity)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist};
	struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
	struct xen_domctl_getdomaininfo *buf;
	size_t bytes = capacity * sizeof(*buf);
	long rc;

	buf = hcall_buf_alloc(bytes);
	if (buf == NULL)
		return -ENOMEM;
	list->first_domain = first;
	list->max_domains = capacity;
	list->buffer = domctl_addr(buf);
	rc = sysctl_do(fd, &op);
	if (rc == 0 && list->num_domains > capacity)
		rc = -EIO;
	if (rc == 0) {
		memcpy(infos, buf, list->num_domains * sizeof(*buf));
		rc = list->num_domains;
	}
	hcall_buf_free(buf, bytes);
	return (int)rc;
}

int sysctl_list_all(int fd, struct xen_domctl_getdomaininfo **infos,
		    size_t *count)
{
	const size_t step = 256;
	struct xen_domctl_getdomaininfo *all = NULL, *more;
	size_t n = 0;
	int got;

	do {
		more = realloc(all, (n + step) * sizeof(*all));
		if (more == NULL) {
			free(all);
			return -ENOMEM;
		}
		all = more;
		got = sysctl_list(fd, n ? all[n - 1].domain + 1 : 0, all + n,
				  step);
		if (got < 0) {
			free(all);
			return got;
		}
		n += got;
	} while ((size_t)got == step);
	*infos = all;
	*count = n;
	return 0;
}

int sysctl_get_physinfo(int fd, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo};
	long rc = sysctl_do(fd, &op);

	if (rc == 0)
		*info = op.u.physinfo;
	return (int)rc;
}

long sysctl_read_console(int fd, char *text, size_t size, uint32_t *index,
			 bool clear)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_readconsole};
	struct xen_sysctl_readconsole *r = &op.u.readconsole;
	char *buf = hcall_buf_alloc(size);
	long rc;

	if (buf == NULL)
		return -ENOMEM;
	r->clear = clear;
	/* Else the oldest byte is read again, and no more than that cleared. */
	r->incremental = true;
	r->index = *index;
	r->buffer = domctl_addr(buf);
	r->count = size;
	rc = sysctl_do(fd, &op);
	if (rc == 0) {
		rc = r->count < size ? r->count : size;
		memcpy(text, buf, rc);
		*index = r->index;
	}
	hcall_buf_free(buf, size);
	return rc;
}

int sysctl_debug_keys(int fd, const char *keys)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_debug_keys};
	char *page = domctl_get_page();
	size_t length = strlen(keys);

	if (page == NULL)
		return -ENOMEM;
	if (length > PRIVCMD_PAGE_BYTES - DOMCTL_DATA_OFFSET)
		return -E2BIG;
	memcpy(page + DOMCTL_DATA_OFFSET, keys, length);
	op.u.debug_keys.keys = domctl_addr(page + DOMCTL_DATA_OFFSET);
	op.u.debug_keys.nr_keys = length;
	return (int)sysctl_do(fd, &op);
}

int sysctl_get_scheduler(int fd)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_sched_id};
	long rc = sysctl_do(fd, &op);

	return rc ? (int)rc : (int)op.u.sched_id.sched_id;
}

long memory_populate(int fd, uint16_t domid, unsigned int order,
		     uint64_t *extents, size_t count)
{
	struct xen_memory_reservation r = {
		.nr_extents = count,
		.extent_order = order,
		.domid = domid,
	};
	size_t bytes = count * sizeof(*extents);
	char *page = domctl_get_page();
	uint64_t *buf = hcall_buf_alloc(bytes);
	long rc = -ENOMEM;

	if (page && buf) {
		memcpy(buf, extents, bytes);
		r.extent_start = domctl_addr(buf);
		memcpy(page, &r, sizeof(r));
		rc = privcmd_hypercall(fd, __HYPERVISOR_memory_op,
				       XENMEM_populate_physmap,
				       domctl_addr(page), 0, 0, 0);
		if (rc > (long)count)
			rc = -EIO;
		if (rc > 0)
			memcpy(extents, buf, rc * sizeof(*extents));
	}
	hcall_buf_free(buf, bytes);
	return rc;
}

int memory_claim(int fd, uint16_t domid, uint64_t pages)
{
	struct xen_memory_reservation r = {
		.nr_extents = pages,
		.domid = domid,
	};
	char *page = domctl_get_page();

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, &r, sizeof(r));
	return (int)privcmd_hypercall(fd, __HYPERVISOR_memory_op,
				      XENMEM_claim_pages, domctl_addr(page), 0,
				      0, 0);
}

int memory_set_map(int fd, uint16_t domid, uint64_t bytes)
{
	struct xen_memory_map_entry all = {
		.size = bytes,
		.type = XEN_E820_RAM,
	};
	struct xen_foreign_memory_map m = {.domid = domid};
	char *page = domctl_get_page();

	if (page == NULL)
		return -ENOMEM;
	memcpy(page + DOMCTL_DATA_OFFSET, &all, sizeof(all));
	m.map.nr_entries = 1;
	m.map.buffer = domctl_addr(page + DOMCTL_DATA_OFFSET);
	memcpy(page, &m, sizeof(m));
	return (int)privcmd_hypercall(fd, __HYPERVISOR_memory_op,
				      XENMEM_set_memory_map, domctl_addr(page),
				      0, 0, 0);
}

int mmuext_pin_l4(int fd, uint16_t domid, uint64_t mfn)
{
	struct mmuext_op op = {.cmd = MMUEXT_PIN_L4_TABLE};
	char *page = domctl_get_page();

	if (page == NULL)
		return -ENOMEM;
	op.arg1.mfn = mfn;
	memcpy(page, &op, sizeof(op));
	return (int)privcmd_hypercall(fd, __HYPERVISOR_mmuext_op,
				      domctl_addr(page), 1, 0, domid, 0);
}

int evtchn_alloc_unbound(int fd, uint16_t domid, uint16_t remote)
{
	struct evtchn_alloc_unbound a = {.dom = domid, .remote_dom = remote};
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, &a, sizeof(a));
	rc = privcmd_hypercall(fd, __HYPERVISOR_event_channel_op,
			       EVTCHNOP_alloc_unbound, domctl_addr(page), 0, 0,
			       0);
	memcpy(&a, page, sizeof(a));
	return rc ? (int)rc : (int)a.port;
}

int sched_remote_shutdown(int fd, uint16_t domid, uint32_t reason)
{
	struct sched_remote_shutdown s = {
		.domain_id = domid,
		.reason = reason,
	};
	char *page = domctl_get_page();

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, &s, sizeof(s));
	return (int)privcmd_hypercall(fd, __HYPERVISOR_sched_op,
				      SCHEDOP_remote_shutdown,
				      domctl_addr(page), 0, 0, 0);
}

int paravane_holder_next(int fd, struct paravane_holder *h)
{
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, h, sizeof(*h));
	rc = privcmd_hypercall(fd, __HYPERVISOR_paravane_op,
			       PARAVANE_OP_holder_next, domctl_addr(page), 0, 0,
			       0);
	memcpy(h, page, sizeof(*h));
	return (int)rc;
}

int paravane_meter_read(int fd, struct paravane_meter_read *q, void *records)
{
	size_t bytes = (size_t)q->capacity * q->record_bytes;
	uint32_t record_bytes = q->record_bytes;
	char *page = domctl_get_page();
	char *buf = hcall_buf_alloc(bytes);
	long rc = -ENOMEM;

	if (page && buf) {
		q->buffer = domctl_addr(buf);
		memcpy(page, q, sizeof(*q));
		rc = privcmd_hypercall(fd, __HYPERVISOR_paravane_op,
				       PARAVANE_OP_meter_read,
				       domctl_addr(page), 0, 0, 0);
		memcpy(q, page, sizeof(*q));
		if (rc == 0 && q->count > q->capacity)
			rc = -EIO;
		if (rc == 0)
			memcpy(records, buf, (size_t)q->count * record_bytes);
	}
	hcall_buf_free(buf, bytes);
	return (int)rc;
}

int paravane_meter_census(int fd, struct paravane_meter_census *c)
{
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, c, sizeof(*c));
	rc = privcmd_hypercall(fd, __HYPERVISOR_paravane_op,
			       PARAVANE_OP_meter_census, domctl_addr(page), 0,
			       0, 0);
	memcpy(c, page, sizeof(*c));
	return (int)rc;
}

int xen_version_number(int fd)
{
	return (int)privcmd_hypercall(fd, __HYPERVISOR_xen_version,
				      XENVER_version, 0, 0, 0, 0);
}

int xen_version_get(int fd, unsigned int what, void *data, size_t size)
{
	char *page = domctl_get_page();
	long rc;

	if (page == NULL)
		return -ENOMEM;
	if (size > PRIVCMD_PAGE_BYTES)
		return -E2BIG;
	memcpy(page, data, size);
	rc = privcmd_hypercall(fd, __HYPERVISOR_xen_version, what,
			       domctl_addr(page), 0, 0, 0);
	memcpy(data, page, size);
	return rc < 0 ? (int)rc : 0;
}

int xen_build_id(int fd, uint8_t *id, size_t size)
{
	char *page = domctl_get_page();
	struct xen_build_id head = {
		.len = (uint32_t)(size < 1024 ? size : 1024),
	};
	long rc;

	if (page == NULL)
		return -ENOMEM;
	memcpy(page, &head, sizeof(head));
	rc = privcmd_hypercall(fd, __HYPERVISOR_xen_version, XENVER_build_id,
			       domctl_addr(page), 0, 0, 0);
	if (rc > (long)head.len)
		return -EIO;
	if (rc > 0)
		memcpy(id, page + sizeof(head), (size_t)rc);
	return (int)rc;
}
