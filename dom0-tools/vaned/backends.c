/* SPDX-License-Identifier: MIT */
/*
 * The back ends in the store and what is done about them.
 *
 * Each is reconciled on its own: facts are read, device_step() says the step,
 * the step is carried out. Writing to a directory always happens in a
 * transaction that first sees it exist, so that a device which the toolstack
 * removes meanwhile is never half brought back.
 */
#include "vaned/vaned.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "public/io/xenbus.h"

#define PATH_BYTES 160
#define TXN_TRIES  100

void device_dir(const struct device *d, char *out, size_t size)
{
	snprintf(out, size, "/local/domain/0/backend/%s/%u/%u",
		 device_kind_name(d->key.kind), d->key.domid, d->key.devid);
}

static void node_path(const struct device *d, const char *node, char *out,
		      size_t size)
{
	device_dir(d, out, size);
	snprintf(out + strlen(out), size - strlen(out), "/%s", node);
}

char *device_read(const struct device *d, uint32_t txn, const char *node)
{
	char path[PATH_BYTES];

	node_path(d, node, path, sizeof(path));
	return store_read(d->v->store, txn, path, NULL);
}

int device_write(const struct device *d, uint32_t txn, const char *node,
		 const char *value)
{
	char path[PATH_BYTES];

	node_path(d, node, path, sizeof(path));
	return store_write(d->v->store, txn, path, value, strlen(value));
}

static struct device *find(struct vaned *v, const struct device_key *key)
{
	for (struct device *d = v->devices; d; d = d->next) {
		if (d->key.kind == key->kind && d->key.domid == key->domid &&
		    d->key.devid == key->devid)
			return d;
	}
	return NULL;
}

static void became_late(void *arg)
{
	struct device *d = arg;

	d->is_late = true;
	d->is_dirty = true;
}

static struct device *add(struct vaned *v, const struct device_key *key)
{
	struct device *d = calloc(1, sizeof(*d));

	if (!d) {
		daemon_log("%s/%u/%u: no memory to look after it",
			   device_kind_name(key->kind), key->domid, key->devid);
		return NULL;
	}
	d->v = v;
	d->key = *key;
	d->timer.fn = became_late;
	d->timer.arg = d;
	d->is_dirty = true;
	d->next = v->devices;
	v->devices = d;
	return d;
}

static void forget(struct device *d)
{
	struct device **at = &d->v->devices;

	worker_kill(&d->worker);
	evloop_timer_stop(&d->v->loop, &d->timer);
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d);
}

static void set_phase(struct device *d, enum device_phase phase,
		      uint64_t limit_ms)
{
	if (d->phase == phase)
		return;
	d->phase = phase;
	d->is_late = false;
	evloop_timer_stop(&d->v->loop, &d->timer);
	if (limit_ms)
		evloop_timer_start(&d->v->loop, &d->timer, limit_ms);
	domains_touch(d->v, d->key.domid);
}

/*
 * The directory of one domain's devices, or that of all. With the latter a
 * watch begins, also one that was set anew because the store's daemon died:
 * what changed meanwhile nobody tells.
 */
static void directory_event(struct vaned *v, const char *path)
{
	unsigned int domid;
	int end = 0;

	if (sscanf(path, "/local/domain/0/backend/%*3[a-z]/%5u%n", &domid,
		   &end) == 1 &&
	    !path[end])
		backends_touch(v, (uint16_t)domid);
	else
		v->scan_devices = true;
}

void backends_event(struct vaned *v, const char *path)
{
	/* Nodes that decide a step; the drivers write many others. */
	static const char *const nodes[] = {
		"", "state", "online", "frontend", "params", "bridge",
	};
	struct device_key key;
	struct device *d;
	const char *node;

	if (device_key_parse(path, &key, &node)) {
		directory_event(v, path);
		return;
	}
	d = find(v, &key);
	if (!d) {
		add(v, &key);
		return;
	}
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!strcmp(node, nodes[i]))
			d->is_dirty = true;
	}
}

