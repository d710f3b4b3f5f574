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

#include "builder/check.h"
#include "cli/cli.h"
#include "cli/keep.h"
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
	char override[CONFIG_NAME_MAX + 16];
	const char *overrides[] = {override};
	struct config config;
	int rc;

	snprintf(override, sizeof(override), "name=\"%s\"", name);
	rc = keep_read(domid, overrides, 1, &config, e);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = keep_write(domid, &config, e);
	config_free(&config);
	if (rc)
		return err_prefix(e, "the name changed, but not for a restart");
	return 0;
}

static bool rename_is_own(struct cli *c, uint16_t domid, const char *name)
{
	char *old = domname_of(c->store, domid);
	bool same = old && strcmp(old, name) == 0;

	free(old);
	return same;
}

int cli_rename(int argc, char **argv)
{
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 2, 2, &a);
	int rc;

	if (status)
		return status;
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve_guest(&c, a.words[0], "be renamed", &domid);
	if (status) {
		cli_close(&c);
		return status;
	}
	err_clear(&c.err);
	rc = config_check_name(a.words[1], &c.err);
	if (rc == 0 && rename_is_own(&c, domid, a.words[1])) {
		cli_close(&c);
		return CLI_OK;
	}
	if (rc == 0)
		rc = check_name(c.privcmd, c.store, a.words[1], &c.err);
	/* Another may take the name meanwhile: the transaction says so. */
	if (rc == 0)
		rc = rename_in_store(&c, domid, a.words[1]);
	if (rc)
		err_set(&c.err, rc, "cannot rename '%s' to '%s' (%s)",
			a.words[0], a.words[1], err_name(rc));
	else
		rc = rename_in_config(domid, a.words[1], &c.err);
	if (rc)
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}
