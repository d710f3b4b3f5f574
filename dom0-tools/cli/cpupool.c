/* SPDX-License-Identifier: MIT */
/*
 * `vane cpupool-*`: pools of CPUs, each with its scheduler and its domains.
 * All that can be known to fail is checked before anything is done, and a pool
 * that cannot be made whole is taken back. What is refused without asking the
 * machine is in pool.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/kept.h"
#include "cli/cli.h"
#include "cli/keep.h"
#include "cli/pool.h"
#include "lib/config.h"
#include "lib/cpupool.h"

#define POOL_TXN_TRIES 100
#define POOL_ROW_BYTES 2048

/* Its name as it is shown; malloc'd, never NULL but without memory. */
static char *pool_name_of(struct cli *c, uint32_t id)
{
	return cpupool_name(c->store, 0, id);
}

/* CLI_OK, or the line is printed and the status given. */
static int pool_resolve(struct cli *c, const char *word,
			struct sched_pool_info *p)
{
	err_clear(&c->err);
	if (cpupool_resolve(c->privcmd, c->store, word, p, &c->err))
		return cli_fail(c);
	return CLI_OK;
}

/* cpupool-list */

static void pool_print_json(const char *name, const struct sched_pool_info *p,
			    struct json *j)
{
	json_open_object(j, NULL);
	json_uint(j, "id", p->id);
	json_string(j, "name", name);
	json_string(j, "scheduler", cpupool_policy_name(p->policy));
	json_uint(j, "domains", p->domain_count);
	json_open_array(j, "cpus");
	for (uint32_t cpu = cpumap_next(&p->cpus, 0); cpu < CPUMAP_CPUS;
	     cpu = cpumap_next(&p->cpus, cpu + 1))
		json_uint(j, NULL, cpu);
	json_close_array(j);
	json_close_object(j);
}

static void pool_print(struct cli *c, const struct sched_pool_info *p,
		       bool with_cpus, struct json *j)
{
	char *name = pool_name_of(c, p->id);
	char row[POOL_ROW_BYTES];

	if (j) {
		pool_print_json(name ? name : "", p, j);
	} else {
		if (with_cpus)
			pool_format_cpus(name ? name : "", &p->cpus, row,
					 sizeof(row));
		else
			pool_format_row(name ? name : "", p, row, sizeof(row));
		puts(row);
	}
	free(name);
}

static int pool_list(struct cli *c, const struct cli_args *a)
{
	struct sched_pool_info p = {.id = UINT32_MAX};
	bool is_json = cli_has(a, 'j');
	struct json j;
	int status = CLI_OK, rc = 0;

	if (a->count)
		status = pool_resolve(c, a->words[0], &p);
	if (status)
		return status;
	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		puts(cli_has(a, 'c') ? POOL_CPUS_HEADER : POOL_LIST_HEADER);
	}
	if (a->count)
		pool_print(c, &p, cli_has(a, 'c'), is_json ? &j : NULL);
	while (a->count == 0 &&
	       (rc = sysctl_pool_next(c->privcmd, p.id + 1, &p)) == 0)
		pool_print(c, &p, cli_has(a, 'c'), is_json ? &j : NULL);
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
	if (rc == 0 || rc == -ENOENT)
		return CLI_OK;
	err_set(&c->err, rc, "cannot list the pools (%s)", err_name(rc));
	return cli_fail(c);
}

int cli_cpupool_list(int argc, char **argv)
{
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 1, &a);

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = pool_list(&c, &a);
	cli_close(&c);
	return status;
}

/* cpupool-create, -destroy, -rename */

/* Whether another pool than `id` bears that name; -EEXIST. */
static int pool_check_other(struct cli *c, uint32_t txn, uint32_t id,
			    const char *name)
{
	struct sched_pool_info p = {.id = UINT32_MAX};
	int rc;

	while ((rc = sysctl_pool_next(c->privcmd, p.id + 1, &p)) == 0) {
		char *other = cpupool_name(c->store, txn, p.id);
		bool same = other && strcmp(other, name) == 0;

		free(other);
		if (same && p.id != id)
			return err_set(&c->err, EEXIST,
				       "there is a pool '%s' already (%u)",
				       name, p.id);
	}
	return rc == -ENOENT ? 0 : rc;
}

/* As xl does it, which also wants a UUID there. */
static int pool_write_txn(struct cli *c, uint32_t txn, uint32_t id,
			  const char *name, const char *uuid)
{
	char path[64];
	int rc = pool_check_other(c, txn, id, name);

	snprintf(path, sizeof(path), CPUPOOL_DIR "/%u/name", id);
	if (rc == 0)
		rc = store_writef(c->store, txn, path, "%s", name);
	snprintf(path, sizeof(path), CPUPOOL_DIR "/%u/uuid", id);
	if (rc == 0 && uuid)
		rc = store_writef(c->store, txn, path, "%s", uuid);
	return rc;
}

