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
#include "lib/config.h"
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

/* "3 days, " or nothing. */
static const char *format_days(uint64_t seconds, char *text, size_t size)
{
	uint64_t days = seconds / 86400;

	text[0] = '\0';
	if (days)
		snprintf(text, size, "%" PRIu64 " day%s, ", days,
			 days > 1 ? "s" : "");
	return text;
}

void format_uptime_row(const char *name, uint16_t domid, uint64_t seconds,
		       char *row, size_t size)
{
	unsigned int hours = seconds / 3600 % 24;
	unsigned int minutes = seconds / 60 % 60;
	char days[48];

	snprintf(row, size, "%-33s %4u %s%2u:%02u:%02u", name ? name : "(null)",
		 domid, format_days(seconds, days, sizeof(days)), hours,
		 minutes, (unsigned int)(seconds % 60));
}

void format_uptime_short(const char *name, uint16_t domid, uint64_t seconds,
			 const struct tm *now, char *row, size_t size)
{
	unsigned int hours = seconds / 3600 % 24;
	unsigned int minutes = seconds / 60 % 60;
	char days[48];

	snprintf(row, size, " %02d:%02d:%02d up %s%2u:%02u, %s (%u)",
		 now->tm_hour, now->tm_min, now->tm_sec,
		 format_days(seconds, days, sizeof(days)), hours, minutes,
		 name ? name : "(null)", domid);
}

void format_list_more(const struct xen_domctl_getdomaininfo *info, char *row,
		      size_t size)
{
	char uuid[37], reason[9] = "-";

	config_format_uuid(info->handle, uuid);
	if (info->flags & XEN_DOMINF_shutdown)
		snprintf(reason, sizeof(reason), "%x", format_reason(info));
	snprintf(row, size, " %s %8s %16s", uuid, reason, "-");
}
