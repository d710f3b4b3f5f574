/* SPDX-License-Identifier: MIT */
/* `vane uptime`: how long each domain has been there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "lib/json.h"

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

static void uptime_print(struct cli *c, uint16_t domid, struct json *j,
			 bool is_short)
{
	char *name = cli_begin_row(c, j, domid);
	bool is_known;
	uint64_t seconds;
	char row[256];

	is_known = uptime_of(c, domid, &seconds);
	if (j) {
		if (is_known)
			json_uint(j, "uptime_seconds", seconds);
		else
			json_null(j, "uptime_seconds");
		json_close_object(j);
	} else if (is_known && is_short) {
		time_t now = time(NULL);
		struct tm tm;

		localtime_r(&now, &tm);
		format_uptime_short(name, domid, seconds, &tm, row,
				    sizeof(row));
		puts(row);
	} else if (is_known) {
		format_uptime_row(name, domid, seconds, row, sizeof(row));
		puts(row);
	}
	free(name);
}

int cli_uptime(int argc, char **argv)
{
	uint16_t *domids = NULL;
	struct cli_args a;
	size_t count = 0;
	bool is_json;
	struct json j;
	struct cli c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_gather(&c, &a, &domids, &count);
	is_json = cli_has(&a, 'j');
	if (status == CLI_OK) {
		if (is_json) {
			json_begin(&j, stdout);
			json_open_array(&j, NULL);
		} else if (!cli_has(&a, 's')) {
			puts(FORMAT_UPTIME_HEADER);
		}
		for (size_t i = 0; i < count; i++)
			uptime_print(&c, domids[i], is_json ? &j : NULL,
				     cli_has(&a, 's'));
		if (is_json) {
			json_close_array(&j);
			json_end(&j);
		}
	}
	free(domids);
	cli_close(&c);
	return status;
}
