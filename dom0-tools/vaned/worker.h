/* SPDX-License-Identifier: MIT */
/*
 * Work that takes seconds (unpacking a kernel, writing a core), in a child
 * process, so that vaned goes on serving the other guests.
 *
 * The child dies with its parent. It inherits the descriptor of vaned's lock,
 * so another vaned cannot begin before the child is really gone: what a new
 * one finds half-made, nobody is making any more.
 */
#ifndef DOM0_TOOLS_VANED_WORKER_H
#define DOM0_TOOLS_VANED_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/evloop.h"

struct worker_result {
	int rc;		/* 0 or -errno */
	uint16_t domid; /* what a restart made */
	struct err err; /* the reason, when rc is not 0 */
};

/* In the child: no part of the parent's connections may be used. */
typedef void worker_job(void *arg, struct worker_result *result);
/* In the parent, from the event loop. */
typedef void worker_done(void *arg, const struct worker_result *result);

struct worker {
	pid_t pid; /* 0: nothing is done */
	int fd;	   /* the result comes here */
	struct evloop *loop;
	worker_done *done;
	void *arg;
};

static inline bool worker_is_busy(const struct worker *w)
{
	return w->pid != 0;
}

/* 0 or -errno; `arg` is for both functions. */
int worker_start(struct worker *w, struct evloop *loop, worker_job *job,
		 worker_done *done, void *arg);
/* Ends the child at once; `done` is not called. */
void worker_kill(struct worker *w);

#endif
