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
#include <unistd.h>

#include "builder/check.h"
#include "builder/create.h"
#include "cli/cli.h"
#include "lib/reach.h"
#include "public/sched.h"

#define SHUTDOWN_FORCE_MS 10000
/* vaned may end meanwhile, of which no watch tells. */
#define SHUTDOWN_LOOK_MS 1000
#define SHUTDOWN_RECORDS "/tool/vaned/domain"

struct shutdown_kind {
	const char *word;
	const char *what;    /* in xl's words */
	const char *follows; /* what vaned does then */
	uint32_t reason;
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

/*
 * Is there nothing left for vaned to do about it: is it kept, or are its
 * devices released, its name free and its successor there? vaned's record
 * (vaned/record.h) is the last thing of a domain that it removes.
 */
static bool shutdown_is_settled(struct cli *c, uint16_t domid)
{
	char path[64], phase[16], *record;
	bool is_kept;

	if (!shutdown_is_over(c, domid))
		return false;
	if (!check_vaned(c->store))
		return true;
	snprintf(path, sizeof(path), SHUTDOWN_RECORDS "/%u", domid);
	record = store_read(c->store, 0, path, NULL);
	if (record) {
		is_kept = sscanf(record, "%*s %*s %15s", phase) == 1 &&
			  (strcmp(phase, "preserved") == 0 ||
			   strcmp(phase, "succeeded") == 0);
		free(record);
		return is_kept;
	}
	/* One that vaned has just begun to know has its configuration. */
	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	return access(path, F_OK) != 0;
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

	if (rc == 0)
		rc = store_watch(c->store, SHUTDOWN_RECORDS, "end");
	if (rc) {
		err_set(&c->err, rc, "cannot watch for the end (%s)",
			err_name(rc));
		return cli_fail(c);
	}
	for (size_t i = 0; i < count;) {
		struct pollfd p = {store_fd(c->store), POLLIN, 0};

		shutdown_drain_watches(c);
		if (shutdown_is_settled(c, domids[i]))
			i++;
		else if (poll(&p, 1, SHUTDOWN_LOOK_MS) > 0 &&
			 (p.revents & (POLLHUP | POLLERR))) {
			err_set(&c->err, EIO, "the store went away");
			return cli_fail(c);
		}
	}
	store_unwatch(c->store, SHUTDOWN_RECORDS, "end");
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

int shutdown_wish(struct cli *c, uint16_t domid, const char *word)
{
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	rc = store_writef(c->store, 0, path, "%s", word);
	if (rc) {
		err_set(&c->err, rc, "cannot write %s (%s)", path,
			err_name(rc));
		return cli_fail(c);
	}
	return CLI_OK;
}

static int shutdown_ask(struct cli *c, uint16_t domid, const struct cli_args *a,
			const struct shutdown_kind *k)
{
	struct xen_domctl_getdomaininfo info;
	int status;

	/* Asked twice, or just about to go: what was wanted is so. */
	if (domctl_get_info(c->privcmd, domid, &info) ||
	    (info.flags & XEN_DOMINF_dying))
		return CLI_OK;
	if (info.flags & XEN_DOMINF_shutdown) {
		cli_warn("domain %u has shut down already and is kept; '%s "
			 "destroy %u' removes it",
			 domid, cli_program(), domid);
		return CLI_OK;
	}
	if (cli_is_xl())
		fprintf(stderr, "%s domain %u\n", k->what, domid);
	if ((info.flags & XEN_DOMINF_paused) && !cli_has(a, 'F'))
		cli_warn("domain %u is paused and will act on it only when it "
			 "goes on: '%s unpause %u'",
			 domid, cli_program(), domid);
	status = shutdown_wish(c, domid, k->word);
	if (status == CLI_OK && cli_has(a, 'F'))
		status = shutdown_force(c, domid, k->reason);
	return status;
}

/* Those that were named, or all but this one. */
static int shutdown_gather(struct cli *c, const struct cli_args *a,
			   const char *what, uint16_t **domids, size_t *count)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	bool all = cli_has(a, 'a');
	size_t n = (size_t)a->count;
	int status = all ? cli_list_all(c, &infos, &n) : CLI_OK;

	if (status)
		return status;
	*domids = calloc(n + 1, sizeof(**domids));
	if (*domids == NULL) {
		free(infos);
		err_set(&c->err, ENOMEM, "out of memory");
		return cli_fail(c);
	}
	for (size_t i = 0; i < n && status == CLI_OK; i++) {
		if (!all)
			status = cli_resolve_guest(c, a->words[i], what,
						   &(*domids)[*count]);
		else if (infos[i].domain == 0)
			continue;
		else
			(*domids)[*count] = infos[i].domain;
		(*count)++;
	}
	free(infos);
	return status;
}

/* The guest can end without vaned; what is to follow cannot. */
static void shutdown_look_for_vaned(struct cli *c,
				    const struct shutdown_kind *k)
{
	if (!check_vaned(c->store))
		cli_warn("vaned does not run: whoever shuts down stays as it "
			 "is and is not %s; start it: '%svaned'",
			 k->follows, reach_starter());
}

static int shutdown_run(int argc, char **argv, const char *what,
			const struct shutdown_kind *k)
{
	uint16_t *domids = NULL;
	struct cli_args a;
	size_t count = 0;
	struct cli c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	if (cli_has(&a, 'a') != (a.count == 0)) {
		status = cli_usage(argv[0]);
		return cli_is_xl() ? CLI_FAILURE : status;
	}
	status = cli_open(&c);
	if (status)
		return status;
	status = shutdown_gather(&c, &a, what, &domids, &count);
	for (size_t n = 0; n < count && status == CLI_OK; n++)
		status = shutdown_ask(&c, domids[n], &a, k);
	if (status == CLI_OK && count && !cli_is_xl())
		shutdown_look_for_vaned(&c, k);
	if (status == CLI_OK && cli_has(&a, 'w'))
		status = shutdown_await(&c, domids, count);
	free(domids);
	cli_close(&c);
	return status;
}

int cli_shutdown(int argc, char **argv)
{
	static const struct shutdown_kind kind = {
		"poweroff",
		"Shutting down",
		"removed",
		SHUTDOWN_poweroff,
	};

	return shutdown_run(argc, argv, "be shut down so: use 'poweroff' in it",
			    &kind);
}

int cli_reboot(int argc, char **argv)
{
	static const struct shutdown_kind kind = {
		"reboot",
		"Rebooting",
		"started again",
		SHUTDOWN_reboot,
	};

	return shutdown_run(argc, argv, "be restarted so: use 'reboot' in it",
			    &kind);
}
