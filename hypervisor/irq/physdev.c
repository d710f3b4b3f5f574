/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: a domain's requests about the hardware that it drives. One table
 * row an operation; each gets a copy of its argument, which is written back
 * where the row says so. Only domain zero drives hardware, so all but a few
 * rows are closed to others.
 *
 * Layouts: public/physdev.h. Tested by
 * tests/unit/hypervisor/irq/test_physdev.c.
 */
#include "hypercall/hypercall.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "log/log.h"
#include "mm/guest.h"
#include "public/physdev.h"
#include "x86/ioapic.h"

#define PORTS 65536u

union physdev_arg {
	struct physdev_eoi eoi;
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_apic apic;
	struct physdev_irq irq;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_manage_pci pci_old;
	struct physdev_manage_pci_ext pci_ext;
	struct physdev_setup_gsi gsi;
	struct physdev_get_free_pirq free_pirq;
	struct physdev_pci_device_add pci_add;
	struct physdev_pci_device pci;
	struct physdev_dbgp_op dbgp;
};

static int op_eoi(struct vcpu *v, union physdev_arg *arg)
{
	int rc = pirq_check(v->domain, arg->eoi.irq);

	if (!rc)
		irq_guest_eoi(v->domain, arg->eoi.irq);
	return rc;
}

static int op_irq_status_query(struct vcpu *v, union physdev_arg *arg)
{
	/* Also before the pirq is mapped: then there is nothing to end. */
	if (arg->status.irq >= IRQ_NR_PIRQS)
		return -EINVAL;
	arg->status.flags = irq_needs_eoi(v->domain, arg->status.irq)
				    ? XENIRQSTAT_needs_eoi
				    : 0;
	return 0;
}

static int op_set_iopl(struct vcpu *v, union physdev_arg *arg)
{
	if (arg->iopl.iopl > 3)
		return -EINVAL;
	v->arch.iopl = (uint8_t)arg->iopl.iopl;
	return 0;
}

/* Read by the port emulation, for the guest's user mode (ioperm). */
static int op_set_iobitmap(struct vcpu *v, union physdev_arg *arg)
{
	const struct physdev_set_iobitmap *m = &arg->iobitmap;

	if (m->nr_ports > PORTS)
		return -EINVAL;
	if (m->nr_ports && m->bitmap &&
	    (!va_is_guest(m->bitmap) ||
	     !va_is_guest(m->bitmap + (m->nr_ports - 1) / 8)))
		return -EINVAL;
	v->arch.iobitmap_va = m->bitmap;
	v->arch.iobitmap_ports = m->bitmap ? m->nr_ports : 0;
	return 0;
}

static int op_apic_read(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	return ioapic_read_register(arg->apic.apic_physbase, arg->apic.reg,
				    &arg->apic.value);
}

/* Vectors are ours: the guest is told its own number back. */
static int op_alloc_irq_vector(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	if (arg->irq.irq >= IRQ_NR_PIRQS)
		return -EINVAL;
	arg->irq.vector = arg->irq.irq;
	return 0;
}

static int map_msi(struct domain *d, struct physdev_map_pirq *map)
{
	uint32_t bus = (uint32_t)map->bus;
	struct msi_request r = {
		.dev = {.bus = (uint8_t)bus, .devfn = (uint8_t)map->devfn},
		.msix = map->table_base != 0,
		.count = 1,
		.table_base = map->table_base,
	};
	int rc;

	/* The oldest form knows one segment. */
	if (map->type != MAP_PIRQ_TYPE_MSI)
		r.dev.segment = (uint16_t)(bus >> 16);
	if (map->type == MAP_PIRQ_TYPE_MULTI_MSI) {
		if (r.msix || map->entry_nr < 1 || map->entry_nr > 32)
			return -EINVAL;
		r.count = (unsigned int)map->entry_nr;
	} else if (r.msix) {
		if (map->entry_nr < 0)
			return -EINVAL;
		r.entry = (unsigned int)map->entry_nr;
	}
	rc = pirq_map_msi(d, &r, &map->pirq);
	if (rc)
		log_debug("d%u: %s %02x:%02x.%u entry %d, %u messages, table "
			  "at %#lx: error %d\n",
			  d->id, r.msix ? "MSI-X" : "MSI", r.dev.bus,
			  r.dev.devfn >> 3, r.dev.devfn & 7, map->entry_nr,
			  r.count, (unsigned long)map->table_base, rc);
	return rc;
}

