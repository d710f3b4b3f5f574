/* SPDX-License-Identifier: MIT */
/* `vane uptime`: how long each domain has been there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "lib/domname.h"

/* Seconds since its start; false when nobody wrote that down. */
static bool uptime_of(struct cli *c, uint16_t domid, uint64_t *seconds)
{
	struct timespec now;
	char path[160];
	char *vm, *start = NULL;
	double started;

	if (domid == 0) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		*seconds = (uint64_t)now.tv_sec;
		return true;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	vm = store_read(c->store, 0, path, NULL);
	if (vm) {
		snprintf(path, sizeof(path), "%.120s/start_time", vm);
		start = store_read(c->store, 0, path, NULL);
	}
	free(vm);
	if (start == NULL)
		return false;
	started = strtod(start, NULL);
	free(start);
	clock_gettime(CLOCK_REALTIME, &now);
	*seconds = (double)now.tv_sec > started
			   ? (uint64_t)((double)now.tv_sec - started)
			   : 0;
	return true;
}

static void uptime_print(struct cli *c, uint16_t domid)
{
	char *name = domname_of(c->store, domid);
	uint64_t seconds;
	char row[256];

	if (name == NULL && domid == 0)
		name = strdup("Domain-0");
	if (uptime_of(c, domid, &seconds)) {
		format_uptime_row(name, domid, seconds, row, sizeof(row));
		puts(row);
	}
	free(name);
}

int cli_uptime(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *infos;
	size_t count;
	struct cli c;
	int status, rc;

	if (argc > 1 && argv[1][0] == '-')
		return cli_usage("uptime");
	status = cli_open(&c);
	if (status)
		return status;
	puts(FORMAT_UPTIME_HEADER);
	for (int i = 1; i < argc && status == CLI_OK; i++) {
		uint16_t domid;

		status = cli_resolve(&c, argv[i], &domid);
		if (status == CLI_OK)
			uptime_print(&c, domid);
	}
	if (argc == 1) {
		rc = sysctl_list_all(c.privcmd, &infos, &count);
		if (rc) {
			err_set(&c.err, rc, "cannot list the domains (%s)",
				err_name(rc));
			status = cli_fail(&c);
			count = 0;
			infos = NULL;
		}
		for (size_t i = 0; i < count; i++)
			uptime_print(&c, infos[i].domain);
		free(infos);
	}
	cli_close(&c);
	return status;
}
