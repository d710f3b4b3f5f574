/* SPDX-License-Identifier: MIT */
/*
 * Starts machines, hands them from process to process and ends them; see
 * harness.h. qemu.c has the command line, serial.c the talking, log.c the
 * search for complaints.
 *
 * Invariant: at most one process at a time talks to a machine, it holds
 * NAME.lock; NAME.busy exists while it does, and stays if it died, so a
 * machine whose state nobody knows is never taken over.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/system/machine.h"

#define BOOT_SECONDS  240
#define SCALE_DEFAULT 3

static const char *const suffix[FILES] = {
	[LOG] = "log",	 [INPUT] = "input", [PID] = "pid",
	[LOCK] = "lock", [BUSY] = "busy",   [QEMU] = "qemu",
};

const struct machine_config machine_default = {.name = "pc", .copies = 4};

static char error_text[8192];

const char *machine_error(void)
{
	return error_text;
}

const char *machine_log_path(const struct machine *m)
{
	return m->path[LOG];
}

const char *machine_line(const struct machine *m)
{
	return m->last;
}

int machine_fail(int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error_text, sizeof(error_text), format, list);
	va_end(list);
	return error;
}

double machine_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

double machine_seconds(const struct machine *m)
{
	return machine_now() - m->started;
}

unsigned int machine_scaled(unsigned int seconds)
{
	const char *scale = getenv("TEST_TIME_SCALE");
	double factor = scale ? strtod(scale, NULL) : 0;

	return seconds * (factor > 0 ? factor : SCALE_DEFAULT) + 0.5;
}

static bool process_is_ours(pid_t pid, const char *input)
{
	char path[64], text[8192];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, input) != NULL;
}

static pid_t read_pid(const char *path)
{
	FILE *f = fopen(path, "r");
	int pid = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

static int write_pid(const char *path, pid_t pid)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fprintf(f, "%d\n", pid);
	return fclose(f) ? -errno : 0;
}

static void kill_leftover(const char *pid_path, const char *input_path)
{
	pid_t pid = read_pid(pid_path);

	if (pid > 0 && process_is_ours(pid, input_path)) {
		kill(pid, SIGKILL);
		while (process_is_ours(pid, input_path)) {
			waitpid(pid, NULL, WNOHANG);
			usleep(1000);
		}
	}
	unlink(pid_path);
	unlink(input_path);
}

void machine_kill_all(void)
{
	glob_t g;

	if (glob(MACHINE_DIRECTORY "/*.pid", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char input[256];
		size_t stem = strlen(g.gl_pathv[i]) - strlen("pid");

		snprintf(input, sizeof(input), "%.*sinput", (int)stem,
			 g.gl_pathv[i]);
		kill_leftover(g.gl_pathv[i], input);
	}
	globfree(&g);
}

/* Locks a machine's name; without `wait` only if nobody has it. */
static int lock_name(struct machine *m, const char *name, bool wait)
{
	snprintf(m->name, sizeof(m->name), "%s", name);
	for (unsigned int i = 0; i < COUNT(suffix); i++)
		snprintf(m->path[i], sizeof(m->path[i]),
			 MACHINE_DIRECTORY "/%s.%s", name, suffix[i]);
	m->lock_fd = open(m->path[LOCK], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (m->lock_fd >= 0 &&
	    !flock(m->lock_fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB))
		return 0;
	machine_fail(-errno, "%s: %s", m->path[LOCK], strerror(errno));
	if (m->lock_fd >= 0)
		close(m->lock_fd);
	m->lock_fd = -1;
	return -1;
}

/* NAME itself, or NAME-2, NAME-3... if others have the ones before. */
static int lock_some(struct machine *m, const struct machine_config *c)
{
	char name[sizeof(m->name)];

	for (unsigned int i = 2; i <= c->copies; i++) {
		if (i == 2 && !lock_name(m, c->name, false))
			return 0;
		snprintf(name, sizeof(name), "%s-%u", c->name, i);
		if (!lock_name(m, name, false))
			return 0;
	}
	return lock_name(m, c->name, true);
}

/*
 * Machines that nobody uses, but for the default one's copies: their suites are
 * over, or boot them again. They have gigabytes each.
 */
static void end_idle_machines(void)
{
	size_t length = strlen(machine_default.name);
	glob_t g;

	if (glob(MACHINE_DIRECTORY "/*.pid", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *name = strrchr(g.gl_pathv[i], '/') + 1;
		struct machine m = {.lock_fd = -1};
		char stem[sizeof(m.name)];

		snprintf(stem, sizeof(stem), "%.*s",
			 (int)(strlen(name) - strlen(".pid")), name);
		if (strncmp(stem, machine_default.name, length) == 0 &&
		    (stem[length] == '\0' || stem[length] == '-'))
			continue;
		if (lock_name(&m, stem, false))
			continue;
		kill_leftover(m.path[PID], m.path[INPUT]);
		close(m.lock_fd);
	}
	globfree(&g);
}

static struct machine *machine_new(const struct machine_config *c)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->log_fd = m->input_fd = m->inotify_fd = m->pid_fd = -1;
	mkdir("build", 0777);
	mkdir(MACHINE_DIRECTORY, 0777);
	if (!lock_some(m, c))
		return m;
	free(m);
	return NULL;
}

static void machine_free(struct machine *m)
{
	serial_close(m);
	close(m->lock_fd);
	free(m);
}

static int mark_busy(struct machine *m)
{
	return write_pid(m->path[BUSY], getpid());
}

struct machine *machine_start(const struct machine_config *c)
{
	struct machine *m = machine_new(c);
	int fd;

	if (!m)
		return NULL;
	end_idle_machines();
	kill_leftover(m->path[PID], m->path[INPUT]);
	fd = open(m->path[LOG], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || mkfifo(m->path[INPUT], 0666) || mark_busy(m)) {
		machine_fail(-errno, "%s: cannot make its files: %s", m->name,
			     strerror(errno));
		goto free;
	}
	close(fd);
	m->started = machine_now();
	m->child = true;
	m->pid = fork();
	if (!m->pid)
		qemu_exec(c, m);
	if (m->pid < 0 || write_pid(m->path[PID], m->pid)) {
		machine_fail(-errno, "cannot start QEMU: %s", strerror(errno));
		goto free;
	}
	if (!serial_open(m, true))
		return m;
	machine_kill(m);
	return NULL;
free:
	machine_free(m);
	return NULL;
}

void machine_kill(struct machine *m)
{
	if (m->child) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
	}
	kill_leftover(m->path[PID], m->path[INPUT]);
	unlink(m->path[BUSY]);
	machine_free(m);
}

