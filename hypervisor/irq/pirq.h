/* SPDX-License-Identifier: MIT */
/*
 * A pirq: the number under which a domain knows one interrupt of the machine,
 * a GSI's line or one message of a device. Between irq/irq.c, which owns them,
 * and irq/physdev.c, which is asked for them.
 *
 *            map                bind                 interrupt, level
 *   (none) ------> PIRQ_MAPPED ------> PIRQ_LIVE -------------------> PIRQ_
 *     ^                |   ^             |    ^                     IN_SERVICE
 *     +----- unmap ----+   +-- unbind ---+    +------ guest's eoi -----+ |
 *                          +---------------- unbind ---------------------+
 *
 * The line is open (unmasked) in PIRQ_LIVE alone. An interrupt of an edge or a
 * message does not change the state; unmap works in every state.
 */
#ifndef IRQ_PIRQ_H
#define IRQ_PIRQ_H

#include "domain/domain.h"
#include "x86/msi.h"

enum pirq_state {
	PIRQ_MAPPED,
	PIRQ_LIVE,
	PIRQ_IN_SERVICE,
};

struct pirq {
	enum pirq_state state;
	uint32_t number;
	struct domain *owner;
	uint8_t vector; /* 0: none yet */
	bool is_msi;
	unsigned int gsi; /* not for messages */
	struct msi msi;
	uint64_t count; /* interrupts taken */
};

/* What map_pirq asks for a device's message. */
struct msi_request {
	struct pci_address dev;
	bool msix;
	unsigned int count; /* of the MSI block; 1 for MSI-X */
	unsigned int entry; /* of the MSI-X table */
	uint64_t table_base;
};

/*
 * *pirq < 0: the number is chosen (the GSI's own where it is free). Mapping
 * what is mapped so already is no error. -EINVAL: no such GSI or pirq;
 * -EEXIST: the pirq, or the GSI, is mapped otherwise; -EBUSY: another domain
 * has it; -ENOSPC: no pirq is free; -ENOMEM.
 */
MUST_CHECK int pirq_map_gsi(struct domain *d, int32_t gsi, int32_t *pirq);

/*
 * Maps and programs the messages; a block has contiguous pirqs from *pirq on.
 * Errors as msi_find() and msix_find(), and: -EEXIST: a message is mapped
 * already; -ENOSPC: no pirqs or vectors are free; -ENOMEM.
 */
MUST_CHECK int pirq_map_msi(struct domain *d, const struct msi_request *r,
			    int32_t *pirq);

/*
 * A block of messages goes with its first. -EINVAL: not mapped, or one in the
 * middle of a block.
 */
MUST_CHECK int pirq_unmap(struct domain *d, int32_t pirq);

/* Writes the device's messages again, after it was reset. */
void pirq_restore_device(struct pci_address dev);

/*
 * Trigger and polarity of a GSI, for good. -EINVAL: no such GSI; -EEXIST: they
 * are set, or the GSI is in use.
 */
MUST_CHECK int pirq_setup_gsi(int32_t gsi, bool level, bool active_low);

/* A free number, not reserved. -ENOSPC. */
MUST_CHECK int pirq_find_free(struct domain *d, bool for_msi);

/* -EINVAL: d has no such pirq. */
MUST_CHECK int pirq_check(struct domain *d, uint32_t pirq);

#endif
