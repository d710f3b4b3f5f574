/* SPDX-License-Identifier: MIT */
/*
 * callback_op: where the hypervisor enters a guest kernel for events, failed
 * returns, system calls and NMIs.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_CALLBACK_H
#define PUBLIC_CALLBACK_H

#include "xen.h"

#define CALLBACKOP_register   0
#define CALLBACKOP_unregister 1

#define CALLBACKTYPE_event		 0
#define CALLBACKTYPE_failsafe		 1
#define CALLBACKTYPE_syscall		 2
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi		 4
#define CALLBACKTYPE_sysenter		 5
#define CALLBACKTYPE_syscall32		 7

#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events  (1 << _CALLBACKF_mask_events)

#ifndef __ASSEMBLY__
struct callback_register {
	uint16_t type;	/* CALLBACKTYPE_* */
	uint16_t flags; /* CALLBACKF_* */
	uint32_t _pad0;
	xen_callback_t address;
};
_Static_assert(sizeof(struct callback_register) == 16, "ABI");

struct callback_unregister {
	uint16_t type;
	uint16_t _unused;
};
_Static_assert(sizeof(struct callback_unregister) == 4, "ABI");

typedef struct callback_register callback_register_t;
typedef struct callback_unregister callback_unregister_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_CALLBACK_H */
