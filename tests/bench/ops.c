/* SPDX-License-Identifier: MIT */
/*
 * The benchmark itself: the first process of a kernel that has nothing else
 * to do. It prints "bench: KEY COUNT", time-stamp-counter ticks per
 * operation, the best of ROUNDS, and powers off. Under QEMU's
 * `-icount shift=0` the counter advances by one per retired instruction, so
 * the figures are instruction counts and come out alike on every machine.
 *
 * Loops are as long as it takes for one timer tick, some ten thousand
 * instructions, to vanish in the mean. Driver: tests/bench/driver.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROUNDS	      3
#define PAGE	      4096u
#define MIB	      (1u << 20)
#define FAULTS	      256u /* fewer than a huge page has */
#define TOUCHED_PAGES 288u /* what a fork has to copy the tables of */

static char *page; /* one mapped page, for the protection faults */
static int ping[2], pong[2];

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("bench: failed: %s\n", what);
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void null_call(void)
{
	syscall(SYS_getppid);
}

static void stat_call(void)
{
	struct stat st;

	check(!stat("/etc/bench", &st), "stat");
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	(void)number;
	caught++;
}

static void signal_self(void)
{
	kill(getpid(), SIGUSR1);
}

static void on_fault(int number)
{
	(void)number;
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void prot_fault(void)
{
	mprotect(page, PAGE, PROT_READ);
	*(volatile char *)page = 1;
}

/* FAULTS pages mapped, touched for the first time and unmapped. */
static void page_faults(void)
{
	char *p = mmap(NULL, FAULTS * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED, "mmap");
	for (size_t i = 0; i < FAULTS; i++)
		*(volatile char *)(p + i * PAGE) = 1;
	munmap(p, FAULTS * PAGE);
}

static void map_mib(void)
{
	char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	check(p != MAP_FAILED, "mmap");
	munmap(p, MIB);
}

static void round_trip(void)
{
	char c = 'x';

	check(write(ping[1], &c, 1) == 1 && read(pong[0], &c, 1) == 1, "pipe");
}

static void fork_wait(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(0);
	check(waitpid(pid, &status, 0) == pid && !status, "fork");
}

static void exec_file(const char *path, int expected)
{
	char *argv[] = {(char *)path, NULL};
	pid_t pid = vfork();
	int status;

	if (!pid) {
		execve(path, argv, argv + 1);
		_exit(1);
	}
	check(waitpid(pid, &status, 0) == pid &&
		      WEXITSTATUS(status) == expected,
	      "exec");
}

static void exec_wait(void)
{
	exec_file("/exit", 0);
}

/* Everything but the new address space. */
static void exec_nothing(void)
{
	exec_file("/absent", 1);
}

static pid_t echo_pid;

static void echo_start(void)
{
	char c;

	check(!pipe(ping) && !pipe(pong), "pipes");
	echo_pid = fork();
	if (echo_pid)
		return;
	close(ping[1]);
	while (read(ping[0], &c, 1) == 1)
		if (write(pong[1], &c, 1) != 1)
			break;
	_exit(0);
}

static void echo_stop(void)
{
	for (int i = 0; i < 2; i++) {
		close(ping[1 - i]);
		close(pong[1 - i]);
	}
	waitpid(echo_pid, NULL, 0);
}

static const struct row {
	const char *key;
	unsigned int times;
	unsigned int each; /* operations that one call makes */
	void (*operation)(void);
	void (*before)(void); /* not counted, may be NULL */
	void (*after)(void);
} rows[] = {
	{"null", 20000, 1, null_call, NULL, NULL},
	{"stat", 5000, 1, stat_call, NULL, NULL},
	{"signal", 5000, 1, signal_self, NULL, NULL},
	{"protfault", 2000, 1, prot_fault, NULL, NULL},
	{"pagefault", 20, FAULTS, page_faults, NULL, NULL},
	{"mmap", 50, 1, map_mib, NULL, NULL},
	{"pipe", 2000, 1, round_trip, echo_start, echo_stop},
	{"fork", 100, 1, fork_wait, NULL, NULL},
	{"absent", 200, 1, exec_nothing, NULL, NULL},
	{"exec", 200, 1, exec_wait, NULL, NULL},
};

static uint64_t measure(const struct row *r)
{
	uint64_t start, end;

	if (r->before)
		r->before();
	r->operation(); /* brings its pages and caches in */
	start = __rdtsc();
	for (unsigned int i = 0; i < r->times; i++)
		r->operation();
	end = __rdtsc();
	if (r->after)
		r->after();
	return (end - start) / r->times / r->each;
}

int main(void)
{
	struct sigaction on_usr1 = {.sa_handler = on_signal};
	struct sigaction on_segv = {.sa_handler = on_fault};
	void *touched;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check(!mkdir("/etc", 0755) && !close(creat("/etc/bench", 0644)),
	      "file");
	sigaction(SIGUSR1, &on_usr1, NULL);
	sigaction(SIGSEGV, &on_segv, NULL);
	/* Between pages without access, so that nothing merges with it. */
	page = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	check(page != MAP_FAILED, "page");
	page += PAGE;
	check(!mprotect(page, PAGE, PROT_READ | PROT_WRITE), "mprotect");
	*(volatile char *)page = 1;
	touched = mmap(NULL, TOUCHED_PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	check(touched != MAP_FAILED, "touched");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t best = UINT64_MAX;

		for (int round = 0; round < ROUNDS; round++) {
			uint64_t n = measure(&rows[i]);

			best = n < best ? n : best;
		}
		printf("bench: %s %llu\n", rows[i].key,
		       (unsigned long long)best);
	}
	check(caught >= ROUNDS * 5000, "signals caught");
	printf("bench: done\n");
	reboot(RB_POWER_OFF);
	return 0;
}
