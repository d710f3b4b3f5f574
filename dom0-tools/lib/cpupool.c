/* SPDX-License-Identifier: MIT */
/*
 * Pools of CPUs by name; see cpupool.h.
 * Test: tests/unit/dom0-tools/lib/test_cpupool.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpupool.h"

static const struct {
	const char *word;
	uint32_t policy;
} policies[] = {
	{"credit", XEN_SCHEDULER_CREDIT},
	{"null", XEN_SCHEDULER_NULL},
	{"credit2", XEN_SCHEDULER_CREDIT},
	{"share", XEN_SCHEDULER_CREDIT},
};

const char *cpupool_policy_name(uint32_t policy)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (policies[i].policy == policy)
			return policies[i].word;
	}
	return "unknown";
}

int cpupool_policy_parse(const char *word, uint32_t *policy)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i].word, word) == 0) {
			*policy = policies[i].policy;
			return 0;
		}
	}
	return -EINVAL;
}

int cpupool_check_name(const char *name, struct err *e)
{
	size_t length = strlen(name);

	if (length == 0 || length > CPUPOOL_NAME_MAX)
		return err_set(e, EINVAL,
			       "a pool's name has 1 to %d characters, '%.80s' "
			       "has %zu",
			       CPUPOOL_NAME_MAX, name, length);
	if (strspn(name, "0123456789") == length)
		return err_set(
			e, EINVAL,
			"'%s' cannot be a pool's name: it would be taken "
			"for a pool's number",
			name);
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.+:@", *p))
			return err_set(e, EINVAL,
				       "'%s' cannot be a pool's name: only "
				       "letters, digits and - _ . + : @ can "
				       "stand in it",
				       name);
	}
	if (*name == '-')
		return err_set(
			e, EINVAL,
			"'%s' cannot be a pool's name: it would be taken "
			"for an option",
			name);
	return 0;
}

char *cpupool_name(struct store *store, uint32_t txn, uint32_t id)
{
	char path[64], *name = NULL;

	snprintf(path, sizeof(path), CPUPOOL_DIR "/%u/name", id);
	if (store)
		name = store_read(store, txn, path, NULL);
	if (name)
		return name;
	if (id == 0)
		return strdup("Pool-0");
	snprintf(path, sizeof(path), "%u", id);
	return strdup(path);
}

/* "Pool-0, fast": the pools that there are. */
static void cpupool_list_names(int privcmd, struct store *store, char *text,
			       size_t size)
{
	struct sched_pool_info p = {.id = UINT32_MAX};
	size_t n = 0;

	text[0] = '\0';
	while (n + CPUPOOL_NAME_MAX + 3 < size &&
	       sysctl_pool_next(privcmd, p.id + 1, &p) == 0) {
		char *name = cpupool_name(store, 0, p.id);

		n += (size_t)snprintf(text + n, size - n, "%s%.*s",
				      n ? ", " : "", CPUPOOL_NAME_MAX,
				      name ? name : "");
		free(name);
	}
}

int cpupool_resolve(int privcmd, struct store *store, const char *word,
		    struct sched_pool_info *pool, struct err *e)
{
	struct sched_pool_info p = {.id = UINT32_MAX};
	char names[256];
	int rc;

	while ((rc = sysctl_pool_next(privcmd, p.id + 1, &p)) == 0) {
		char *name = cpupool_name(store, 0, p.id), number[16];
		bool is_it;

		snprintf(number, sizeof(number), "%u", p.id);
		is_it = strcmp(word, number) == 0 ||
			(name && strcmp(word, name) == 0);
		free(name);
		if (is_it) {
			*pool = p;
			return 0;
		}
	}
	if (rc != -ENOENT)
		return err_set(e, rc, "cannot look for pool '%s' (%s)", word,
			       err_name(rc));
	cpupool_list_names(privcmd, store, names, sizeof(names));
	return err_set(e, ENOENT, "there is no pool '%s'; there is: %s", word,
		       names);
}

int cpupool_of_cpu(int privcmd, uint32_t cpu, struct sched_pool_info *pool)
{
	uint32_t id = 0;
	int rc;

	while ((rc = sysctl_pool_next(privcmd, id, pool)) == 0) {
		if (cpumap_has(&pool->cpus, cpu))
			return 0;
		id = pool->id + 1;
	}
	return rc;
}

int cpupool_online_cpus(int privcmd, struct cpumap *cpus)
{
	struct sched_pool_info p;
	uint32_t id = 0;
	int rc = sysctl_pool_free_cpus(privcmd, cpus);

	while (rc == 0) {
		rc = sysctl_pool_next(privcmd, id, &p);
		for (uint32_t i = 0; rc == 0 && i < sizeof(cpus->bits); i++)
			cpus->bits[i] |= p.cpus.bits[i];
		id = p.id + 1;
	}
	return rc == -ENOENT ? 0 : rc;
}
