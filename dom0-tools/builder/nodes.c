/* SPDX-License-Identifier: MIT */
/*
 * What the store says about a domain; see nodes.h.
 * Test: tests/unit/dom0-tools/builder/test_nodes.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/nodes.h"
#include "public/io/xenbus.h"

#define NODES_CONSOLE_LIMIT 1048576 /* bytes that a console daemon may keep */

/* A directory to which nodes are added; out of memory sticks to `rc`. */
struct nodes_dir {
	struct nodes *nodes;
	const char *path;
	int rc;
};

static void nodes_add_text(struct nodes_dir *d, const char *name,
			   enum node_access access, const char *value)
{
	struct nodes *n = d->nodes;
	struct node *list;

	if (d->rc)
		return;
	if (n->count == n->capacity) {
		size_t capacity = n->capacity ? 2 * n->capacity : 128;

		list = realloc(n->list, capacity * sizeof(*list));
		if (list == NULL) {
			d->rc = -ENOMEM;
			return;
		}
		n->list = list;
		n->capacity = capacity;
	}
	n->list[n->count].path =
		*name ? arena_printf(&n->arena, "%s/%s", d->path, name)
		      : d->path;
	n->list[n->count].value = arena_strdup(&n->arena, value);
	n->list[n->count].access = access;
	if (n->list[n->count].path == NULL || n->list[n->count].value == NULL)
		d->rc = -ENOMEM;
	else
		n->count++;
}

__attribute__((format(printf, 4, 5))) static void
nodes_add(struct nodes_dir *d, const char *name, enum node_access access,
	  const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	nodes_add_text(d, name, access, value);
}

/* Begins a directory, the first node of which is itself. */
__attribute__((format(printf, 4, 5))) static struct nodes_dir
nodes_open(struct nodes *n, int rc, enum node_access access, const char *fmt,
	   ...)
{
	struct nodes_dir d = {.nodes = n, .rc = rc};
	char path[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	d.path = arena_strdup(&n->arena, path);
	if (d.path == NULL)
		d.rc = -ENOMEM;
	else
		nodes_add_text(&d, "", access, "");
	return d;
}

static int nodes_add_vm(const struct config *c, const struct nodes_domain *dom,
			struct nodes *n)
{
	struct nodes_dir d;
	char uuid[37];

	config_format_uuid(c->uuid, uuid);
	d = nodes_open(n, 0, NODE_READABLE, "/vm/%s", uuid);
	nodes_add(&d, "uuid", NODE_INHERITED, "%s", uuid);
	nodes_add(&d, "name", NODE_INHERITED, "%s", c->name);
	/* Whose it is now: a restart with the same uuid takes it over. */
	nodes_add(&d, "domid", NODE_INHERITED, "%u", dom->domid);
	nodes_add(&d, "start_time", NODE_INHERITED, "%" PRIu64 ".%02u",
		  dom->start_time_cs / 100,
		  (unsigned int)(dom->start_time_cs % 100));
	return d.rc;
}

static int nodes_add_domain(const struct config *c,
			    const struct nodes_domain *dom, struct nodes *n)
{
	static const char *const guests[] = {
		"control/shutdown",
		"control/feature-poweroff",
		"control/feature-reboot",
		"control/feature-suspend",
		"control/sysrq",
		"data",
		"drivers",
		"feature",
		"attr",
		"error",
	};
	struct nodes_dir d;
	char uuid[37];

	config_format_uuid(c->uuid, uuid);
	d = nodes_open(n, 0, NODE_READABLE, "/local/domain/%u", dom->domid);
	nodes_add(&d, "name", NODE_INHERITED, "%s", c->name);
	nodes_add(&d, "domid", NODE_INHERITED, "%u", dom->domid);
	nodes_add(&d, "vm", NODE_INHERITED, "/vm/%s", uuid);
	nodes_add(&d, "memory/static-max", NODE_INHERITED, "%" PRIu64,
		  c->maxmem_mib * 1024);
	nodes_add(&d, "memory/target", NODE_INHERITED, "%" PRIu64,
		  c->memory_mib * 1024);
	for (uint32_t i = 0; i < c->maxvcpus; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		nodes_add(&d, name, NODE_INHERITED, "%s",
			  i < c->vcpus ? "online" : "offline");
	}
	nodes_add(&d, "device", NODE_INHERITED, "%s", "");
	nodes_add(&d, "control/platform-feature-multiprocessor-suspend",
		  NODE_INHERITED, "1");
	nodes_add(&d, "control/platform-feature-xs_reset_watches",
		  NODE_INHERITED, "1");
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		nodes_add(&d, guests[i], NODE_GUEST, "%s", "");
	nodes_add(&d, "store/ring-ref", NODE_INHERITED, "%" PRIu64,
		  dom->store_mfn);
	nodes_add(&d, "store/port", NODE_INHERITED, "%u", dom->store_port);
	nodes_add(&d, "console/backend-id", NODE_INHERITED, "0");
	nodes_add(&d, "console/type", NODE_INHERITED, "xenconsoled");
	nodes_add(&d, "console/output", NODE_INHERITED, "pty");
	nodes_add(&d, "console/limit", NODE_INHERITED, "%d",
		  NODES_CONSOLE_LIMIT);
	if (c->console_timestamps)
		nodes_add(&d, "console/timestamps", NODE_INHERITED, "1");
	nodes_add(&d, "console/ring-ref", NODE_INHERITED, "%" PRIu64,
		  dom->console_mfn);
	nodes_add(&d, "console/port", NODE_INHERITED, "%u", dom->console_port);
	return d.rc;
}

/* The two directories of a device, each naming the other. */
static int nodes_open_device(struct nodes *n, const char *class, uint16_t domid,
			     uint32_t device, struct nodes_dir *front,
			     struct nodes_dir *back)
{
	*front =
		nodes_open(n, 0, NODE_FRONTEND, "/local/domain/%u/device/%s/%u",
			   domid, class, device);
	*back = nodes_open(n, front->rc, NODE_READABLE,
			   "/local/domain/0/backend/%s/%u/%u", class, domid,
			   device);
	if (back->rc)
		return back->rc;
	nodes_add(front, "backend", NODE_INHERITED, "%s", back->path);
	nodes_add(front, "backend-id", NODE_INHERITED, "0");
	nodes_add(back, "frontend", NODE_INHERITED, "%s", front->path);
	nodes_add(back, "frontend-id", NODE_INHERITED, "%u", domid);
	nodes_add(back, "online", NODE_INHERITED, "1");
	return 0;
}

/* Last, because a driver that sees the state believes that all is there. */
static int nodes_close_device(struct nodes_dir *front, struct nodes_dir *back)
{
	nodes_add(back, "state", NODE_INHERITED, "%d", XenbusStateInitialising);
	nodes_add(front, "state", NODE_INHERITED, "%d",
		  XenbusStateInitialising);
	return front->rc ? front->rc : back->rc;
}

void nodes_script(const char *script, char path[NODES_SCRIPT_BYTES])
{
	static const char *const own[] = {"", "vif-bridge", "block"};

	path[0] = '\0';
	if (script == NULL)
		return;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(script, own[i]) == 0)
			return;
	}
	snprintf(path, NODES_SCRIPT_BYTES, "%s%s",
		 *script == '/' ? "" : "/etc/xen/scripts/", script);
}

