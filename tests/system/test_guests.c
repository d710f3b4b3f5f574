/* SPDX-License-Identifier: MIT */
/*
 * Every micro-guest below tests/guest gives the verdict that its story
 * announces; tests/guest/run.sh runs one. A skipped one is reported so.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/system/suite.h"

#define NAMES_MAX 200
#define SKIP	  77

struct guest {
	char name[64];
};

static struct guest guests[NAMES_MAX];

ParameterizedTestParameters(guests, each_gives_its_verdict)
{
	size_t count = 0;
	glob_t g;

	if (!glob("tests/guest/*/main.c", 0, NULL, &g)) {
		for (; count < g.gl_pathc && count < NAMES_MAX; count++)
			sscanf(g.gl_pathv[count], "tests/guest/%63[^/]",
			       guests[count].name);
		globfree(&g);
	}
	return cr_make_param_array(struct guest, guests, count, NULL);
}

ParameterizedTest(struct guest *guest, guests, each_gives_its_verdict)
{
	const char *hypervisor = getenv("HYPERVISOR");
	char command[256];
	int status;

	snprintf(command, sizeof(command), "tests/guest/run.sh %s %s",
		 guest->name,
		 hypervisor && *hypervisor ? hypervisor : "build/paravane");
	status = system(command);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		cr_skip_test("%s skipped itself", guest->name);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		cr_assert_fail("micro-guest %s failed\n  alone: %s",
			       guest->name, command);
}
