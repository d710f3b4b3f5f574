/* SPDX-License-Identifier: MIT */
/*
 * What is left when a creator or a destroyer was killed: domains that nobody
 * goes on making, and nodes about domains that are no more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/creating.h"
#include "builder/destroy.h"
#include "lib/daemon.h"
#include "lib/domname.h"
#include "lib/restarting.h"
#include "vaned/record.h"

#define PATH_BYTES	 320
#define CREATING_LOOK_MS 300 /* while somebody is creating a domain */

/* Its creator is dead: the domains of that UUID that are nobody's. */
static int take_back(const uint8_t uuid[16], void *arg)
{
	struct xen_domctl_getdomaininfo *infos;
	struct vaned *v = arg;
	size_t count;
	int rc = sysctl_list_all(v->privcmd, &infos, &count);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++) {
		struct domain *o;

		if (!infos[i].domain ||
		    memcmp(infos[i].handle, uuid, sizeof(infos[i].handle)))
			continue;
		o = domains_add(v, infos[i].domain);
		if (!o || o->is_ours || record_has_config(o))
			continue;
		daemon_log("domain %u (%s): its creator was killed half-way; "
			   "what there is of it is taken back",
			   o->domid, o->name);
		o->is_ours = true;
		o->is_unmade = true;
		domain_set_phase(o, LIFE_ENDING);
	}
	free(infos);
	return 0;
}

void sweep_creating(struct vaned *v)
{
	if (creating_each_dead(CREATING_DIR, take_back, v))
		evloop_timer_start(&v->loop, &v->creating_timer,
				   CREATING_LOOK_MS);
}

static bool exists(struct vaned *v, uint64_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return domid < 0x7ff0 &&
	       !domctl_get_info(v->privcmd, (uint16_t)domid, &info);
}

/* Nodes below `dir` that `is_stale` says yes to. */
static void sweep_dir(struct vaned *v, const char *dir,
		      bool (*is_stale)(struct vaned *v, const char *path,
				       const char *name))
{
	size_t count = 0;
	char **names = store_ls(v->store, 0, dir, &count);

	for (size_t i = 0; names && i < count; i++) {
		char path[PATH_BYTES];

		snprintf(path, sizeof(path), "%s/%.250s", dir, names[i]);
		if (!is_stale(v, path, names[i]))
			continue;
		daemon_log("%s is about a domain that is no more: removed",
			   path);
		store_rm(v->store, 0, path);
	}
	free(names);
}

static bool name_is_stale(struct vaned *v, const char *path, const char *name)
{
	uint64_t domid;

	(void)name;
	return store_read_u64(v->store, 0, path, &domid) || !exists(v, domid);
}

static bool vm_is_stale(struct vaned *v, const char *path, const char *name)
{
	char node[PATH_BYTES + 8];
	uint64_t domid;

	(void)name;
	snprintf(node, sizeof(node), "%s/domid", path);
	return !store_read_u64(v->store, 0, node, &domid) && !exists(v, domid);
}

/* A debt keeps its node; whose has none, somebody was killed at paying it. */
static bool restarting_is_stale(struct vaned *v, const char *path,
				const char *name)
{
	char own[NAMES_PATH_BYTES];

	(void)name;
	for (struct domain *o = v->domains; o; o = o->next) {
		if (!o->facts.wants_successor)
			continue;
		restarting_path(o->life_name, own);
		if (!strcmp(own, path))
			return false;
	}
	return true;
}

static void sweep_domains(struct vaned *v)
{
	size_t count = 0;
	char **names = store_ls(v->store, 0, "/local/domain", &count);

	for (size_t i = 0; names && i < count; i++) {
		unsigned long domid = strtoul(names[i], NULL, 10);

		if (!domid || domid >= 0x7ff0 || exists(v, domid) ||
		    domains_find(v, (uint16_t)domid))
			continue;
		daemon_log("the store knows a domain %lu, which is no more: "
			   "forgotten",
			   domid);
		domain_forget(v->store, (uint16_t)domid);
	}
	free(names);
}

void sweep_store(struct vaned *v)
{
	/* First those that we know, for they may owe a restart. */
	record_scan(v);
	sweep_domains(v);
	sweep_dir(v, NAMES_DIR, name_is_stale);
	sweep_dir(v, "/vm", vm_is_stale);
	sweep_dir(v, RESTARTING_DIR, restarting_is_stale);
}
