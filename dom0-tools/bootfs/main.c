/* SPDX-License-Identifier: MIT */
/*
 * vane-bootfs KERNEL_MAX INITRD_MAX [ENTRY]: the helper that looks into a
 * guest's disk; started by builder/bootdisk.c, of no use by hand. The limits
 * are in bytes. Descriptors and what they are for: bootfs.h. The result is
 * lines of "key value", the last one "done" or "error TEXT"; then it ends with
 * status 0 or 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootfs/choose.h"
#include "bootfs/sandbox.h"

#define MAIN_MEMORY_BYTES (160UL * 1024 * 1024)
#define MAIN_CPU_SECONDS  50
#define MAIN_CHUNK_BYTES  (256 * 1024)
#define MAIN_FIRST_CLOSED 5

static int write_all(int fd, const void *from, size_t bytes)
{
	const char *p = from;

	while (bytes) {
		ssize_t n = write(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -errno;
		p += n;
		bytes -= (size_t)n;
	}
	return 0;
}

/* A line; bytes that are no text, as a guest might name things, become '?'. */
static void say(const char *key, const char *value)
{
	char line[BOOTFS_RESULT_MAX];
	size_t n = (size_t)snprintf(line, sizeof(line), "%s %s", key, value);

	if (n > sizeof(line) - 1)
		n = sizeof(line) - 1;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[n] = '\n';
	write_all(BOOTFS_FD_RESULT, line, n + 1);
}

static int copy(struct choice *c, const char *what, const char *path, int to,
		uint64_t *total, uint64_t max, struct err *e)
{
	static char chunk[MAIN_CHUNK_BYTES];
	static const char zeroes[4];
	struct volume_file f;
	uint64_t copied = 0;
	ssize_t n = 1;
	int rc = choice_open(c, path, &f, e);

	if (rc)
		return err_prefix(e, "%s", what);
	/* Archives that follow one another begin at a multiple of four. */
	if (*total % 4 && max - *total >= 4) {
		rc = write_all(to, zeroes, 4 - *total % 4);
		*total += 4 - *total % 4;
	}
	if (rc == 0 && f.bytes > max - *total)
		rc = err_set(e, EFBIG,
			     "%s %s: %" PRIu64 " MiB; at most %" PRIu64
			     " MiB are taken",
			     what, path, f.bytes >> 20, max >> 20);
	while (rc == 0 && copied < f.bytes) {
		n = volume_read(&f, chunk, sizeof(chunk));
		if (n <= 0 || (uint64_t)n > f.bytes - copied)
			rc = err_set(e, EIO,
				     "%s %s: damaged after %" PRIu64 " bytes",
				     what, path, copied);
		else if (write_all(to, chunk, (size_t)n))
			rc = err_set(e, ENOSPC,
				     "%s %s: domain zero has no memory to hold "
				     "it",
				     what, path);
		else
			copied += (uint64_t)n;
	}
	volume_close_file(&f);
	*total += copied;
	return rc;
}

static int deliver(struct choice *c, uint64_t kernel_max, uint64_t initrd_max,
		   struct err *e)
{
	const struct boot_entry *b = &c->entry;
	uint64_t kernel_bytes = 0, initrd_bytes = 0;
	char number[16];
	int rc = copy(c, "kernel", b->kernel, BOOTFS_FD_KERNEL, &kernel_bytes,
		      kernel_max, e);

	for (size_t i = 0; i < b->initrd_count && rc == 0; i++)
		rc = copy(c, "initrd", b->initrds[i], BOOTFS_FD_INITRD,
			  &initrd_bytes, initrd_max, e);
	if (rc)
		return rc;
	snprintf(number, sizeof(number), "%u", c->partition);
	say("partition", number);
	say("source", c->source);
	say("title", b->title);
	say("kernel", b->kernel);
	for (size_t i = 0; i < b->initrd_count; i++)
		say("initrd", b->initrds[i]);
	say("options", b->options);
	say("done", "");
	return 0;
}

int main(int argc, char **argv)
{
	static struct choice c;
	struct arena a = {NULL};
	struct err e = ERR_NONE;
	struct sandbox_limits limits = {
		.first_closed_fd = MAIN_FIRST_CLOSED,
		.memory_bytes = MAIN_MEMORY_BYTES,
		.cpu_seconds = MAIN_CPU_SECONDS,
	};
	uint64_t kernel_max, initrd_max;
	int rc;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: vane-bootfs KERNEL_MAX INITRD_MAX "
				"[ENTRY] (started by vane)\n");
		return 2;
	}
	kernel_max = strtoull(argv[1], NULL, 10);
	initrd_max = strtoull(argv[2], NULL, 10);
	limits.file_bytes = kernel_max > initrd_max ? kernel_max : initrd_max;
	rc = sandbox_enter(&limits, &e);
	if (rc == 0)
		rc = choice_make(&c, &a, BOOTFS_FD_DISK, argv[3], &e);
	if (rc == 0)
		rc = deliver(&c, kernel_max, initrd_max, &e);
	if (rc)
		say("error", e.text);
	/* Nothing is given back: the process ends. */
	_exit(rc != 0);
}
