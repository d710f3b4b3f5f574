/* SPDX-License-Identifier: MIT */
/*
 * Inside event/: the port table, and the interface between it and the two
 * ABIs through which a guest sees its pending ports.
 *
 * States of a port and who moves it:
 *
 *   FREE --alloc_unbound--> UNBOUND --the peer binds--> INTERDOMAIN
 *     |                       ^  ^                          |
 *     |--bind_interdomain-----|--|--> INTERDOMAIN           |
 *     |                       |  `-----the peer closes------'
 *     |--bind_virq--> VIRQ    |
 *     |--bind_ipi---> IPI     |
 *     `--bind_pirq--> MOVING --> PIRQ --close--> MOVING
 *   every state but MOVING --close--> FREE; MOVING --> FREE
 *
 * MOVING: an interrupt is being connected or disconnected with no lock held.
 *
 * Locks:
 *  - evtchn_state.lock (LOCK_EVENT) guards the table. A port in INTERDOMAIN,
 * and its peer, change only with both domains' locks held (state_lock_pair: in
 * address order). So whoever holds one of the two may raise the other end.
 *  - evtchn_state.raise_lock (LOCK_RAISE) guards how pending ports are shown:
 *    the ABI, the queues, the array, and what is written to a vCPU's info on
 *    behalf of others. Nothing but LOCK_SCHED comes after it. It is the only
 *    lock that senders of different domains meet at, and only where a queue
 *    gets another entry: an event that is pending in a queue, or masked, needs
 *    none (event_abi.mark). ADR 27 tells why the queues have a lock.
 *
 * Without raise_lock, `abi`, `fifo`, `fifo->pages` and the pages are read by
 * whoever raises: such a port is in use, and both go away only when none is.
 */
#ifndef EVENT_STATE_H
#define EVENT_STATE_H

#include "domain/domain.h"
#include "irq/irq.h"
#include "public/event_channel.h"

enum port_state {
	PORT_FREE,
	PORT_UNBOUND,
	PORT_INTERDOMAIN,
	PORT_PIRQ,
	PORT_VIRQ,
	PORT_IPI,
	PORT_MOVING,
};

#define QUEUE_NONE 0xffffu

struct port {
	/* evtchn_state.lock. */
	uint8_t state; /* enum port_state */
	uint8_t vcpu;  /* whom to notify */

	/* raise_lock. */
	uint8_t priority;
	uint8_t raised; /* pending, but there is no event word yet */
	uint16_t queue; /* last: vCPU << 4 | priority, or QUEUE_NONE */

	/* evtchn_state.lock. */
	domid_t remote;	     /* UNBOUND: who may bind */
	uint32_t number;     /* the peer's port, the virq or the pirq */
	struct domain *peer; /* INTERDOMAIN: alive as long as it is bound */
};

#define BUCKET_PORTS 128
#define BUCKETS	     (EVTCHN_FIFO_NR_CHANNELS / BUCKET_PORTS)
#define ZERO_BUCKETS 8	 /* that domain zero has from the start */
#define GROUP_SIZE   512 /* pointers in a page */
#define GROUPS	     (BUCKETS / GROUP_SIZE)

struct port_bucket {
	uint64_t used[BUCKET_PORTS / 64]; /* bit: the port is not FREE */
	struct port port[BUCKET_PORTS];
};

#define FIFO_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define FIFO_PAGES	    (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

/* The array of event words: guest frames that we hold writable. */
struct fifo {
	unsigned int pages; /* atomic; grows, after page[] */
	struct frame *page[FIFO_PAGES];
};

enum event_marked {
	MARK_DONE,    /* it is pending, and nobody has to be told */
	MARK_PENDING, /* it is pending: tell */
	MARK_NOTHING, /* nothing is done: raise */
};

