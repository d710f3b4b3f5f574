/* SPDX-License-Identifier: MIT */
/*
 * Devices that a script of the user binds instead of vaned: script= of a card
 * or disk, an absolute path in the back end's node "script". It is called as
 * Xen's hotplug scripts are: "online" and "offline" for a card, "add" and
 * "remove" for a disk, with XENBUS_PATH and so on in its environment, and
 * answers by its exit status, "hotplug-error", and for a disk
 * "physical-device" in the back end's directory.
 *
 * It runs in a child process that is killed with it after SCRIPT_MS. One that
 * was cut short by the end of vaned is run again, so it has to bear that.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/domname.h"
#include "lib/script.h"
#include "vaned/record.h"

#define SCRIPT_MS 10000u

/* Made by our own toolstack, maybe so recently that it is not yet whole. */
static bool is_ours(const struct device *d)
{
	struct domain o = {.v = d->v, .domid = d->key.domid};
	char path[NAMES_PATH_BYTES];
	uint64_t domid;
	char *name;
	int rc;

	if (record_has_config(&o))
		return true;
	name = domname_of(d->v->store, d->key.domid);
	if (!name)
		return false;
	domname_path(name, path);
	rc = store_read_u64(d->v->store, 0, path, &domid);
	free(name);
	return !rc && domid == d->key.domid;
}

void script_learn(struct device *d)
{
	char *script = device_read(d, 0, "script");

	if (script && *script == '/' && strlen(script) < sizeof(d->script) &&
	    is_ours(d))
		snprintf(d->script, sizeof(d->script), "%s", script);
	free(script);
}

static void run(void *arg, struct worker_result *result)
{
	const struct device *d = arg;
	bool is_vif = d->key.kind == DEVICE_VIF;
	const char *kind = device_kind_name(d->key.kind);
	char type[32], path[64], vif[64], script[sizeof(d->script) + 8];
	char *env[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"XENBUS_BASE_PATH=backend",
		type,
		path,
		script,
		is_vif ? vif : NULL,
		NULL,
	};
	char *argv[] = {
		(char *)(uintptr_t)d->script,
		is_vif ? (d->script_comes ? "online" : "offline")
		       : (d->script_comes ? "add" : "remove"),
		is_vif ? "type_if=vif" : NULL,
		NULL,
	};

	snprintf(type, sizeof(type), "XENBUS_TYPE=%s", kind);
	snprintf(path, sizeof(path), "XENBUS_PATH=backend/%s/%u/%u", kind,
		 d->key.domid, d->key.devid);
	snprintf(script, sizeof(script), "script=%s", d->script);
	snprintf(vif, sizeof(vif), "vif=%s", d->vif);
	result->rc = script_run(argv, env, SCRIPT_MS, &result->err);
}

int script_start(struct device *d, bool comes, worker_done *done)
{
	struct rtnl_link link;

	d->script_comes = comes;
	if (d->key.kind == DEVICE_VIF && !vif_find(d, &link))
		snprintf(d->vif, sizeof(d->vif), "%s", link.name);
	return worker_start(&d->worker, &d->v->loop, run, done, d);
}
