/* SPDX-License-Identifier: MIT */
/*
 * Disks. A file becomes a loop device that carries the disk's name as its
 * tag; a block device is taken as it is. Either is refused when another guest
 * or domain zero itself uses it in a way that would destroy data.
 */
#include "vaned/vaned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"

#define DRIVER_DIR "/sys/bus/xen-backend/drivers/vbd"

#define FAIL(d, ...)                                                           \
	(snprintf((d)->error, sizeof((d)->error), __VA_ARGS__), CONNECT_FAIL)

struct request {
	char *params, *type, *mode;
};

static void request_free(struct request *r)
{
	free(r->params);
	free(r->type);
	free(r->mode);
}

/* Of the other devices, one whose use of the disk forbids this one. */
static struct device *find_conflict(struct device *d)
{
	for (struct device *o = d->v->devices; o; o = o->next) {
		if (o != d && o->has_disk &&
		    blockdev_same(&o->disk, &d->disk) &&
		    disk_mode_conflict(d->mode, o->mode))
			return o;
	}
	return NULL;
}

static const char *domain_label(struct vaned *v, uint16_t domid)
{
	const char *name = domains_name(v, domid);

	return name && *name ? name : "no name";
}

struct loop_search {
	const struct device *d;
	const char *tag;
	struct loopdev loop;
	bool own, other;
};

static int look_at_loop(const struct loopdev *loop, void *arg)
{
	struct loop_search *s = arg;
	struct device_key key;

	if (!strcmp(loop->tag, s->tag)) {
		s->own = true;
		s->loop = *loop;
		return 0;
	}
	/* Of the other guests' disks find_conflict() knows. */
	if (device_tag_parse(loop->tag, &key) == 0)
		return 0;
	if (s->d->disk.kind == BLOCKDEV_FILE &&
	    loop->file_dev == s->d->disk.a && loop->file_ino == s->d->disk.b &&
	    disk_mode_conflict(s->d->mode,
			       loop->read_only ? DISK_READ : DISK_WRITE)) {
		s->other = true;
		s->loop = *loop;
	}
	return 0;
}

static enum connect_result bind_file(struct device *d,
				     const struct blockdev *info)
{
	char tag[LOOPDEV_TAG_BYTES];
	struct loop_search s = {.d = d, .tag = tag};
	bool read_only = d->mode == DISK_READ;
	int rc;

	device_tag_format(tag, sizeof(tag), &d->key);
	loopdev_each(look_at_loop, &s);
	if (s.own &&
	    (s.loop.file_dev != d->disk.a || s.loop.file_ino != d->disk.b ||
	     s.loop.read_only != read_only)) {
		/* A dead domain's of the same number, found in its way. */
		loopdev_unbind(s.loop.index);
		s.own = false;
	}
	if (s.own) {
		d->loop = s.loop;
		d->has_loop = true;
		return CONNECT_OK;
	}
	if (s.other)
		return FAIL(
			d,
			"%s is in use in domain zero as %s; detach it there "
			"(losetup -d %s), or give the guest mode r or w!",
			d->path, s.loop.path, s.loop.path);
	if (info->size_bytes < 512)
		return FAIL(d,
			    "%s has %llu bytes, less than a sector; is it the "
			    "right file?",
			    d->path, (unsigned long long)info->size_bytes);
	rc = loopdev_bind(d->path, read_only, tag, &d->loop);
	switch (rc) {
	case 0:
		d->has_loop = true;
		return CONNECT_OK;
	case -ENODEV:
		return FAIL(d, "there is no loop driver in domain zero: "
			       "modprobe loop");
	case -EBUSY:
		return FAIL(
			d,
			"no free loop device for %s after many tries; see "
			"losetup -a, and raise the module parameter max_loop",
			d->path);
	case -EROFS:
	case -EACCES:
		return FAIL(d,
			    "%s cannot be opened for writing: %s; give the "
			    "disk mode r, or make the file writable",
			    d->path, strerror(-rc));
	default:
		return FAIL(d, "cannot bind %s to a loop device: %s", d->path,
			    strerror(-rc));
	}
}

static enum connect_result check_device(struct device *d)
{
	char *present = device_read(d, 0, "physical-device");
	int rc = 0;

	/* Once the driver has it, it looks used because of that. */
	if (!present && d->mode == DISK_WRITE)
		rc = blockdev_check_unused(d->path);
	free(present);
	if (rc == -EBUSY)
		return FAIL(d,
			    "%s is in use in domain zero (mounted, or held by "
			    "LVM, RAID or the like); unmount or release it, or "
			    "give the guest mode r or w!",
			    d->path);
	if (rc)
		return FAIL(d, "cannot open %s: %s", d->path, strerror(-rc));
	return CONNECT_OK;
}

static enum connect_result examine(struct device *d, const struct request *r)
{
	const char *path = r->params;
	struct blockdev info;
	struct device *other;
	bool want_file, want_device;
	int rc;

