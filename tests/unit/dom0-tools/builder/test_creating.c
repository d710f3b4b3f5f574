/* SPDX-License-Identifier: MIT */
/* Marks of domains that are being made: locks that end with their holder. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/creating.h"

static const uint8_t uuid[16] = {0xde, 0xad, 0xbe, 0xef, 5};
static char dir[] = "/tmp/test-creating-XXXXXX";
static char file[96];

static void begin(void)
{
	cr_assert(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/deadbeef-0500-0000-0000-000000000000",
		 dir);
}

static void end(void)
{
	unlink(file);
	rmdir(dir);
}

TestSuite(builder_creating, .init = begin, .fini = end);

static int count(const uint8_t found[16], void *arg)
{
	cr_assert_eq(memcmp(found, uuid, 16), 0);
	return *(int *)arg;
}

Test(builder_creating, a_creator_that_lives_is_not_dead)
{
	struct err e = ERR_NONE;
	int keep = 0;
	int fd = creating_begin(dir, uuid, &e);

	cr_assert_geq(fd, 0);
	cr_assert_eq(access(file, F_OK), 0);
	cr_assert_eq(creating_each_dead(dir, count, &keep), 1);
	creating_end(dir, uuid, fd);
	cr_assert_neq(access(file, F_OK), 0);
	cr_assert_eq(creating_each_dead(dir, count, &keep), 0);
}

Test(builder_creating, a_second_one_of_the_same_uuid_is_refused)
{
	struct err e = ERR_NONE;
	int fd = creating_begin(dir, uuid, &e);

	cr_assert_eq(creating_begin(dir, uuid, &e), -EBUSY);
	cr_assert(strstr(e.text, "same uuid"));
	creating_end(dir, uuid, fd);
}

Test(builder_creating, a_killed_creator_is_found_until_it_was_dealt_with)
{
	struct err e = ERR_NONE;
	int ends[2], status, fail = -EIO, ok = 0;
	pid_t child;
	char c;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		creating_begin(dir, uuid, &e);
		(void)!write(ends[1], "x", 1);
		pause();
		_exit(0);
	}
	cr_assert_eq(read(ends[0], &c, 1), 1);
	cr_assert_eq(creating_each_dead(dir, count, &ok), 1);
	cr_assert_eq(access(file, F_OK), 0);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	cr_assert_eq(creating_each_dead(dir, count, &fail), 1);
	cr_assert_eq(access(file, F_OK), 0);
	cr_assert_eq(creating_each_dead(dir, count, &ok), 0);
	cr_assert_neq(access(file, F_OK), 0);
}

Test(builder_creating, a_dead_creators_mark_is_taken_over)
{
	struct err e = ERR_NONE;
	FILE *f = fopen(file, "w");
	int fd;

	fclose(f);
	fd = creating_begin(dir, uuid, &e);
	cr_assert_geq(fd, 0);
	creating_end(dir, uuid, fd);
}

Test(builder_creating, files_of_other_names_are_left_alone)
{
	char other[80];
	int ok = 0;
	FILE *f;

	snprintf(other, sizeof(other), "%s/README", dir);
	f = fopen(other, "w");
	fclose(f);
	cr_assert_eq(creating_each_dead(dir, count, &ok), 0);
	cr_assert_eq(access(other, F_OK), 0);
	unlink(other);
}

Test(builder_creating, a_directory_that_cannot_be_made_is_said)
{
	struct err e = ERR_NONE;

	cr_assert_lt(creating_begin("/proc/no/such", uuid, &e), 0);
	cr_assert(strstr(e.text, "/proc/no"));
}

Test(builder_creating, whoever_watches_is_woken_and_nothing_stays)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char events[1024];

	cr_assert_geq(inotify_add_watch(fd, dir, IN_CLOSE_WRITE), 0);
	creating_wake(dir);
	cr_assert_gt(read(fd, events, sizeof(events)), 0);
	close(fd);
	cr_assert_eq(rmdir(dir), 0);
	cr_assert_eq(mkdir(dir, 0700), 0);
}
