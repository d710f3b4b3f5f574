/* SPDX-License-Identifier: MIT */
/* See suite.h. */
#include "tests/system/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/internal/test.h>

static char text[SUITE_TEXT];

void suite_fail(struct machine *m, const char *format, ...)
{
	char reason[SUITE_TEXT + 256];
	va_list list;

	va_start(list, format);
	vsnprintf(reason, sizeof(reason), format, list);
	va_end(list);
	cr_assert_fail("%s\n  console: %s\n  alone: build/system/tests "
		       "--filter '%s/%s'",
		       reason, m ? machine_log_path(m) : "none",
		       criterion_current_suite->name,
		       criterion_current_test->name);
	abort();
}

struct machine *suite_machine(const struct machine_config *config)
{
	struct machine *m = machine_open(config);

	if (!m)
		suite_fail(NULL, "%s", machine_error());
	return m;
}

void suite_done(struct machine *m)
{
	/* m is gone either way. */
	if (machine_close(m))
		suite_fail(NULL, "complaint in the log: %s", machine_error());
}

void suite_power_off(struct machine *m)
{
	int status;

	if (machine_check_log(m))
		suite_fail(m, "complaint in the log: %s", machine_error());
	if (machine_leave_prompt(m) || machine_send(m, "poweroff\n"))
		suite_fail(m, "%s", machine_error());
	status = machine_wait_exit(m, 120);
	if (status)
		suite_fail(m, "power off: status %d, %s", status,
			   machine_error());
	if (machine_check_log(m))
		suite_fail(m, "complaint while powering off: %s",
			   machine_error());
	machine_kill(m);
}

static const char *run(struct machine *m, unsigned int seconds,
		       const char *command)
{
	int status = machine_run(m, seconds, text, sizeof(text), "%s", command);
	size_t n = strlen(text);

	if (status < 0)
		suite_fail(m, "%s", machine_error());
	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	if (status)
		suite_fail(m, "'%s' gave status %d: %s", command, status, text);
	return text;
}

const char *suite_run(struct machine *m, unsigned int seconds,
		      const char *format, ...)
{
	char command[3072];
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	return run(m, seconds, command);
}

const char *suite_guest_line(struct machine *m, const char *name,
			     unsigned int seconds, const char *wanted)
{
	return suite_run(
		m, seconds + 20,
		"await %u grep -q '%s' /var/log/vane/%s.log; "
		"grep '%s' /var/log/vane/%s.log | tail -n 1 | grep . ||"
		" { echo no \"'%s'\" from guest %s, it ended with:; "
		"tail -n 8 /var/log/vane/%s.log; false; }",
		machine_scaled(seconds), wanted, name, wanted, name, wanted,
		name, name);
}

void suite_guest_up(struct machine *m, const char *name)
{
	suite_run(m, 10, "rm -f /var/log/vane/%s.log", name);
	suite_run(m, 120, "vane create /etc/vane/%s.cfg", name);
	suite_guest_line(m, name, 180, "guest: ready");
}

void suite_guest_gone(struct machine *m, const char *name, unsigned int seconds)
{
	suite_run(m, seconds + 20,
		  "await %u sh -c '! vane list | grep -q \"^%s \"' || "
		  "{ vane list; false; }",
		  machine_scaled(seconds), name);
}

void suite_no_guests(struct machine *m)
{
	suite_run(m, 60,
		  "for g in $(vane list | awk 'NR > 1 && $2 != 0 { print $2 }')"
		  "; do vane destroy $g; done");
}

const char *suite_resources(struct machine *m)
{
	return suite_run(
		m, 30,
		"vane info | grep -i free; vane list | awk '{print $1, $2}'; "
		"vane store ls /local/domain; losetup -a; "
		"ls /sys/class/net/xenbr0/brif");
}
