/* SPDX-License-Identifier: MIT */
/*
 * The event loop of the daemons; the header tells its contract.
 *
 * Removal leaves a hole (descriptor -1, which poll() skips) and the holes are
 * closed between rounds only. So an index stays valid while callbacks run,
 * and a descriptor added meanwhile lies behind those that poll() looked at.
 */
#include "lib/evloop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

uint64_t evloop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

void evloop_init(struct evloop *l)
{
	*l = (struct evloop){0};
}

void evloop_free(struct evloop *l)
{
	free(l->fds);
	free(l->watches);
	evloop_init(l);
}

static int find(const struct evloop *l, int fd)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->fds[i].fd == fd)
			return (int)i;
	}
	return -1;
}

static int grow(struct evloop *l)
{
	size_t room = l->room ? l->room * 2 : 16;
	struct evloop_watch *watches;
	struct pollfd *fds;

	fds = realloc(l->fds, room * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	l->fds = fds;
	watches = realloc(l->watches, room * sizeof(*watches));
	if (!watches)
		return -ENOMEM;
	l->watches = watches;
	l->room = room;
	return 0;
}

int evloop_fd_add(struct evloop *l, int fd, short events, evloop_fd_fn *fn,
		  void *arg)
{
	if (fd < 0)
		return -EBADF;
	if (find(l, fd) >= 0)
		return -EEXIST;
	if (l->count == l->room) {
		int rc = grow(l);

		if (rc)
			return rc;
	}
	l->fds[l->count] = (struct pollfd){.fd = fd, .events = events};
	l->watches[l->count] = (struct evloop_watch){.fn = fn, .arg = arg};
	l->count++;
	return 0;
}

void evloop_fd_set(struct evloop *l, int fd, short events)
{
	int i = find(l, fd);

	if (fd >= 0 && i >= 0)
		l->fds[i].events = events;
}

void evloop_fd_del(struct evloop *l, int fd)
{
	int i = find(l, fd);

	if (fd < 0 || i < 0)
		return;
	l->fds[i].fd = -1;
	l->fds[i].revents = 0;
	l->has_holes = true;
}

static void close_holes(struct evloop *l)
{
	size_t to = 0;

	for (size_t from = 0; from < l->count; from++) {
		if (l->fds[from].fd < 0)
			continue;
		l->fds[to] = l->fds[from];
		l->watches[to] = l->watches[from];
		to++;
	}
	l->count = to;
	l->has_holes = false;
}

void evloop_timer_stop(struct evloop *l, struct evloop_timer *t)
{
	struct evloop_timer **at = &l->timers;

	if (!t->armed)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->next = NULL;
	t->armed = false;
}

void evloop_timer_start(struct evloop *l, struct evloop_timer *t,
			uint64_t after_ms)
{
	struct evloop_timer **at = &l->timers;

	evloop_timer_stop(l, t);
	t->due_ns = evloop_now_ns() + after_ms * 1000000ull;
	while (*at && (*at)->due_ns <= t->due_ns)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	t->armed = true;
}

void evloop_set_prepare(struct evloop *l, evloop_timer_fn *fn, void *arg)
{
	l->prepare = fn;
	l->prepare_arg = arg;
}

/* Rounded up, so that poll() never returns just before the first timer. */
static int wait_ms(const struct evloop *l, int max_ms)
{
	uint64_t now, ms;

	if (!l->timers)
		return max_ms;
	now = evloop_now_ns();
	if (l->timers->due_ns <= now)
		return 0;
	ms = (l->timers->due_ns - now + 999999) / 1000000;
	if (ms > INT_MAX)
		ms = INT_MAX;
	if (max_ms >= 0 && (uint64_t)max_ms < ms)
		return max_ms;
	return (int)ms;
}

/*
 * Only timers that were due at the start of the round run in it: one that
 * restarts itself with 0 ms must not keep the descriptors waiting.
 */
static int run_timers(struct evloop *l)
{
	uint64_t now = evloop_now_ns();
	int calls = 0;

	while (l->timers && l->timers->due_ns <= now) {
		struct evloop_timer *t = l->timers;

		evloop_timer_stop(l, t);
		t->fn(t->arg);
		calls++;
	}
	return calls;
}

int evloop_step(struct evloop *l, int max_ms)
{
	size_t polled;
	int calls = 0;

	if (l->prepare)
		l->prepare(l->prepare_arg);
	if (l->has_holes)
		close_holes(l);
	if (l->stopped)
		return 0;

	polled = l->count;
	if (poll(l->fds, polled, wait_ms(l, max_ms)) < 0)
		return errno == EINTR ? 0 : -errno;

	for (size_t i = 0; i < polled; i++) {
		short revents = l->fds[i].revents;

		if (l->fds[i].fd < 0 || !revents)
			continue;
		l->watches[i].fn(l->watches[i].arg, l->fds[i].fd, revents);
		calls++;
	}
	return calls + run_timers(l);
}

int evloop_run(struct evloop *l)
{
	while (!l->stopped) {
		int rc = evloop_step(l, -1);

		if (rc < 0)
			return rc;
	}
	return 0;
}

void evloop_stop(struct evloop *l)
{
	l->stopped = true;
}
