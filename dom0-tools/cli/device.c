/* SPDX-License-Identifier: MIT */
/* Disks and network cards of a running guest; see device.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "builder/check.h"
#include "cli/device.h"
#include "lib/domname.h"
#include "lib/reach.h"
#include "public/io/xenbus.h"

#define TXN_TRIES      100
#define HOTPLUG_WAIT_S 20

static volatile sig_atomic_t device_stop;

static void device_on_signal(int number)
{
	device_stop = number;
}

/* From now on an interruption undoes what was begun. */
static void device_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = device_on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

void device_back_path(const struct device_ref *d, char *path)
{
	snprintf(path, DEVICE_PATH_BYTES, "/local/domain/0/backend/%s/%u/%u",
		 d->class, d->domid, d->devid);
}

void device_front_path(const struct device_ref *d, char *path)
{
	snprintf(path, DEVICE_PATH_BYTES, "/local/domain/%u/device/%s/%u",
		 d->domid, d->class, d->devid);
}

char *device_back_node(struct store *s, const struct device_ref *d,
		       const char *node)
{
	char dir[DEVICE_PATH_BYTES], path[DEVICE_PATH_BYTES + 64];

	device_back_path(d, dir);
	snprintf(path, sizeof(path), "%s/%.60s", dir, node);
	return store_read(s, 0, path, NULL);
}

static long device_number(char *text)
{
	char *end;
	long n = -1;

	if (text && *text >= '0' && *text <= '9') {
		errno = 0;
		n = strtol(text, &end, 10);
		if (errno || *end || n > INT32_MAX)
			n = -1;
	}
	free(text);
	return n;
}

long device_front_number(struct store *s, const struct device_ref *d,
			 const char *node)
{
	char dir[DEVICE_PATH_BYTES], path[DEVICE_PATH_BYTES + 64];

	device_front_path(d, dir);
	snprintf(path, sizeof(path), "%s/%.60s", dir, node);
	return device_number(store_read(s, 0, path, NULL));
}

static int device_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t *device_list(struct store *s, uint16_t domid, const char *class,
		      size_t *count)
{
	char path[DEVICE_PATH_BYTES];
	size_t names = 0;
	uint32_t *ids;
	char **list;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", class,
		 domid);
	list = store_ls(s, 0, path, &names);
	ids = calloc(names + 1, sizeof(*ids));
	*count = 0;
	for (size_t i = 0; ids && list && i < names; i++) {
		char *end;
		unsigned long n = strtoul(list[i], &end, 10);

		if (*list[i] && !*end && n <= UINT32_MAX)
			ids[(*count)++] = (uint32_t)n;
	}
	if (ids)
		qsort(ids, *count, sizeof(*ids), device_compare);
	free(list);
	return ids;
}

/* False when it is no number of seconds, or too many. */
static bool device_timeout(const char *text, unsigned int *seconds)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n == 0 || n > 3600)
		return false;
	*seconds = (unsigned int)n;
	return true;
}

int device_options(const struct cli_args *a, struct device_options *o)
{
	*o = (struct device_options){
		.force = cli_has(a, 'F'),
		.no_wait = cli_has(a, 'n'),
		.wait_s = DEVICE_WAIT_S,
	};
	if (cli_has(a, 't') && !device_timeout(cli_value(a, 't'), &o->wait_s)) {
		struct err e = ERR_NONE;

		err_set(&e, EINVAL,
			"'%s' is no number of seconds from 1 to 3600",
			cli_value(a, 't'));
		cli_print_error(&e);
		return CLI_USAGE;
	}
	return CLI_OK;
}

