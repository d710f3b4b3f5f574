/* SPDX-License-Identifier: MIT */
/*
 * An event loop for one thread: descriptors watched by poll(), timers, and a
 * hook that runs before each wait.
 *
 * Callbacks may add and remove any descriptor or timer, their own included.
 * A descriptor that is removed inside a callback gets no further call, also
 * when its number is reused in the same round. The caller owns every
 * descriptor and every timer; the loop only refers to them.
 * Test: tests/unit/dom0-tools/lib/test_evloop.c.
 */
#ifndef DOM0_TOOLS_LIB_EVLOOP_H
#define DOM0_TOOLS_LIB_EVLOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void evloop_fd_fn(void *arg, int fd, short revents);
typedef void evloop_timer_fn(void *arg);

struct evloop_watch {
	evloop_fd_fn *fn;
	void *arg;
};

/* Lives in the user's structure; all zero with `fn` set is a stopped timer. */
struct evloop_timer {
	evloop_timer_fn *fn;
	void *arg;
	uint64_t due_ns;
	bool armed;
	struct evloop_timer *next;
};

struct evloop {
	struct pollfd *fds;
	struct evloop_watch *watches; /* runs parallel to fds */
	size_t count, room;
	bool has_holes;
	bool stopped;
	struct evloop_timer *timers; /* armed ones, earliest first */
	evloop_timer_fn *prepare;
	void *prepare_arg;
};

void evloop_init(struct evloop *l);
void evloop_free(struct evloop *l);

/* -EEXIST when the descriptor is watched already, -ENOMEM. */
int evloop_fd_add(struct evloop *l, int fd, short events, evloop_fd_fn *fn,
		  void *arg);
/* Changes what is waited for; POLLERR and POLLHUP are always reported. */
void evloop_fd_set(struct evloop *l, int fd, short events);
/* No effect when the descriptor is not watched. */
void evloop_fd_del(struct evloop *l, int fd);

/* Starting an armed timer moves it. A timer fires once. */
void evloop_timer_start(struct evloop *l, struct evloop_timer *t,
			uint64_t after_ms);
void evloop_timer_stop(struct evloop *l, struct evloop_timer *t);

/*
 * `fn` runs before each wait: the place for events that a library has queued
 * in memory, of which a descriptor says nothing.
 */
void evloop_set_prepare(struct evloop *l, evloop_timer_fn *fn, void *arg);

/*
 * One wait of at most `max_ms` (-1: no limit), then the callbacks of all that
 * is due. The number of callbacks made, or -errno.
 */
int evloop_step(struct evloop *l, int max_ms);
/* Steps until evloop_stop(); 0 or -errno. */
int evloop_run(struct evloop *l);
void evloop_stop(struct evloop *l);

/* CLOCK_BOOTTIME, so that a suspended host does not stretch a deadline. */
uint64_t evloop_now_ns(void);

#endif
