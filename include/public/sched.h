/* SPDX-License-Identifier: MIT */
/*
 * sched_op: giving up the processor, waiting for event channels, and ending
 * a domain. block unmasks events as it goes to sleep, so that a wakeup
 * between the guest's check and the call is not lost.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_SCHED_H
#define PUBLIC_SCHED_H

#include "xen.h"

#define SCHEDOP_yield		0
#define SCHEDOP_block		1
#define SCHEDOP_shutdown	2
#define SCHEDOP_poll		3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code	5
#define SCHEDOP_watchdog	6
#define SCHEDOP_pin_override	7

#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot	    1
#define SHUTDOWN_suspend    2
#define SHUTDOWN_crash	    3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX	    5

#ifndef __ASSEMBLY__
struct sched_shutdown {
	uint32_t reason; /* SHUTDOWN_* */
};
_Static_assert(sizeof(struct sched_shutdown) == 4, "ABI");

struct sched_poll {
	xen_guest_ptr_t ports; /* evtchn_port_t[nr_ports] */
	uint32_t nr_ports;
	uint32_t _pad0;
	uint64_t timeout; /* absolute system time in ns; 0 waits for ever */
};
_Static_assert(sizeof(struct sched_poll) == 24, "ABI");

struct sched_remote_shutdown {
	domid_t domain_id;
	uint16_t _pad0;
	uint32_t reason;
};
_Static_assert(sizeof(struct sched_remote_shutdown) == 8, "ABI");

struct sched_watchdog {
	uint32_t id;
	uint32_t timeout; /* seconds */
};
_Static_assert(sizeof(struct sched_watchdog) == 8, "ABI");

struct sched_pin_override {
	int32_t pcpu;
};
_Static_assert(sizeof(struct sched_pin_override) == 4, "ABI");

typedef struct sched_shutdown sched_shutdown_t;
typedef struct sched_poll sched_poll_t;
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
typedef struct sched_watchdog sched_watchdog_t;
typedef struct sched_pin_override sched_pin_override_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_SCHED_H */
