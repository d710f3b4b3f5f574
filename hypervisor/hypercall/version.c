/* SPDX-License-Identifier: MIT */
/*
 * xen_version: who we are and what we can do; and our own paravane_op. The
 * features are those that are true here.
 */
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest.h"
#include "public/features.h"
#include "public/paravane.h"
#include "public/version.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

const char *hv_command_line = "";

static int text_out(gptr_t dst, const char *s, size_t room)
{
	char buf[XEN_CAPABILITIES_INFO_LEN];

	memset(buf, 0, room);
	strlcpy(buf, s, room);
	return guest_write(dst, buf, room);
}

static uint32_t features(const struct domain *d)
{
	uint32_t f = 1u << XENFEAT_mmu_pt_update_preserve_ad |
		     1u << XENFEAT_gnttab_map_avail_bits |
		     1u << XENFEAT_pae_pgdir_above_4gb;

	if (d->privileged)
		f |= 1u << XENFEAT_dom0;
	return f;
}

static long get_features(struct vcpu *v, gptr_t arg)
{
	struct xen_feature_info info;

	if (guest_read_obj(&info, arg))
		return -EFAULT;
	if (info.submap_idx)
		return -EINVAL;
	info.submap = features(v->domain);
	return guest_write_obj(arg, &info);
}

/* args: command, structure */
long hypercall_xen_version(struct vcpu *v, uint64_t args[6])
{
	gptr_t arg = gptr(args[1]);
	struct xen_compile_info compile = {.compiler = __VERSION__,
					   .compile_by = "paravane"};
	struct xen_platform_parameters platform = {HV_VIRT_START};

	switch (args[0]) {
	case XENVER_version:
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	case XENVER_extraversion:
		return text_out(arg, ".0-paravane", XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return guest_write_obj(arg, &compile);
	case XENVER_capabilities:
		return text_out(arg, "xen-3.0-x86_64 ",
				XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return text_out(arg, "paravane 0.1", XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return guest_write_obj(arg, &platform);
	case XENVER_get_features:
		return get_features(v, arg);
	case XENVER_pagesize:
		return PAGE_SIZE;
	case XENVER_guest_handle:
		return guest_write(arg, v->domain->handle,
				   sizeof(v->domain->handle));
	case XENVER_commandline:
		if (!v->domain->privileged)
			return -EPERM;
		return text_out(arg, hv_command_line, 1024);
	case XENVER_build_id:
		return -ENODATA;
	default:
		return hypercall_lacking(v, "xen_version", args[0]);
	}
}

/* Who uses the grants of a domain, dead ones too. */
static long holder_next(struct vcpu *v, gptr_t arg)
{
	struct grant_holder found = {0};
	struct paravane_holder h;
	struct domain *d;
	bool any;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&h, arg))
		return -EFAULT;
	d = domain_next(h.domain);
	if (!d || d->id != h.domain) {
		if (d)
			domain_put(d);
		return -ESRCH;
	}
	any = grant_holder_next(d, h.holder, &found);
	if (any)
		h.holder = found.domid;
	h.grants = found.entries;
	h.uses = found.pins;
	h.pad = 0;
	h.pages = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED);
	domain_put(d);
	if (guest_write_obj(arg, &h))
		return -EFAULT;
	return any ? 0 : -ENOENT;
}

/* Who used what; see domain/meter.h. */
static long meter_op(struct vcpu *v, uint64_t op, gptr_t arg)
{
	if (!v->domain->privileged)
		return -EPERM;
	return op == PARAVANE_OP_meter_read ? meter_read(v, arg)
					    : meter_census(v, arg);
}

/* args: operation, structure */
long hypercall_paravane_op(struct vcpu *v, uint64_t args[6])
{
	switch (args[0]) {
	case PARAVANE_OP_version:
		return PARAVANE_VERSION;
	case PARAVANE_OP_holder_next:
		return holder_next(v, gptr(args[1]));
	case PARAVANE_OP_meter_read:
	case PARAVANE_OP_meter_census:
		return meter_op(v, args[0], gptr(args[1]));
	default:
		/* Not -ENOSYS: that is how others answer the whole call. */
		return -EOPNOTSUPP;
	}
}
