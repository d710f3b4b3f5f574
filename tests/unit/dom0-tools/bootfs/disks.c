/* SPDX-License-Identifier: MIT */
/* Disks made with the usual tools; see disks.h. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "disks.h"

static char directory[] = "/tmp/bootfs-XXXXXX";

void disks_begin(void)
{
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
}

void disks_end(void)
{
	cr_assert_eq(chdir("/"), 0);
	disks_run("rm -rf %s", directory);
}

void disks_run(const char *format, ...)
{
	char command[1024], all[1100];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	snprintf(all, sizeof(all), "PATH=$PATH:/sbin:/usr/sbin; { %s; } >log",
		 command);
	cr_assert_eq(system(all), 0, "%s", command);
}