struct event_abi {
	const char *name;
	uint32_t ports; /* numbers are below this */
	/* Without raise_lock: the first, and often the only, step of raising.
	 */
	enum event_marked (*mark)(struct domain *d, uint32_t n);
	/* raise_lock held: */
	void (*tell)(struct domain *d, uint32_t n, struct port *p);
	void (*raise)(struct domain *d, uint32_t n, struct port *p);
	void (*unmask)(struct domain *d, uint32_t n, struct port *p);
	void (*clear)(struct domain *d, uint32_t n, struct port *p);
	bool (*pending)(struct domain *d, uint32_t n, const struct port *p);
	bool (*masked)(struct domain *d, uint32_t n);
	/* Still in a queue of the guest's: not to be given out again. */
	bool (*busy)(struct domain *d, uint32_t n);
};

extern const struct event_abi event_abi_2l, event_abi_fifo;

struct evtchn_state {
	struct spinlock lock;
	bool dying;	     /* no new ports */
	uint32_t limit;	     /* numbers are below this (domain's config) */
	uint32_t in_use;     /* ports that are not FREE */
	uint32_t *pirq_port; /* [IRQ_NR_PIRQS], 0: none; on demand */
	uint64_t full[BUCKETS / 64]; /* bit: no FREE port in the bucket */
	struct port_bucket **group[GROUPS];

	struct spinlock raise_lock;
	const struct event_abi *abi; /* abi_of() */
	struct fifo *fifo;	     /* NULL: two-level; set before abi */
	bool missed_vcpu0; /* something was raised before there was a vCPU */

	uint32_t poll_mask; /* atomic; vCPUs that are in SCHEDOP_poll */
};

static inline const struct event_abi *abi_of(const struct evtchn_state *s)
{
	return __atomic_load_n(&s->abi, __ATOMIC_ACQUIRE);
}

struct evtchn_vcpu {
	/* evtchn_state.lock. Global virqs stand in vCPU 0's. */
	uint32_t virq_port[NR_VIRQS];

	/* raise_lock. */
	struct frame *control_frame;
	struct evtchn_fifo_control_block *control; /* NULL: none given yet */
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];	   /* 0: empty */
	bool missed; /* something was raised before there was a block */
};

/* NULL: the number is beyond what was ever given out. */
struct port *port_find(const struct evtchn_state *s, uint32_t n);
/* As above, but also NULL for FREE (and port 0). */
struct port *port_find_used(const struct evtchn_state *s, uint32_t n);
/* s->lock held. A port, still FREE, that `port_take` makes used. -errno. */
MUST_CHECK int port_choose(struct domain *d, uint32_t *n, struct port **p);
void port_take(struct domain *d, uint32_t n, struct port *p,
	       enum port_state state);
void port_free(struct domain *d, uint32_t n, struct port *p);
/* No lock held. -EINVAL: not in use. */
MUST_CHECK int port_close(struct domain *d, uint32_t n);
/* Closes all; -ERESTART: call again. */
MUST_CHECK int ports_close_all(struct domain *d);

void state_lock_pair(struct evtchn_state *a, struct evtchn_state *b);
void state_unlock_pair(struct evtchn_state *a, struct evtchn_state *b);

/* p is port n of d; d's lock or its peer's held. */
void event_raise(struct domain *d, uint32_t n, struct port *p);
/* raise_lock held: v's guest shall look at its events. */
void event_upcall(struct vcpu *v);
bool virq_is_per_vcpu(uint32_t virq);

/*
 * fifo.c; d's lock held. f: a frame of d's, held writable; on success the
 * reference is the FIFO's.
 */
MUST_CHECK int fifo_init_control(struct domain *d, struct vcpu *v,
				 struct frame *f, uint32_t offset);
MUST_CHECK int fifo_expand_array(struct domain *d, struct frame *f);
MUST_CHECK int fifo_set_priority(struct domain *d, uint32_t n,
				 uint32_t priority);
/* Back to the two-level ABI; nothing is bound. */
void fifo_destroy(struct domain *d);

#endif
