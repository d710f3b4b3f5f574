/* SPDX-License-Identifier: MIT */
/*
 * The sandbox, tried from inside: what must work does, what must not ends the
 * process or fails. As root, the files and the user are gone too.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bootfs/sandbox.h"

static const struct sandbox_limits limits = {
	.first_closed_fd = 5,
	.file_bytes = 4096,
	.cpu_seconds = 5,
};

/* In the child: something to read at 0, a full file at 3, more at 7. */
static void prepare(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	int file = memfd_create("file", 0);

	if (fd < 0 || file < 0 || lseek(file, 4096, SEEK_SET) != 4096 ||
	    dup2(file, 7) < 0 || dup2(fd, 0) < 0 || dup2(7, 3) < 0)
		syscall(__NR_exit_group, 98);
}

/*
 * A child enters the sandbox, tries, and ends with what the attempt gives;
 * its wait status. System calls are made directly, for sanitizers add others.
 */
static int try(int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = ERR_NONE;

		prepare();
		if (sandbox_enter(&limits, &e))
			syscall(__NR_exit_group, 99);
		syscall(__NR_exit_group, attempt());
	}
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int try_read(void)
{
	char b;

	return syscall(__NR_pread64, 0, &b, 1, 0) == 1 ? 0 : 1;
}

static int try_memory(void)
{
	return syscall(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0;
}

static int try_open(void)
{
	return syscall(__NR_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0;
}

static int try_ioctl(void)
{
	return syscall(__NR_ioctl, 0, 0x5401, 0) >= 0;
}

static int try_code(void)
{
	return syscall(__NR_mmap, 0, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) >= 0;
}

static int try_exec(void)
{
	return (int)syscall(__NR_execve, "/bin/true", NULL, NULL);
}

static int try_fork(void)
{
	return (int)syscall(__NR_fork);
}

static int try_socket(void)
{
	return (int)syscall(__NR_socket, AF_INET, SOCK_STREAM, 0);
}

static int try_kill(void)
{
	return (int)syscall(__NR_kill, 1, 0);
}

static int try_ptrace(void)
{
	return (int)syscall(__NR_ptrace, 0, 0, 0, 0);
}

static int try_old_call(void)
{
	return (int)syscall(__NR_open, "/etc/passwd", O_RDONLY);
}

static int try_x32(void)
{
	return (int)syscall(0x40000000 | __NR_read, 0, 0, 0);
}

static int try_large_file(void)
{
	return syscall(__NR_write, 3, "x", 1) == 1;
}

Test(sandbox, what_the_helper_needs_works)
{
	cr_assert_eq(try(try_read), 0);
	cr_assert_eq(try(try_memory), 0);
}

Test(sandbox, what_libraries_try_in_vain_fails)
{
	cr_assert_eq(try(try_open), 0);
	cr_assert_eq(try(try_ioctl), 0);
}

Test(sandbox, anything_else_ends_the_process)
{
	static int (*const attempts[])(void) = {
		try_code, try_exec,   try_fork,	    try_socket,
		try_kill, try_ptrace, try_old_call, try_x32};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int status = try(attempts[i]);

		cr_assert(WIFSIGNALED(status), "attempt %zu: %x", i, status);
		cr_assert_eq(WTERMSIG(status), SIGSYS, "attempt %zu: %d", i,
			     WTERMSIG(status));
	}
}

Test(sandbox, a_file_cannot_grow_beyond_its_limit)
{
	int status = try(try_large_file);

	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ, "%x",
		  status);
}

/* Seen from outside, in /proc, while the child waits in read(). */
static int wait_for_end(void)
{
	char b;

	return (int)syscall(__NR_read, 4, &b, 1);
}

static void line_is(pid_t pid, const char *key, const char *want)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) == 0)
			break;
	}
	fclose(f);
	cr_assert(strstr(line, want), "%s, not %s", line, want);
}

Test(sandbox, the_process_is_nobody_without_files)
{
	char path[64], root[64];
	int pipes[2], ready[2], status;
	ssize_t n;
	pid_t pid;

	if (geteuid() != 0)
		cr_skip_test("only root has something to give up");
	cr_assert_eq(pipe(pipes), 0);
	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct err e = ERR_NONE;

		dup2(ready[1], 1);
		dup2(pipes[0], 4);
		prepare();
		if (sandbox_enter(&limits, &e))
			syscall(__NR_exit_group, 99);
		syscall(__NR_write, 1, "x", 1);
		syscall(__NR_exit_group, wait_for_end());
	}
	close(ready[1]);
	close(pipes[0]);
	cr_assert_eq(read(ready[0], path, 1), 1, "it did not come so far");
	line_is(pid, "Uid:", "65534\t65534\t65534\t65534");
	line_is(pid, "Gid:", "65534\t65534\t65534\t65534");
	line_is(pid, "Groups:", "Groups:\t");
	line_is(pid, "CapEff:", "0000000000000000");
	line_is(pid, "CapPrm:", "0000000000000000");
	line_is(pid, "NoNewPrivs:", "1");
	line_is(pid, "Seccomp:", "2");
	snprintf(path, sizeof(path), "/proc/%d/root/bin", pid);
	cr_assert_lt(access(path, F_OK), 0);
	/* 5 and above are closed: 7 was open before. */
	snprintf(path, sizeof(path), "/proc/%d/fd/7", pid);
	n = readlink(path, root, sizeof(root));
	cr_assert_lt(n, 0);
	snprintf(path, sizeof(path), "/proc/%d/fd/4", pid);
	n = readlink(path, root, sizeof(root));
	cr_assert_gt(n, 0);
	close(pipes[1]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}
