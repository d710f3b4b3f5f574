/* SPDX-License-Identifier: MIT */
/* Domains that are being made; see creating.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/creating.h"
#include "lib/config.h"
#include "lib/daemon.h"

#define LOCK_TRIES 50 /* of 10 ms: vaned looks at a lock for a moment */

static void creating_path(const char *dir, const uint8_t uuid[16], char *path,
			  size_t size)
{
	char text[37];

	config_format_uuid(uuid, text);
	snprintf(path, size, "%s/%s", dir, text);
}

/* Whether the locked file is still the one of that name. */
static bool creating_is_current(int fd, const char *path)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static int creating_try(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && creating_is_current(fd, path))
		return fd;
	close(fd);
	return -EWOULDBLOCK;
}

int creating_begin(const char *dir, const uint8_t uuid[16], struct err *e)
{
	struct timespec pause = {0, 10000000};
	char path[256];
	int fd = daemon_mkdirs(dir, 0700);

	creating_path(dir, uuid, path, sizeof(path));
	if (fd)
		return err_set(e, fd, "cannot make the directory %s: %s", dir,
			       strerror(-fd));
	for (int i = 0; i < LOCK_TRIES; i++) {
		fd = creating_try(path);
		if (fd != -EWOULDBLOCK)
			break;
		nanosleep(&pause, NULL);
	}
	if (fd == -EWOULDBLOCK)
		return err_set(e, EBUSY,
			       "another process is creating a domain with the "
			       "same uuid (%s is locked); wait for it, or give "
			       "each its own uuid=",
			       path);
	if (fd < 0)
		return err_set(e, fd, "cannot make %s: %s", path,
			       strerror(-fd));
	return fd;
}

void creating_end(const char *dir, const uint8_t uuid[16], int fd)
{
	char path[256];

	if (fd < 0)
		return;
	creating_path(dir, uuid, path, sizeof(path));
	unlink(path);
	close(fd);
}

void creating_wake(const char *dir)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/wake", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	close(fd);
	unlink(path);
}

/* Whether the file stays. */
static bool creating_look(const char *path, const uint8_t uuid[16],
			  int (*fn)(const uint8_t uuid[16], void *arg),
			  void *arg)
{
	/* For reading: closing it is to wake nobody. */
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool stays = true;

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    creating_is_current(fd, path) && fn(uuid, arg) == 0)
		stays = unlink(path) < 0;
	close(fd);
	return stays;
}

int creating_each_dead(const char *dir,
		       int (*fn)(const uint8_t uuid[16], void *arg), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int staying = 0;

	if (d == NULL)
		return 0;
	while ((entry = readdir(d))) {
		char path[512];
		uint8_t uuid[16];

		if (config_parse_uuid(entry->d_name, uuid))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		staying += creating_look(path, uuid, fn, arg);
	}
	closedir(d);
	return staying;
}
