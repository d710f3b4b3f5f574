/* SPDX-License-Identifier: MIT */
/* What a guest's own disk boots; see bootdisk.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bootfs/bootfs.h"
#include "builder/bootdisk.h"
#include "lib/hostmem.h"

#define BOOTDISK_HELPER	     "vane-bootfs"
#define BOOTDISK_HELPER_ELSE "/usr/libexec/vane/" BOOTDISK_HELPER
#define BOOTDISK_TIMEOUT_MS  60000
#define BOOTDISK_KERNEL_MAX  (256UL << 20)
#define BOOTDISK_INITRD_MAX  (1024UL << 20)
#define BOOTDISK_FD_MIN	     16 /* above all that the helper is given */

/* Answer */

int bootdisk_parse(struct bootdisk *b, const char *text, size_t length,
		   struct err *e)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{"partition ", &b->partition}, {"source ", &b->source},
		{"title ", &b->title},	       {"kernel ", &b->kernel_path},
		{"options ", &b->options},
	};
	const char *end = text + length;
	bool done = false;

	while (text < end && !done) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		char *line = newline ? arena_strndup(&b->arena, text,
						     (size_t)(newline - text))
				     : NULL;

		if (line == NULL)
			break;
		for (char *p = line; p < line + (newline - text); p++) {
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				*p = '?';
		}
		if (strncmp(line, "error ", 6) == 0)
			return err_set(e, EINVAL, "%s", line + 6);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			size_t n = strlen(keys[i].key);

			if (strncmp(line, keys[i].key, n) == 0)
				*keys[i].value = line + n;
		}
		done = strcmp(line, "done ") == 0;
		text = newline + 1;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		done = done && *keys[i].value;
	return done ? 0
		    : err_set(e, EPROTO, "%s gave no whole answer",
			      BOOTDISK_HELPER);
}

/* Files */

static int bootdisk_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), high;

	if (fd < 0)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, BOOTDISK_FD_MIN);
	close(fd);
	return high;
}

static int bootdisk_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), high;
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (fstat(fd, &st) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))) {
		close(fd);
		return err_set(e, EINVAL, "neither a file nor a block device");
	}
	high = fcntl(fd, F_DUPFD_CLOEXEC, BOOTDISK_FD_MIN);
	close(fd);
	return high < 0 ? err_set(e, errno, "%s", strerror(errno)) : high;
}

/* Half of what domain zero could give now: the disk is the guest's. */
static uint64_t bootdisk_spare_bytes(void)
{
	uint64_t kib = hostmem_available_kib();

	return kib ? kib * 1024 / 2 : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Helper */

/* Beside the program that runs, or where a distribution would put it. */
static void bootdisk_helper_path(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, size - (size_t)(slash + 1 - path), "%s",
			 BOOTDISK_HELPER);
		if (access(path, X_OK) == 0)
			return;
	}
	snprintf(path, size, "%s", BOOTDISK_HELPER_ELSE);
}

struct helper {
	pid_t pid;
	int result;
	char answer[BOOTFS_RESULT_MAX * 4];
	size_t length;
};

static int helper_start(struct helper *h, const struct bootdisk_request *r,
			int disk, const struct bootdisk *b, struct err *e)
{
	char path[4096], kernel_max[24], initrd_max[24];
	char *const argv[] = {BOOTDISK_HELPER, kernel_max, initrd_max,
			      (char *)r->entry, NULL};
	char *const envp[] = {NULL};
	uint64_t most = least(r->memory_bytes, bootdisk_spare_bytes());
	int pipes[2], high;

	bootdisk_helper_path(path, sizeof(path));
	if (access(path, X_OK) < 0)
		return err_set(e, errno, "the helper %s: %s", path,
			       strerror(errno));
	snprintf(kernel_max, sizeof(kernel_max), "%" PRIu64,
		 least(most, BOOTDISK_KERNEL_MAX));
	snprintf(initrd_max, sizeof(initrd_max), "%" PRIu64,
		 least(most, BOOTDISK_INITRD_MAX));
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_set(e, errno, "no pipe: %s", strerror(errno));
	high = fcntl(pipes[1], F_DUPFD_CLOEXEC, BOOTDISK_FD_MIN);
	close(pipes[1]);
	h->pid = high < 0 ? -1 : fork();
	if (h->pid == 0) {
		/* Only what may be done between fork() and exec(). */
		int null = open("/dev/null", O_RDWR);

		if (dup2(disk, BOOTFS_FD_DISK) >= 0 &&
		    dup2(high, BOOTFS_FD_RESULT) >= 0 &&
		    (null < 0 || dup2(null, 2) >= 0) &&
		    dup2(b->kernel, BOOTFS_FD_KERNEL) >= 0 &&
		    dup2(b->ramdisk, BOOTFS_FD_INITRD) >= 0)
			execve(path, argv, envp);
		_exit(127);
	}
	if (high >= 0)
		close(high);
	if (h->pid < 0) {
		close(pipes[0]);
		return err_set(e, errno, "no helper: %s", strerror(errno));
	}
	h->result = pipes[0];
	return 0;
}

