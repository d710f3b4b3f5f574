/* SPDX-License-Identifier: MIT */
/* The event loop, with real pipes; no test depends on how fast it runs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "lib/evloop.h"

static struct evloop loop;
static int ends[2], calls, order[8];

static void fresh(void)
{
	evloop_init(&loop);
	cr_assert_eq(pipe(ends), 0);
	calls = 0;
}

static void done(void)
{
	evloop_free(&loop);
	close(ends[0]);
	close(ends[1]);
}

TestSuite(dom0_evloop, .init = fresh, .fini = done);

static void count(void *arg, int fd, short revents)
{
	char c;

	(void)arg;
	cr_assert(revents & POLLIN);
	cr_assert_eq(read(fd, &c, 1), 1);
	calls++;
}

static void note(void *arg)
{
	order[calls++] = (int)(intptr_t)arg;
}

Test(dom0_evloop, a_readable_descriptor_gets_its_call)
{
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, count, NULL), 0);
	cr_assert_eq(evloop_step(&loop, 0), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(evloop_step(&loop, -1), 1);
	cr_assert_eq(calls, 1);
}

Test(dom0_evloop, a_descriptor_is_watched_once)
{
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, count, NULL), 0);
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, count, NULL),
		     -EEXIST);
	cr_assert_eq(evloop_fd_add(&loop, -1, POLLIN, count, NULL), -EBADF);
}

Test(dom0_evloop, what_is_not_asked_for_is_not_reported)
{
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, count, NULL), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	evloop_fd_set(&loop, ends[0], 0);
	cr_assert_eq(evloop_step(&loop, 0), 0);
	evloop_fd_set(&loop, ends[0], POLLIN);
	cr_assert_eq(evloop_step(&loop, 0), 1);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	evloop_fd_del(&loop, ends[0]);
	evloop_fd_del(&loop, ends[0]);
	cr_assert_eq(evloop_step(&loop, 0), 0);
}

static int other[2];

static void remove_other(void *arg, int fd, short revents)
{
	(void)arg;
	(void)revents;
	calls++;
	evloop_fd_del(&loop, fd == ends[0] ? other[0] : ends[0]);
}

Test(dom0_evloop, one_that_was_removed_in_this_round_is_not_called)
{
	cr_assert_eq(pipe(other), 0);
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, remove_other, NULL),
		     0);
	cr_assert_eq(evloop_fd_add(&loop, other[0], POLLIN, remove_other, NULL),
		     0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(write(other[1], "x", 1), 1);
	evloop_step(&loop, 0);
	cr_assert_eq(calls, 1);
	close(other[0]);
	close(other[1]);
}

static void reuse_number(void *arg, int fd, short revents)
{
	(void)arg;
	(void)fd;
	(void)revents;
	calls++;
	/* The other descriptor's number now means an empty pipe. */
	evloop_fd_del(&loop, other[0]);
	close(other[0]);
	cr_assert_eq(pipe(order), 0);
	cr_assert_eq(dup2(order[0], other[0]), other[0]);
	cr_assert_eq(evloop_fd_add(&loop, other[0], POLLIN, count, NULL), 0);
}

Test(dom0_evloop, a_reused_number_does_not_inherit_an_event)
{
	cr_assert_eq(pipe(other), 0);
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, reuse_number, NULL),
		     0);
	cr_assert_eq(evloop_fd_add(&loop, other[0], POLLIN, count, NULL), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(write(other[1], "x", 1), 1);
	cr_assert_eq(evloop_step(&loop, 0), 1);
	cr_assert_eq(calls, 1);
	/* And the new one works. */
	evloop_fd_del(&loop, ends[0]);
	cr_assert_eq(write(order[1], "y", 1), 1);
	cr_assert_eq(evloop_step(&loop, 0), 1);
	cr_assert_eq(calls, 2);
	close(other[0]);
	close(other[1]);
}

Test(dom0_evloop, many_descriptors_fit)
{
	int pipes[100][2];

	for (int i = 0; i < 100; i++) {
		cr_assert_eq(pipe(pipes[i]), 0);
		cr_assert_eq(
			evloop_fd_add(&loop, pipes[i][0], POLLIN, count, NULL),
			0);
		cr_assert_eq(write(pipes[i][1], "x", 1), 1);
	}
	cr_assert_eq(evloop_step(&loop, 0), 100);
	cr_assert_eq(calls, 100);
	for (int i = 0; i < 100; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

Test(dom0_evloop, timers_fire_in_the_order_of_their_times_and_once)
{
	struct evloop_timer a = {note, (void *)1, 0, false, NULL};
	struct evloop_timer b = {note, (void *)2, 0, false, NULL};
	struct evloop_timer c = {note, (void *)3, 0, false, NULL};

	evloop_timer_start(&loop, &a, 3);
	evloop_timer_start(&loop, &b, 1);
	evloop_timer_start(&loop, &c, 2);
	while (loop.timers)
		cr_assert_geq(evloop_step(&loop, -1), 0);
	cr_assert_eq(calls, 3);
	cr_assert_eq(order[0], 2);
	cr_assert_eq(order[1], 3);
	cr_assert_eq(order[2], 1);
	cr_assert_eq(evloop_step(&loop, 0), 0);
}

Test(dom0_evloop, a_stopped_timer_does_not_fire_and_a_moved_one_fires_once)
{
	struct evloop_timer a = {note, (void *)1, 0, false, NULL};
	struct evloop_timer b = {note, (void *)2, 0, false, NULL};

	evloop_timer_start(&loop, &a, 0);
	evloop_timer_start(&loop, &b, 0);
	evloop_timer_start(&loop, &b, 0);
	evloop_timer_stop(&loop, &a);
	evloop_timer_stop(&loop, &a);
	cr_assert_eq(evloop_step(&loop, 0), 1);
	cr_assert_eq(order[0], 2);
	cr_assert_null(loop.timers);
}

static struct evloop_timer again = {.fn = NULL};

static void restart(void *arg)
{
	(void)arg;
	calls++;
	evloop_timer_start(&loop, &again, 0);
}

Test(dom0_evloop, a_timer_that_restarts_itself_does_not_starve_descriptors)
{
	again.fn = restart;
	evloop_timer_start(&loop, &again, 0);
	cr_assert_eq(evloop_fd_add(&loop, ends[0], POLLIN, count, NULL), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_geq(evloop_step(&loop, 0), 1);
	cr_assert_neq(read(ends[0], order, 0), -1);
	cr_assert_geq(calls, 1);
}

static void stop(void *arg)
{
	calls++;
	if (calls == 3)
		evloop_stop(arg);
}

Test(dom0_evloop, the_hook_runs_before_each_wait_and_may_end_the_loop)
{
	again.fn = restart;
	evloop_set_prepare(&loop, stop, &loop);
	evloop_timer_start(&loop, &again, 0);
	cr_assert_eq(evloop_run(&loop), 0);
	cr_assert_geq(calls, 3);
}
