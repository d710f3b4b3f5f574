/* SPDX-License-Identifier: MIT */
/*
 * Starts QEMU, keeps its serial line and its log; see harness.h. What is
 * waited for here is read from the serial socket; the log is only searched
 * for complaints. Commands go through the program `answer` in domain zero
 * (dom0-tools/image/dom0/bin/answer), which frames each one, so that neither
 * echo nor a kernel message between the lines can be taken for an answer.
 *
 * Invariant: at most one process at a time talks to a machine, it holds
 * NAME.lock; NAME.busy exists while it does, and stays if it died, so a
 * machine whose state nobody knows is never taken over.
 */
#include "tests/system/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DIRECTORY    "build/tests"
#define BOOT_SECONDS 240
#define ARGS_MAX     64
#define TOLERATE_MAX 8
#define PART_BYTES   80 /* of a command, sent at once */
#define LOST_MAX     5

struct machine {
	char name[64];
	char path[5][128]; /* by enum file */
	pid_t pid;	   /* of QEMU */
	bool child;	   /* this process started it */
	int fd;		   /* the serial line */
	int lock_fd;
	double started;
	long log_seen;	    /* the log was searched up to here */
	unsigned int nonce; /* of the last command */
	const char *tolerate[TOLERATE_MAX];
	unsigned int tolerate_count;
	char line[4096]; /* being received */
	size_t line_bytes;
	char last[4096]; /* the last whole line */
	bool ended;
};

enum file { LOG, SOCK, PID, LOCK, BUSY };
static const char *const suffix[] = {"log", "sock", "pid", "lock", "busy"};

const struct machine_config machine_default = {.name = "pc"};

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

__attribute__((format(printf, 2, 3))) static int fail(int error,
						      const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error_text, sizeof(error_text), format, list);
	va_end(list);
	return error;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

double machine_seconds(const struct machine *m)
{
	return now() - m->started;
}

unsigned int machine_scaled(unsigned int seconds)
{
	const char *scale = getenv("TEST_TIME_SCALE");
	double factor = scale ? strtod(scale, NULL) : 1;

	return factor > 0 ? seconds * factor + 0.5 : seconds;
}

/* What kernels and hypervisors write when something is wrong. */
static const char *const complaints[] = {
	"WARNING: ",
	"BUG: ",
	"kernel BUG at",
	"Oops: ",
	"Oops ",
	"Kernel panic",
	"general protection fault",
	"rcu: INFO:",
	"rcu_sched detected",
	"soft lockup",
	"blocked for more than",
	"Call Trace:",
	"Failed to obtain physical IRQ",
	"Panic on CPU",
	"PANIC",
	"ASSERT",
	"Xen BUG",
	"crashed:",
	"EXT4-fs error",
	"I/O error",
};

/* What no machine comes back from: nothing is gained by waiting longer. */
static const char *const ends[] = {
	"Kernel panic",
	"Panic on CPU",
	"PANIC",
};

static bool contains_any(const char *line, const char *const *texts,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(line, texts[i]))
			return true;
	return false;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void machine_tolerate(struct machine *m, const char *text)
{
	if (m->tolerate_count < TOLERATE_MAX)
		m->tolerate[m->tolerate_count++] = text;
}

int machine_check_log(struct machine *m)
{
	FILE *log = fopen(m->path[LOG], "r");
	char *line = NULL;
	size_t size = 0;
	int error = 0;
	long number = 0;

	if (!log)
		return fail(-errno, "%s: %s", m->path[LOG], strerror(errno));
	while (getline(&line, &size, log) > 0) {
		number++;
		if (ftell(log) <= m->log_seen)
			continue;
		if (!error &&
		    contains_any(line, complaints, COUNT(complaints)) &&
		    !contains_any(line, m->tolerate, m->tolerate_count)) {
			line[strcspn(line, "\r\n")] = '\0';
			error = fail(-EPROTO, "%s:%ld: %s", m->path[LOG],
				     number, line);
		}
	}
	m->log_seen = ftell(log);
	free(line);
	fclose(log);
	return error;
}

/* ---- QEMU's arguments ---- */

struct args {
	char *v[ARGS_MAX + 1];
	unsigned int count;
};

__attribute__((format(printf, 2, 3))) static void add(struct args *a,
						      const char *format, ...)
{
	va_list list;
	int n;

	if (a->count == ARGS_MAX)
		abort();
	va_start(list, format);
	n = vasprintf(&a->v[a->count++], format, list);
	va_end(list);
	if (n < 0)
		abort();
}

