/* SPDX-License-Identifier: MIT */
/*
 * The texts that other programs read columns from; see format.h.
 * Test: tests/unit/dom0-tools/cli/test_format.c.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/format.h"
#include "public/sched.h"

static unsigned int format_reason(const struct xen_domctl_getdomaininfo *info)
{
	return (info->flags >> XEN_DOMINF_shutdownshift) &
	       XEN_DOMINF_shutdownmask;
}

void format_state(const struct xen_domctl_getdomaininfo *info, char state[7])
{
	static const char reasons[] = "-rscw";
	unsigned int reason = format_reason(info);

	memcpy(state, "------", 7);
	if (info->flags & XEN_DOMINF_running)
		state[0] = 'r';
	if (info->flags & XEN_DOMINF_blocked)
		state[1] = 'b';
	if (info->flags & XEN_DOMINF_paused)
		state[2] = 'p';
	if (info->flags & XEN_DOMINF_shutdown) {
		state[3] = 's';
		state[4] = reason < sizeof(reasons) - 1 ? reasons[reason] : '?';
	}
	if (info->flags & XEN_DOMINF_dying)
		state[5] = 'd';
}

const char *format_state_word(const struct xen_domctl_getdomaininfo *info)
{
	if (info->flags & XEN_DOMINF_dying)
		return "dying";
	if (info->flags & XEN_DOMINF_shutdown)
		return format_reason(info) == SHUTDOWN_crash ? "crashed"
							     : "shutdown";
	if (info->flags & XEN_DOMINF_paused)
		return "paused";
	if (info->flags & XEN_DOMINF_running)
		return "running";
	if (info->flags & XEN_DOMINF_blocked)
		return "blocked";
	return "idle";
}

uint64_t format_memory_mib(const struct xen_domctl_getdomaininfo *info)
{
	return (info->tot_pages + info->outstanding_pages) / 256;
}

void format_list_row(const struct xen_domctl_getdomaininfo *info,
		     const char *name, char *row, size_t size)
{
	char state[7];

	format_state(info, state);
	snprintf(row, size, "%-40s %5d %5" PRIu64 " %5u     %s  %8.1f",
		 name ? name : "(null)", info->domain, format_memory_mib(info),
		 info->nr_online_vcpus, state, (double)info->cpu_time / 1e9);
}

void format_uptime_row(const char *name, uint16_t domid, uint64_t seconds,
		       char *row, size_t size)
{
	uint64_t days = seconds / 86400;
	unsigned int hours = seconds / 3600 % 24;
	unsigned int minutes = seconds / 60 % 60;
	char up[48] = "";

	if (days)
		snprintf(up, sizeof(up), "%" PRIu64 " day%s, ", days,
			 days > 1 ? "s" : "");
	snprintf(row, size, "%-33s %4u %s%2u:%02u:%02u", name ? name : "(null)",
		 domid, up, hours, minutes, (unsigned int)(seconds % 60));
}
