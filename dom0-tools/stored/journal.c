/* SPDX-License-Identifier: MIT */
/* The state file, see the header. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mremap() */
#endif
#include "stored/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stored/dump.h"

#define CHUNK_BYTES   ((size_t)256 << 10)
#define COMPACT_BYTES ((size_t)1 << 20)

void journal_init(struct journal *j)
{
	*j = (struct journal){.fd = -1, .child_fd = -1};
}

/* Room for `len` bytes more. */
static int make_room(struct journal *j, size_t len)
{
	size_t room = j->room;
	void *map;
	int rc;

	if (len <= j->room - j->used)
		return 0;
	while (len > room - j->used)
		room += CHUNK_BYTES;
	rc = posix_fallocate(j->fd, (off_t)j->room, (off_t)(room - j->room));
	if (rc)
		return -rc;
	map = j->map ? mremap(j->map, j->room, room, MREMAP_MAYMOVE)
		     : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED,
			    j->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	j->map = map;
	j->room = room;
	return 0;
}

static int put(void *arg, const struct record *r)
{
	struct journal *j = arg;
	size_t bytes = record_bytes(r);
	int rc = make_room(j, bytes);

	if (rc)
		return rc;
	record_encode(r, j->map + j->used);
	j->used += bytes;
	return 0;
}

static void close_file(struct journal *j)
{
	if (j->map)
		munmap(j->map, j->room);
	if (j->fd >= 0)
		close(j->fd);
	j->map = NULL;
	j->fd = -1;
	j->used = j->room = 0;
}

static void stop_child(struct journal *j)
{
	if (j->child_fd < 0)
		return;
	kill(j->child, SIGKILL);
	waitpid(j->child, NULL, 0);
	close(j->child_fd);
	j->child_fd = -1;
}

void journal_close(struct journal *j)
{
	stop_child(j);
	close_file(j);
}

int journal_append(struct journal *j, const struct record *r)
{
	int rc;

	if (j->fd < 0)
		return 0;
	rc = put(j, r);
	if (rc) {
		/* Half of the truth would be worse than none. */
		unlink(j->path);
		journal_close(j);
	}
	return rc;
}

static int new_name(const char *path, char *to, size_t size)
{
	return snprintf(to, size, "%s.new", path) >= (int)size ? -ENAMETOOLONG
							       : 0;
}

/* A whole file under another name, left open in `j`. */
static int write_dump(struct journal *j, const char *name, uint64_t seed,
		      const struct core *core)
{
	struct record_sink sink = {put, j};
	struct journal_header *h;
	int rc;

	j->fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return -errno;
	rc = make_room(j, sizeof(*h));
	if (rc)
		return rc;
	h = (struct journal_header *)j->map;
	*h = (struct journal_header){.seed = seed};
	memcpy(h->magic, JOURNAL_MAGIC, sizeof(h->magic));
	j->used = sizeof(*h);
	rc = dump_write(core, &sink);
	/* The mapping may have moved. */
	if (!rc)
		((struct journal_header *)j->map)->dump_ends = j->used;
	return rc;
}

static void set_compact_at(struct journal *j, size_t dump_bytes)
{
	j->compact_at = COMPACT_BYTES + 3 * dump_bytes;
}

int journal_create(struct journal *j, const char *path, uint64_t seed,
		   const struct core *core)
{
	char name[sizeof(j->path) + 8];
	int rc;

	if (strlen(path) >= sizeof(j->path))
		return -ENAMETOOLONG;
	memmove(j->path, path, strlen(path) + 1);
	rc = new_name(path, name, sizeof(name));
	if (rc)
		return rc;
	rc = write_dump(j, name, seed, core);
	if (!rc && rename(name, path))
		rc = -errno;
	if (rc) {
		close_file(j);
		unlink(name);
		return rc;
	}
	set_compact_at(j, j->used);
	return 0;
}

bool journal_is_long(const struct journal *j)
{
	return j->fd >= 0 && j->child_fd < 0 && j->used >= j->compact_at;
}

int journal_compact(struct journal *j, uint64_t seed, const struct core *core)
{
	char name[sizeof(j->path) + 8];
	int pipe_fds[2], rc;

	rc = new_name(j->path, name, sizeof(name));
	if (rc)
		return rc;
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	j->child = fork();
	if (j->child < 0) {
		rc = -errno;
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		return rc;
	}
	if (!j->child) {
		struct journal fresh;

		/* It holds copies of the daemon's ports: not for longer. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		journal_init(&fresh);
		_exit(write_dump(&fresh, name, seed, core) ? 1 : 0);
	}
	close(pipe_fds[1]);
	j->child_fd = pipe_fds[0];
	j->forked_at = j->used;
	return 0;
}

/* Opens what the child has written, and adds what came since. */
static int take_over(struct journal *j, const char *name, struct journal *fresh)
{
	size_t more = j->used - j->forked_at, dump_ends;
	struct stat st;
	int rc;

	fresh->fd = open(name, O_RDWR | O_CLOEXEC);
	if (fresh->fd < 0)
		return -errno;
	if (fstat(fresh->fd, &st))
		return -errno;
	fresh->room = (size_t)st.st_size;
	fresh->map = mmap(NULL, fresh->room, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fresh->fd, 0);
	if (fresh->map == MAP_FAILED) {
		fresh->map = NULL;
		return -errno;
	}
	dump_ends = ((struct journal_header *)fresh->map)->dump_ends;
	fresh->used = dump_ends;
	rc = make_room(fresh, more);
	if (rc)
		return rc;
	memcpy(fresh->map + fresh->used, j->map + j->forked_at, more);
	fresh->used += more;
	if (rename(name, j->path))
		return -errno;
	set_compact_at(fresh, dump_ends);
	return 0;
}

int journal_compacted(struct journal *j)
{
	char name[sizeof(j->path) + 8];
	struct journal fresh;
	int status, rc;

	rc = new_name(j->path, name, sizeof(name));
	if (waitpid(j->child, &status, 0) < 0)
		rc = -errno;
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		rc = -EIO;
	close(j->child_fd);
	j->child_fd = -1;
	journal_init(&fresh);
	if (!rc)
		rc = take_over(j, name, &fresh);
	if (rc) {
		close_file(&fresh);
		unlink(name);
		/* Not at once again. */
		j->compact_at = 2 * j->used;
		return rc;
	}
	close_file(j);
	memcpy(fresh.path, j->path, sizeof(fresh.path));
	*j = fresh;
	return 0;
}

int journal_load(const char *path, struct journal_image *image)
{
	struct journal_header *h;
	struct stat st;
	int fd, rc = -EILSEQ;

	*image = (struct journal_image){0};
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		rc = -errno;
		goto out;
	}
	if (st.st_size < (off_t)sizeof(*h))
		goto out;
	image->len = (size_t)st.st_size;
	image->map = mmap(NULL, image->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);
	if (image->map == MAP_FAILED) {
		image->map = NULL;
		rc = -errno;
		goto out;
	}
	h = (struct journal_header *)image->map;
	if (memcmp(h->magic, JOURNAL_MAGIC, sizeof(h->magic)) ||
	    !h->dump_ends) {
		journal_unload(image);
		goto out;
	}
	image->seed = h->seed;
	image->killed_twice = h->tries >= 2;
	h->tries++;
	image->reader.at = image->map + sizeof(*h);
	image->reader.end = image->map + image->len;
	rc = 0;
out:
	close(fd);
	return rc;
}

void journal_unload(struct journal_image *image)
{
	if (image->map)
		munmap(image->map, image->len);
	image->map = NULL;
}