static const char *pick(const char *given, const char *variable,
			const char *otherwise)
{
	if (given)
		return given;
	if (variable && getenv(variable) && *getenv(variable))
		return getenv(variable);
	return otherwise;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void add_boot(struct args *a, const struct machine_config *c)
{
	const char *initrd =
		pick(c->initrd, NULL, "build/image/dom0-initrd.img");
	const char *kernel = pick(NULL, "DOM0_KERNEL", "build/image/vmlinux");
	const char *options = text_or_empty(c->kernel_options);

	if (c->iso) {
		add(a, "-cdrom");
		add(a, "%s", c->iso);
		return;
	}
	add(a, "-kernel");
	if (c->native) {
		add(a, "build/linux/vmlinuz");
		add(a, "-initrd");
		add(a, "%s", initrd);
		add(a, "-append");
		add(a, "console=ttyS0 %s", options);
		return;
	}
	add(a, "%s", pick(c->hypervisor, "HYPERVISOR", "build/paravane"));
	add(a, "-append");
	add(a, "console=com1 %s %s",
	    pick(c->hypervisor_options, NULL, "dom0_mem=768M"),
	    pick(NULL, "HYPERVISOR_OPTIONS", ""));
	add(a, "-initrd");
	add(a, "%s console=hvc0 %s,%s", kernel, options, initrd);
}

static void add_all(struct args *a, const struct machine_config *c,
		    const struct machine *m)
{
	add(a, "%s", pick(NULL, "QEMU", "qemu-system-x86_64"));
	add(a, "-accel");
	add(a, "tcg%s", c->icount || c->cpus <= 1 ? ",thread=single" : "");
	add(a, "-machine");
	add(a, "%s", pick(c->machine, NULL, "pc"));
	add(a, "-cpu");
	add(a, "%s", pick(c->cpu, "CPU", "max"));
	add(a, "-smp");
	add(a, "%u", c->cpus ? c->cpus : 1);
	add(a, "-m");
	add(a, "%u", c->memory_mib ? c->memory_mib : 2048);
	if (c->icount) {
		add(a, "-icount");
		add(a, "shift=0,sleep=off");
	}
	add(a, "-display");
	add(a, "none");
	if (!c->reboots)
		add(a, "-no-reboot");
	add(a, "-monitor");
	add(a, "none");
	add(a, "-chardev");
	add(a, "socket,id=com1,path=%s,server=on,wait=on,logfile=%s",
	    m->path[SOCK], m->path[LOG]);
	add(a, "-serial");
	add(a, "chardev:com1");
	add_boot(a, c);
	if (!c->no_data_disk) {
		add(a, "-drive");
		add(a, "file=build/image/data.ext4,if=virtio,format=raw,"
		       "snapshot=on");
	}
	for (unsigned int i = 0; i < MACHINE_EXTRA_ARGS && c->args[i]; i++)
		add(a, "%s", c->args[i]);
}

/* ---- starting, taking over, ending ---- */

static bool process_is_ours(pid_t pid, const char *sock)
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
	return strstr(text, sock) != NULL;
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

static void kill_leftover(const char *pid_path, const char *sock_path)
{
	pid_t pid = read_pid(pid_path);

	if (pid > 0 && process_is_ours(pid, sock_path)) {
		kill(pid, SIGKILL);
		while (process_is_ours(pid, sock_path)) {
			waitpid(pid, NULL, WNOHANG);
			usleep(1000);
		}
	}
	unlink(pid_path);
	unlink(sock_path);
}

void machine_kill_all(void)
{
	glob_t g;

	if (glob(DIRECTORY "/*.pid", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char sock[256];
		size_t stem = strlen(g.gl_pathv[i]) - strlen("pid");

		snprintf(sock, sizeof(sock), "%.*ssock", (int)stem,
			 g.gl_pathv[i]);
		kill_leftover(g.gl_pathv[i], sock);
	}
	globfree(&g);
}

static struct machine *machine_new(const char *name)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->fd = -1;
	m->lock_fd = -1;
	snprintf(m->name, sizeof(m->name), "%s", name);
	for (unsigned int i = 0; i < COUNT(suffix); i++)
		snprintf(m->path[i], sizeof(m->path[i]), DIRECTORY "/%s.%s",
			 name, suffix[i]);
	mkdir("build", 0777);
	mkdir(DIRECTORY, 0777);
	m->lock_fd = open(m->path[LOCK], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (m->lock_fd < 0 || flock(m->lock_fd, LOCK_EX)) {
		fail(-errno, "%s: %s", m->path[LOCK], strerror(errno));
		free(m);
		return NULL;
	}
	return m;
}

static void machine_free(struct machine *m)
{
	if (m->fd >= 0)
		close(m->fd);
	close(m->lock_fd);
	free(m);
}

static int mark_busy(struct machine *m)
{
	return write_pid(m->path[BUSY], getpid());
}

static int machine_connect(struct machine *m)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%.*s",
		 (int)sizeof(address.sun_path) - 1, m->path[SOCK]);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return -errno;
	if (!connect(m->fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	close(m->fd);
	m->fd = -1;
	return -ENOTCONN;
}

static void exec_qemu(const struct machine_config *c, struct machine *m)
{
	struct args a = {.count = 0};
	char errors[160];
	int fd;

	add_all(&a, c, m);
	setsid();
	snprintf(errors, sizeof(errors), DIRECTORY "/%s.qemu", m->name);
	fd = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	for (unsigned int i = 0; i < a.count; i++)
		dprintf(fd, "%s'%s'", i ? " " : "", a.v[i]);
	dprintf(fd, "\n");
	dup2(fd, 1);
	dup2(fd, 2);
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	/* It lives longer than the test: it must not hold the test's pipes. */
	close_range(3, ~0U, 0);
	execvp(a.v[0], a.v);
	dprintf(2, "%s: %s\n", a.v[0], strerror(errno));
	_exit(127);
}

/* The last thing that QEMU itself wrote: why it did not start. */
static void qemu_complaint(struct machine *m, char *text, int size)
{
	char path[160], *line = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), DIRECTORY "/%s.qemu", m->name);
	snprintf(text, size, "see %s", path);
	f = fopen(path, "r");
	if (!f)
		return;
	for (int n = 0; getline(&line, &room, f) > 0; n++) {
		line[strcspn(line, "\n")] = '\0';
		if (n)
			snprintf(text, size, "%s", line);
	}
	free(line);
	fclose(f);
}