/* In one transaction, so that of two that want one name one gets it. */
static int pool_write(struct cli *c, uint32_t id, const char *name,
		      const char *uuid)
{
	uint32_t txn;
	int rc = -EAGAIN;

	for (int i = 0; i < POOL_TXN_TRIES && rc == -EAGAIN; i++) {
		rc = store_txn_start(c->store, &txn);
		if (rc)
			break;
		rc = pool_write_txn(c, txn, id, name, uuid);
		if (rc)
			store_txn_abort(c->store, txn);
		else
			rc = store_txn_commit(c->store, txn);
	}
	if (rc)
		err_set(&c->err, rc, "cannot write the pool's name (%s)",
			err_name(rc));
	return rc;
}

static int pool_take_back(struct cli *c, uint32_t id)
{
	struct sched_pool_info p;
	char path[64];
	int rc = sysctl_pool_get(c->privcmd, id, &p);

	for (uint32_t cpu = cpumap_next(&p.cpus, 0);
	     rc == 0 && cpu < CPUMAP_CPUS; cpu = cpumap_next(&p.cpus, cpu + 1))
		rc = sysctl_pool_remove_cpu(c->privcmd, id, cpu);
	if (rc == 0)
		rc = sysctl_pool_destroy(c->privcmd, id);
	snprintf(path, sizeof(path), CPUPOOL_DIR "/%u", id);
	if (rc == 0)
		rc = store_rm(c->store, 0, path);
	return rc;
}

/*
 * Each of the CPUs is there and in no pool; what is "all" is all the free. They
 * are for the pool `id`.
 */
static int pool_check_free(struct cli *c, uint32_t id, struct cpumap *cpus)
{
	struct cpumap online, unused, rest;
	struct sched_pool_info p;
	char text[CPUMAP_TEXT_BYTES];
	char *name;
	int rc = cpupool_online_cpus(c->privcmd, &online);

	if (rc == 0)
		rc = sysctl_pool_free_cpus(c->privcmd, &unused);
	if (rc)
		return err_set(&c->err, rc, "cannot ask for the CPUs (%s)",
			       err_name(rc));
	if (cpumap_count(cpus) == CPUMAP_CPUS)
		*cpus = unused;
	cpumap_without(&rest, cpus, &online);
	if (!cpumap_is_empty(&rest)) {
		cpumap_format(&online, text);
		return err_set(&c->err, ENODEV,
			       "there is no CPU %u; this machine has CPUs %s",
			       cpumap_next(&rest, 0), text);
	}
	if (cpumap_is_empty(cpus))
		return err_set(&c->err, EBUSY,
			       "no CPU is free; take one out of its pool "
			       "first: 'vane cpupool-cpu-remove'");
	cpumap_without(&rest, cpus, &unused);
	if (cpumap_is_empty(&rest))
		return 0;
	rc = cpupool_of_cpu(c->privcmd, cpumap_next(&rest, 0), &p);
	name = rc == 0 ? pool_name_of(c, p.id) : NULL;
	if (rc == 0 && p.id == id)
		err_set(&c->err, EBUSY, "CPU %u is in pool '%s' already",
			cpumap_next(&rest, 0), name ? name : "");
	err_set(&c->err, EBUSY,
		"CPU %u is in pool '%s'; take it out first: 'vane "
		"cpupool-cpu-remove %s %u'",
		cpumap_next(&rest, 0), name ? name : "", name ? name : "",
		cpumap_next(&rest, 0));
	free(name);
	return -EBUSY;
}

static int pool_add_each(struct cli *c, uint32_t id, const struct cpumap *cpus)
{
	int rc = 0;

	for (uint32_t cpu = cpumap_next(cpus, 0); cpu < CPUMAP_CPUS && rc == 0;
	     cpu = cpumap_next(cpus, cpu + 1)) {
		rc = sysctl_pool_add_cpu(c->privcmd, id, cpu);
		if (rc)
			err_set(&c->err, rc, "cannot add CPU %u (%s)", cpu,
				err_name(rc));
	}
	return rc;
}

static int pool_make_uuid(char text[37])
{
	uint8_t uuid[16];
	FILE *f = fopen("/dev/urandom", "re");
	size_t n = f ? fread(uuid, 1, sizeof(uuid), f) : 0;

	if (f)
		fclose(f);
	if (n != sizeof(uuid))
		return -EIO;
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	config_format_uuid(uuid, text);
	return 0;
}

