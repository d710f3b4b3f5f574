/* SPDX-License-Identifier: MIT */
/*
 * What a subsystem under test asks of others, answered simply and remembered.
 * For suites that compile their subject through fake/rename.h.
 */
#ifndef FAKE_NEIGHBOURS_H
#define FAKE_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>
#include "domain/domain.h"

/* event_send_pirq(): calls, and the last one's arguments. */
extern unsigned int fake_pirq_events;
extern struct domain *fake_pirq_domain;
extern uint32_t fake_pirq;

/* event_send_global_virq(): calls by number. */
extern unsigned int fake_global_virqs[24];

/* hv_alloc() fails after this many more; ~0: never. Objects alive. */
extern unsigned int fake_alloc_left;
extern unsigned int fake_alloc_live;

/* The domains that domain_find_for() and domain_next() know. */
extern struct domain *fake_domains[4];

/* Guest addresses are host addresses; this one is not mapped. */
#define FAKE_UNMAPPED 0x10u

void fake_neighbours_reset(void);

#endif
