/* SPDX-License-Identifier: MIT */
/*
 * Guests that want more than their share, each beside an honest one that only
 * computes, on one processor: the honest one gets at least two fifths of what
 * both got, also while it takes the other's events. What they do is
 * tests/guest/hostile. Measured is CPU time, not
 * speed: how fast the host is does not matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define SHARE_MIN 40 /* percent */

static const struct machine_config config = {
	.name = "hostile",
	.memory_mib = 1024,
	.hypervisor_options = "dom0_mem=640M maxcpus=1",
};

static const struct attack {
	const char *how;
	unsigned int vcpus;
} attacks[] = {
	{"spin", 1},   {"spin", 32}, {"fault", 32}, {"timer", 1},
	{"timer", 32}, {"batch", 1}, {"batch", 8},  {"pin", 8},
	{"yield", 32}, {"flood", 1}, {"flood", 32},
};

static void micro(struct machine *m, const char *name, unsigned int vcpus,
		  const char *how)
{
	suite_run(m, 60,
		  "printf '%%s\\n' 'name = \"%s\"' 'memory = 24' 'vcpus = %u' "
		  "'kernel = \"/data/tests/hostile.elf\"' 'extra = \"how=%s\"' "
		  ">/run/%s.cfg && rm -f /var/log/vane/%s.log && "
		  "vane create /run/%s.cfg",
		  name, vcpus, how, name, name, name);
	suite_guest_line(m, name, 60, "hostile: ");
}

/* CPU time in milliseconds. */
static long used(struct machine *m, const char *name)
{
	return strtol(suite_run(m, 60,
				"vane list | awk '$1 == \"%s\" "
				"{ printf \"%%d\", $NF * 1000 }'",
				name),
		      NULL, 10);
}

/* The words that make a flood reach the honest guest, which offers a port. */
static void aim(struct machine *m, char *how, size_t size)
{
	const char *line = suite_guest_line(m, "honest", 60, "hostile: port");
	unsigned int port, next;

	if (sscanf(strstr(line, "port "), "port %u is for domain %u", &port,
		   &next) != 2)
		suite_fail(m, "the honest guest offers '%s'", line);
	snprintf(how, size, "flood victim=%u port=%u", next - 1, port);
}

static void try(struct machine *m, const struct attack *a)
{
	long honest, hostile;

	bool floods = !strcmp(a->how, "flood");
	char how[64];

	micro(m, "honest", 1, floods ? "take" : "spin");
	snprintf(how, sizeof(how), "%s", a->how);
	if (floods)
		aim(m, how, sizeof(how));
	micro(m, "hostile", a->vcpus, how);
	if (floods)
		suite_guest_line(m, "honest", 60, "hostile: took");
	honest = used(m, "honest");
	hostile = used(m, "hostile");
	suite_run(m, 120, "sleep 5");
	honest = used(m, "honest") - honest;
	hostile = used(m, "hostile") - hostile;
	cr_log_info("hostile: %s on %u vCPUs: honest %ld ms, hostile %ld ms\n",
		    a->how, a->vcpus, honest, hostile);
	if (honest * 100 < (honest + hostile) * SHARE_MIN || honest < 1000)
		suite_fail(m,
			   "%s on %u vCPUs: the honest guest got %ld ms of CPU "
			   "time, the other %ld",
			   a->how, a->vcpus, honest, hostile);
	suite_run(m, 60, "vane destroy hostile && vane destroy honest");
	suite_guest_gone(m, "hostile", 60);
	suite_guest_gone(m, "honest", 60);
}

Test(hostile, none_gets_more_than_its_share)
{
	struct machine *m = suite_machine(&config);
	unsigned int i;

	suite_no_guests(m);
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		try(m, &attacks[i]);
	suite_done(m);
}
