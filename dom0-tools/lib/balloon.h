/* SPDX-License-Identifier: MIT */
/*
 * Ballooning: a domain is told in its directory of the store how much memory
 * it shall have (memory/target, in KiB), and its kernel gives frames back or
 * takes some. Nobody answers in words: the answer is the number of its frames,
 * which the hypervisor tells.
 *
 * Domain zero's own kernel watches the same node; nobody made it, so it is
 * made here on first use.
 * Test: tests/unit/dom0-tools/lib/test_balloon.c for what needs no machine.
 */
#ifndef DOM0_TOOLS_LIB_BALLOON_H
#define DOM0_TOOLS_LIB_BALLOON_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/store.h"

/* A kernel that did not move for so long has stopped. */
#define BALLOON_STUCK_MS 10000

/* The hypervisor's limit lies so much above what a guest is told to have. */
#define BALLOON_SLACK_KIB 1024

/*
 * Pure: "512", "512m", "2g", "1048576k": KiB; MiB without a suffix (b, k, m,
 * g, t). -EINVAL: no such number; -ERANGE: more than can be counted.
 */
int balloon_parse_size(const char *text, uint64_t *kib);

/*
 * Pure: the least that a guest with that maximum is told to have. A kernel
 * keeps a 64th of its maximum as tables of it, and needs some tens of MiB for
 * itself. Its programs are not in it: they may well need more. One that was
 * made with less than that keeps its maximum; 0: the maximum is not known.
 */
uint64_t balloon_min_kib(uint64_t static_max_kib);

/* What the store says of a domain; 0: nothing. */
struct balloon_limits {
	uint64_t target_kib;
	uint64_t static_max_kib;
	uint64_t min_kib; /* to which it has shown that it can go */
};

/* -ESRCH when there is no such domain. */
int balloon_get_limits(int privcmd, struct store *store, uint16_t domid,
		       struct balloon_limits *l);
int balloon_set_target(struct store *store, uint16_t domid, uint64_t kib);

enum balloon_state {
	BALLOON_MOVING,
	BALLOON_REACHED,
	BALLOON_STUCK, /* not one frame came or went for BALLOON_STUCK_MS */
	BALLOON_LATE,  /* it moves, but time is up */
	BALLOON_STOPPED,
	BALLOON_GONE, /* the domain ended */
};

/* Pure: what is remembered between two looks. */
struct balloon_wait {
	uint64_t target_pages;
	bool grows;
	uint64_t last_pages;
	uint64_t moved_ms;
	uint64_t end_ms; /* 0: no limit */
};

void balloon_wait_begin(struct balloon_wait *w, uint64_t pages,
			uint64_t target_pages, uint64_t now_ms,
			uint64_t timeout_ms);
enum balloon_state balloon_wait_look(struct balloon_wait *w, uint64_t pages,
				     uint64_t now_ms);

/* Told when the number has changed; for a line on a terminal. */
typedef void balloon_progress_fn(const char *name, uint64_t mib,
				 uint64_t goal_mib);

struct balloon_watch {
	int privcmd;
	uint16_t domid;
	uint64_t target_kib;
	uint64_t timeout_ms;		   /* 0: until it has stopped */
	const volatile sig_atomic_t *stop; /* may be NULL */
	balloon_progress_fn *progress;	   /* may be NULL */
	const char *name;		   /* for it */
	uint64_t reached_kib;		   /* out */
};

/* Waits for the domain; never gives BALLOON_MOVING. */
enum balloon_state balloon_await(struct balloon_watch *w);

#endif