int device_open(struct cli *c, const char *word, struct device_ref *d)
{
	struct xen_domctl_getdomaininfo info;
	int status = cli_open(c);
	char *name;

	if (status)
		return status;
	status = cli_resolve(c, word, &d->domid);
	if (status)
		goto fail;
	name = domname_of(c->store, d->domid);
	snprintf(d->domain, sizeof(d->domain), "%s", name ? name : word);
	free(name);
	status = CLI_FAILURE;
	if (d->domid == 0)
		err_set(&c->err, EPERM,
			"domain 0 has the real devices; it gets no virtual "
			"ones");
	else if (domctl_get_info(c->privcmd, d->domid, &info) ||
		 info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))
		err_set(&c->err, ESRCH,
			"'%s' does not run any more, so its devices cannot be "
			"changed",
			d->domain);
	else if (!check_vaned(c->store))
		err_set(&c->err, ESRCH,
			"vaned does not run, so nobody would bind or release "
			"the device; start it: '%svaned'",
			reach_starter());
	else
		return CLI_OK;
	cli_fail(c);
fail:
	cli_close(c);
	return status;
}

static bool device_exists(struct store *s, uint32_t txn, const char *path)
{
	size_t count;
	char **nodes = store_ls(s, txn, path, &count);
	bool exists = nodes != NULL;

	free(nodes);
	return exists;
}

/* Runs `fn` in a transaction, again as long as somebody comes between. */
static int device_txn(struct cli *c, const struct device_ref *d,
		      int (*fn)(struct cli *c, const struct device_ref *d,
				uint32_t txn, void *arg),
		      void *arg)
{
	uint32_t txn;
	int rc = -EAGAIN;

	for (int i = 0; i < TXN_TRIES && rc == -EAGAIN; i++) {
		rc = store_txn_start(c->store, &txn);
		if (rc)
			break;
		rc = fn(c, d, txn, arg);
		if (rc)
			store_txn_abort(c->store, txn);
		else
			rc = store_txn_commit(c->store, txn);
	}
	return rc ? err_set(&c->err, rc, "cannot write to the store (%s)",
			    err_name(rc))
		  : 0;
}

static int device_write(struct cli *c, const struct device_ref *d, uint32_t txn,
			void *arg)
{
	char path[DEVICE_PATH_BYTES];

	device_back_path(d, path);
	if (device_exists(c->store, txn, path))
		return err_set(&c->err, EEXIST,
			       "'%s' has a device %s already; choose another "
			       "name, or detach that one first",
			       d->domain, d->label);
	return nodes_write(c->store, txn, d->domid, arg);
}

static int device_rm(struct cli *c, const struct device_ref *d, uint32_t txn,
		     void *arg)
{
	char path[DEVICE_PATH_BYTES];
	int rc;

	(void)arg;
	device_front_path(d, path);
	rc = store_rm(c->store, txn, path);
	device_back_path(d, path);
	return rc ? rc : store_rm(c->store, txn, path);
}

static int device_close(struct cli *c, const struct device_ref *d, uint32_t txn,
			void *arg)
{
	char dir[DEVICE_PATH_BYTES], path[DEVICE_PATH_BYTES + 8];
	uint64_t state = 0;
	int rc;

	(void)arg;
	device_back_path(d, dir);
	if (!device_exists(c->store, txn, dir))
		return 0; /* somebody else was faster */
	snprintf(path, sizeof(path), "%s/online", dir);
	rc = store_writef(c->store, txn, path, "0");
	snprintf(path, sizeof(path), "%s/state", dir);
	if (rc == 0 && (store_read_u64(c->store, txn, path, &state) ||
			state < XenbusStateClosing))
		rc = store_writef(c->store, txn, path, "%d",
				  XenbusStateClosing);
	return rc;
}

/* What is waited for: 1 when it is so, 0 when not yet, -errno. */
typedef int device_condition(struct cli *c, const struct device_ref *d);

static uint64_t device_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void device_await_store(struct cli *c, uint64_t end_ms)
{
	struct pollfd p = {store_fd(c->store), POLLIN, 0};
	uint64_t now = device_now_ms();
	char *path, *token;
	bool got = false;

	while (store_read_watch(c->store, &path, &token) == 0) {
		free(path);
		free(token);
		got = true;
	}
	/* A signal between the look at device_stop and here costs 200 ms. */
	if (!got && now < end_ms)
		poll(&p, 1, end_ms - now > 200 ? 200 : (int)(end_ms - now));
}