static int pool_make(struct cli *c, struct pool_wish *w)
{
	struct cpumap unused;
	uint32_t id;
	char uuid[37];
	int rc = pool_check_other(c, 0, POOL_ANY, w->name);

	if (rc == 0 && !w->has_cpus) {
		rc = sysctl_pool_free_cpus(c->privcmd, &unused);
		if (rc == 0)
			cpumap_add(&w->cpus, cpumap_next(&unused, 0));
	}
	if (rc == 0)
		rc = pool_check_free(c, POOL_ANY, &w->cpus);
	if (rc == 0)
		rc = pool_make_uuid(uuid);
	if (rc == 0)
		rc = sysctl_pool_create(c->privcmd, w->policy, &id);
	if (rc)
		return err_set(&c->err, rc, "cannot make pool '%s' (%s)",
			       w->name, err_name(rc));
	rc = pool_write(c, id, w->name, uuid);
	if (rc == 0)
		rc = pool_add_each(c, id, &w->cpus);
	if (rc)
		pool_take_back(c, id);
	return rc;
}

/* A file's name, by xl's habit, or the pool's. */
static bool pool_is_file(const char *word)
{
	return cli_is_xl() || strchr(word, '/');
}

static int pool_create(struct cli *c, const struct cli_args *a,
		       struct arena *arena)
{
	const char *file = cli_value(a, 'f'), *name = NULL;
	char **settings = a->words;
	size_t count = (size_t)a->count, length = 0;
	struct pool_wish w;
	char *text = NULL;
	int rc = 0;

	if (count && !config_is_override(settings[0])) {
		if (file == NULL && pool_is_file(settings[0]))
			file = settings[0];
		else
			name = settings[0];
		settings++;
		count--;
	}
	if (file)
		rc = keep_read_file(file, &text, &length, &c->err);
	if (rc == 0)
		rc = pool_parse(arena, file ? file : "command line",
				text ? text : "", length, name, settings, count,
				&w, &c->err);
	free(text);
	if (rc || cli_has(a, 'n'))
		return rc;
	return pool_make(c, &w);
}

int cli_cpupool_create(int argc, char **argv)
{
	struct arena arena = {0};
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	if (a.count == 0 && !cli_has(&a, 'f'))
		return cli_usage(argv[0]);
	status = cli_open(&c);
	if (status)
		return status;
	if (pool_create(&c, &a, &arena))
		status = cli_fail(&c);
	arena_free(&arena);
	cli_close(&c);
	return status;
}

static int pool_destroy(struct cli *c, const struct sched_pool_info *p,
			const char *name)
{
	int rc;

	if (p->id == 0)
		return err_set(&c->err, EBUSY,
			       "pool '%s' is domain 0's and stays", name);
	if (p->domain_count)
		return err_set(&c->err, EBUSY,
			       "pool '%s' has %u domain%s; end or move %s "
			       "first: 'vane cpupool-migrate'",
			       name, p->domain_count,
			       p->domain_count == 1 ? "" : "s",
			       p->domain_count == 1 ? "it" : "them");
	rc = pool_take_back(c, p->id);
	return rc ? err_set(&c->err, rc, "cannot destroy pool '%s' (%s)", name,
			    err_name(rc))
		  : 0;
}

/* What is kept of a domain names its pool, if it says where it is to be. */
static int pool_keep(struct config *config, void *arg, struct err *e)
{
	const char *pool = arg;
	char setting[CPUPOOL_NAME_MAX + 16];

	snprintf(setting, sizeof(setting), "pool=\"%s\"", pool);
	return config_override(config, setting, e);
}

static int pool_keep_renamed(struct config *config, void *arg, struct err *e)
{
	return config->pool ? pool_keep(config, arg, e) : 0;
}

static int pool_rename(struct cli *c, const struct sched_pool_info *p,
		       char *name)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	size_t count = 0;
	int rc = cpupool_check_name(name, &c->err);

	if (rc == 0)
		rc = pool_write(c, p->id, name, NULL);
	if (rc == 0)
		rc = sysctl_list_all(c->privcmd, &infos, &count);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (infos[i].cpupool == p->id)
			rc = kept_edit(infos[i].domain, pool_keep_renamed, name,
				       &c->err);
	}
	free(infos);
	return rc ? err_set(&c->err, rc, "cannot rename the pool (%s)",
			    err_name(rc))
		  : 0;
}

static int pool_add(struct cli *c, const struct sched_pool_info *p,
		    const struct cpumap *cpus)
{
	struct cpumap wanted = *cpus;
	int rc = pool_check_free(c, p->id, &wanted);

	return rc ? rc : pool_add_each(c, p->id, &wanted);
}

