/* SPDX-License-Identifier: MIT */
/*
 * /etc/vane/vane.conf: what holds for all domains, in the syntax of their
 * configurations (lib/cfgfile.h). A file that is not there says nothing.
 *
 *	autoballoon = "auto"	# "on", "off"; auto: on, unless the hypervisor
 *				# was given dom0_mem=
 *	dom0_floor = 256	# MiB that domain zero keeps
 *
 * Test: tests/unit/dom0-tools/lib/test_hostconf.c.
 */
#ifndef DOM0_TOOLS_LIB_HOSTCONF_H
#define DOM0_TOOLS_LIB_HOSTCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define HOSTCONF_PATH	       "/etc/vane/vane.conf"
#define HOSTCONF_FLOOR_MIB     256
#define HOSTCONF_FLOOR_MIN_MIB 64

enum hostconf_autoballoon {
	AUTOBALLOON_AUTO,
	AUTOBALLOON_ON,
	AUTOBALLOON_OFF,
};

struct hostconf {
	enum hostconf_autoballoon autoballoon;
	uint64_t dom0_floor_mib;
};

/* Pure. `file` names the text in errors. */
int hostconf_parse(struct hostconf *h, const char *file, const char *text,
		   size_t length, struct err *e);
/* The file above. */
int hostconf_read(struct hostconf *h, struct err *e);

/* Pure: did the hypervisor's command line have dom0_mem=? */
bool hostconf_has_dom0_mem(const char *cmdline);

#endif
