/* SPDX-License-Identifier: MIT */
/*
 * killat PID COUNT [kill|int|stop]: sends a process SIGKILL, or that signal,
 * as it begins its COUNT-th system call that changes something outside of it
 * (its own and those of the children that it makes from now on). So a test
 * hits a program at every point of what it does, and at the same points again
 * when it runs again. Prints "killed", or "ended" and how many there were when
 * it ended first; the same, "still there", when a SIGTERM ends the watching.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = number;
}

static bool changes_something(uint64_t nr)
{
	static const int calls[] = {
		SYS_write, SYS_pwrite64, SYS_writev,   SYS_sendto, SYS_sendmsg,
		SYS_ioctl, SYS_rename,	 SYS_renameat, SYS_unlink, SYS_unlinkat,
		SYS_mkdir, SYS_fork,	 SYS_clone,    SYS_mmap,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (nr == (uint64_t)calls[i])
			return true;
	}
	return false;
}

/* Whether it stands at the beginning of such a call. */
static bool begins_change(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       changes_something(info.entry.nr);
}

/* 0: there is no such word. */
static int signal_of(const char *word)
{
	static const struct {
		const char *word;
		int number;
	} words[] = {{"kill", SIGKILL}, {"int", SIGINT}, {"stop", SIGSTOP}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(words[i].word, word))
			return words[i].number;
	}
	return 0;
}

int main(int argc, char **argv)
{
	pid_t target = argc >= 3 ? atoi(argv[1]) : 0;
	long count = argc >= 3 ? atol(argv[2]) : 0, seen = 0;
	int number = signal_of(argc == 4 ? argv[3] : "kill");
	struct sigaction sa = {.sa_handler = on_signal};
	int status;

	if (target <= 0 || count <= 0 || !number) {
		fputs("usage: killat PID COUNT [kill|int|stop]\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	if (ptrace(PTRACE_SEIZE, target, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
			   PTRACE_O_TRACECLONE) ||
	    ptrace(PTRACE_INTERRUPT, target, 0, 0)) {
		perror("killat");
		return 1;
	}
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int signal = 0;

		if (pid < 0 && errno == EINTR && stop)
			break;
		if (pid < 0)
			break;
		if (!WIFSTOPPED(status)) {
			if (pid == target)
				break;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (begins_change(pid) && ++seen == count) {
				kill(target, number);
				printf("killed\n");
				return 0;
			}
		} else if (status >> 16 == 0) {
			signal = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
	}
	printf("%s, %ld calls\n", stop ? "still there" : "ended", seen);
	return 0;
}
