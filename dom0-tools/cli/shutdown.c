/* SPDX-License-Identifier: MIT */
/*
 * `vane shutdown` and `vane reboot`: a word under control/shutdown, which the
 * guest's kernel takes as a wish. A guest that does not take it within
 * SHUTDOWN_FORCE_MS is stopped from outside when -F was given. What happens
 * afterwards (on_poweroff, on_reboot) is vaned's.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "public/sched.h"

#define SHUTDOWN_FORCE_MS 10000

struct shutdown_wish {
	const char *verb;
	const char *word;
	uint32_t reason;
	bool wait;
	bool force;
	bool all;
};

static uint64_t shutdown_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool shutdown_is_over(struct cli *c, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return domctl_get_info(c->privcmd, domid, &info) ||
	       (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

static void shutdown_drain_watches(struct cli *c)
{
	char *path, *token;

	while (store_read_watch(c->store, &path, &token) == 0) {
		free(path);
		free(token);
	}
}

int shutdown_await(struct cli *c, const uint16_t *domids, size_t count)
{
	int rc = store_watch(c->store, "@releaseDomain", "end");

	if (rc) {
		err_set(&c->err, rc, "cannot watch for the end (%s)",
			err_name(rc));
		return cli_fail(c);
	}
	for (size_t i = 0; i < count;) {
		struct pollfd p = {store_fd(c->store), POLLIN, 0};

		shutdown_drain_watches(c);
		if (shutdown_is_over(c, domids[i]))
			i++;
		else if (poll(&p, 1, -1) > 0 &&
			 (p.revents & (POLLHUP | POLLERR))) {
			err_set(&c->err, EIO, "the store went away");
			return cli_fail(c);
		}
	}
	store_unwatch(c->store, "@releaseDomain", "end");
	return CLI_OK;
}

/* The guest clears the node when it has taken the wish. */
static bool shutdown_is_taken(struct cli *c, uint16_t domid)
{
	char path[64];
	size_t length = 0;
	char *value;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	value = store_read(c->store, 0, path, &length);
	free(value);
	return value == NULL || length == 0;
}

static int shutdown_force(struct cli *c, uint16_t domid, uint32_t reason)
{
	uint64_t end = shutdown_now_ms() + SHUTDOWN_FORCE_MS;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	rc = store_watch(c->store, path, "force");
	while (rc == 0 && !shutdown_is_taken(c, domid) &&
	       !shutdown_is_over(c, domid) && shutdown_now_ms() < end) {
		struct pollfd p = {store_fd(c->store), POLLIN, 0};

		shutdown_drain_watches(c);
		if (!shutdown_is_taken(c, domid))
			poll(&p, 1, (int)(end - shutdown_now_ms()));
	}
	store_unwatch(c->store, path, "force");
	if (shutdown_is_taken(c, domid) || shutdown_is_over(c, domid))
		return CLI_OK;
	rc = sched_remote_shutdown(c->privcmd, domid, reason);
	if (rc) {
		err_set(&c->err, rc, "cannot stop domain %u (%s)", domid,
			err_name(rc));
		return cli_fail(c);
	}
	return CLI_OK;
}

static int shutdown_ask(struct cli *c, uint16_t domid,
			const struct shutdown_wish *w)
{
	char path[64];
	int rc;

	if (domid == 0) {
		err_set(&c->err, EPERM, "domain 0 is this one: use '%s' in it",
			w->word);
		return cli_fail(c);
	}
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	rc = store_writef(c->store, 0, path, "%s", w->word);
	if (rc) {
		err_set(&c->err, rc, "cannot write %s (%s)", path,
			err_name(rc));
		return cli_fail(c);
	}
	return w->force ? shutdown_force(c, domid, w->reason) : CLI_OK;
}

/* Those that were named, or all but this one. */
static int shutdown_gather(struct cli *c, int argc, char **argv, bool all,
			   uint16_t **domids, size_t *count)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	size_t n = (size_t)argc;
	int status = CLI_OK; /* of the first that fails */

	if (all && sysctl_list_all(c->privcmd, &infos, &n)) {
		err_set(&c->err, EIO, "cannot list the domains");
		return cli_fail(c);
	}
	*domids = calloc(n + 1, sizeof(**domids));
	if (*domids == NULL) {
		free(infos);
		err_set(&c->err, ENOMEM, "out of memory");
		return cli_fail(c);
	}
	for (size_t i = 0; i < n && status == CLI_OK; i++) {
		if (!all)
			status = cli_resolve(c, argv[i], &(*domids)[*count]);
		else if (infos[i].domain == 0)
			continue;
		else
			(*domids)[*count] = infos[i].domain;
		(*count)++;
	}
	free(infos);
	return status;
}

static int shutdown_run(int argc, char **argv, struct shutdown_wish *w)
{
	uint16_t *domids = NULL;
	size_t count = 0;
	struct cli c;
	int status;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		for (const char *p = argv[i] + 1; *p; p++) {
			if (*p == 'w')
				w->wait = true;
			else if (*p == 'F')
				w->force = true;
			else if (*p == 'a')
				w->all = true;
			else
				return cli_usage(w->verb);
		}
	}
	if (w->all != (i == argc))
		return cli_usage(w->verb);
	status = cli_open(&c);
	if (status)
		return status;
	status = shutdown_gather(&c, argc - i, argv + i, w->all, &domids,
				 &count);
	for (size_t n = 0; n < count && status == CLI_OK; n++)
		status = shutdown_ask(&c, domids[n], w);
	if (status == CLI_OK && w->wait)
		status = shutdown_await(&c, domids, count);
	free(domids);
	cli_close(&c);
	return status;
}

int cli_shutdown(int argc, char **argv)
{
	struct shutdown_wish w = {
		.verb = "shutdown",
		.word = "poweroff",
		.reason = SHUTDOWN_poweroff,
	};

	return shutdown_run(argc, argv, &w);
}

int cli_reboot(int argc, char **argv)
{
	struct shutdown_wish w = {
		.verb = "reboot",
		.word = "reboot",
		.reason = SHUTDOWN_reboot,
	};

	return shutdown_run(argc, argv, &w);
}