static int op_map_pirq(struct vcpu *v, union physdev_arg *arg)
{
	struct physdev_map_pirq *map = &arg->map;
	struct domain *d;
	int rc;

	d = domain_find_for(v, map->domid, &rc);
	if (!d)
		return rc;
	if (!d->privileged) {
		rc = -EOPNOTSUPP; /* devices are domain zero's alone */
		goto out;
	}
	switch (map->type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = pirq_map_gsi(d, map->index, &map->pirq);
		break;
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		rc = map_msi(d, map);
		break;
	default:
		rc = -EINVAL;
		break;
	}
out:
	domain_put(d);
	return rc;
}

static int op_unmap_pirq(struct vcpu *v, union physdev_arg *arg)
{
	struct domain *d;
	int rc;

	d = domain_find_for(v, arg->unmap.domid, &rc);
	if (!d)
		return rc;
	rc = pirq_unmap(d, arg->unmap.pirq);
	domain_put(d);
	return rc;
}

static int device_check(uint16_t segment, uint8_t bus, uint8_t devfn)
{
	struct pci_address dev = {segment, bus, devfn};

	return pci_exists(dev) ? 0 : -ENODEV;
}

/*
 * Devices are looked up in their configuration space when an interrupt is
 * mapped, so nothing is kept of an announcement.
 */
static int op_pci_device_add(struct vcpu *v, union physdev_arg *arg)
{
	const struct physdev_pci_device_add *a = &arg->pci_add;

	(void)v;
	/* A virtual function answers with its physical function's identity. */
	if (a->flags & XEN_PCI_DEV_VIRTFN)
		return device_check(a->seg, a->physfn.bus, a->physfn.devfn);
	return device_check(a->seg, a->bus, a->devfn);
}

static int op_pci_device_remove(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	/* It may have been pulled out already. */
	return arg->pci.seg ? -ENODEV : 0;
}

static int op_manage_pci_add(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	return device_check(0, arg->pci_old.bus, arg->pci_old.devfn);
}

static int op_manage_pci_add_ext(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	if (arg->pci_ext.is_virtfn)
		return device_check(0, arg->pci_ext.physfn.bus,
				    arg->pci_ext.physfn.devfn);
	return device_check(0, arg->pci_ext.bus, arg->pci_ext.devfn);
}

static int op_manage_pci_remove(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	(void)arg;
	return 0;
}

static int op_restore_msi(struct vcpu *v, union physdev_arg *arg)
{
	struct pci_address dev = {0, arg->pci_old.bus, arg->pci_old.devfn};

	(void)v;
	if (!pci_exists(dev))
		return -ENODEV;
	pirq_restore_device(dev);
	return 0;
}

static int op_restore_msi_ext(struct vcpu *v, union physdev_arg *arg)
{
	struct pci_address dev = {arg->pci.seg, arg->pci.bus, arg->pci.devfn};

	(void)v;
	if (!pci_exists(dev))
		return -ENODEV;
	pirq_restore_device(dev);
	return 0;
}

static int op_setup_gsi(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	if (arg->gsi.triggering > 1 || arg->gsi.polarity > 1)
		return -EINVAL;
	return pirq_setup_gsi(arg->gsi.gsi, arg->gsi.triggering,
			      arg->gsi.polarity);
}

static int op_get_free_pirq(struct vcpu *v, union physdev_arg *arg)
{
	int number;

	if (arg->free_pirq.type != MAP_PIRQ_TYPE_GSI &&
	    arg->free_pirq.type != MAP_PIRQ_TYPE_MSI)
		return -EINVAL;
	number = pirq_find_free(v->domain,
				arg->free_pirq.type == MAP_PIRQ_TYPE_MSI);
	if (number < 0)
		return number;
	arg->free_pirq.pirq = (uint32_t)number;
	return 0;
}

/* The console is never on a USB debug port, so its resets are no concern. */
static int op_dbgp(struct vcpu *v, union physdev_arg *arg)
{
	(void)v;
	if ((arg->dbgp.op != PHYSDEVOP_DBGP_RESET_PREPARE &&
	     arg->dbgp.op != PHYSDEVOP_DBGP_RESET_DONE) ||
	    arg->dbgp.bus > PHYSDEVOP_DBGP_BUS_PCI)
		return -EINVAL;
	return 0;
}

/* Tables are mapped when an entry is: nothing is to be set aside. */
static int op_msix_device(struct vcpu *v, union physdev_arg *arg)
{
	struct pci_address dev = {arg->pci.seg, arg->pci.bus, arg->pci.devfn};

	(void)v;
	if (!pci_exists(dev) || !pci_find_capability(dev, PCI_CAP_MSIX))
		return -ENODEV;
	return 0;
}

