/* SPDX-License-Identifier: MIT */
/*
 * `vane sched`: what share of CPU time domains get, and changing it; and for
 * how long a pool of CPUs lets one run before the next.
 * Pure: sched_parse*(), sched_check_slice().
 * Test: tests/unit/dom0-tools/cli/test_sched.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/kept.h"
#include "cli/sched.h"
#include "lib/cpupool.h"
#include "public/sysctl.h"

#define NO_SHARES "the scheduler of its pool gives no shares"

static const struct {
	const char *key;
	unsigned long least, most;
} sched_keys[] = {
	{"weight", 1, 65535},
	{"cap", 0, 65534},
	{"slice", XEN_SYSCTL_CSCHED_TSLICE_MIN, XEN_SYSCTL_CSCHED_TSLICE_MAX},
	{"ratelimit", 0, XEN_SYSCTL_SCHED_RATELIMIT_MAX},
};

int sched_parse_value(const char *key, const char *text, struct sched_wish *w,
		      struct err *e)
{
	size_t i = 0;
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	while (i < 3 && strcmp(sched_keys[i].key, key) != 0)
		i++;
	if (*text < '0' || *text > '9' || *end || n < sched_keys[i].least ||
	    n > sched_keys[i].most)
		return err_set(e, EINVAL,
			       "%s=%s: it is a number from %lu to %lu", key,
			       text, sched_keys[i].least, sched_keys[i].most);
	if (i == 0)
		w->weight = (uint16_t)n;
	else if (i == 1)
		w->cap = (uint16_t)n;
	else if (i == 2)
		w->slice_ms = (uint32_t)n;
	else
		w->ratelimit_us = (uint32_t)n;
	return 0;
}

int sched_parse(const char *word, struct sched_wish *w, struct err *e)
{
	for (size_t i = 0; i < sizeof(sched_keys) / sizeof(sched_keys[0]);
	     i++) {
		size_t length = strlen(sched_keys[i].key);

		if (strncmp(word, sched_keys[i].key, length) == 0 &&
		    word[length] == '=')
			return sched_parse_value(sched_keys[i].key,
						 word + length + 1, w, e);
	}
	return err_set(e, EINVAL,
		       "'%s' is none of weight=N, cap=N, slice=MS and "
		       "ratelimit=US, and only one domain can be named",
		       word);
}

int sched_check_slice(uint32_t slice_ms, uint32_t ratelimit_us, struct err *e)
{
	if (ratelimit_us && (ratelimit_us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
			     ratelimit_us > 1000 * slice_ms))
		return err_set(e, EINVAL,
			       "ratelimit=%u: it is 0 (none), or %d to the "
			       "%u us of the slice",
			       ratelimit_us, XEN_SYSCTL_SCHED_RATELIMIT_MIN,
			       1000 * slice_ms);
	return 0;
}

int sched_print(struct cli *c, uint16_t domid, struct json *j)
{
	uint16_t weight, cap;
	int rc = domctl_get_share(c->privcmd, domid, &weight, &cap);
	char *name;

	/* It has ended meanwhile. */
	if (rc == -ESRCH)
		return CLI_OK;
	if (rc) {
		err_set(&c->err, rc,
			rc == -EOPNOTSUPP
				? NO_SHARES
				: "cannot read the share of domain %u: %s",
			domid, strerror(-rc));
		return cli_fail(c);
	}
	name = cli_begin_row(c, j, domid);
	if (j) {
		json_uint(j, "weight", weight);
		json_uint(j, "cap", cap);
		json_close_object(j);
	} else {
		printf("%-33s %4u %6u %4u\n", name ? name : "", domid, weight,
		       cap);
	}
	free(name);
	return CLI_OK;
}

/* Whether a domain's pool, which may be any, gives shares. */
static bool sched_has_share(struct cli *c, uint32_t pool)
{
	struct sched_pool_info p;

	return sysctl_pool_get(c->privcmd, pool, &p) == 0 &&
	       p.policy == XEN_SCHEDULER_CREDIT;
}

int sched_print_pool(struct cli *c, const struct sched_pool_info *pool,
		     struct json *j)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	size_t count = 0;
	int status = cli_list_all(c, &infos, &count);

	for (size_t i = 0; i < count && status == CLI_OK; i++) {
		if (pool ? infos[i].cpupool == pool->id
			 : sched_has_share(c, infos[i].cpupool))
			status = sched_print(c, infos[i].domain, j);
	}
	free(infos);
	return status;
}

/* One domain, or (NULL) all of a pool, or (NULL) all. */
static int sched_show(struct cli *c, const uint16_t *domid,
		      const struct sched_pool_info *pool, bool is_json)
{
	struct json j;
	int status;

	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		puts(SCHED_HEADER);
	}
	status = domid ? sched_print(c, *domid, is_json ? &j : NULL)
		       : sched_print_pool(c, pool, is_json ? &j : NULL);
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
	return status;
}

