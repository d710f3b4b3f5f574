/* SPDX-License-Identifier: MIT */
/*
 * nmi_op: the older way to register an NMI handler, and the reasons that
 * arch_shared_info.nmi_reason holds. Linux uses trap 2 instead.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_NMI_H
#define PUBLIC_NMI_H

#include "xen.h"

#define XENNMI_register_callback   0
#define XENNMI_unregister_callback 1

#define _XEN_NMIREASON_io_error 0
#define XEN_NMIREASON_io_error	(1 << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1
#define XEN_NMIREASON_pci_serr	(1 << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown	2
#define XEN_NMIREASON_unknown	(1 << _XEN_NMIREASON_unknown)

#ifndef __ASSEMBLY__
struct xennmi_callback {
	uint64_t handler_address;
	uint64_t pad;
};
_Static_assert(sizeof(struct xennmi_callback) == 16, "ABI");
typedef struct xennmi_callback xennmi_callback_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_NMI_H */