struct physdev_row {
	const char *name;
	int (*run)(struct vcpu *v, union physdev_arg *arg);
	uint8_t bytes; /* of the argument */
	bool writes_back;
	bool for_all; /* also domains that drive nothing */
};

#define ARG(type) .bytes = sizeof(struct type)

static const struct physdev_row rows[] = {
	[PHYSDEVOP_irq_status_query] = {"irq_status_query", op_irq_status_query,
					ARG(physdev_irq_status_query),
					.writes_back = true, .for_all = true},
	[PHYSDEVOP_set_iopl] = {"set_iopl", op_set_iopl, ARG(physdev_set_iopl),
				.for_all = true},
	[PHYSDEVOP_set_iobitmap] = {"set_iobitmap", op_set_iobitmap,
				    ARG(physdev_set_iobitmap), .for_all = true},
	[PHYSDEVOP_apic_read] = {"apic_read", op_apic_read, ARG(physdev_apic),
				 .writes_back = true},
	[PHYSDEVOP_alloc_irq_vector] = {"alloc_irq_vector", op_alloc_irq_vector,
					ARG(physdev_irq), .writes_back = true},
	[PHYSDEVOP_eoi] = {"eoi", op_eoi, ARG(physdev_eoi), .for_all = true},
	[PHYSDEVOP_map_pirq] = {"map_pirq", op_map_pirq, ARG(physdev_map_pirq),
				.writes_back = true},
	[PHYSDEVOP_unmap_pirq] = {"unmap_pirq", op_unmap_pirq,
				  ARG(physdev_unmap_pirq)},
	[PHYSDEVOP_manage_pci_add] = {"manage_pci_add", op_manage_pci_add,
				      ARG(physdev_manage_pci)},
	[PHYSDEVOP_manage_pci_remove] = {"manage_pci_remove",
					 op_manage_pci_remove,
					 ARG(physdev_manage_pci)},
	[PHYSDEVOP_restore_msi] = {"restore_msi", op_restore_msi,
				   ARG(physdev_restore_msi)},
	[PHYSDEVOP_manage_pci_add_ext] = {"manage_pci_add_ext",
					  op_manage_pci_add_ext,
					  ARG(physdev_manage_pci_ext)},
	[PHYSDEVOP_setup_gsi] = {"setup_gsi", op_setup_gsi,
				 ARG(physdev_setup_gsi)},
	[PHYSDEVOP_get_free_pirq] = {"get_free_pirq", op_get_free_pirq,
				     ARG(physdev_get_free_pirq),
				     .writes_back = true},
	[PHYSDEVOP_pci_device_add] = {"pci_device_add", op_pci_device_add,
				      ARG(physdev_pci_device_add)},
	[PHYSDEVOP_pci_device_remove] = {"pci_device_remove",
					 op_pci_device_remove,
					 ARG(physdev_pci_device)},
	[PHYSDEVOP_restore_msi_ext] = {"restore_msi_ext", op_restore_msi_ext,
				       ARG(physdev_pci_device)},
	[PHYSDEVOP_dbgp_op] = {"dbgp_op", op_dbgp, ARG(physdev_dbgp_op)},
	[PHYSDEVOP_prepare_msix] = {"prepare_msix", op_msix_device,
				    ARG(physdev_pci_device)},
	[PHYSDEVOP_release_msix] = {"release_msix", op_msix_device,
				    ARG(physdev_pci_device)},
};

long hypercall_physdev_op(struct vcpu *v, uint64_t args[6])
{
	uint64_t cmd = (uint32_t)args[0];
	gptr_t at = gptr(args[1]);
	const struct physdev_row *row;
	union physdev_arg arg;
	int rc;

	if (cmd >= ARRAY_SIZE(rows) || !rows[cmd].run)
		return hypercall_lacking(v, "physdev_op", cmd);
	row = &rows[cmd];
	if (!row->for_all && !v->domain->privileged) {
		log_print_guest(LOG_DEBUG,
				"d%uv%u: physdev_op %s is domain zero's\n",
				v->domain->id, v->id, row->name);
		return -EPERM;
	}
	rc = guest_read(&arg, at, row->bytes);
	if (rc)
		return rc;
	rc = row->run(v, &arg);
	if (rc)
		return rc;
	return row->writes_back ? guest_write(at, &arg, row->bytes) : 0;
}
