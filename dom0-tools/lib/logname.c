/* SPDX-License-Identifier: MIT */
/* Names of log files; see the header. */
#include "lib/logname.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 128 /* longer names are cut */

static bool is_reserved(const char *name)
{
	static const char *const names[] = {
		"vaned", "vane-consoled", "vane-stored",
		"vane",	 LOGNAME_DOM0,	  LOGNAME_HYPERVISOR,
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

void logname_of_guest(char *out, size_t size, const char *name,
		      unsigned int domid)
{
	char clean[NAME_BYTES];
	size_t n = 0;

	for (; n < sizeof(clean) - 1 && name[n]; n++) {
		unsigned char c = (unsigned char)name[n];

		if (isalnum(c) || strchr("-_+@:", c) || (c == '.' && n))
			clean[n] = (char)c;
		else
			clean[n] = '_';
	}
	clean[n] = '\0';
	if (!n)
		snprintf(out, size, "domain-%u", domid);
	else
		snprintf(out, size, "%s%s", is_reserved(clean) ? "guest-" : "",
			 clean);
}