/* 0 when it came, -ETIMEDOUT without a line, -EINTR or another with one. */
static int device_await(struct cli *c, const struct device_ref *d,
			device_condition *condition, unsigned int seconds)
{
	uint64_t end = device_now_ms() + seconds * 1000ull;
	char path[DEVICE_PATH_BYTES];
	int rc;

	device_back_path(d, path);
	rc = store_watch(c->store, path, "device");
	if (rc)
		return err_set(&c->err, rc, "cannot watch the device (%s)",
			       err_name(rc));
	for (;;) {
		rc = condition(c, d);
		if (rc)
			break;
		if (device_stop) {
			rc = err_set(&c->err, EINTR, "interrupted");
			break;
		}
		rc = device_now_ms() >= end ? -ETIMEDOUT : 0;
		if (rc)
			break;
		device_await_store(c, end);
	}
	store_unwatch(c->store, path, "device");
	return rc < 0 ? rc : 0;
}

static int device_is_bound(struct cli *c, const struct device_ref *d)
{
	char *error = device_back_node(c->store, d, "hotplug-error");
	char *status;
	int rc;

	if (error) {
		rc = err_set(&c->err, EIO, "%s: %s", d->label, error);
		free(error);
		return rc;
	}
	status = device_back_node(c->store, d, "hotplug-status");
	rc = status && strcmp(status, "connected") == 0;
	free(status);
	return rc;
}

static int device_is_used(struct cli *c, const struct device_ref *d)
{
	long state = device_number(device_back_node(c->store, d, "state"));

	if (state == XenbusStateConnected)
		return 1;
	if (state >= XenbusStateClosing && state <= XenbusStateClosed)
		return err_set(&c->err, EIO,
			       "%s: the driver in '%s' refused it; see the "
			       "guest's messages and dmesg",
			       d->label, d->domain);
	return 0;
}

static int device_is_gone(struct cli *c, const struct device_ref *d)
{
	char path[DEVICE_PATH_BYTES];

	device_back_path(d, path);
	return !device_exists(c->store, 0, path);
}

static bool device_is_paused(struct cli *c, const struct device_ref *d)
{
	struct xen_domctl_getdomaininfo info;

	return !domctl_get_info(c->privcmd, d->domid, &info) &&
	       info.flags & XEN_DOMINF_paused;
}

static int device_await_guest(struct cli *c, const struct device_ref *d,
			      const struct device_options *o)
{
	int rc;

	if (o->no_wait)
		return 0;
	if (device_is_paused(c, d)) {
		fprintf(stderr,
			"%s: attached; '%s' is paused and will see it when it "
			"goes on\n",
			d->label, d->domain);
		return 0;
	}
	rc = device_await(c, d, device_is_used, o->wait_s);
	if (rc == -ETIMEDOUT)
		err_set(&c->err, ETIMEDOUT,
			"%s: the guest '%s' did not take it within %u s (its "
			"state there is %ld), so it was removed again; has the "
			"guest a driver? --timeout=SECONDS waits longer, "
			"--no-wait not at all",
			d->label, d->domain, o->wait_s,
			device_front_number(c->store, d, "state"));
	return rc;
}

int device_attach(struct cli *c, const struct device_ref *d,
		  const struct nodes *nodes, const struct device_options *o)
{
	struct err ignored = ERR_NONE, reason;
	int rc;

	device_catch_signals();
	rc = device_txn(c, d, device_write, (void *)(uintptr_t)nodes);
	if (rc)
		return rc;
	rc = device_await(c, d, device_is_bound, HOTPLUG_WAIT_S);
	if (rc == -ETIMEDOUT)
		err_set(&c->err, ETIMEDOUT,
			"%s: vaned did not bind it within %d s; its log is "
			"/var/log/vane/vaned.log",
			d->label, HOTPLUG_WAIT_S);
	if (rc == 0)
		rc = device_await_guest(c, d, o);
	if (rc == 0)
		return 0;
	/* The reason stays; what undoing it says could only hide it. */
	reason = c->err;
	c->err = ignored;
	device_txn(c, d, device_rm, NULL);
	c->err = reason;
	return rc;
}