static int bootdisk_interrupted(struct err *e)
{
	return err_set(e, EINTR, "interrupted; everything was undone");
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads until the helper closes its end, says too much, or is too slow. */
static int helper_listen(struct helper *h, const struct bootdisk_request *r,
			 struct err *e)
{
	int64_t end = now_ms() + BOOTDISK_TIMEOUT_MS;

	for (;;) {
		struct pollfd p = {.fd = h->result, .events = POLLIN};
		int64_t left = end - now_ms();
		ssize_t n;

		if (r->stop && *r->stop)
			return bootdisk_interrupted(e);
		if (left <= 0)
			return err_set(e, ETIMEDOUT,
				       "its file system took more than %d s "
				       "to read",
				       BOOTDISK_TIMEOUT_MS / 1000);
		/* In turns, for a signal just before poll() wakes nobody. */
		if (poll(&p, 1, left < 200 ? (int)left : 200) <= 0)
			continue;
		if (h->length == sizeof(h->answer))
			return err_set(e, EPROTO, "%s says too much",
				       BOOTDISK_HELPER);
		n = read(h->result, h->answer + h->length,
			 sizeof(h->answer) - h->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		h->length += (size_t)n;
	}
}

static void helper_end(struct helper *h, int *status)
{
	kill(h->pid, SIGKILL); /* of no effect when it has ended */
	while (waitpid(h->pid, status, 0) < 0 && errno == EINTR)
		;
	close(h->result);
}

static int helper_run(const struct bootdisk_request *r, int disk,
		      struct bootdisk *b, struct err *e)
{
	struct helper h = {.pid = -1};
	int status = 0, rc = helper_start(&h, r, disk, b, e);

	if (rc)
		return rc;
	rc = helper_listen(&h, r, e);
	helper_end(&h, &status);
	/* Ctrl-C reaches the helper too, which then seems to have failed. */
	if (rc == 0 && r->stop && *r->stop)
		rc = bootdisk_interrupted(e);
	if (rc == 0)
		rc = bootdisk_parse(b, h.answer, h.length, e);
	if (rc == -EPROTO && h.length == 0) {
		err_clear(e);
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			return err_set(e, EIO,
				       "its file system cannot be read: %s was "
				       "ended by signal %d; check the disk",
				       BOOTDISK_HELPER, WTERMSIG(status));
		return err_set(e, EIO, "%s ended without an answer",
			       BOOTDISK_HELPER);
	}
	return rc;
}

/* Nobody holds it any more, so nothing changes behind our back. */
static int bootdisk_seal(struct bootdisk *b, struct err *e)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat kernel, ramdisk;

	if (fcntl(b->kernel, F_ADD_SEALS, seals) < 0 ||
	    fcntl(b->ramdisk, F_ADD_SEALS, seals) < 0 ||
	    fstat(b->kernel, &kernel) < 0 || fstat(b->ramdisk, &ramdisk) < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (kernel.st_size == 0)
		return err_set(e, EINVAL, "the kernel %s is empty",
			       b->kernel_path);
	b->ramdisk_bytes = (uint64_t)ramdisk.st_size;
	if (ramdisk.st_size == 0) {
		close(b->ramdisk);
		b->ramdisk = -1;
	}
	return 0;
}

int bootdisk_load(const struct bootdisk_request *r, struct bootdisk *b,
		  struct err *e)
{
	int rc = 0, disk;

	memset(b, 0, sizeof(*b));
	b->kernel = bootdisk_memfd("guest kernel");
	b->ramdisk = bootdisk_memfd("guest initrd");
	disk = bootdisk_open(r->disk, e);
	if (b->kernel < 0 || b->ramdisk < 0)
		rc = err_set(e, errno, "no memory file: %s", strerror(errno));
	else if (disk < 0)
		rc = disk;
	if (rc == 0)
		rc = helper_run(r, disk, b, e);
	if (rc == 0)
		rc = bootdisk_seal(b, e);
	if (disk >= 0)
		close(disk);
	if (rc) {
		err_prefix(e, "kernel=\"disk:\": %s", r->disk);
		bootdisk_close(b);
	}
	return rc;
}

struct bootdisk_request bootdisk_request(const struct config *c)
{
	const char *entry = config_boot_entry(c);

	return (struct bootdisk_request){
		.disk = config_boot_disk(c)->target,
		.entry = *entry ? entry : NULL,
		.memory_bytes = c->memory_mib << 20,
	};
}

int bootdisk_show(const struct config *c, FILE *out, struct err *e)
{
	struct bootdisk_request r = bootdisk_request(c);
	struct bootdisk b;
	int rc = bootdisk_load(&r, &b, e);

	if (rc)
		return rc;
	fprintf(out,
		"# boots '%s', as %s on %s%s says:\n"
		"#   kernel %s, %s, command line %s%s%s\n",
		b.title, b.source,
		strcmp(b.partition, "0") ? "partition " : "the disk",
		strcmp(b.partition, "0") ? b.partition : "", b.kernel_path,
		b.ramdisk < 0 ? "no initrd" : "its initrd",
		c->cmdline_added ? b.options : "",
		c->cmdline_added && *c->cmdline ? " " : "", c->cmdline);
	bootdisk_close(&b);
	return 0;
}

void bootdisk_close(struct bootdisk *b)
{
	if (b->kernel >= 0)
		close(b->kernel);
	if (b->ramdisk >= 0)
		close(b->ramdisk);
	arena_free(&b->arena);
	memset(b, 0, sizeof(*b));
	b->kernel = b->ramdisk = -1;
}