void backends_netdev_event(struct vaned *v)
{
	for (struct device *d = v->devices; d; d = d->next) {
		if (d->key.kind == DEVICE_VIF && d->phase == DEVICE_WAITING)
			d->is_dirty = true;
	}
}

void backends_touch(struct vaned *v, uint16_t domid)
{
	for (struct device *d = v->devices; d; d = d->next) {
		if (d->key.domid == domid)
			d->is_dirty = true;
	}
}

bool backends_any(const struct vaned *v, uint16_t domid)
{
	for (const struct device *d = v->devices; d; d = d->next) {
		if (d->key.domid == domid)
			return true;
	}
	return false;
}

unsigned int backends_count(const struct vaned *v, uint16_t domid,
			    enum device_phase phase)
{
	unsigned int count = 0;

	for (const struct device *d = v->devices; d; d = d->next)
		count += d->key.domid == domid && d->phase == phase;
	return count;
}

const char *backends_error(const struct vaned *v, uint16_t domid)
{
	for (const struct device *d = v->devices; d; d = d->next) {
		if (d->key.domid == domid && d->phase == DEVICE_FAILED)
			return d->error;
	}
	return NULL;
}

void backends_describe(const struct vaned *v, uint16_t domid, char *out,
		       size_t size)
{
	size_t at = 0;

	snprintf(out, size, "none");
	for (const struct device *d = v->devices; d && at < size; d = d->next) {
		if (d->key.domid != domid)
			continue;
		at += (size_t)snprintf(
			out + at, size - at, "%s%s/%u %s", at ? ", " : "",
			device_kind_name(d->key.kind), d->key.devid,
			device_phase_name(d->phase));
	}
}

static void scan_kind(struct vaned *v, enum device_kind kind)
{
	char path[PATH_BYTES], **domains, **devices;
	size_t domain_count, device_count;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s",
		 device_kind_name(kind));
	domains = store_ls(v->store, 0, path, &domain_count);
	for (size_t i = 0; domains && i < domain_count; i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%s",
			 device_kind_name(kind), domains[i]);
		devices = store_ls(v->store, 0, path, &device_count);
		for (size_t j = 0; devices && j < device_count; j++) {
			struct device_key key;
			const char *node;

			snprintf(path, sizeof(path),
				 "/local/domain/0/backend/%s/%s/%s",
				 device_kind_name(kind), domains[i],
				 devices[j]);
			if (device_key_parse(path, &key, &node) || *node)
				continue;
			if (!find(v, &key))
				add(v, &key);
		}
		free(devices);
	}
	free(domains);
}

void backends_scan(struct vaned *v)
{
	for (struct device *d = v->devices; d; d = d->next)
		d->is_dirty = true;
	scan_kind(v, DEVICE_VBD);
	scan_kind(v, DEVICE_VIF);
	vbd_release_orphans(v);
}

/* The kernel's view: the device exists there and a driver has bound it. */
static bool driver_bound(const struct device *d)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path),
		 "/sys/bus/xen-backend/devices/%s-%u-%u/driver",
		 device_kind_name(d->key.kind), d->key.domid, d->key.devid);
	return access(path, F_OK) == 0;
}

static bool has_node(const struct device *d, const char *node)
{
	char *value = device_read(d, 0, node);
	bool has = value != NULL;

	free(value);
	return has;
}

static unsigned int number_node(const struct device *d, const char *node)
{
	char *value = device_read(d, 0, node);
	unsigned long n = value ? strtoul(value, NULL, 10) : 0;

	free(value);
	return n > 1000 ? 1000 : (unsigned int)n;
}

/*
 * libxl runs its own hotplug scripts, whose path stands in "script"; what it
 * serves is left alone.
 */
static bool is_foreign(const struct device *d)
{
	char *script = device_read(d, 0, "script");
	bool foreign = script && *script == '/' && !d->script[0];

	free(script);
	return foreign;
}

