/* SPDX-License-Identifier: MIT */
/* Who has a disk already; see the header. */
#include "builder/diskuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/blockdev.h"
#include "lib/domctl.h"

#define DISKUSE_BACKENDS "/local/domain/0/backend/vbd"
#define DISKUSE_PATH	 128

/* A disk that a guest has. */
struct diskuse {
	unsigned int domid, devid;
	struct blockdev_id id;
	enum disk_mode mode;
};

static char *diskuse_read(struct store *store, const struct diskuse *u,
			  const char *node)
{
	char path[DISKUSE_PATH];

	snprintf(path, sizeof(path), DISKUSE_BACKENDS "/%u/%u/%s", u->domid,
		 u->devid, node);
	return store_read(store, 0, path, NULL);
}

/* What its back end says; false: no disk that is known here. */
static bool diskuse_fill(struct store *store, struct diskuse *u)
{
	char *params = diskuse_read(store, u, "params");
	char *mode = diskuse_read(store, u, "mode");
	char *script = diskuse_read(store, u, "script");
	struct blockdev info;
	bool known = params && mode && (!script || !*script) &&
		     !disk_mode_parse(mode, &u->mode) &&
		     !blockdev_probe(params, &info) &&
		     info.id.kind != BLOCKDEV_OTHER;

	if (known)
		u->id = info.id;
	free(params);
	free(mode);
	free(script);
	return known;
}

static int diskuse_compare(struct store *store, const struct diskuse *u,
			   const struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->disk_count; i++) {
		const struct config_disk *d = &c->disks[i];
		enum disk_mode mode = d->shared	    ? DISK_WRITE_SHARED
				      : d->writable ? DISK_WRITE
						    : DISK_READ;
		struct blockdev info;
		char path[DISKUSE_PATH], *name;

		if ((d->script && *d->script) ||
		    blockdev_probe(d->target, &info) ||
		    !blockdev_same(&info.id, &u->id) ||
		    !disk_mode_conflict(mode, u->mode))
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/name", u->domid);
		name = store_read(store, 0, path, NULL);
		err_set(e, EBUSY,
			"disk %s: %s is in use by domain %u (%s; vbd %u, mode "
			"%s); stop that domain, use r in both, or w! if both "
			"know what they do",
			d->vdev, d->target, u->domid, name ? name : "no name",
			u->devid, disk_mode_name(u->mode));
		free(name);
		return -EBUSY;
	}
	return 0;
}

static bool diskuse_is_alive(int privcmd, unsigned int domid)
{
	struct xen_domctl_getdomaininfo info;

	return !domctl_get_info(privcmd, (uint16_t)domid, &info) &&
	       !(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown));
}

static int diskuse_check_domain(struct store *store, unsigned int domid,
				const struct config *c, struct err *e)
{
	char path[DISKUSE_PATH];
	size_t count = 0;
	char **devids;
	int rc = 0;

	snprintf(path, sizeof(path), DISKUSE_BACKENDS "/%u", domid);
	devids = store_ls(store, 0, path, &count);
	for (size_t i = 0; devids && i < count && !rc; i++) {
		struct diskuse u = {
			.domid = domid,
			.devid = (unsigned int)strtoul(devids[i], NULL, 10),
		};

		if (diskuse_fill(store, &u))
			rc = diskuse_compare(store, &u, c, e);
	}
	free(devids);
	return rc;
}

int diskuse_check(int privcmd, struct store *store, const struct config *c,
		  struct err *e)
{
	size_t count = 0;
	char **domids;
	int rc = 0;

	if (!c->disk_count)
		return 0;
	domids = store_ls(store, 0, DISKUSE_BACKENDS, &count);
	for (size_t i = 0; domids && i < count && !rc; i++) {
		unsigned int domid = (unsigned int)strtoul(domids[i], NULL, 10);

		if (diskuse_is_alive(privcmd, domid))
			rc = diskuse_check_domain(store, domid, c, e);
	}
	free(domids);
	return rc;
}
