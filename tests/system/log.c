/* SPDX-License-Identifier: MIT */
/* Which lines of a machine's log are complaints, and finding them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/machine.h"

/* What kernels and hypervisors write when something is wrong. */
static const char *const complaints[] = {
	"WARNING: CPU",
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
	"segfault at",
	"Out of memory: Killed",
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

const char *machine_complaint(unsigned int index)
{
	return index < COUNT(complaints) ? complaints[index] : NULL;
}

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
		return machine_fail(-errno, "%s: %s", m->path[LOG],
				    strerror(errno));
	while (getline(&line, &size, log) > 0) {
		number++;
		if (ftell(log) <= m->log_seen)
			continue;
		if (!error &&
		    contains_any(line, complaints, COUNT(complaints)) &&
		    !contains_any(line, m->tolerate, m->tolerate_count)) {
			line[strcspn(line, "\r\n")] = '\0';
			error = machine_fail(-EPROTO, "%s:%ld: %s",
					     m->path[LOG], number, line);
		}
	}
	m->log_seen = ftell(log);
	free(line);
	fclose(log);
	return error;
}

bool serial_is_end(const struct machine *m, const char *line)
{
	return contains_any(line, ends, COUNT(ends)) &&
	       !contains_any(line, m->tolerate, m->tolerate_count);
}
