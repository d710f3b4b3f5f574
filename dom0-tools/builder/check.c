/* SPDX-License-Identifier: MIT */
/*
 * All that can be known to fail, checked before a domain exists; see check.h.
 * Test: tests/unit/dom0-tools/builder/test_check.c for what needs no machine.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/check.h"
#include "builder/nodes.h"
#include "lib/cpupool.h"
#include "lib/domctl.h"
#include "lib/domname.h"

#define CHECK_VANED_LOCK "/run/vane/vaned.lock"
#define CHECK_VANED_NODE "/tool/vaned/ready"

/* Whether the index holds all domains, so that it can be believed. */
static bool check_index_is_whole(int privcmd, struct store *store)
{
	struct xen_domctl_getdomaininfo *infos;
	size_t domains, entries;
	char **names;

	if (sysctl_list_all(privcmd, &infos, &domains))
		return false;
	free(infos);
	names = store_ls(store, 0, NAMES_DIR, &entries);
	if (names == NULL)
		return domains <= 1;
	free(names);
	return domains <= entries + 1; /* domain zero is not in it */
}

int check_name(int privcmd, struct store *store, const char *name,
	       struct err *e)
{
	struct xen_domctl_getdomaininfo info;
	uint16_t domid;
	int rc = domname_lookup(store, 0, name, &domid);

	if (rc == 0)
		rc = domctl_get_info(privcmd, domid, &info);
	if (rc == -ENOENT || rc == -ESRCH) {
		if (check_index_is_whole(privcmd, store))
			return 0;
		rc = domname_search(privcmd, store, name, &domid);
	}
	if (rc == -ENOENT || rc == -ESRCH)
		return 0;
	if (rc)
		return err_set(e, rc, "cannot look for domains named '%s' (%s)",
			       name, err_name(rc));
	return err_set(e, EEXIST,
		       "a domain named '%s' is there already (domain %u); "
		       "end it with 'vane destroy %s' or choose another name",
		       name, domid, name);
}

int check_pool(int privcmd, struct store *store, const struct config *c,
	       struct sched_pool_info *pool, struct err *e)
{
	int rc = cpupool_resolve(privcmd, store, c->pool ? c->pool : "0", pool,
				 e);

	if (rc)
		return rc;
	if (cpumap_is_empty(&pool->cpus))
		return err_set(e, ENODEV,
			       "pool '%s' has no CPU; give it one first: 'vane "
			       "cpupool-cpu-add %s CPUS'",
			       c->pool, c->pool);
	if ((c->cpu_weight || c->cap) && pool->policy != XEN_SCHEDULER_CREDIT)
		return err_set(e, EOPNOTSUPP,
			       "%s=%u: the scheduler of pool '%s' is %s, which "
			       "gives no shares; remove the line",
			       c->cpu_weight ? "cpu_weight" : "cap",
			       c->cpu_weight ? c->cpu_weight : c->cap,
			       c->pool ? c->pool : "Pool-0",
			       cpupool_policy_name(pool->policy));
	return 0;
}

int check_cpu_sets(const char *key, const char **sets, size_t count,
		   const struct cpumap *online, const char *pool,
		   const struct cpumap *pool_cpus, struct err *e)
{
	char there[CPUMAP_TEXT_BYTES];

	for (size_t i = 0; i < count; i++) {
		bool is_all = strncmp(sets[i], "all", 3) == 0;
		struct cpumap m, rest;
		int rc = config_cpus(sets[i], m.bits, CPUMAP_CPUS);

		cpumap_without(&rest, &m, online);
		cpumap_format(online, there);
		if (rc || (!is_all && !cpumap_is_empty(&rest)))
			return err_set(e, ERANGE,
				       "%s '%s': this machine has CPUs %s", key,
				       sets[i], there);
		cpumap_and(&rest, &m, pool_cpus);
		cpumap_format(pool_cpus, there);
		if (cpumap_is_empty(&rest))
			return err_set(e, ERANGE,
				       "%s '%s': pool '%s' has CPUs %s", key,
				       sets[i], pool, there);
	}
	return 0;
}

int check_cpus(int privcmd, const struct config *c,
	       const struct sched_pool_info *pool, struct err *e)
{
	const char *name = c->pool ? c->pool : "Pool-0";
	struct cpumap online;
	int rc;

	if (c->cpus_count == 0 && c->cpus_soft_count == 0)
		return 0;
	rc = cpupool_online_cpus(privcmd, &online);
	if (rc)
		return err_set(e, rc, "cannot ask for the CPUs (%s)",
			       err_name(rc));
	rc = check_cpu_sets("cpus", c->cpus, c->cpus_count, &online, name,
			    &pool->cpus, e);
	if (rc)
		return rc;
	/* What it prefers may be elsewhere: it is a wish. */
	return check_cpu_sets("cpus_soft", c->cpus_soft, c->cpus_soft_count,
			      &online, name, &online, e);
}