static int nodes_add_disk(const struct config_disk *disk, bool is_device,
			  uint16_t domid, struct nodes *n)
{
	const char *type = disk->cdrom ? "cdrom" : "disk";
	struct nodes_dir front, back;
	char script[NODES_SCRIPT_BYTES];
	int rc =
		nodes_open_device(n, "vbd", domid, disk->device, &front, &back);

	if (rc)
		return rc;
	nodes_add(&front, "virtual-device", NODE_INHERITED, "%u", disk->device);
	nodes_add(&front, "device-type", NODE_INHERITED, "%s", type);
	nodes_add(&back, "params", NODE_INHERITED, "%s", disk->target);
	nodes_add(&back, "type", NODE_INHERITED, "%s",
		  is_device ? "phy" : "file");
	nodes_add(&back, "dev", NODE_INHERITED, "%s", disk->vdev);
	nodes_add(&back, "mode", NODE_INHERITED, "%s",
		  disk->shared	   ? "w!"
		  : disk->writable ? "w"
				   : "r");
	nodes_add(&back, "device-type", NODE_INHERITED, "%s", type);
	nodes_add(&back, "bootable", NODE_INHERITED, "1");
	nodes_add(&back, "removable", NODE_INHERITED, "%d", disk->cdrom);
	nodes_script(disk->script, script);
	if (script[0])
		nodes_add(&back, "script", NODE_INHERITED, "%s", script);
	return nodes_close_device(&front, &back);
}

