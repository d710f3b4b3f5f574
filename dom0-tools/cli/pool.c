/* SPDX-License-Identifier: MIT */
/*
 * Pools of CPUs, as far as it goes without a machine; see pool.h.
 * Test: tests/unit/dom0-tools/cli/test_pool.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/pool.h"
#include "lib/cfgfile.h"
#include "lib/config.h"
#include "lib/cpupool.h"

void pool_format_row(const char *name, const struct sched_pool_info *p,
		     char *row, size_t size)
{
	snprintf(row, size, "%-19s%3u %9s       y       %4u", name,
		 cpumap_count(&p->cpus), cpupool_policy_name(p->policy),
		 p->domain_count);
}

void pool_format_cpus(const char *name, const struct cpumap *cpus, char *row,
		      size_t size)
{
	size_t n = (size_t)snprintf(row, size, "%-19s", name);
	const char *comma = "";

	for (uint32_t cpu = cpumap_next(cpus, 0); cpu < CPUMAP_CPUS && n < size;
	     cpu = cpumap_next(cpus, cpu + 1)) {
		n += (size_t)snprintf(row + n, size - n, "%s%u", comma, cpu);
		comma = ",";
	}
}

__attribute__((format(printf, 3, 4))) static int
pool_fail(const struct cfg_setting *s, struct err *e, const char *fmt, ...)
{
	char text[ERR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, EINVAL, "%s:%u:%u: %s", s->file, s->value.line,
		       s->value.column, text);
}

static int pool_read_name(const struct cfg_setting *s, struct pool_wish *w,
			  struct err *e)
{
	w->name = s->value.string;
	return cpupool_check_name(w->name, e);
}

static int pool_read_sched(const struct cfg_setting *s, struct pool_wish *w,
			   struct err *e)
{
	if (cpupool_policy_parse(s->value.string, &w->policy) == 0)
		return 0;
	return pool_fail(s, e, "sched '%s' is neither credit nor null",
			 s->value.string);
}

static int pool_add_cpus(const struct cfg_setting *s, const char *text,
			 struct pool_wish *w, struct err *e)
{
	struct cpumap m;

	if (strncmp(text, "node", 4) == 0)
		return pool_fail(s, e,
				 "cpus '%s': this machine is one node; name "
				 "the CPUs, as in 0-3,^1",
				 text);
	if (config_cpus(text, m.bits, CPUMAP_CPUS))
		return pool_fail(s, e, "cpus '%s' is not like 0-3,^1", text);
	for (size_t i = 0; i < sizeof(m.bits); i++)
		w->cpus.bits[i] |= m.bits[i];
	w->has_cpus = true;
	return 0;
}

/* A string, a number, or a list of them. */
static int pool_read_cpus(const struct cfg_setting *s, struct pool_wish *w,
			  struct err *e)
{
	int rc = 0;

	if (s->value.kind != CFG_LIST)
		return pool_add_cpus(s, s->value.string, w, e);
	for (size_t i = 0; i < s->value.count && rc == 0; i++)
		rc = s->value.items[i].kind == CFG_LIST
			     ? pool_fail(s, e, "cpus takes a [list] of strings")
			     : pool_add_cpus(s, s->value.items[i].string, w, e);
	return rc;
}

static const struct {
	const char *key;
	bool may_be_list;
	int (*read)(const struct cfg_setting *s, struct pool_wish *w,
		    struct err *e);
} pool_keys[] = {
	{"name", false, pool_read_name},
	{"sched", false, pool_read_sched},
	{"cpus", true, pool_read_cpus},
};

static int pool_read(const struct cfg_setting *s, struct pool_wish *w,
		     struct err *e)
{
	for (size_t i = 0; i < sizeof(pool_keys) / sizeof(pool_keys[0]); i++) {
		if (strcmp(pool_keys[i].key, s->name) != 0)
			continue;
		if (s->value.kind == CFG_LIST && !pool_keys[i].may_be_list)
			return pool_fail(s, e, "%s takes no list", s->name);
		return pool_keys[i].read(s, w, e);
	}
	return pool_fail(s, e, "a pool has no '%s', but name, sched and cpus",
			 s->name);
}

int pool_parse(struct arena *a, const char *file, const char *text,
	       size_t length, const char *name, char *const *settings,
	       size_t count, struct pool_wish *w, struct err *e)
{
	struct cfg_file f = {NULL, NULL};
	int rc = cfg_parse(a, &f, file, text, length, e);

	*w = (struct pool_wish){
		.name = name,
		.policy = XEN_SCHEDULER_CREDIT,
	};
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = cfg_parse_argument(a, &f, settings[i], e);
	if (rc == 0 && name)
		rc = cpupool_check_name(name, e);
	for (struct cfg_setting *s = f.first; s && rc == 0; s = s->next)
		rc = pool_read(s, w, e);
	if (rc == 0 && w->name == NULL)
		rc = err_set(e, EINVAL, "%s: no name; add name=\"…\"", file);
	return rc;
}

int pool_check_remove(const char *name, const struct sched_pool_info *p,
		      const struct cpumap *cpus, struct err *e)
{
	char text[CPUMAP_TEXT_BYTES], has[CPUMAP_TEXT_BYTES];
	struct cpumap rest;

	cpumap_format(&p->cpus, has);
	cpumap_without(&rest, cpus, &p->cpus);
	cpumap_format(&rest, text);
	if (!cpumap_is_empty(&rest))
		return err_set(e, ENODEV, "pool '%s' has no CPU %s; it has: %s",
			       name, text, has);
	cpumap_without(&rest, &p->cpus, cpus);
	if (cpumap_is_empty(&rest) && p->domain_count)
		return err_set(e, EBUSY,
			       "pool '%s' would have no CPU left for its %u "
			       "domain%s%s",
			       name, p->domain_count,
			       p->domain_count == 1 ? "" : "s",
			       p->id ? "; move them to another pool first: "
				       "'vane cpupool-migrate'"
				     : ", and domain 0 cannot leave it");
	return 0;
}
