/* SPDX-License-Identifier: MIT */
/*
 * `vane vcpu-list` and `vane vcpu-pin`: where virtual CPUs run, and where they
 * may. What may be refused is in vcpu.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/kept.h"
#include "cli/cli.h"
#include "cli/vcpu.h"
#include "cli/vcpu_verbs.h"
#include "lib/cpupool.h"
#include "lib/schedctl.h"

struct vcpu_row {
	uint16_t domid;
	const char *name;
	struct xen_domctl_getvcpuinfo info;
	char hard[CPUMAP_TEXT_BYTES];
	char soft[CPUMAP_TEXT_BYTES];
};

static void list_print(const struct vcpu_row *r, struct json *j)
{
	char row[768];

	if (j == NULL) {
		vcpu_format_row(r->name, r->domid, &r->info, r->hard, r->soft,
				row, sizeof(row));
		puts(row);
		return;
	}
	json_open_object(j, NULL);
	json_uint(j, "vcpu", r->info.vcpu);
	json_bool(j, "online", r->info.online);
	json_bool(j, "running", r->info.online && r->info.running);
	json_bool(j, "blocked", r->info.online && r->info.blocked);
	if (r->info.online)
		json_uint(j, "cpu", r->info.cpu);
	else
		json_null(j, "cpu");
	json_double(j, "cpu_seconds", (double)r->info.cpu_time / 1e9);
	json_string(j, "hard_affinity", r->hard);
	json_string(j, "soft_affinity", r->soft);
	json_close_object(j);
}

/* One domain's; one that has ended meanwhile has no rows. */
static int list_domain(struct cli *c, uint16_t domid,
		       const struct cpumap *online, struct json *j)
{
	struct xen_domctl_getdomaininfo info;
	struct vcpu_row r = {.domid = domid};
	int rc = domctl_get_info(c->privcmd, domid, &info);
	char *name;

	if (rc)
		return rc == -ESRCH ? 0 : rc;
	name = cli_begin_row(c, j, domid);
	r.name = name;
	if (j)
		json_open_array(j, "vcpus");
	for (uint32_t vcpu = 0; vcpu <= info.max_vcpu_id && rc == 0; vcpu++) {
		struct cpumap hard, soft;

		rc = domctl_get_vcpu_info(c->privcmd, domid, vcpu, &r.info);
		if (rc == 0)
			rc = domctl_get_affinity(c->privcmd, domid, vcpu, &hard,
						 &soft);
		if (rc)
			break;
		cpumap_format_of(&hard, online, r.hard);
		cpumap_format_of(&soft, online, r.soft);
		list_print(&r, j);
	}
	if (j) {
		json_close_array(j);
		json_close_object(j);
	}
	free(name);
	return rc == -ESRCH || rc == -EINVAL ? 0 : rc;
}

static int list_all(struct cli *c, const uint16_t *domids, size_t count,
		    bool is_json)
{
	struct cpumap online;
	struct json j;
	int rc = cpupool_online_cpus(c->privcmd, &online);

	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		puts(VCPU_LIST_HEADER);
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = list_domain(c, domids[i], &online, is_json ? &j : NULL);
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
	if (rc == 0)
		return CLI_OK;
	err_set(&c->err, rc, "cannot ask for virtual CPUs (%s)", err_name(rc));
	return cli_fail(c);
}

int cli_vcpu_list(int argc, char **argv)
{
	uint16_t *domids = NULL;
	struct cli_args a;
	size_t count = 0;
	struct cli c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = cli_gather(&c, &a, &domids, &count);
	if (status == CLI_OK)
		status = list_all(&c, domids, count, cli_has(&a, 'j'));
	free(domids);
	cli_close(&c);
	return status;
}

int vcpu_gather(struct cli *c, uint16_t domid, struct vcpu_facts *f,
		struct xen_domctl_getdomaininfo *info)
{
	struct sched_pool_info pool;
	int rc = domctl_get_info(c->privcmd, domid, info);

	if (rc == 0)
		rc = sysctl_pool_get(c->privcmd, info->cpupool, &pool);
	if (rc == 0)
		rc = cpupool_online_cpus(c->privcmd, &f->online);
	if (rc)
		return err_set(&c->err, rc,
			       "%s: cannot ask for its virtual CPUs (%s)",
			       f->name, err_name(rc));
	if (info->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
		return err_set(&c->err, ESRCH,
			       "%s has ended; its virtual CPUs run no more",
			       f->name);
	f->is_zero = domid == 0;
	f->count = info->max_vcpu_id + 1;
	f->pool_cpus = pool.cpus;
	return 0;
}

/* The next life has what this one had. */
static int pin_keep(struct config *config, void *arg, struct err *e)
{
	const struct vcpu_pin *p = arg;
	char setting[CPUMAP_TEXT_BYTES * CONFIG_VCPUS_MAX];
	int rc = 0;

	if (p->has_hard &&
	    vcpu_format_pin(config, p, false, setting, sizeof(setting)))
		rc = config_override(config, setting, e);
	if (rc == 0 && p->has_soft &&
	    vcpu_format_pin(config, p, true, setting, sizeof(setting)))
		rc = config_override(config, setting, e);
	return rc;
}

static int pin_do(struct cli *c, uint16_t domid, const struct vcpu_facts *f,
		  struct vcpu_pin *p)
{
	uint32_t first = p->is_all ? 0 : p->vcpu;
	uint32_t last = p->is_all ? f->count - 1 : p->vcpu;
	int rc = 0;

	for (uint32_t vcpu = first; vcpu <= last && rc == 0; vcpu++) {
		if (p->has_hard)
			rc = domctl_set_affinity(c->privcmd, domid, vcpu, false,
						 p->hard.bits, CPUMAP_CPUS);
		if (rc == 0 && p->has_soft)
			rc = domctl_set_affinity(c->privcmd, domid, vcpu, true,
						 p->soft.bits, CPUMAP_CPUS);
	}
	if (rc)
		return err_set(&c->err, rc, "%s: cannot pin it (%s)", f->name,
			       err_name(rc));
	if (kept_edit(domid, pin_keep, p, &c->err) == 0)
		return 0;
	return err_prefix(&c->err, "%s is pinned, but not for a restart",
			  f->name);
}

int cli_vcpu_pin(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct vcpu_facts f = {0};
	struct vcpu_pin p;
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	char *name = NULL, *pool = NULL;
	int status = cli_parse(argc, argv, 3, 4, &a), rc;

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = cli_resolve(&c, a.words[0], &domid);
	if (status == CLI_OK) {
		err_clear(&c.err);
		name = cli_domain_name(&c, domid);
		f.name = name ? name : a.words[0];
		rc = vcpu_gather(&c, domid, &f, &info);
		if (rc == 0)
			pool = cpupool_name(c.store, 0, info.cpupool);
		f.pool = pool ? pool : "";
		if (rc == 0)
			rc = vcpu_check_pin(&f, a.words[1], a.words[2],
					    a.count > 3 ? a.words[3] : NULL, &p,
					    &c.err);
		if (rc == -EINVAL && !cli_is_xl())
			status = CLI_USAGE;
		if (rc == 0)
			rc = pin_do(&c, domid, &f, &p);
		if (rc) {
			cli_fail(&c);
			status = status ? status : CLI_FAILURE;
		}
	}
	free(pool);
	free(name);
	cli_close(&c);
	return status;
}
