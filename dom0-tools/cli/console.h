/* SPDX-License-Identifier: MIT */
/* What the two halves of `vane console` share: attaching, and kept logs. */
#ifndef DOM0_TOOLS_CLI_CONSOLE_H
#define DOM0_TOOLS_CLI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/consproto.h"
#include "lib/termfilter.h"

struct console_options {
	const char *name; /* of the domain, or its number */
	enum consproto_mode mode;
	bool wait;	  /* until there is a domain of that name */
	bool log, follow; /* show what was kept instead; and what comes */
	bool is_raw;	  /* unfiltered */
};

/* A guest's bytes on their way to standard output. */
struct console_output {
	bool is_raw;
	struct termfilter filter;
	time_t bell_time;
};

void console_output_init(struct console_output *o, bool is_raw);
/* -1 when nobody reads any more. */
int console_show(struct console_output *o, const uint8_t *bytes, size_t len);
/* All of it; -1 on failure. */
int console_write(int fd, const uint8_t *p, size_t length);

/* `vane console -l`; gives a status. */
int console_print_log(const struct console_options *o);
/* Whether it would show something of a guest of that name. */
bool console_has_log(const char *name);

#endif
