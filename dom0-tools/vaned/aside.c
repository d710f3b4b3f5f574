/* SPDX-License-Identifier: MIT */
/* A domain that makes room for its successor; see aside.h. */
#include "vaned/aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/daemon.h"
#include "lib/domname.h"
#include "vaned/record.h"
#include "vaned/vaned.h"

#define UUID_TEXT_BYTES 37
#define VM_DIR		"/vm/"
#define VM_PATH_BYTES	(sizeof(VM_DIR) + UUID_TEXT_BYTES)
#define HOME_BYTES	32 /* "/local/domain/ID" */

/* NAME-TIME; and the number, if two lives ended in one second. */
static void choose_name(const struct domain *o, struct store *store,
			uint32_t txn, char *name, size_t size)
{
	time_t now = time(NULL);
	uint16_t other;
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name, size, "%.*s-%s",
		 (int)(CONFIG_NAME_MAX - 7 - strlen(stamp)), o->life_name,
		 stamp);
	if (!domname_lookup(store, txn, name, &other))
		snprintf(name + strlen(name), size - strlen(name), "-%u",
			 o->domid);
}

static int write_node(struct store *store, uint32_t txn, const char *dir,
		      const char *node, const char *value)
{
	char path[VM_PATH_BYTES + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	return store_write(store, txn, path, value, strlen(value));
}

static int move_name(const struct domain *o, struct store *store, uint32_t txn,
		     const char *home, const char *name)
{
	char path[NAMES_PATH_BYTES];
	int rc;

	domname_path(o->name, path);
	rc = store_rm(store, txn, path);
	domname_path(name, path);
	if (!rc)
		rc = store_writef(store, txn, path, "%u", o->domid);
	return rc ? rc : write_node(store, txn, home, "name", name);
}

/* "/vm/UUID" of that domain; false when nothing of the kind is there. */
static bool read_vm(struct store *store, uint32_t txn, const char *home,
		    char vm[VM_PATH_BYTES])
{
	char path[HOME_BYTES + 8], *value;
	bool is_vm;

	snprintf(path, sizeof(path), "%s/vm", home);
	value = store_read(store, txn, path, NULL);
	is_vm = value && !strncmp(value, VM_DIR, strlen(VM_DIR)) &&
		strlen(value) < VM_PATH_BYTES;
	if (is_vm)
		strcpy(vm, value);
	free(value);
	return is_vm;
}

static int make_uuid(char text[UUID_TEXT_BYTES])
{
	uint8_t uuid[16];

	if (getrandom(uuid, sizeof(uuid), 0) != sizeof(uuid))
		return -EIO;
	/* A random one of version 4, in the words of RFC 4122. */
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	config_format_uuid(uuid, text);
	return 0;
}

/* Its machine's directory: what was the old one's is for the successor. */
static int move_vm(const struct domain *o, struct store *store, uint32_t txn,
		   const char *home, const char *name)
{
	char old[VM_PATH_BYTES], vm[VM_PATH_BYTES], uuid[UUID_TEXT_BYTES];
	char path[VM_PATH_BYTES + 16], domid[8], *start = NULL;
	struct store_perm perms[2];
	size_t count;
	int rc = make_uuid(uuid);

	if (rc)
		return rc;
	if (read_vm(store, txn, home, old)) {
		snprintf(path, sizeof(path), "%s/start_time", old);
		start = store_read(store, txn, path, NULL);
		rc = store_rm(store, txn, old);
	}
	snprintf(vm, sizeof(vm), VM_DIR "%s", uuid);
	snprintf(domid, sizeof(domid), "%u", o->domid);
	nodes_perms(NODE_READABLE, o->domid, perms, &count);
	if (!rc)
		rc = store_mkdir(store, txn, vm);
	if (!rc)
		rc = store_set_perms(store, txn, vm, perms, count);
	if (!rc)
		rc = write_node(store, txn, vm, "uuid", uuid);
	if (!rc)
		rc = write_node(store, txn, vm, "name", name);
	if (!rc)
		rc = write_node(store, txn, vm, "domid", domid);
	if (!rc && start)
		rc = write_node(store, txn, vm, "start_time", start);
	free(start);
	return rc ? rc : write_node(store, txn, home, "vm", vm);
}

int aside_write(const struct domain *o, struct store *store, uint32_t txn)
{
	char name[CONFIG_NAME_MAX + 1], home[HOME_BYTES];
	int rc;

	snprintf(home, sizeof(home), "/local/domain/%u", o->domid);
	choose_name(o, store, txn, name, sizeof(name));
	rc = move_name(o, store, txn, home, name);
	return rc ? rc : move_vm(o, store, txn, home, name);
}

void aside_finish(const struct domain *o)
{
	char vm[VM_PATH_BYTES], home[HOME_BYTES];
	uint8_t uuid[16];
	int rc;

	/* Renamed from here on, it does not rename its successor. */
	record_put_config_aside(o);
	snprintf(home, sizeof(home), "/local/domain/%u", o->domid);
	if (!read_vm(o->v->store, 0, home, vm) ||
	    config_parse_uuid(vm + strlen(VM_DIR), uuid))
		return;
	rc = domctl_set_handle(o->v->privcmd, o->domid, uuid);
	if (rc && rc != -ESRCH)
		daemon_log("domain %u (%s) keeps its UUID: %s", o->domid,
			   o->name, strerror(-rc));
}