int device_detach(struct cli *c, const struct device_ref *d,
		  const struct device_options *o)
{
	int rc;

	device_catch_signals();
	if (o->force)
		return device_txn(c, d, device_rm, NULL);
	rc = device_txn(c, d, device_close, NULL);
	if (rc || o->no_wait)
		return rc;
	rc = device_await(c, d, device_is_gone, o->wait_s);
	if (rc == -ETIMEDOUT)
		err_set(&c->err, EBUSY,
			"%s: '%s' has not let go of it within %u s%s; it goes "
			"when the guest lets go, and --force takes it away at "
			"once",
			d->label, d->domain, o->wait_s,
			device_is_paused(c, d)
				? ", for it is paused"
				: " (is it mounted or up there?)");
	return rc;
}

int device_detach_verb(int argc, char **argv, device_find_fn *find,
		       kept_edit_fn *drop)
{
	struct device_options o;
	struct device_ref d = {0};
	struct cli c;
	struct cli_args a;
	int status = cli_parse(argc, argv, 2, 2, &a);

	if (status == CLI_OK)
		status = device_options(&a, &o);
	if (status == CLI_OK)
		status = device_open(&c, a.words[0], &d);
	if (status)
		return status;
	/* Asked for, it does not come back with the next life. */
	if (find(&c, &d, a.words[1]) || kept_edit(d.domid, drop, &d, &c.err) ||
	    device_detach(&c, &d, &o))
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}

const char *device_state_name(long state)
{
	static const char *const names[] = {
		[XenbusStateUnknown] = "unknown",
		[XenbusStateInitialising] = "initialising",
		[XenbusStateInitWait] = "init-wait",
		[XenbusStateInitialised] = "initialised",
		[XenbusStateConnected] = "connected",
		[XenbusStateClosing] = "closing",
		[XenbusStateClosed] = "closed",
		[XenbusStateReconfiguring] = "reconfiguring",
		[XenbusStateReconfigured] = "reconfigured",
	};

	if (state < 0 || state >= (long)(sizeof(names) / sizeof(names[0])))
		return "unknown";
	return names[state];
}

void device_json_number(struct json *j, const char *key, long value)
{
	if (value < 0)
		json_null(j, key);
	else
		json_uint(j, key, (uint64_t)value);
}

char *device_join(struct arena *a, int argc, char **argv)
{
	char *text = arena_strdup(a, argc ? argv[0] : "");

	for (int i = 1; text && i < argc; i++)
		text = arena_printf(a, "%s,%s", text, argv[i]);
	return text;
}

static void device_list_domain(struct cli *c, uint16_t domid, struct json *j,
			       const struct device_table *t)
{
	struct device_ref d = {.domid = domid, .class = t->class};
	size_t count;
	uint32_t *ids = device_list(c->store, domid, t->class, &count);

	for (size_t i = 0; ids && i < count; i++) {
		d.devid = ids[i];
		if (j)
			t->object(c, j, &d);
		else
			t->row(c, &d);
	}
	free(ids);
}

/* Goes on after a name that is unknown; gives the first one's status. */
static int device_list_domains(struct cli *c, int count, char **words,
			       struct json *j, const struct device_table *t)
{
	int status = CLI_OK;

	for (int i = 0; i < count; i++) {
		uint16_t domid;
		int one = cli_resolve(c, words[i], &domid);

		if (one == CLI_OK)
			device_list_domain(c, domid, j, t);
		else if (status == CLI_OK)
			status = one;
		err_clear(&c->err);
	}
	return status;
}

int device_list_verb(int argc, char **argv, const struct device_table *t)
{
	struct cli_args a;
	int status = cli_parse(argc, argv, 1, argc, &a);
	struct json j;
	bool is_json;
	struct cli c;

	if (status)
		return status;
	is_json = cli_has(&a, 'j');
	status = cli_open(&c);
	if (status)
		return status;
	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		t->head();
	}
	status = device_list_domains(&c, a.count, a.words, is_json ? &j : NULL,
				     t);
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
	cli_close(&c);
	return status;
}
