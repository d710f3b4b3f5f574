/* SPDX-License-Identifier: MIT */
/*
 * The texts that other programs read columns from: pure, so that a test can
 * hold them to the letter. They are those of xl, which cluster engines parse.
 * Test: tests/unit/dom0-tools/cli/test_format.c.
 */
#ifndef DOM0_TOOLS_CLI_FORMAT_H
#define DOM0_TOOLS_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "public/domctl.h"

#define FORMAT_LIST_HEADER                                                     \
	"Name                                        ID   Mem VCPUs"           \
	"\tState\tTime(s)"
/* What -v appends to it, and format_list_more() to each row. */
#define FORMAT_LIST_MORE                                                       \
	"   UUID                            Reason-Code\tSecurity Label"
/* What -c appends, and a pool's name of the same width to each row. */
#define FORMAT_LIST_POOL     "         Cpupool"
#define FORMAT_UPTIME_HEADER "Name                                ID Uptime"

/* Six letters and a NUL: running blocked paused shutdown reason dying. */
void format_state(const struct xen_domctl_getdomaininfo *info, char state[7]);
/* "running", "blocked", "paused", "shutdown", "crashed", "dying", "idle". */
const char *format_state_word(const struct xen_domctl_getdomaininfo *info);
uint64_t format_memory_mib(const struct xen_domctl_getdomaininfo *info);
/* One row without its newline; `name` NULL gives "(null)". */
void format_list_row(const struct xen_domctl_getdomaininfo *info,
		     const char *name, char *row, size_t size);
void format_list_more(const struct xen_domctl_getdomaininfo *info, char *row,
		      size_t size);
void format_uptime_row(const char *name, uint16_t domid, uint64_t seconds,
		       char *row, size_t size);
/* The sentence of `uptime -s`; `now` is the wall clock's time. */
void format_uptime_short(const char *name, uint16_t domid, uint64_t seconds,
			 const struct tm *now, char *row, size_t size);

#endif
