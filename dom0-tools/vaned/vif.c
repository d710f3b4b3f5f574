/* SPDX-License-Identifier: MIT */
/*
 * Network cards. xen-netback makes the interface vifDOMID.N; it is renamed if
 * asked, gets the MTU, joins the bridge and goes up.
 *
 * The interface is to be a plain port: without ARP and multicast of its own,
 * so that domain zero does not speak on it and the guest hears the bridge
 * only.
 */
#include "vaned/vaned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"

#define DRIVER_DIR "/sys/bus/xen-backend/drivers/vif"

#define FAIL(d, ...)                                                           \
	(snprintf((d)->error, sizeof((d)->error), __VA_ARGS__), CONNECT_FAIL)

struct request {
	char *bridge, *name, *mtu;
};

static void request_free(struct request *r)
{
	free(r->bridge);
	free(r->name);
	free(r->mtu);
}

/* Whether xen-netback made it for this card: a name alone proves nothing. */
static bool is_own(const struct device *d, const char *name)
{
	char path[64], parent[128], own[32];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", name);
	n = readlink(path, parent, sizeof(parent) - 1);
	if (n < 0)
		return false;
	parent[n] = '\0';
	base = strrchr(parent, '/');
	snprintf(own, sizeof(own), "vif-%u-%u", d->key.domid, d->key.devid);
	return !strcmp(base ? base + 1 : parent, own);
}

/* By the kernel's name, or by the wished one if it was renamed before. */
static int find_link(struct device *d, const char *wish, struct rtnl_link *link)
{
	char name[IFNAMSIZ];
	int rc;

	snprintf(name, sizeof(name), "vif%u.%u", d->key.domid, d->key.devid);
	rc = rtnl_find(d->v->rtnl, name, link);
	if (!rc && is_own(d, name))
		return 0;
	if ((!rc || rc == -ENODEV) && wish) {
		rc = rtnl_find(d->v->rtnl, wish, link);
		if (!rc && is_own(d, wish))
			return 0;
	}
	return rc ? rc : -ENODEV;
}

int vif_find(struct device *d, struct rtnl_link *link)
{
	char *wish = device_read(d, 0, "vifname");
	int rc = find_link(d, wish && *wish ? wish : NULL, link);

	free(wish);
	return rc;
}

static enum connect_result set_name(struct device *d, struct rtnl_link *link,
				    const char *wish)
{
	struct rtnl_change change = {.name = wish};
	int rc;

	if (!wish || !strcmp(link->name, wish))
		return CONNECT_OK;
	if (strlen(wish) >= IFNAMSIZ)
		return FAIL(d,
			    "'%s' is too long for an interface: %u characters "
			    "are the most",
			    wish, IFNAMSIZ - 1u);
	if (link->up) {
		/* The kernel renames only what is down. */
		rc = rtnl_change(d->v->rtnl, link->index,
				 &(struct rtnl_change){.down = true});
		if (rc)
			return FAIL(d, "cannot set %s down: %s", link->name,
				    strerror(-rc));
	}
	rc = rtnl_change(d->v->rtnl, link->index, &change);
	if (rc == -EEXIST)
		return FAIL(d,
			    "the name '%s' is taken by another interface; "
			    "choose another vifname",
			    wish);
	if (rc)
		return FAIL(d, "cannot rename %s to %s: %s", link->name, wish,
			    strerror(-rc));
	snprintf(link->name, sizeof(link->name), "%s", wish);
	return CONNECT_OK;
}

static enum connect_result join(struct device *d, struct rtnl_link *link,
				const struct request *r)
{
	struct rtnl_change change = {.up = true, .quiet = true};
	struct rtnl_link bridge = {0};
	unsigned long mtu = r->mtu ? strtoul(r->mtu, NULL, 10) : 0;
	int rc;

	if (r->bridge && *r->bridge) {
		rc = rtnl_find(d->v->rtnl, r->bridge, &bridge);
		if (rc == -ENODEV)
			return FAIL(d,
				    "there is no bridge '%s' in domain zero; "
				    "make it (ip link add %s type bridge; ip "
				    "link set %s up) or name another in vif=[]",
				    r->bridge, r->bridge, r->bridge);
		if (rc)
			return FAIL(d, "cannot look up the bridge '%s': %s",
				    r->bridge, strerror(-rc));
		if (!bridge.is_bridge)
			return FAIL(d,
				    "'%s' is an interface, but no bridge; name "
				    "a bridge in vif=[]",
				    r->bridge);
		if (link->master != bridge.index)
			change.master = bridge.index;
		if (!mtu)
			mtu = bridge.mtu;
	}
	if (mtu && mtu != link->mtu) {
		rc = rtnl_change(d->v->rtnl, link->index,
				 &(struct rtnl_change){.mtu = (uint32_t)mtu});
		if (rc)
			return FAIL(d,
				    "cannot set the MTU of %s to %lu: %s; 68 "
				    "to 65535 are possible",
				    link->name, mtu, strerror(-rc));
	}
	rc = rtnl_change(d->v->rtnl, link->index, &change);
	if (rc == -ENODEV)
		return CONNECT_WAIT; /* it went away again */
	if (rc)
		return FAIL(d, "cannot make %s a port of %s: %s", link->name,
			    r->bridge ? r->bridge : "nothing", strerror(-rc));
	return CONNECT_OK;
}

enum connect_result vif_connect(struct device *d)
{
	struct request r = {
		.bridge = device_read(d, 0, "bridge"),
		.name = device_read(d, 0, "vifname"),
		.mtu = device_read(d, 0, "mtu"),
	};
	enum connect_result result;
	struct rtnl_link link;
	int rc;

	if (r.name && !*r.name) {
		free(r.name);
		r.name = NULL;
	}
	rc = find_link(d, r.name, &link);
	if (rc == -ENODEV && access(DRIVER_DIR, F_OK)) {
		result = FAIL(d, "domain zero has no network back end: "
				 "modprobe xen-netback");
	} else if (rc == -ENODEV) {
		result = CONNECT_WAIT;
		snprintf(d->error, sizeof(d->error),
			 "xen-netback made no interface vif%u.%u within %u s; "
			 "see dmesg in domain zero, and the node script of the "
			 "back end, which it needs",
			 d->key.domid, d->key.devid, DEVICE_WAIT_MS / 1000);
	} else if (rc) {
		result = FAIL(d, "cannot look for vif%u.%u: %s", d->key.domid,
			      d->key.devid, strerror(-rc));
	} else {
		result = set_name(d, &link, r.name);
		if (result == CONNECT_OK)
			result = join(d, &link, &r);
		if (result == CONNECT_OK)
			snprintf(d->path, sizeof(d->path), "%s%s%s", link.name,
				 r.bridge && *r.bridge ? " on " : "",
				 r.bridge ? r.bridge : "");
	}
	request_free(&r);
	return result;
}
