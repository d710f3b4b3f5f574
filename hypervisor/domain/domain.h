/* SPDX-License-Identifier: MIT */
/*
 * Domains and virtual CPUs.
 *
 * A domain is created paused, built by the toolstack, runs, is shut down (by
 * itself or by a crash) and is destroyed:
 *
 *   ALIVE -> DYING -> DEAD
 *
 * ALIVE to DYING when destruction starts (domain_kill, resumable); DYING to
 * DEAD when all resources that it held of others are released; the structure
 * goes when the last reference to the domain (each frame that somebody else
 * still maps holds one, and so does each mapping of a grant) is dropped. Until
 * then it is on the list of domains, and nobody else gets its number.
 *
 * References: domain_find() takes one, domain_put() drops it. The list holds
 * none; that the domain is not yet DEAD does.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "domain/meter.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "mm/addr.h"
#include "mm/frame.h"
#include "public/domctl.h"
#include "public/memory.h"
#include "public/vcpu.h"
#include "public/xen.h"
#include "sched/unit.h"
#include "x86/vcpu.h"

#define MAX_VCPUS	32
#define DOMAIN_E820_MAX 16
#define LACKING_MAX	16

struct evtchn_state;
struct grant_table;
struct irq_state;

enum vcpu_run {
	VCPU_RUNNING,
	VCPU_RUNNABLE,
	VCPU_BLOCKED,
	VCPU_OFFLINE,
};

struct timer {
	struct list_node node;
	uint64_t expires_ns; /* system time; 0: not armed */
	unsigned int cpu;    /* whose list it is, or was last, on */
	void (*fire)(struct timer *t);
};

struct vcpu {
	struct arch_vcpu arch; /* first: the entry paths know its offsets */

	unsigned int id;
	struct domain *domain;

	/* Scheduler's (LOCK_SCHED of the queue of `cpu`). */
	unsigned int cpu; /* where it runs or waits, or was last */
	struct sched_unit unit;
	enum vcpu_run state;
	uint64_t state_since_ns;
	uint64_t state_time_ns[4]; /* by enum vcpu_run */
	uint64_t state_written;	   /* vcpu_state_stamp() that the guest saw */
	/* In one word, so that one look says whether it is runnable. */
	union {
		struct {
			bool initialised; /* has a context */
			bool up;	  /* VCPUOP_up, not VCPUOP_down */
			bool blocked;	  /* SCHEDOP_block or _poll */
			uint8_t zero;
			uint32_t pause_count; /* toolstack + hypervisor */
		};
		uint64_t readiness;
	};
	bool on_cpu;	       /* from sched_pick() choosing it on `cpu` on */
	uint64_t slice_end_ns; /* on a CPU; off it: what is left of it */

	/* The vCPU's own, changed while it runs or is paused. */
	struct vcpu_info *info;	  /* never NULL: shared info's, or registered */
	struct frame *info_frame; /* the registered page, referenced */
	uint64_t runstate_va;	  /* 0: none registered */
	struct timer singleshot;
	struct timer periodic;
	uint64_t periodic_ns;
	bool periodic_rests; /* atomic: it fired, and waits for v to run */
	struct timer poll_timer;
	uint32_t poll_port; /* SCHEDOP_poll: the one port, or ~0: several */
	bool polling;
	/* What the way back to the guest has to look at, in one word. */
	union {
		struct {
			bool nmi_pending;
			uint8_t exit_work; /* loaded on a CPU: that CPU's */
		};
		uint32_t attention;
	};
	struct evtchn_vcpu *events;

	/* Page-table frames whose demotions are to be finished first. */
	struct frame *demote_pending, *demote_next;
	bool context_busy; /* atomic: somebody sets or clears its context */

	struct vcpu_meter meter;
};

/* Changes with every change of state, also two at one moment. */
static inline uint64_t vcpu_state_stamp(enum vcpu_run state, uint64_t since_ns)
{
	return since_ns << 2 | state;
}

enum domain_life {
	DOMAIN_ALIVE,
	DOMAIN_DYING,
	DOMAIN_DEAD,
};