/* `path` as nodes_script() gives it; `what` the device, for the message. */
static int check_script(const char *what, const char *path, struct err *e)
{
	if (strlen(path) + 1 >= NODES_SCRIPT_BYTES)
		return err_set(e, ENAMETOOLONG,
			       "%s: script=: a path has at most %d bytes", what,
			       NODES_SCRIPT_BYTES - 2);
	if (access(path, X_OK) < 0)
		return err_set(e, errno, "%s: script %s: %s", what, path,
			       strerror(errno));
	return 0;
}

/* The next size that a disk can have. */
static long long check_whole(off_t bytes)
{
	return bytes ? (bytes + 511) / 512 * 512 : 512;
}

static int check_disk(const struct config_disk *d, bool *is_device,
		      struct err *e)
{
	char script[NODES_SCRIPT_BYTES], what[64];
	struct stat st;

	nodes_script(d->script, script);
	if (script[0]) {
		/* What its target is, the script knows, and makes a device. */
		*is_device = true;
		snprintf(what, sizeof(what), "disk %s", d->vdev);
		return check_script(what, script, e);
	}
	if (stat(d->target, &st) < 0)
		return err_set(e, errno, "disk %s: %s: %s", d->vdev, d->target,
			       strerror(errno));
	*is_device = S_ISBLK(st.st_mode);
	if (!*is_device && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL,
			       "disk %s: %s is neither a file nor a block "
			       "device",
			       d->vdev, d->target);
	if (d->kind == DISK_BLOCK_DEVICE && !*is_device)
		return err_set(e, ENOTBLK,
			       "disk %s: %s is a file; write 'file:' instead "
			       "of 'phy:'",
			       d->vdev, d->target);
	if (!*is_device && (st.st_size < 512 || st.st_size % 512))
		return err_set(e, EINVAL,
			       "disk %s: %s has %lld bytes, no whole number of "
			       "512-byte sectors; make it %lld: truncate -s "
			       "%lld %s",
			       d->vdev, d->target, (long long)st.st_size,
			       check_whole(st.st_size), check_whole(st.st_size),
			       d->target);
	if (access(d->target, d->writable ? R_OK | W_OK : R_OK) < 0)
		return err_set(e, errno, "disk %s: %s: %s", d->vdev, d->target,
			       strerror(errno));
	return 0;
}

int check_disks(const struct config *c, bool *is_device, struct err *e)
{
	for (size_t i = 0; i < c->disk_count; i++) {
		int rc = check_disk(&c->disks[i], &is_device[i], e);

		if (rc)
			return rc;
	}
	return 0;
}

/* "br0, xenbr0", or "none". */
static void check_list_bridges(char *text, size_t size)
{
	DIR *dir = opendir("/sys/class/net");
	struct dirent *entry;
	size_t at = 0;

	snprintf(text, size, "none");
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) && at + 24 < size) {
		char path[300];

		snprintf(path, sizeof(path), "/sys/class/net/%s/bridge",
			 entry->d_name);
		if (access(path, F_OK) == 0)
			at += (size_t)snprintf(text + at, size - at, "%s%.16s",
					       at ? ", " : "", entry->d_name);
	}
	closedir(dir);
}

int check_vifs(const struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->vif_count; i++) {
		const struct config_vif *v = &c->vifs[i];
		char path[64], bridges[256], script[NODES_SCRIPT_BYTES];

		nodes_script(v->script, script);
		if (script[0]) {
			int rc;

			snprintf(path, sizeof(path), "vif %zu", i);
			rc = check_script(path, script, e);
			if (rc)
				return rc;
			continue;
		}
		snprintf(path, sizeof(path), "/sys/class/net/%s", v->bridge);
		if (access(path, F_OK) == 0) {
			snprintf(path, sizeof(path), "/sys/class/net/%s/bridge",
				 v->bridge);
			if (access(path, F_OK) == 0)
				continue;
			check_list_bridges(bridges, sizeof(bridges));
			return err_set(
				e, EINVAL,
				"vif %zu: '%s' is a network device, but "
				"no bridge (bridges: %s); set bridge= to "
				"one",
				i, v->bridge, bridges);
		}
		check_list_bridges(bridges, sizeof(bridges));
		return err_set(e, ENODEV,
			       "vif %zu: no bridge '%s' in this domain "
			       "(bridges: %s); make it with 'ip link add %s "
			       "type bridge' or set bridge=",
			       i, v->bridge, bridges, v->bridge);
	}
	return 0;
}

bool check_vaned(struct store *store)
{
	int fd = open(CHECK_VANED_LOCK, O_RDONLY | O_CLOEXEC);
	bool held;
	char *ready;
	bool is_ready;

	if (fd < 0)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	if (!held)
		return false;
	ready = store_read(store, 0, CHECK_VANED_NODE, NULL);
	is_ready = ready && strcmp(ready, "1") == 0;
	free(ready);
	return is_ready;
}
