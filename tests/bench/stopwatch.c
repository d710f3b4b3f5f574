/* SPDX-License-Identifier: MIT */
/*
 * stopwatch KEY COMMAND...: how long a command takes, by this machine's clock
 * and, because each line is written when it happens, by that of whoever reads
 * the serial line:
 *
 *	bench: begin KEY
 *	bench: end KEY NANOSECONDS 1
 *
 * What the command prints is kept away from the line, and shown when it fails,
 * with "bench: fail KEY: ..." at the end; its status is the stopwatch's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT "/run/stopwatch.out"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void run(char **argv)
{
	int fd = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void tell_why(const char *key, int status)
{
	char line[512], last[512] = "it says nothing";
	FILE *f = fopen(OUTPUT, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		printf("%s: %s\n", key, line);
		if (line[0])
			memcpy(last, line, sizeof(last));
	}
	if (f)
		fclose(f);
	printf("bench: fail %s: status %d: %s\n", key, status, last);
}

int main(int argc, char **argv)
{
	int status;
	uint64_t begin, end;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) {
		fprintf(stderr, "usage: %s KEY COMMAND...\n", argv[0]);
		return 2;
	}
	printf("bench: begin %s\n", argv[1]);
	begin = now_ns();
	pid = fork();
	if (!pid)
		run(argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("bench: fail %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	end = now_ns();
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		printf("bench: end %s %llu 1\n", argv[1],
		       (unsigned long long)(end - begin));
		return 0;
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status)
				   : 128 + WTERMSIG(status);
	tell_why(argv[1], status);
	return status;
}