static int enter_command_mode(struct machine *m)
{
	int error = -ETIMEDOUT;

	/* A shell that is still starting may miss the first one. */
	for (int i = 0; i < 3 && error == -ETIMEDOUT; i++) {
		error = machine_send(m, "answer\n");
		if (!error)
			error = machine_expect(m, "answer: ready", 20);
	}
	return error;
}

static struct machine *take_over(const struct machine_config *c)
{
	struct machine *m = machine_new(c);

	if (!m)
		return NULL;
	m->pid = read_pid(m->path[PID]);
	if (m->pid <= 0 || !access(m->path[BUSY], F_OK) ||
	    !process_is_ours(m->pid, m->path[INPUT]) || mark_busy(m) ||
	    serial_open(m, false))
		goto free;
	m->started = machine_now();
	/* Nonces must not repeat: an old answer could be in flight. */
	m->nonce = (unsigned int)getpid() * 1000;
	if (!machine_run(m, 20, NULL, 0, ":"))
		return m;
free:
	machine_free(m);
	return NULL;
}

struct machine *machine_open(const struct machine_config *c)
{
	struct machine *m = take_over(c);

	return m ? m : machine_boot(c);
}

struct machine *machine_boot(const struct machine_config *c)
{
	struct machine *m = machine_start(c);

	if (!m)
		return NULL;
	if (machine_expect(m, c->ready ? c->ready : "dom0: ready",
			   BOOT_SECONDS) ||
	    enter_command_mode(m)) {
		machine_kill(m);
		return NULL;
	}
	return m;
}

int machine_close(struct machine *m)
{
	int error = machine_check_log(m);

	if (error) {
		machine_kill(m);
		return error;
	}
	unlink(m->path[BUSY]);
	machine_free(m);
	return 0;
}