/*
 * xen-netback takes "hotplug-status" with it when it goes, and waits for it
 * when it comes. That the store does not answer does not mean that.
 */
static bool driver_waits(const struct device *d, unsigned int state)
{
	char *status;

	if (d->phase != DEVICE_CONNECTED || state < XenbusStateInitialising ||
	    state >= XenbusStateConnected)
		return false;
	status = device_read(d, 0, "hotplug-status");
	free(status);
	return !status && errno == ENOENT;
}

static void read_facts(struct device *d, struct device_facts *f)
{
	char path[PATH_BYTES], **nodes;
	size_t count;

	*f = (struct device_facts){
		.is_late = d->is_late,
		.is_busy = worker_is_busy(&d->worker),
	};
	if (f->is_busy)
		return;
	device_dir(d, path, sizeof(path));
	nodes = store_ls(d->v->store, 0, path, &count);
	f->dir_exists = nodes != NULL || errno != ENOENT;
	free(nodes);
	if (!f->dir_exists)
		return;
	f->is_complete = has_node(d, "frontend") &&
			 has_node(d, "frontend-id") &&
			 (d->key.kind == DEVICE_VIF || has_node(d, "params"));
	f->is_online = number_node(d, "online") == 1;
	f->state = number_node(d, "state");
	f->domain_alive = domains_device_wanted(d->v, d->key.domid);
	f->driver_bound = driver_bound(d);
	f->driver_waits = f->driver_bound && driver_waits(d, f->state);
}

/* Runs `fn` in a transaction that sees the device's directory exist. */
static int in_txn(struct device *d, int (*fn)(struct device *d, uint32_t txn))
{
	char path[PATH_BYTES];
	uint32_t txn;
	int rc;

	device_dir(d, path, sizeof(path));
	for (int i = 0; i < TXN_TRIES; i++) {
		char **nodes;
		size_t count;

		rc = store_txn_start(d->v->store, &txn);
		if (rc)
			return rc;
		nodes = store_ls(d->v->store, txn, path, &count);
		rc = nodes ? 0 : -errno;
		free(nodes);
		if (!rc)
			rc = fn(d, txn);
		if (rc) {
			store_txn_abort(d->v->store, txn);
			return rc;
		}
		rc = store_txn_commit(d->v->store, txn);
		if (rc != -EAGAIN)
			return rc;
	}
	return rc;
}

static int write_connected(struct device *d, uint32_t txn)
{
	char number[32];
	int rc = 0;

	if (d->key.kind == DEVICE_VBD && !d->script[0]) {
		const char *path = d->has_loop ? d->loop.path : d->path;
		uint64_t rdev = d->has_loop ? d->loop.rdev : d->disk.a;

		snprintf(number, sizeof(number), "%x:%x", major(rdev),
			 minor(rdev));
		rc = device_write(d, txn, "physical-device-path", path);
		if (!rc)
			rc = device_write(d, txn, "physical-device", number);
	}
	if (!rc)
		rc = device_write(d, txn, "hotplug-status", "connected");
	return rc;
}

static int write_failed(struct device *d, uint32_t txn)
{
	int rc = device_write(d, txn, "hotplug-error", d->error);

	return rc ? rc : device_write(d, txn, "hotplug-status", "error");
}

static int write_closing(struct device *d, uint32_t txn)
{
	int rc = device_write(d, txn, "online", "0");

	if (!rc && number_node(d, "state") < XenbusStateClosing)
		rc = device_write(d, txn, "state", "5");
	return rc;
}

