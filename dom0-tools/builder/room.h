/* SPDX-License-Identifier: MIT */
/*
 * Room for a new domain: what it takes, what is free, what domain zero can
 * give; and the taking, by which of two creations that need the last frames
 * one gets them all and the other a line with the numbers.
 *
 * The domain's own memory is promised by the hypervisor in one step (a claim)
 * before the first frame of it is taken. What the hypervisor takes for itself
 * is taken when the domain is made, before the claim; what little comes later
 * has the pages that it keeps back (hypervisor/mm/alloc.h).
 * Test: tests/unit/dom0-tools/builder/test_room.c for what needs no machine.
 */
#ifndef DOM0_TOOLS_BUILDER_ROOM_H
#define DOM0_TOOLS_BUILDER_ROOM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/balloon.h"
#include "lib/err.h"
#include "lib/store.h"

/* HEAP_KEEP_PAGES of the hypervisor. */
#define ROOM_KEPT_PAGES 256
/* Most of these are its tables, its grant table's first frame and slack. */
#define ROOM_DOMAIN_PAGES 32
/* Two for the vCPU, one for its traps, and slack. */
#define ROOM_VCPU_PAGES 4

enum room_zero {
	ROOM_ZERO_GIVES,
	ROOM_ZERO_OFF,	    /* autoballoon="off" */
	ROOM_ZERO_DOM0_MEM, /* autoballoon="auto" and dom0_mem= was given */
};

/* In pages; what is not asked for is 0. */
struct room {
	uint64_t need;	   /* the domain's memory */
	uint64_t overhead; /* the hypervisor's, for it */
	uint64_t free;	   /* free and not claimed */
	uint64_t claimed;  /* promised to others */
	enum room_zero zero;
	uint64_t zero_pages; /* what domain zero has */
	uint64_t zero_spare; /* and could do without */
	const char *holder;  /* the guest that has most; NULL: none */
	uint64_t held;
	uint64_t held_min; /* to which it can balloon; 0: not known */
};

/* Pure: pages that are missing when nobody gives any. */
uint64_t room_missing(const struct room *r);
/* Pure: is there enough, with what domain zero gives? */
bool room_suffices(const struct room *r);
/* Pure: the sentence for too little memory. */
void room_text(const struct room *r, char *text, size_t size);
/* Pure: KiB that domain zero can do without. */
uint64_t room_zero_spare_kib(uint64_t target_kib, uint64_t floor_kib,
			     uint64_t available_kib);

struct room_request {
	int privcmd;
	struct store *store;
	uint64_t pages; /* of the domain's own */
	const volatile sig_atomic_t *stop;
	balloon_progress_fn *progress;
	uint64_t given_kib; /* out: what domain zero gave for it */
};

/* Before there is a domain: 0, or -ENOMEM with the sentence. */
int room_check(const struct room_request *q, uint32_t vcpus, struct err *e);

/*
 * Claims the pages for the domain; where they are missing and it is allowed,
 * domain zero gives them first. On failure q->given_kib may be set: end the
 * domain, then room_give_back().
 */
int room_take(struct room_request *q, uint16_t domid, struct err *e);
void room_give_back(struct room_request *q);

#endif
