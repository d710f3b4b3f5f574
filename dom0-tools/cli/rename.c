/* SPDX-License-Identifier: MIT */
/*
 * `vane rename`: another name, in one transaction with the index of names, so
 * that two domains can never bear one; and in the kept configuration, so that
 * a restart keeps it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/check.h"
#include "builder/create.h"
#include "cli/cli.h"
#include "lib/cfgfile.h"
#include "lib/config.h"
#include "lib/domname.h"

#define RENAME_TRIES 100

static int rename_in_txn(struct store *store, uint32_t txn, uint16_t domid,
			 const char *name)
{
	char path[NAMES_PATH_BYTES], node[64];
	char *old, *vm;
	uint16_t other;
	int rc = 0;

	if (domname_lookup(store, txn, name, &other) == 0 && other != domid)
		return -EEXIST;
	snprintf(node, sizeof(node), "/local/domain/%u/name", domid);
	old = store_read(store, txn, node, NULL);
	if (old) {
		domname_path(old, path);
		rc = store_rm(store, txn, path);
		free(old);
	}
	if (rc == 0)
		rc = store_writef(store, txn, node, "%s", name);
	domname_path(name, path);
	if (rc == 0)
		rc = store_writef(store, txn, path, "%u", domid);
	snprintf(node, sizeof(node), "/local/domain/%u/vm", domid);
	vm = store_read(store, txn, node, NULL);
	if (vm && rc == 0) {
		snprintf(path, sizeof(path), "%.120s/name", vm);
		rc = store_writef(store, txn, path, "%s", name);
	}
	free(vm);
	return rc;
}

static int rename_in_store(struct cli *c, uint16_t domid, const char *name)
{
	uint32_t txn;
	int rc = -EAGAIN;

	for (int i = 0; i < RENAME_TRIES && rc == -EAGAIN; i++) {
		rc = store_txn_start(c->store, &txn);
		if (rc)
			break;
		rc = rename_in_txn(c->store, txn, domid, name);
		if (rc)
			store_txn_abort(c->store, txn);
		else
			rc = store_txn_commit(c->store, txn);
	}
	return rc;
}

/* A domain without a kept configuration is not restarted: nothing to do. */
static int rename_in_config(uint16_t domid, const char *name, struct err *e)
{
	char path[64], temporary[72], override[CONFIG_NAME_MAX + 16];
	const char *overrides[] = {override};
	static const uint8_t seed[16];
	char *text = malloc(CFG_BYTES_MAX);
	struct config config;
	size_t length;
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	snprintf(override, sizeof(override), "name=\"%s\"", name);
	f = fopen(path, "r");
	if (f == NULL || text == NULL) {
		free(text);
		return 0;
	}
	length = fread(text, 1, CFG_BYTES_MAX, f);
	fclose(f);
	rc = config_parse(&config, path, text, length, overrides, 1, seed, e);
	free(text);
	if (rc)
		return rc;
	umask(077);
	f = fopen(temporary, "w");
	if (f)
		config_print(&config, f);
	if (f == NULL || fclose(f) || rename(temporary, path) < 0) {
		rc = err_set(e, errno, "the name changed, but not in %s: %s",
			     path, strerror(errno));
		unlink(temporary);
	}
	config_free(&config);
	return rc;
}

int cli_rename(int argc, char **argv)
{
	uint16_t domid;
	struct cli c;
	int status, rc;

	if (argc != 3)
		return cli_usage("rename");
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve(&c, argv[1], &domid);
	if (status) {
		cli_close(&c);
		return status;
	}
	rc = config_check_name(argv[2], &c.err);
	if (rc == 0 && domid == 0)
		rc = err_set(&c.err, EPERM, "domain 0 keeps its name");
	if (rc == 0)
		rc = check_name(c.privcmd, c.store, argv[2], &c.err);
	if (rc == 0) {
		rc = rename_in_store(&c, domid, argv[2]);
		if (rc)
			err_set(&c.err, rc, "cannot rename '%s' to '%s' (%s)",
				argv[1], argv[2], err_name(rc));
	}
	if (rc == 0)
		rc = rename_in_config(domid, argv[2], &c.err);
	if (rc)
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}