/* Says what became of a device: "vbd/5/51712: TEXT". */
__attribute__((format(printf, 3, 4))) static void
say(const struct device *d, const char *kind, const char *fmt, ...)
{
	char device[32], text[DEVICE_ERROR_BYTES + 128];
	struct event e = {
		.kind = kind,
		.domid = d->key.domid,
		.name = domains_name(d->v, d->key.domid),
		.device = device,
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(device, sizeof(device), "%s/%u", device_kind_name(d->key.kind),
		 d->key.devid);
	event_say(&e, "%s/%u/%u: %s", device_kind_name(d->key.kind),
		  d->key.domid, d->key.devid, text);
}

static void fail(struct device *d)
{
	say(d, "device-failed", "%s", d->error);
	in_txn(d, write_failed);
	set_phase(d, DEVICE_FAILED, 0);
}

/* Already served before this daemon came: nothing is to be written. */
static bool is_connected(const struct device *d)
{
	char *status = device_read(d, 0, "hotplug-status");
	bool connected =
		status && !strcmp(status, "connected") &&
		(d->key.kind == DEVICE_VIF || has_node(d, "physical-device"));

	free(status);
	return connected;
}

static void finish_connect(struct device *d)
{
	int rc;

	if (!is_connected(d)) {
		rc = in_txn(d, write_connected);
		if (rc) {
			snprintf(d->error, sizeof(d->error),
				 "cannot write to the store: %s",
				 strerror(-rc));
			vbd_release(d);
			fail(d);
			return;
		}
		say(d, "device-attached", "connected%s%s%s%s",
		    d->path[0] ? " to " : "", d->path,
		    d->has_loop ? " by " : "", d->has_loop ? d->loop.path : "");
	}
	set_phase(d, DEVICE_CONNECTED, 0);
}

static void script_connected(void *arg, const struct worker_result *result)
{
	struct device *d = arg;
	char *error;

	d->is_dirty = true;
	if (!d->v->store)
		return; /* it is run once more */
	error = device_read(d, 0, "hotplug-error");
	if (result->rc || error) {
		snprintf(d->error, sizeof(d->error), "%s",
			 result->rc ? result->err.text : error);
		fail(d);
	} else if (d->key.kind == DEVICE_VBD &&
		   !has_node(d, "physical-device")) {
		snprintf(d->error, sizeof(d->error),
			 "the script %s wrote no physical-device for the disk",
			 d->script);
		fail(d);
	} else {
		snprintf(d->path, sizeof(d->path), "what %s chose", d->script);
		finish_connect(d);
	}
	free(error);
}

static void connect_by_script(struct device *d)
{
	struct rtnl_link link;
	int rc = 0;

	if (is_connected(d)) {
		set_phase(d, DEVICE_CONNECTED, 0);
		return;
	}
	if (d->key.kind == DEVICE_VIF && vif_find(d, &link) == -ENODEV) {
		snprintf(d->error, sizeof(d->error),
			 "xen-netback made no interface within %u s",
			 DEVICE_WAIT_MS / 1000);
		set_phase(d, DEVICE_WAITING, DEVICE_WAIT_MS);
		return;
	}
	set_phase(d, DEVICE_WAITING, DEVICE_WAIT_MS);
	rc = script_start(d, true, script_connected);
	if (rc) {
		snprintf(d->error, sizeof(d->error),
			 "cannot run the script %s: %s", d->script,
			 strerror(-rc));
		fail(d);
	}
}

static void connect_device(struct device *d)
{
	script_learn(d);
	if (is_foreign(d)) {
		d->is_foreign = true;
		set_phase(d, DEVICE_CONNECTED, 0);
		return;
	}
	if (d->script[0]) {
		connect_by_script(d);
		return;
	}
	switch (d->key.kind == DEVICE_VBD ? vbd_connect(d) : vif_connect(d)) {
	case CONNECT_WAIT:
		set_phase(d, DEVICE_WAITING, DEVICE_WAIT_MS);
		return;
	case CONNECT_FAIL:
		fail(d);
		return;
	case CONNECT_OK:
		finish_connect(d);
		return;
	}
}

/* Where it has to be, wherever the back end says that it is. */
static void rm_frontend(const struct device *d)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/local/domain/%u/device/%s/%u",
		 d->key.domid, device_kind_name(d->key.kind), d->key.devid);
	store_rm(d->v->store, 0, path);
}

