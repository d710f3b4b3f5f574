/* SPDX-License-Identifier: MIT */
/*
 * The end of a domain; see destroy.h.
 *
 * Its memory comes back when nobody holds a page of it any more: the store
 * daemon (its ring), the console daemon, and the kernel's back-end drivers.
 * All of them let go by themselves once they see the domain dead; here that
 * is waited for, not guessed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "builder/check.h"
#include "builder/create.h"
#include "builder/destroy.h"
#include "lib/domctl.h"
#include "lib/domname.h"

#define DESTROY_DEVICES_MS 15000
#define DESTROY_MEMORY_MS  10000

static uint64_t destroy_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Calls fn for each back end of the domain; gives how many there are. */
static size_t destroy_each_backend(struct store *store, uint16_t domid,
				   void (*fn)(struct store *store,
					      const char *path))
{
	const char *root = "/local/domain/0/backend";
	size_t class_count = 0, found = 0;
	char **classes = store_ls(store, 0, root, &class_count);

	for (size_t i = 0; classes && i < class_count; i++) {
		char path[256];
		char **devices;
		size_t count = 0;

		snprintf(path, sizeof(path), "%s/%s/%u", root, classes[i],
			 domid);
		devices = store_ls(store, 0, path, &count);
		for (size_t j = 0; devices && j < count; j++) {
			snprintf(path, sizeof(path), "%s/%s/%u/%s", root,
				 classes[i], domid, devices[j]);
			if (fn)
				fn(store, path);
			found++;
		}
		/* The directory that held them goes with the last one. */
		if (devices && fn) {
			snprintf(path, sizeof(path), "%s/%s/%u", root,
				 classes[i], domid);
			store_rm(store, 0, path);
		}
		free(devices);
	}
	free(classes);
	return found;
}

static void destroy_rm_backend(struct store *store, const char *path)
{
	store_rm(store, 0, path);
}

/*
 * vaned closes the devices of a dead domain: drivers first, then loop devices
 * and bridge ports. Gives up waiting when it does not get to the end.
 */
static void destroy_await_devices(struct store *store, uint16_t domid)
{
	const char *root = "/local/domain/0/backend";
	uint64_t end = destroy_now_ms() + DESTROY_DEVICES_MS, now;

	if (destroy_each_backend(store, domid, NULL) == 0 ||
	    !check_vaned(store))
		return;
	if (store_watch(store, root, "destroy"))
		return;
	while (destroy_each_backend(store, domid, NULL)) {
		struct pollfd p = {store_fd(store), POLLIN, 0};
		char *path, *token;

		while (store_read_watch(store, &path, &token) == 0) {
			free(path);
			free(token);
		}
		if (destroy_each_backend(store, domid, NULL) == 0)
			break;
		now = destroy_now_ms();
		if (now >= end)
			break;
		poll(&p, 1, (int)(end - now));
	}
	store_unwatch(store, root, "destroy");
}

static void destroy_rm_name(struct store *store, uint16_t domid)
{
	char path[NAMES_PATH_BYTES];
	char *name = domname_of(store, domid);
	uint64_t owner;

	if (name == NULL)
		return;
	domname_path(name, path);
	if (store_read_u64(store, 0, path, &owner) == 0 && owner == domid)
		store_rm(store, 0, path);
	free(name);
}

/* What domain zero's drivers wrote of its devices when they failed. */
static void destroy_rm_errors(struct store *store, uint16_t domid)
{
	static const char *const classes[] = {"vbd", "vif"};
	char path[80];

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		snprintf(path, sizeof(path),
			 "/local/domain/0/error/backend/%s/%u", classes[i],
			 domid);
		store_rm(store, 0, path);
	}
}