static int pool_remove(struct cli *c, const struct sched_pool_info *p,
		       const char *name, const struct cpumap *cpus)
{
	struct cpumap gone = *cpus;
	int rc;

	if (cpumap_count(cpus) == CPUMAP_CPUS)
		gone = p->cpus;
	rc = pool_check_remove(name, p, &gone, &c->err);
	for (uint32_t cpu = cpumap_next(&gone, 0); cpu < CPUMAP_CPUS && rc == 0;
	     cpu = cpumap_next(&gone, cpu + 1)) {
		rc = sysctl_pool_remove_cpu(c->privcmd, p->id, cpu);
		if (rc)
			err_set(&c->err, rc, "cannot remove CPU %u (%s)", cpu,
				err_name(rc));
	}
	return rc;
}

/* Words that are a set of CPUs; -EINVAL. */
static int pool_parse_cpus(const char *word, struct cpumap *m, struct err *e)
{
	int rc;

	if (strncmp(word, "node", 4) == 0)
		return err_set(e, EINVAL,
			       "'%s': this machine is one node; name the CPUs, "
			       "as in 0-3,^1",
			       word);
	rc = config_cpus(word, m->bits, CPUMAP_CPUS);
	if (rc == -ERANGE)
		return err_set(e, EINVAL, "'%s': no machine has so many CPUs",
			       word);
	return rc ? err_set(e, EINVAL, "CPUs '%s' is not like 0-3,^1 or all",
			    word)
		  : 0;
}

enum pool_verb { POOL_DESTROY, POOL_RENAME, POOL_ADD, POOL_REMOVE };

/* What the verbs with a pool and at most one more word do. */
static int pool_run(int argc, char **argv, enum pool_verb verb)
{
	int words = verb == POOL_DESTROY ? 1 : 2;
	struct sched_pool_info p;
	struct cpumap cpus = {{0}};
	struct cli_args a;
	struct cli c;
	char *name;
	int status = cli_parse(argc, argv, words, words, &a), rc = 0;

	if (status)
		return status;
	status = cli_open(&c);
	if (status)
		return status;
	if (verb >= POOL_ADD && pool_parse_cpus(a.words[1], &cpus, &c.err)) {
		cli_fail(&c);
		status = CLI_USAGE;
	}
	if (status == CLI_OK)
		status = pool_resolve(&c, a.words[0], &p);
	if (status) {
		cli_close(&c);
		return status;
	}
	name = pool_name_of(&c, p.id);
	switch (verb) {
	case POOL_DESTROY:
		rc = pool_destroy(&c, &p, name ? name : "");
		break;
	case POOL_RENAME:
		rc = pool_rename(&c, &p, a.words[1]);
		break;
	case POOL_ADD:
		rc = pool_add(&c, &p, &cpus);
		break;
	case POOL_REMOVE:
		rc = pool_remove(&c, &p, name ? name : "", &cpus);
		break;
	}
	free(name);
	status = rc ? cli_fail(&c) : CLI_OK;
	cli_close(&c);
	return status;
}

int cli_cpupool_destroy(int argc, char **argv)
{
	return pool_run(argc, argv, POOL_DESTROY);
}

int cli_cpupool_rename(int argc, char **argv)
{
	return pool_run(argc, argv, POOL_RENAME);
}

int cli_cpupool_cpu_add(int argc, char **argv)
{
	return pool_run(argc, argv, POOL_ADD);
}

int cli_cpupool_cpu_remove(int argc, char **argv)
{
	return pool_run(argc, argv, POOL_REMOVE);
}

/* cpupool-migrate */

static int pool_migrate(struct cli *c, uint16_t domid, const char *domain,
			const char *word)
{
	struct sched_pool_info p;
	char *name;
	int rc = cpupool_resolve(c->privcmd, c->store, word, &p, &c->err);

	if (rc)
		return rc;
	name = pool_name_of(c, p.id);
	if (name == NULL)
		return err_set(&c->err, ENOMEM, "out of memory");
	if (cpumap_is_empty(&p.cpus))
		rc = err_set(&c->err, ENODEV,
			     "pool '%s' has no CPU; give it one first: 'vane "
			     "cpupool-cpu-add %s CPUS'",
			     name, name);
	if (rc == 0)
		rc = sysctl_pool_move_domain(c->privcmd, p.id, domid);
	if (rc)
		err_set(&c->err, rc, "cannot move '%s' to pool '%s' (%s)",
			domain, name, err_name(rc));
	else if (kept_edit(domid, pool_keep, name, &c->err))
		rc = err_prefix(&c->err, "'%s' is moved, but not for a restart",
				domain);
	free(name);
	return rc;
}

int cli_cpupool_migrate(int argc, char **argv)
{
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 2, 2, &a);

	if (status)
		return status;
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve_guest(&c, a.words[0],
				   "be moved to another pool of CPUs", &domid);
	err_clear(&c.err);
	if (status == CLI_OK && pool_migrate(&c, domid, a.words[0], a.words[1]))
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}