static bool qemu_gone(struct machine *m, int *status)
{
	if (m->child)
		return waitpid(m->pid, status, WNOHANG) == m->pid;
	*status = 0;
	return !process_is_ours(m->pid, m->path[SOCK]);
}

struct machine *machine_start(const struct machine_config *c)
{
	struct machine *m = machine_new(c->name);
	char text[512];
	int status;

	if (!m)
		return NULL;
	kill_leftover(m->path[PID], m->path[SOCK]);
	unlink(m->path[LOG]);
	if (mark_busy(m)) {
		fail(-EIO, "%s: cannot write", m->path[BUSY]);
		goto free;
	}
	m->started = now();
	m->child = true;
	m->pid = fork();
	if (!m->pid)
		exec_qemu(c, m);
	if (m->pid < 0 || write_pid(m->path[PID], m->pid)) {
		fail(-errno, "cannot start QEMU: %s", strerror(errno));
		goto free;
	}
	/* QEMU runs nothing before somebody listens to its serial line. */
	while (machine_connect(m)) {
		if (qemu_gone(m, &status)) {
			qemu_complaint(m, text, sizeof(text));
			fail(-EIO, "QEMU did not start: %s", text);
			unlink(m->path[PID]);
			goto free;
		}
		usleep(2000);
	}
	return m;
free:
	machine_free(m);
	return NULL;
}

void machine_kill(struct machine *m)
{
	if (m->child && !m->ended) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
	}
	kill_leftover(m->path[PID], m->path[SOCK]);
	unlink(m->path[BUSY]);
	machine_free(m);
}

static int enter_command_mode(struct machine *m)
{
	int error;

	/* A shell that is still starting may miss the first one. */
	for (int i = 0; i < 3; i++) {
		error = machine_send(m, "answer\n");
		if (!error)
			error = machine_expect(m, "answer: ready", 20);
		if (error != -ETIMEDOUT)
			break;
	}
	return error;
}

static struct machine *take_over(const char *name)
{
	struct machine *m = machine_new(name);
	struct stat st;

