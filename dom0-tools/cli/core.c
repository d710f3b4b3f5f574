/* SPDX-License-Identifier: MIT */
/* `vane dump-core`: a domain's memory and registers as an ELF core. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/core.h"
#include "cli/cli.h"

#define CORE_BAR 40 /* characters */

static volatile sig_atomic_t core_stop;
static bool core_bar_shown;

static void core_on_signal(int number)
{
	core_stop = number;
}

static void core_catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = core_on_signal};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &sa, NULL);
}

static void core_show_progress(uint64_t done, uint64_t total)
{
	static uint64_t shown = UINT64_MAX;
	uint64_t percent = total ? 100 * done / total : 100;
	int width = (int)(CORE_BAR * percent / 100);

	if (percent == shown)
		return;
	shown = percent;
	core_bar_shown = true;
	fprintf(stderr, "\r[%.*s%*s] %3" PRIu64 " %% of %" PRIu64 " MiB", width,
		"########################################", CORE_BAR - width,
		"", percent, total >> 20);
}

/* So that the line below begins where the bar did. */
static void core_clear_bar(void)
{
	if (core_bar_shown)
		fprintf(stderr, "\r\033[K");
}

static int core_run(struct cli *c, uint16_t domid, const char *path,
		    const struct core_options *o, bool quiet)
{
	struct stat st;
	int rc;

	core_catch_signals();
	rc = core_dump_with(c->privcmd, domid, path, o, &c->err);
	core_clear_bar();
	if (rc)
		return cli_fail(c);
	if (!quiet && stat(path, &st) == 0)
		printf("%s: domain %u, %" PRIu64 " MiB, %" PRIu64
		       " MiB of them on the disk\n",
		       path, domid, (uint64_t)st.st_size >> 20,
		       (uint64_t)st.st_blocks >> 11);
	return CLI_OK;
}

int cli_dump_core(int argc, char **argv)
{
	struct core_options o = {.stop = &core_stop};
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 2, 2, &a);

	if (status)
		return status;
	o.live = cli_has(&a, 'L');
	if (!cli_has(&a, 'q') && cli_is_terminal(stderr))
		o.progress = core_show_progress;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = cli_resolve_guest(&c, a.words[0],
				   "be dumped: it would write its own memory",
				   &domid);
	err_clear(&c.err);
	if (status == CLI_OK)
		status = core_run(&c, domid, a.words[1], &o,
				  cli_has(&a, 'q') || cli_is_xl());
	cli_close(&c);
	return status;
}