static int nodes_add_vif(const struct config_vif *vif, uint32_t handle,
			 uint16_t domid, struct nodes *n)
{
	struct nodes_dir front, back;
	char script[NODES_SCRIPT_BYTES];
	char mac[18];
	int rc = nodes_open_device(n, "vif", domid, handle, &front, &back);

	if (rc)
		return rc;
	config_format_mac(vif->mac, mac);
	nodes_add(&front, "handle", NODE_INHERITED, "%u", handle);
	nodes_add(&front, "mac", NODE_INHERITED, "%s", mac);
	nodes_add(&back, "handle", NODE_INHERITED, "%u", handle);
	nodes_add(&back, "mac", NODE_INHERITED, "%s", mac);
	nodes_add(&back, "bridge", NODE_INHERITED, "%s", vif->bridge);
	nodes_script(vif->script, script);
	nodes_add(&back, "script", NODE_INHERITED, "%s", script);
	nodes_add(&back, "type", NODE_INHERITED, "vif");
	/* There before it is "connected": the driver waits for it then. */
	nodes_add(&back, "hotplug-status", NODE_INHERITED, "%s", "");
	if (vif->ip)
		nodes_add(&back, "ip", NODE_INHERITED, "%s", vif->ip);
	if (vif->vifname)
		nodes_add(&back, "vifname", NODE_INHERITED, "%s", vif->vifname);
	if (vif->rate_bytes)
		nodes_add(&back, "rate", NODE_INHERITED, "%" PRIu64 ",%u",
			  vif->rate_bytes, vif->rate_interval_us);
	if (vif->mtu) {
		nodes_add(&front, "mtu", NODE_INHERITED, "%u", vif->mtu);
		nodes_add(&back, "mtu", NODE_INHERITED, "%u", vif->mtu);
	}
	return nodes_close_device(&front, &back);
}

int nodes_make(const struct config *c, const struct nodes_domain *d,
	       struct nodes *n)
{
	int rc;

	memset(n, 0, sizeof(*n));
	rc = nodes_add_vm(c, d, n);
	if (rc == 0)
		rc = nodes_add_domain(c, d, n);
	for (size_t i = 0; i < c->disk_count && rc == 0; i++)
		rc = nodes_add_disk(&c->disks[i], d->disk_is_device[i],
				    d->domid, n);
	for (size_t i = 0; i < c->vif_count && rc == 0; i++)
		rc = nodes_add_vif(&c->vifs[i], (uint32_t)i, d->domid, n);
	if (rc)
		nodes_free(n);
	return rc;
}

int nodes_make_disk(const struct config_disk *disk, bool is_device,
		    uint16_t domid, struct nodes *n)
{
	int rc;

	memset(n, 0, sizeof(*n));
	rc = nodes_add_disk(disk, is_device, domid, n);
	if (rc)
		nodes_free(n);
	return rc;
}

int nodes_make_vif(const struct config_vif *vif, uint32_t handle,
		   uint16_t domid, struct nodes *n)
{
	int rc;

	memset(n, 0, sizeof(*n));
	rc = nodes_add_vif(vif, handle, domid, n);
	if (rc)
		nodes_free(n);
	return rc;
}

void nodes_free(struct nodes *n)
{
	free(n->list);
	arena_free(&n->arena);
	memset(n, 0, sizeof(*n));
}

void nodes_perms(enum node_access access, uint16_t domid,
		 struct store_perm perms[2], size_t *count)
{
	perms[0] = (struct store_perm){0, STORE_PERM_NONE};
	perms[1] = (struct store_perm){domid, STORE_PERM_READ};
	*count = 1;
	switch (access) {
	case NODE_INHERITED:
		*count = 0;
		break;
	case NODE_PRIVATE:
		break;
	case NODE_READABLE:
		*count = 2;
		break;
	case NODE_GUEST:
		perms[0].domid = domid;
		break;
	case NODE_FRONTEND:
		perms[0].domid = domid;
		perms[1] = (struct store_perm){0, STORE_PERM_READ};
		*count = 2;
		break;
	}
}

int nodes_write(struct store *store, uint32_t txn, uint16_t domid,
		const struct nodes *n)
{
	struct store_node *list = calloc(n->count + 1, sizeof(*list));
	struct store_perm(*perms)[2] = calloc(n->count + 1, sizeof(*perms));
	int rc = -ENOMEM;

	if (list == NULL || perms == NULL)
		goto free;
	for (size_t i = 0; i < n->count; i++) {
		const struct node *node = &n->list[i];

		list[i] = (struct store_node){
			.path = node->path,
			.value = node->value,
			.len = strlen(node->value),
			.perms = perms[i],
		};
		nodes_perms(node->access, domid, perms[i], &list[i].perm_count);
	}
	rc = store_write_nodes(store, txn, list, n->count);
free:
	free(perms);
	free(list);
	return rc;
}