/* The machine's directory outlives a domain that is restarted as another. */
static void destroy_rm_vm(struct store *store, uint16_t domid)
{
	char path[128];
	char *vm;
	uint64_t owner;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	vm = store_read(store, 0, path, NULL);
	if (vm && strncmp(vm, "/vm/", 4) == 0 && strlen(vm) < 100) {
		snprintf(path, sizeof(path), "%s/domid", vm);
		if (store_read_u64(store, 0, path, &owner) || owner == domid)
			store_rm(store, 0, vm);
	}
	free(vm);
}

void domain_forget(struct store *store, uint16_t domid)
{
	char path[64];

	if (domid == 0)
		return;
	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	unlink(path);
	if (store == NULL)
		return;
	destroy_rm_name(store, domid);
	destroy_rm_vm(store, domid);
	destroy_each_backend(store, domid, destroy_rm_backend);
	destroy_rm_errors(store, domid);
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	store_rm(store, 0, path);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_rm(store, 0, path);
	store_release(store, domid);
}

void domain_describe_holders(int privcmd, struct store *store, uint16_t domid,
			     char *text, size_t size)
{
	struct paravane_holder h = {.domain = domid};
	size_t at = 0;

	while (at < size && h.holder < DOMID_FIRST_RESERVED &&
	       paravane_holder_next(privcmd, &h) == 0) {
		char *name = store ? domname_of(store, h.holder) : NULL;

		at += (size_t)snprintf(
			text + at, size - at, "%s%u grant%s by '%s' (%u)",
			at ? ", " : "", h.grants, h.grants == 1 ? "" : "s",
			name		? name
			: h.holder == 0 ? "Domain-0"
					: "?",
			h.holder);
		free(name);
		h.holder++;
	}
	if (at == 0)
		snprintf(text, size,
			 "no grants, so mapped by a program in domain zero");
}

/* Until the hypervisor does not know the domain any more. */
static int destroy_await_memory(int privcmd, struct store *store,
				uint16_t domid, const char *name, struct err *e)
{
	char holders[256];
	uint64_t end = destroy_now_ms() + DESTROY_MEMORY_MS;
	struct xen_domctl_getdomaininfo info;
	struct timespec pause = {0, 250000};

	/* The hypervisor has no event for "all of it is back". */
	for (;;) {
		int rc = domctl_get_info(privcmd, domid, &info);

		if (rc == -ESRCH)
			return 0;
		if (rc)
			return err_set(e, rc, "cannot ask for domain %u (%s)",
				       domid, err_name(rc));
		if (destroy_now_ms() >= end)
			break;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 16000000)
			pause.tv_nsec *= 2;
	}
	domain_describe_holders(privcmd, store, domid, holders,
				sizeof(holders));
	return err_set(e, ETIMEDOUT,
		       "the domain is dead, but %" PRIu64
		       " pages of '%s' (%u) are still used: %s; they come back "
		       "when that ends",
		       (uint64_t)info.tot_pages, name, domid, holders);
}

int domain_destroy(int privcmd, struct store *store, uint16_t domid,
		   struct err *e)
{
	struct xen_domctl_getdomaininfo info;
	char *name;
	int rc;

	if (domid == 0)
		return err_set(e, EPERM,
			       "domain 0 is this one: use 'poweroff'");
	name = store ? domname_of(store, domid) : NULL;
	rc = domctl_get_info(privcmd, domid, &info);
	if (rc == 0 && !(info.flags & XEN_DOMINF_dying))
		rc = domctl_destroy(privcmd, domid);
	if (rc == -ESRCH) {
		domain_forget(store, domid);
		err_set(e, ESRCH, "there is no domain %u", domid);
		goto out_free;
	}
	if (rc) {
		err_set(e, rc, "cannot destroy domain %u (%s)", domid,
			err_name(rc));
		goto out_free;
	}
	if (store)
		destroy_await_devices(store, domid);
	domain_forget(store, domid);
	/* Without the store the daemons do not hear of it, and do not let go.
	 */
	if (store)
		rc = destroy_await_memory(privcmd, store, domid,
					  name ? name : "?", e);
out_free:
	free(name);
	return rc;
}
