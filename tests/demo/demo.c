/* SPDX-License-Identifier: MIT */
/*
 * make demo: power-on of a machine with two processors, domain zero, two Debian
 * guests, the second with two vCPUs, a file over their network onto a disk, its
 * checksum. Each phase is printed with its time; on
 * a terminal the person then gets domain zero's prompt with both guests
 * running, otherwise the machine powers off. Status 0 only if all of it
 * happened.
 *
 * make run (`demo --prompt`): the same machine, straight to the prompt.
 *
 * The guests' configurations are a.cfg and b.cfg beside this file.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/system/harness.h"

#define GUEST_SECONDS 300

static const struct machine_config machine = {
	.name = "demo",
	.cpus = 2,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=2",
};

static double phase_start;

__attribute__((format(printf, 2, 3))) static void done(struct machine *m,
						       const char *format, ...)
{
	double at = machine_seconds(m);
	va_list list;

	printf("demo: %7.2f s (+%6.2f)  ", at, at - phase_start);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	fflush(stdout);
	phase_start = at;
}

/* A command that has to succeed; its last line, or all of it, is printed. */
static int step(struct machine *m, unsigned int seconds, char *out, size_t size,
		const char *command)
{
	int status = machine_run(m, seconds, out, size, "%s", command);

	out[strcspn(out, "\r")] = '\0';
	if (!status)
		return 0;
	if (status < 0)
		printf("demo: %s\n", machine_error());
	else
		printf("demo: '%s' gave status %d: %s\n", command, status, out);
	return -1;
}

static void last_line(char *out)
{
	size_t n = strlen(out);
	char *newline;

	while (n && out[n - 1] == '\n')
		out[--n] = '\0';
	newline = strrchr(out, '\n');
	if (newline)
		memmove(out, newline + 1, strlen(newline + 1) + 1);
}

/* The guest's console, when it did not come to where it should. */
static int guest_line(struct machine *m, const char *guest, const char *text,
		      char *out, size_t size)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "await %u grep -q '%s' /var/log/vane/%s.log; "
		 "grep '%s' /var/log/vane/%s.log || "
		 "{ tail -n 5 /var/log/vane/%s.log; false; }",
		 machine_scaled(GUEST_SECONDS), text, guest, text, guest,
		 guest);
	if (step(m, GUEST_SECONDS + 20, out, size, command))
		return -1;
	last_line(out);
	return 0;
}

static int play(struct machine *m)
{
	char out[8192];

	done(m, "domain zero is up: Debian's kernel, its daemons answer");
	if (step(m, 20, out, sizeof(out), "cat /proc/version"))
		return -1;
	last_line(out);
	done(m, "%.70s", out);

	if (step(m, 120, out, sizeof(out), "vane create /etc/vane/a.cfg"))
		return -1;
	done(m, "guest a is created");
	if (guest_line(m, "a", "guest: ready", out, sizeof(out)))
		return -1;
	done(m, "a: %s", out);
	if (guest_line(m, "a", "serve: ", out, sizeof(out)))
		return -1;
	done(m, "a: %s", out);

	if (step(m, 120, out, sizeof(out), "vane create /etc/vane/b.cfg"))
		return -1;
	done(m, "guest b is created");
	if (guest_line(m, "b", "guest: ready", out, sizeof(out)))
		return -1;
	done(m, "b: %s", out);
	if (guest_line(m, "b", "fetch: ", out, sizeof(out)))
		return -1;
	done(m, "b: %s", out);
	if (strncmp(out, "fetch: ok", strlen("fetch: ok")))
		return -1;

	if (step(m, 20, out, sizeof(out), "vane list"))
		return -1;
	printf("\n%s\n", out);
	if (machine_check_log(m)) {
		printf("demo: %s\n", machine_error());
		return -1;
	}
	return 0;
}

static int prompt(void)
{
	struct machine *m = machine_start(&machine);

	if (!m) {
		fprintf(stderr, "run: %s\n", machine_error());
		return 1;
	}
	fprintf(stderr,
		"run: control-] ends the machine; so does `poweroff`\n");
	machine_interact(m);
	machine_kill(m);
	return 0;
}

int main(int argc, char **argv)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct machine *m;
	int failed;

	if (argc > 1 && !strcmp(argv[1], "--prompt"))
		return prompt();

	printf("demo: power on\n");
	fflush(stdout);
	m = machine_boot(&machine);
	if (!m) {
		printf("demo: FAILED: %s\n", machine_error());
		return 1;
	}
	failed = play(m);
	if (failed)
		printf("demo: FAILED; the whole story is in %s\n",
		       machine_log_path(m));
	else
		printf("demo: PASSED: two guests, their disks and their "
		       "network "
		       "work, in %.1f s\n",
		       machine_seconds(m));
	fflush(stdout);

	machine_leave_prompt(m);
	if (terminal) {
		printf("demo: this is domain zero; `vane console b` shows a "
		       "guest, control-] ends the machine\n");
		fflush(stdout);
		machine_send(m, "\n");
		machine_interact(m);
	} else if (!failed) {
		machine_send(m, "poweroff\n");
		failed = machine_wait_exit(m, 120);
		if (failed)
			printf("demo: FAILED to power off: %s\n",
			       machine_error());
	}
	machine_kill(m);
	return failed != 0;
}