	if (!strncmp(path, "file:", 5) || !strncmp(path, "phy:", 4))
		path = strchr(path, ':') + 1;
	if (strlen(path) >= sizeof(d->path))
		return FAIL(d,
			    "the path of the disk has %zu characters, %zu are "
			    "the most",
			    strlen(path), sizeof(d->path) - 1);
	snprintf(d->path, sizeof(d->path), "%s", path);
	if (disk_mode_parse(r->mode ? r->mode : "w", &d->mode))
		return FAIL(d, "'%s' is no disk mode; r, w and w! are",
			    r->mode);
	want_file = r->type && !strcmp(r->type, "file");
	want_device = r->type && !strcmp(r->type, "phy");

	if (access(DRIVER_DIR, F_OK))
		return FAIL(d, "domain zero has no block back end: modprobe "
			       "xen-blkback");
	rc = blockdev_probe(d->path, &info);
	if (rc == -ENOENT)
		return FAIL(
			d,
			"there is no %s in domain zero; check the disk's path",
			d->path);
	if (rc)
		return FAIL(d, "cannot look at %s: %s", d->path, strerror(-rc));
	if (info.id.kind == BLOCKDEV_OTHER)
		return FAIL(d, "%s is neither a file nor a block device",
			    d->path);
	if (want_device && info.id.kind != BLOCKDEV_DEVICE)
		return FAIL(d,
			    "%s is a file, not a block device; write file: "
			    "instead of phy:",
			    d->path);
	if (want_file && info.id.kind != BLOCKDEV_FILE)
		return FAIL(d,
			    "%s is a block device, not a file; write phy: "
			    "instead of file:",
			    d->path);
	d->disk = info.id;

	other = find_conflict(d);
	if (other && other->phase == DEVICE_CLOSING) {
		snprintf(d->error, sizeof(d->error),
			 "%s is still being released by domain %u after %u s; "
			 "see its state with vane list",
			 d->path, other->key.domid, DEVICE_WAIT_MS / 1000);
		return CONNECT_WAIT;
	}
	if (other)
		return FAIL(d,
			    "%s is in use by domain %u (%s; vbd %u, mode %s), "
			    "so domain %u cannot have it with mode %s; stop "
			    "that domain, use r in both, or w! if both know "
			    "what they do",
			    d->path, other->key.domid,
			    domain_label(d->v, other->key.domid),
			    other->key.devid, disk_mode_name(other->mode),
			    d->key.domid, disk_mode_name(d->mode));
	return info.id.kind == BLOCKDEV_FILE ? bind_file(d, &info)
					     : check_device(d);
}

enum connect_result vbd_connect(struct device *d)
{
	struct request r = {
		.params = device_read(d, 0, "params"),
		.type = device_read(d, 0, "type"),
		.mode = device_read(d, 0, "mode"),
	};
	enum connect_result result;

	if (!r.params || !*r.params)
		result = FAIL(d, "the disk has no path");
	else
		result = examine(d, &r);
	d->has_disk = result == CONNECT_OK;
	request_free(&r);
	return result;
}

static int take_own_loop(const struct loopdev *loop, void *arg)
{
	struct device *d = arg;
	char tag[LOOPDEV_TAG_BYTES];

	device_tag_format(tag, sizeof(tag), &d->key);
	if (strcmp(loop->tag, tag) || loop->autoclear)
		return 0;
	d->loop = *loop;
	d->has_loop = true;
	return 1;
}

void vbd_release(struct device *d)
{
	int rc;

	d->has_disk = false;
	if (d->key.kind != DEVICE_VBD)
		return;
	/* A former daemon may have bound one for a domain that died since. */
	if (!d->has_loop)
		loopdev_each(take_own_loop, d);
	if (!d->has_loop)
		return;
	d->has_loop = false;
	rc = loopdev_unbind(d->loop.index);
	if (rc && rc != -ENXIO)
		daemon_log("vbd/%u/%u: cannot unbind %s from %s: %s",
			   d->key.domid, d->key.devid, d->loop.path, d->path,
			   strerror(-rc));
}

static int release_orphan(const struct loopdev *loop, void *arg)
{
	struct vaned *v = arg;
	struct device_key key;

	if (device_tag_parse(loop->tag, &key) || loop->autoclear)
		return 0;
	for (struct device *d = v->devices; d; d = d->next) {
		if (d->key.kind == key.kind && d->key.domid == key.domid &&
		    d->key.devid == key.devid)
			return 0;
	}
	daemon_log(
		"%s belonged to vbd %u of domain %u, which is no more: unbound",
		loop->path, key.devid, key.domid);
	loopdev_unbind(loop->index);
	return 0;
}

void vbd_release_orphans(struct vaned *v)
{
	loopdev_each(release_orphan, v);
}