static int sched_keep(struct config *config, void *arg, struct err *e)
{
	const struct sched_wish *w = arg;
	char setting[32];
	int rc = 0;

	snprintf(setting, sizeof(setting), "cpu_weight=%u", w->weight);
	if (w->weight)
		rc = config_override(config, setting, e);
	snprintf(setting, sizeof(setting), "cap=%u", w->cap);
	if (rc == 0 && w->cap != SCHED_AS_IT_IS)
		rc = config_override(config, setting, e);
	return rc;
}

int sched_change(struct cli *c, const char *domain, uint16_t domid,
		 const struct sched_wish *w)
{
	struct xen_domctl_getdomaininfo info;
	struct sched_wish kept = *w;
	int rc = domctl_get_info(c->privcmd, domid, &info);
	unsigned int most = rc ? 0 : 100 * (info.max_vcpu_id + 1);

	if (rc == 0 && w->cap != SCHED_AS_IT_IS && w->cap > most) {
		err_set(&c->err, ERANGE,
			"cap=%u is more than the %u %% that the %u vCPUs of "
			"%s could use; 0 is no limit",
			w->cap, most, info.max_vcpu_id + 1, domain);
		return cli_fail(c);
	}
	if (rc == 0)
		rc = domctl_set_share(c->privcmd, domid, w->weight, w->cap);
	if (rc) {
		err_set(&c->err, rc,
			rc == -EOPNOTSUPP ? NO_SHARES
					  : "cannot change the share of %s: %s",
			domain, strerror(-rc));
		return cli_fail(c);
	}
	if (domid == 0 || kept_edit(domid, sched_keep, &kept, &c->err) == 0)
		return CLI_OK;
	err_prefix(&c->err, "the share of %s changed, but not for a restart",
		   domain);
	return cli_fail(c);
}

int sched_change_pool(struct cli *c, const struct sched_pool_info *pool,
		      const struct sched_wish *w)
{
	uint32_t slice_ms, ratelimit_us;
	int rc = sysctl_get_slice(c->privcmd, pool, &slice_ms, &ratelimit_us);

	if (w->slice_ms != SCHED_SLICE_AS_IT_IS)
		slice_ms = w->slice_ms;
	if (w->ratelimit_us != SCHED_SLICE_AS_IT_IS)
		ratelimit_us = w->ratelimit_us;
	if (rc == 0)
		rc = sched_check_slice(slice_ms, ratelimit_us, &c->err);
	if (rc == 0)
		rc = sysctl_set_slice(c->privcmd, pool, slice_ms, ratelimit_us);
	if (rc == 0)
		return CLI_OK;
	err_set(&c->err, rc,
		rc == -EOPNOTSUPP ? "the pool's scheduler, null, has no slices"
				  : "cannot change the pool's slice (%s)",
		err_name(rc));
	return cli_fail(c);
}

struct sched_words {
	const char *domain; /* NULL: none was named */
	struct sched_wish w;
	bool is_for_domain, is_for_pool;
};

static int sched_read(const struct cli_args *a, struct sched_words *s,
		      struct err *e)
{
	int rc = 0, i = 0;

	if (a->count && strchr(a->words[0], '=') == NULL)
		s->domain = a->words[i++];
	for (; i < a->count && rc == 0; i++)
		rc = sched_parse(a->words[i], &s->w, e);
	s->is_for_domain = s->w.weight || s->w.cap != SCHED_AS_IT_IS;
	s->is_for_pool = s->w.slice_ms != SCHED_SLICE_AS_IT_IS ||
			 s->w.ratelimit_us != SCHED_SLICE_AS_IT_IS;
	return rc;
}

static int sched_run(struct cli *c, const struct cli_args *a,
		     const struct sched_words *s)
{
	const char *word = cli_value(a, 'p');
	struct sched_pool_info pool;
	uint16_t domid;
	int status;

	if (s->domain) {
		status = cli_resolve(c, s->domain, &domid);
		if (status)
			return status;
		err_clear(&c->err);
		return s->is_for_domain
			       ? sched_change(c, s->domain, domid, &s->w)
			       : sched_show(c, &domid, NULL, cli_has(a, 'j'));
	}
	if (word || s->is_for_pool) {
		if (cpupool_resolve(c->privcmd, c->store, word ? word : "0",
				    &pool, &c->err))
			return cli_fail(c);
		err_clear(&c->err);
		if (s->is_for_pool)
			return sched_change_pool(c, &pool, &s->w);
	}
	return sched_show(c, NULL, word ? &pool : NULL, cli_has(a, 'j'));
}

int cli_sched(int argc, char **argv)
{
	struct sched_words s = {NULL, SCHED_WISH_NONE, false, false};
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 3, &a);

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	if (sched_read(&a, &s, &c.err)) {
		cli_fail(&c);
		status = CLI_USAGE;
	} else if ((s.is_for_domain && s.domain == NULL) ||
		   (s.domain && (s.is_for_pool || cli_has(&a, 'p')))) {
		status = cli_usage(argv[0]);
	} else {
		status = sched_run(&c, &a, &s);
	}
	cli_close(&c);
	return status;
}