struct domain {
	domid_t id;
	bool privileged; /* domain zero */
	uint32_t refs;	 /* atomic */
	struct list_node node;
	struct domain *find_next; /* LOCK_DOMAIN_FIND of its number */

	/* LOCK_DOMAIN. */
	struct spinlock lock;
	enum domain_life life;
	bool shut_down;
	uint8_t shutdown_reason; /* SHUTDOWN_* */
	bool paused_by_tools;
	bool debugger;
	uint8_t handle[16];
	int kill_stage;	    /* domain_kill: progress */
	uint32_t kill_page; /* the next page whose types go */

	unsigned int max_vcpus;
	struct vcpu *vcpu[MAX_VCPUS];

	/* LOCK_PAGES. */
	struct spinlock page_lock;
	uint32_t page_head; /* list through struct frame; 0: empty */
	uint64_t page_count;
	uint64_t page_max;
	/* Atomic: frames whose owner it is, on the list or not. */
	uint64_t frame_count;
	uint64_t claim; /* promised to it and not yet taken (LOCK_HEAP) */

	struct shared_info *shared; /* own page, owner d */
	struct evtchn_state *events;
	struct grant_table *grants;
	struct irq_state *irqs;

	struct sched_domain sched;

	/* Wall clock and time offset. */
	int64_t time_offset_s;

	uint32_t vm_assist;
	uint64_t perdomain_l3; /* machine address of slot 257's table */
	struct perdomain *perdomain;

	/* What memory_op memory_map answers; set by the toolstack. */
	struct xen_memory_map_entry e820[DOMAIN_E820_MAX];
	uint32_t e820_count;

	struct xen_domctl_createdomain config;

	struct domain_census census;

	/* Operations that it asked for in vain, and that were logged. */
	struct {
		const char *what;
		uint64_t op;
	} lacking[LACKING_MAX];
	unsigned int lacking_count;
};

/* A row of the life-cycle array (domain/lifecycle.c). */
struct subsystem {
	const char *name;
	int (*domain_init)(struct domain *d);
	int (*vcpu_init)(struct vcpu *v);
	/* Gives back what is held of other domains; -ERESTART: call again. */
	int (*kill)(struct domain *d);
	/* Frees memory; called once nothing refers to the domain. */
	void (*free)(struct domain *d);
};

/*
 * Once it is not, it never is again. Who takes page_lock after that finds all
 * whoever saw it alive under that lock has done.
 */
static inline bool domain_is_alive(const struct domain *d)
{
	return __atomic_load_n(&d->life, __ATOMIC_RELAXED) == DOMAIN_ALIVE;
}

extern struct domain *domain_zero;
/* Owner of the hypervisor's shared pages and of MMIO, for foreign maps. */
extern struct domain domain_xen, domain_io;

/* By number, with a reference. NULL: there is none, or it is DEAD. */
struct domain *domain_find(domid_t id);
static inline void domain_get(struct domain *d)
{
	__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}
void domain_put(struct domain *d);

/*
 * The domain that caller v names: DOMID_SELF or its own number: itself;
 * another: only for the privileged. Takes a reference. NULL: -ESRCH or
 * -EPERM in *rc.
 */
struct domain *domain_find_for(struct vcpu *v, domid_t id, int *rc);

/*
 * Next domain in ascending number from `from`, with a reference; or NULL. The
 * DEAD are among them: of those, only look at numbers and counts.
 */
struct domain *domain_next(domid_t from);

/* A guest beyond repair. Logs, dumps, stops the domain; returns. */
void domain_crash(struct domain *d, const char *fmt, ...) PRINTF_FMT(2, 3);

/* Stops all its vCPUs and tells domain zero (VIRQ_DOM_EXC). */
void domain_shutdown(struct domain *d, uint8_t reason);

void domain_pause(struct domain *d);
/* The same, and no vCPU of it runs any more when this returns. */
void domain_pause_wait(struct domain *d);
void domain_unpause(struct domain *d);

#endif
