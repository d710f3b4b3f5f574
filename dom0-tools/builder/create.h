/* SPDX-License-Identifier: MIT */
/*
 * From a configuration to a running domain: one function, called by the
 * `vane` command and by vaned when a domain is to be restarted.
 *
 * All that can be known to fail is checked before the domain exists; each
 * phase is timed; and a failure or a wish to stop at any point undoes
 * everything, so that afterwards the domain is either there or never was.
 * Phases and their order: enum create_phase.
 * Tested on a machine (tests/system); the pure parts have their own tests.
 */
#ifndef DOM0_TOOLS_BUILDER_CREATE_H
#define DOM0_TOOLS_BUILDER_CREATE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/balloon.h"
#include "lib/config.h"
#include "lib/err.h"
#include "lib/store.h"

/* Where the canonical text of a domain's configuration is kept: DIR/ID.cfg. */
#define CREATE_CONFIG_DIR "/run/vane/domains"

enum create_phase {
	CREATE_CHECK,	/* kernel, memory, name, devices */
	CREATE_DOMAIN,	/* the empty domain and its limits */
	CREATE_MEMORY,	/* its frames, promised and taken */
	CREATE_IMAGE,	/* kernel, initramfs, p2m, page tables, start info */
	CREATE_VCPU,	/* page tables pinned, first vCPU set */
	CREATE_STORE,	/* nodes, introduction to the store daemon */
	CREATE_DEVICES, /* waiting for the back ends to be bound */
	CREATE_START,	/* configuration kept, unpaused */
	CREATE_PHASES,
};

struct create_options {
	bool paused; /* leave it paused */
	/*
	 * When not NULL and the value becomes non-zero, creation stops at the
	 * next safe point, undoes everything and gives -EINTR. A signal
	 * handler may set it.
	 */
	const volatile sig_atomic_t *stop;
	/* For the back ends; 0: 20 s. Nobody waits when there are no devices.
	 */
	unsigned int device_timeout_ms;
	/*
	 * For callers that bind back ends themselves: do not wait for them,
	 * and leave the domain paused when it has any.
	 */
	bool no_device_wait;
	/* May be NULL: told while domain zero gives memory. */
	balloon_progress_fn *progress;
	/*
	 * Called in the transaction that makes the domain's nodes; what it
	 * writes there is committed with them. 0 or -errno. Its caller has a
	 * right to the name although it is between two lives
	 * (lib/restarting.h). NULL: nothing more is written.
	 */
	int (*in_txn)(void *arg, struct store *store, uint32_t txn,
		      uint16_t domid);
	void *in_txn_arg;
};

struct create_result {
	uint16_t domid;
	uint64_t phase_ns[CREATE_PHASES];
	uint64_t cpu_ns; /* the caller's own processor time */
	bool no_vaned;	 /* nobody will act when the domain ends */
	bool no_console; /* nor does anybody keep what it prints */
};

/* 0, or -errno with the reason in *e and nothing left behind. */
int domain_create(const struct config *c, const struct create_options *o,
		  struct create_result *result, struct err *e);

const char *create_phase_name(enum create_phase phase);

#endif
