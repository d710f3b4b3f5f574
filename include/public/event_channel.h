/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op: ports, what they are bound to, and the two ways in which
 * pending ports are shown to a guest: the bitmaps of shared_info (two levels,
 * 4096 ports) or FIFO queues (an array of event words and one control block
 * per vCPU). Port 0 is never valid.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_EVENT_CHANNEL_H
#define PUBLIC_EVENT_CHANNEL_H

#include "xen.h"

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq	  1
#define EVTCHNOP_bind_pirq	  2
#define EVTCHNOP_close		  3
#define EVTCHNOP_send		  4
#define EVTCHNOP_status		  5
#define EVTCHNOP_alloc_unbound	  6
#define EVTCHNOP_bind_ipi	  7
#define EVTCHNOP_bind_vcpu	  8
#define EVTCHNOP_unmask		  9
#define EVTCHNOP_reset		  10
#define EVTCHNOP_init_control	  11
#define EVTCHNOP_expand_array	  12
#define EVTCHNOP_set_priority	  13

#define BIND_PIRQ__WILL_SHARE 1

#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq	       3
#define EVTCHNSTAT_virq	       4
#define EVTCHNSTAT_ipi	       5

#define EVTCHN_2L_NR_CHANNELS 4096

#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES	     (EVTCHN_FIFO_PRIORITY_MIN + 1)

/* An event word: four flag bits on top, the link to the next port below. */
#define EVTCHN_FIFO_PENDING	31
#define EVTCHN_FIFO_MASKED	30
#define EVTCHN_FIFO_LINKED	29
#define EVTCHN_FIFO_BUSY	28
#define EVTCHN_FIFO_LINK_BITS	17
#define EVTCHN_FIFO_LINK_MASK	((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

#ifndef __ASSEMBLY__
typedef uint32_t evtchn_port_t;
typedef uint32_t event_word_t;

struct evtchn_alloc_unbound {
	domid_t dom;
	domid_t remote_dom;
	evtchn_port_t port; /* out */
};
_Static_assert(sizeof(struct evtchn_alloc_unbound) == 8, "ABI");

struct evtchn_bind_interdomain {
	domid_t remote_dom;
	uint16_t _pad0;
	evtchn_port_t remote_port;
	evtchn_port_t local_port; /* out */
};
_Static_assert(sizeof(struct evtchn_bind_interdomain) == 12, "ABI");

struct evtchn_bind_virq {
	uint32_t virq;
	uint32_t vcpu;
	evtchn_port_t port; /* out */
};
_Static_assert(sizeof(struct evtchn_bind_virq) == 12, "ABI");

struct evtchn_bind_pirq {
	uint32_t pirq;
	uint32_t flags;
	evtchn_port_t port; /* out */
};
_Static_assert(sizeof(struct evtchn_bind_pirq) == 12, "ABI");

struct evtchn_bind_ipi {
	uint32_t vcpu;
	evtchn_port_t port; /* out */
};
_Static_assert(sizeof(struct evtchn_bind_ipi) == 8, "ABI");

struct evtchn_close {
	evtchn_port_t port;
};
_Static_assert(sizeof(struct evtchn_close) == 4, "ABI");

struct evtchn_send {
	evtchn_port_t port;
};
_Static_assert(sizeof(struct evtchn_send) == 4, "ABI");

struct evtchn_status {
	domid_t dom;
	uint16_t _pad0;
	evtchn_port_t port;
	uint32_t status; /* out: EVTCHNSTAT_* */
	uint32_t vcpu;	 /* out */
	union {
		struct {
			domid_t dom;
		} unbound;
		struct {
			domid_t dom;
			uint16_t _pad1;
			evtchn_port_t port;
		} interdomain;
		uint32_t pirq;
		uint32_t virq;
	} u;
};
_Static_assert(sizeof(struct evtchn_status) == 24, "ABI");

struct evtchn_bind_vcpu {
	evtchn_port_t port;
	uint32_t vcpu;
};
_Static_assert(sizeof(struct evtchn_bind_vcpu) == 8, "ABI");

struct evtchn_unmask {
	evtchn_port_t port;
};
_Static_assert(sizeof(struct evtchn_unmask) == 4, "ABI");

struct evtchn_reset {
	domid_t dom;
};
_Static_assert(sizeof(struct evtchn_reset) == 2, "ABI");

struct evtchn_init_control {
	uint64_t control_gfn;
	uint32_t offset;
	uint32_t vcpu;
	uint8_t link_bits; /* out */
	uint8_t _pad[7];
};
_Static_assert(sizeof(struct evtchn_init_control) == 24, "ABI");

struct evtchn_expand_array {
	uint64_t array_gfn;
};
_Static_assert(sizeof(struct evtchn_expand_array) == 8, "ABI");

struct evtchn_set_priority {
	evtchn_port_t port;
	uint32_t priority;
};
_Static_assert(sizeof(struct evtchn_set_priority) == 8, "ABI");

/* The argument of the old hypercall 16. */
struct evtchn_op {
	uint32_t cmd;
	union {
		struct evtchn_alloc_unbound alloc_unbound;
		struct evtchn_bind_interdomain bind_interdomain;
		struct evtchn_bind_virq bind_virq;
		struct evtchn_bind_pirq bind_pirq;
		struct evtchn_bind_ipi bind_ipi;
		struct evtchn_close close;
		struct evtchn_send send;
		struct evtchn_status status;
		struct evtchn_bind_vcpu bind_vcpu;
		struct evtchn_unmask unmask;
	} u;
};
_Static_assert(sizeof(struct evtchn_op) == 28, "ABI");

struct evtchn_fifo_control_block {
	uint32_t ready; /* one bit per non-empty queue */
	uint32_t _rsvd;
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};
_Static_assert(sizeof(struct evtchn_fifo_control_block) == 72, "ABI");

typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;
typedef struct evtchn_bind_virq evtchn_bind_virq_t;
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;
typedef struct evtchn_close evtchn_close_t;
typedef struct evtchn_send evtchn_send_t;
typedef struct evtchn_status evtchn_status_t;
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;
typedef struct evtchn_unmask evtchn_unmask_t;
typedef struct evtchn_reset evtchn_reset_t;
typedef struct evtchn_init_control evtchn_init_control_t;
typedef struct evtchn_expand_array evtchn_expand_array_t;
typedef struct evtchn_set_priority evtchn_set_priority_t;
typedef struct evtchn_op evtchn_op_t;
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_EVENT_CHANNEL_H */
