/* SPDX-License-Identifier: MIT */
/* What a domain's child process does; see restart.h. */
#include "vaned/restart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "builder/core.h"
#include "builder/create.h"
#include "lib/daemon.h"
#include "lib/privcmd.h"
#include "lib/restarting.h"
#include "vaned/record.h"

struct successor {
	struct domain *old;
	const char *name;
	uint16_t domid; /* 0 until its record is in a transaction */
};

/* The new domain is known, and the name taken, in one and the same moment. */
static int note_successor(void *arg, struct store *store, uint32_t txn,
			  uint16_t domid)
{
	struct successor *s = arg;
	struct domain next = {
		.v = s->old->v,
		.domid = domid,
		.phase = LIFE_STARTING,
		.started_ns = evloop_now_ns(),
		.storm = s->old->storm,
		.from = s->old->domid,
	};
	char path[NAMES_PATH_BYTES];
	int rc;

	s->domid = domid;
	restarting_path(s->name, path);
	rc = store_rm(store, txn, path);
	return rc ? rc : record_write(&next, store, txn);
}

void restart_create(void *arg, struct worker_result *result)
{
	struct successor s = {.old = arg};
	struct create_options o = {
		.paused = true,
		.no_device_wait = true,
		.in_txn = note_successor,
		.in_txn_arg = &s,
	};
	struct create_result created;
	struct config c;

	result->rc = record_config(s.old, &c, &result->err);
	if (result->rc)
		return;
	s.name = c.name;
	result->rc = domain_create(&c, &o, &created, &result->err);
	result->domid = s.domid;
	config_free(&c);
}

void restart_core_path(const char *name, char *path, size_t size)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;
	int at;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	at = snprintf(path, size, RESTART_DUMP_DIR "/");
	snprintf(path + at, size - (size_t)at, "%s-%s.core", name, stamp);
	for (char *c = path + at; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
}

void restart_dump_core(void *arg, struct worker_result *result)
{
	const struct domain *o = arg;
	int fd;

	result->rc = daemon_mkdirs(RESTART_DUMP_DIR, 0700);
	if (result->rc) {
		err_set(&result->err, result->rc,
			"cannot make the directory %s: %s", RESTART_DUMP_DIR,
			strerror(-result->rc));
		return;
	}
	fd = privcmd_open();
	if (fd < 0) {
		result->rc = err_set(&result->err, fd,
				     "cannot open /dev/xen/privcmd: %s",
				     strerror(-fd));
		return;
	}
	result->rc = core_dump(fd, o->domid, o->core_path, &result->err);
}
