/* SPDX-License-Identifier: MIT */
/*
 * Names of domains and their numbers; see domname.h.
 * Test: tests/unit/dom0-tools/lib/test_domname.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/domctl.h"
#include "lib/domname.h"

void domname_path(const char *name, char path[NAMES_PATH_BYTES])
{
	size_t at = (size_t)snprintf(path, NAMES_PATH_BYTES, "%s/", NAMES_DIR);

	for (; *name && at + 4 < NAMES_PATH_BYTES; name++) {
		unsigned char b = (unsigned char)*name;

		if (isalnum(b) || b == '-')
			path[at++] = (char)b;
		else
			at += (size_t)snprintf(path + at, 4, "_%02x", b);
	}
	path[at] = '\0';
}

static char *domname_read(struct store *store, uint32_t txn, uint16_t domid)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	return store_read(store, txn, path, NULL);
}

char *domname_of(struct store *store, uint16_t domid)
{
	return domname_read(store, 0, domid);
}

/* Whether that domain bears the name. */
static int domname_confirm(struct store *store, uint32_t txn, uint16_t domid,
			   const char *name)
{
	char *real = domname_read(store, txn, domid);
	int rc = real && strcmp(real, name) == 0 ? 0 : -ENOENT;

	free(real);
	return rc;
}

int domname_lookup(struct store *store, uint32_t txn, const char *name,
		   uint16_t *domid)
{
	char path[NAMES_PATH_BYTES];
	uint64_t n;
	int rc;

	domname_path(name, path);
	rc = store_read_u64(store, txn, path, &n);
	if (rc)
		return rc == -EINVAL ? -ENOENT : rc;
	if (n >= DOMID_FIRST_RESERVED)
		return -ENOENT;
	*domid = (uint16_t)n;
	return domname_confirm(store, txn, *domid, name);
}

int domname_search(int privcmd, struct store *store, const char *name,
		   uint16_t *domid)
{
	struct xen_domctl_getdomaininfo *infos;
	size_t count;
	int rc = sysctl_list_all(privcmd, &infos, &count);

	if (rc)
		return rc;
	rc = -ENOENT;
	for (size_t i = 0; i < count && rc; i++) {
		*domid = infos[i].domain;
		rc = domname_confirm(store, 0, *domid, name);
	}
	free(infos);
	return rc;
}

int domname_resolve(int privcmd, struct store *store, const char *word,
		    uint16_t *domid)
{
	struct xen_domctl_getdomaininfo info;
	char *end;
	unsigned long n = strtoul(word, &end, 10);
	int rc;

	if (isdigit((unsigned char)*word) && *end == '\0') {
		if (n >= DOMID_FIRST_RESERVED)
			return -ENOENT;
		*domid = (uint16_t)n;
		rc = domctl_get_info(privcmd, *domid, &info);
		return rc == -ESRCH ? -ENOENT : rc;
	}
	if (strcmp(word, "Domain-0") == 0) {
		*domid = 0;
		return 0;
	}
	if (store == NULL)
		return -ENOENT;
	rc = domname_lookup(store, 0, word, domid);
	if (rc == 0 && domctl_get_info(privcmd, *domid, &info) == 0)
		return 0;
	if (rc && rc != -ENOENT)
		return rc;
	return domname_search(privcmd, store, word, domid);
}