	if (!m)
		return NULL;
	m->pid = read_pid(m->path[PID]);
	if (m->pid <= 0 || !access(m->path[BUSY], F_OK) ||
	    !process_is_ours(m->pid, m->path[SOCK]) || mark_busy(m))
		goto free;
	if (machine_connect(m))
		goto free;
	m->started = now();
	if (!stat(m->path[LOG], &st))
		m->log_seen = st.st_size;
	/* Nonces must not repeat: an old answer could be in flight. */
	m->nonce = (unsigned int)getpid() * 1000;
	if (machine_run(m, 20, NULL, 0, ":"))
		goto free;
	return m;
free:
	machine_free(m);
	return NULL;
}

struct machine *machine_open(const struct machine_config *c)
{
	struct machine *m = take_over(c->name);

	return m ? m : machine_boot(c);
}

struct machine *machine_boot(const struct machine_config *c)
{
	struct machine *m = machine_start(c);

	if (!m)
		return NULL;
	if (machine_expect(m, pick(c->ready, NULL, "dom0: ready"),
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

/* ---- talking ---- */

int machine_send(struct machine *m, const char *text)
{
	size_t bytes = strlen(text);

	while (bytes) {
		ssize_t n = send(m->fd, text, bytes, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(-EPIPE, "%s: the machine is gone", m->name);
		text += n;
		bytes -= n;
	}
	return 0;
}

/*
 * Receives one byte into the line. 1 when that ended a line, which is then in
 * m->last without its end; 0 when not; -errno.
 */
static int receive(struct machine *m, double deadline)
{
	struct pollfd p = {.fd = m->fd, .events = POLLIN};
	double left = deadline - now();
	ssize_t n;
	char c;

	if (left <= 0)
		return -ETIMEDOUT;
	if (poll(&p, 1, left * 1000 + 1) <= 0)
		return 0;
	n = recv(m->fd, &c, 1, 0);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		m->ended = true;
		return -EPIPE;
	}
	if (c != '\n') {
		if (c != '\r' && c && m->line_bytes < sizeof(m->line) - 1)
			m->line[m->line_bytes++] = c;
		return 0;
	}
	m->line[m->line_bytes] = '\0';
	m->line_bytes = 0;
	memcpy(m->last, m->line, sizeof(m->last));
	return 1;
}

/* The last words of a machine, for a person who reads why it failed. */
static int waited_in_vain(struct machine *m, int error, const char *what,
			  unsigned int seconds)
{
	char text[512] = "";
	int status;

	if (error == -ETIMEDOUT)
		return fail(error,
			    "%s: no '%s' within %u s; last line: '%s'; log: %s",
			    m->name, what, seconds, m->last, m->path[LOG]);
	if (m->child && waitpid(m->pid, &status, 0) == m->pid) {
		m->child = false;
		qemu_complaint(m, text, sizeof(text));
	}
	return fail(error,
		    "%s: the machine ended before '%s'; last line: '%s'; %s; "
		    "log: %s",
		    m->name, what, m->last, text, m->path[LOG]);
}

int machine_expect(struct machine *m, const char *text, unsigned int seconds)
{
	unsigned int limit = machine_scaled(seconds);
	double deadline = now() + limit;
	int r;

	for (;;) {
		r = receive(m, deadline);
		if (r < 0)
			return waited_in_vain(m, r, text, limit);
		if (!r)
			continue;
		if (strstr(m->last, text))
			return 0;
		if (contains_any(m->last, ends, COUNT(ends)) &&
		    !contains_any(m->last, m->tolerate, m->tolerate_count))
			return fail(-EPROTO,
				    "%s: while waiting for '%s': %s; log: %s",
				    m->name, text, m->last, m->path[LOG]);
	}
}

int machine_wait_exit(struct machine *m, unsigned int seconds)
{
	unsigned int limit = machine_scaled(seconds);
	double deadline = now() + limit;
	int status = 0, r;

	do {
		r = receive(m, deadline);
	} while (r >= 0);
	if (r == -ETIMEDOUT)
		return waited_in_vain(m, r, "power off", limit);
	if (m->child) {
		waitpid(m->pid, &status, 0);
		m->child = false;
	}
	unlink(m->path[PID]);
	if (!WIFEXITED(status))
		return fail(-EIO, "%s: QEMU died of signal %d", m->name,
			    WTERMSIG(status));
	return WEXITSTATUS(status);
}

struct output {
	char *text;
	size_t size;
	size_t bytes;
};

static void output_add(struct output *o, const char *line)
{
	size_t n = strlen(line);
	double time;

	if (!o->text || !o->size)
		return;
	/* What kernel and hypervisor said meanwhile is not the command's. */
	if (sscanf(line, "[%lf]", &time) == 1 || !strncmp(line, "(", 1))
		return;
	if (n + 2 > o->size - o->bytes)
		return;
	memcpy(o->text + o->bytes, line, n);
	o->bytes += n;
	o->text[o->bytes++] = '\n';
	o->text[o->bytes] = '\0';
}

/*
 * One part of a command: sent, then lines are collected until its answer. The
 * command's status, ANSWER_MORE, ANSWER_LOST, or -errno.
 */
enum { ANSWER_MORE = 1000, ANSWER_LOST };

static int send_part(struct machine *m, double deadline, struct output *o,
		     const char *text, size_t bytes, char kind)
{
	char frame[PART_BYTES + 64], end[32];
	const char *at;
	int r;

	m->nonce++;
	snprintf(end, sizeof(end), "@@%u ", m->nonce);
	snprintf(frame, sizeof(frame), "%u %zu %c %.*s\n", m->nonce, bytes,
		 kind, (int)bytes, text);
	r = machine_send(m, frame);
	while (!r) {
		r = receive(m, deadline);
		if (r <= 0)
			continue;
		r = 0;
		at = strstr(m->last, end);
		if (!at) {
			output_add(o, m->last);
			continue;
		}
		at += strlen(end);
		if (*at == '+')
			return ANSWER_MORE;
		return *at == 'L' ? ANSWER_LOST : atoi(at);
	}
	return r;
}

static int send_command(struct machine *m, double deadline, struct output *o,
			const char *command)
{
	size_t left = strlen(command);
	int r = ANSWER_MORE, lost = 0;

	while (r == ANSWER_MORE || r == ANSWER_LOST) {
		size_t bytes = left < PART_BYTES ? left : PART_BYTES;

		r = send_part(m, deadline, o, command, bytes,
			      bytes == left ? '.' : '+');
		if (r == ANSWER_MORE) {
			command += bytes;
			left -= bytes;
		} else if (r == ANSWER_LOST && ++lost == LOST_MAX) {
			return fail(-EIO, "%s: the serial line loses bytes",
				    m->name);
		}
	}
	return r;
}

int machine_run(struct machine *m, unsigned int seconds, char *out, size_t size,
		const char *format, ...)
{
	unsigned int limit = machine_scaled(seconds);
	struct output o = {out, size, 0};
	char command[3072];
	va_list list;
	int r;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	if (out && size)
		out[0] = '\0';
	if (strchr(command, '\n'))
		return fail(-EINVAL, "a command is one line: %s", command);
	r = send_command(m, now() + limit, &o, command);
	if (r == -ETIMEDOUT || r == -EPIPE)
		return waited_in_vain(m, r, command, limit);
	return r;
}

int machine_leave_prompt(struct machine *m)
{
	return machine_send(m, "leave\n");
}

/* ---- a person's terminal ---- */

static int copy_some(int from, int to)
{
	char buffer[4096];
	ssize_t n = read(from, buffer, sizeof(buffer));

	if (n <= 0)
		return -EPIPE;
	if (memchr(buffer, 0x1d, n)) /* control-] */
		return -ECANCELED;
	return write(to, buffer, n) == n ? 0 : -EPIPE;
}

int machine_interact(struct machine *m)
{
	struct pollfd p[2] = {{.fd = m->fd, .events = POLLIN},
			      {.fd = STDIN_FILENO, .events = POLLIN}};
	struct termios saved, raw;
	bool terminal = !tcgetattr(STDIN_FILENO, &saved);
	int error = 0;

	if (terminal) {
		raw = saved;
		cfmakeraw(&raw);
		raw.c_oflag |= OPOST;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	while (!error) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents)
			error = copy_some(m->fd, STDOUT_FILENO);
		if (!error && p[1].revents) {
			error = copy_some(STDIN_FILENO, m->fd);
			/* Input from a file ends; the machine goes on. */
			if (error == -EPIPE) {
				p[1].fd = -1;
				error = 0;
			}
		}
	}
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return error == -ECANCELED ? -ECANCELED : 0;
}