/*
 * The driver closes when it sees the front end's directory gone. That one
 * belongs to a dead domain; while the domain lives, its own state decides.
 */
static void close_device(struct device *d)
{
	if (!domains_device_wanted(d->v, d->key.domid)) {
		in_txn(d, write_closing);
		rm_frontend(d);
	}
	set_phase(d, DEVICE_CLOSING, DEVICE_CLOSE_MS);
	d->is_dirty = true;
}

/*
 * Removes a directory that has no children left; so cleaning up goes up. In a
 * transaction, for the toolstack may just be writing the next device there.
 */
static void rm_empty(struct vaned *v, const char *path)
{
	int rc = -EAGAIN;

	for (int i = 0; i < TXN_TRIES && rc == -EAGAIN; i++) {
		size_t count = 1;
		uint32_t txn;
		char **nodes;

		if (store_txn_start(v->store, &txn))
			return;
		nodes = store_ls(v->store, txn, path, &count);
		free(nodes);
		if (nodes && !count)
			store_rm(v->store, txn, path);
		rc = store_txn_commit(v->store, txn);
	}
}

static void script_undone(void *arg, const struct worker_result *result)
{
	struct device *d = arg;

	if (result->rc)
		daemon_log("%s/%u/%u: %s", device_kind_name(d->key.kind),
			   d->key.domid, d->key.devid, result->err.text);
	d->script_undone = true;
	d->is_dirty = true;
}

/*
 * What is there still. A directory that was gone when the facts were read may
 * be the next device's by now.
 */
static void rm_nodes(struct device *d, bool dir_exists)
{
	char path[PATH_BYTES];

	device_dir(d, path, sizeof(path));
	if (dir_exists) {
		rm_frontend(d);
		store_rm(d->v->store, 0, path);
	}
	*strrchr(path, '/') = '\0';
	rm_empty(d->v, path);
}

static void release(struct device *d, const struct device_facts *f)
{
	bool was_asked = !f->dir_exists || !f->driver_bound ||
			 f->state == XenbusStateClosed;
	struct vaned *v = d->v;
	uint16_t domid = d->key.domid;

	if (d->script[0] && !d->script_undone &&
	    !script_start(d, false, script_undone))
		return;
	/* What was removed is looked at once more, because of its nodes. */
	if (d->phase != DEVICE_NEW && !was_asked)
		say(d, "device-detached",
		    "its driver did not close it within %u s; removed anyway",
		    DEVICE_CLOSE_MS / 1000);
	else if (d->phase != DEVICE_NEW)
		say(d, "device-detached", "removed");
	rm_nodes(d, f->dir_exists);
	vbd_release(d);
	/* Whoever waited for the disk may have it now. */
	for (struct device *o = v->devices; o; o = o->next) {
		if (o->key.kind == DEVICE_VBD && o->phase == DEVICE_WAITING)
			o->is_dirty = true;
	}
	forget(d);
	domains_touch(v, domid);
}

static void reconcile(struct device *d)
{
	struct device_facts f;
	enum device_step step;

	read_facts(d, &f);
	step = device_step(d->phase, &f);
	if (d->is_foreign && f.dir_exists)
		return;
	switch (step) {
	case DEVICE_STEP_NONE:
		return;
	case DEVICE_STEP_CONNECT:
		connect_device(d);
		return;
	case DEVICE_STEP_FAIL:
		fail(d);
		return;
	case DEVICE_STEP_CLOSE:
		close_device(d);
		return;
	case DEVICE_STEP_RELEASE:
		release(d, &f);
		return;
	}
}

bool backends_reconcile(struct vaned *v)
{
	bool any = false;

	for (struct device *d = v->devices, *next; d && v->store; d = next) {
		next = d->next;
		if (!d->is_dirty)
			continue;
		d->is_dirty = false;
		any = true;
		reconcile(d);
	}
	return any;
}

/* At the daemon's end: what is connected stays connected. */
void backends_free_all(struct vaned *v)
{
	while (v->devices)
		forget(v->devices);
}
