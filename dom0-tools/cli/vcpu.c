/* SPDX-License-Identifier: MIT */
/*
 * What can be known of virtual CPUs before anything is done; see vcpu.h.
 * Test: tests/unit/dom0-tools/cli/test_vcpu.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/vcpu.h"

/* A number of at most 32 bits and nothing else. */
static bool vcpu_parse_number(const char *word, uint32_t *n)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || value > UINT32_MAX)
		return false;
	*n = (uint32_t)value;
	return true;
}

/* One set; of the hard one the domain's pool must have a CPU. */
static int vcpu_check_cpus(const struct vcpu_facts *f, const char *what,
			   const char *word, bool is_hard, struct cpumap *m,
			   struct err *e)
{
	char there[CPUMAP_TEXT_BYTES], text[CPUMAP_TEXT_BYTES];
	struct cpumap rest;
	int rc = config_cpus(word, m->bits, CPUMAP_CPUS);

	if (rc == -EINVAL)
		return err_set(e, EINVAL,
			       "%s '%s' is not like 0-3,^1 or all (or - to "
			       "leave them as they are)",
			       what, word);
	/* "all" is every CPU that there may ever be. */
	cpumap_without(&rest, m, &f->online);
	cpumap_format(&f->online, there);
	if (rc || (strncmp(word, "all", 3) != 0 && !cpumap_is_empty(&rest)))
		return err_set(e, ERANGE, "%s '%s': this machine has CPUs %s",
			       what, word, there);
	cpumap_and(&rest, m, is_hard ? &f->pool_cpus : &f->online);
	if (!cpumap_is_empty(&rest))
		return 0;
	if (!is_hard)
		return err_set(e, ERANGE, "%s '%s': this machine has CPUs %s",
			       what, word, there);
	cpumap_format(&f->pool_cpus, text);
	return err_set(e, ERANGE,
		       "%s '%s': %s runs in pool '%s', which has CPUs %s; "
		       "'vane cpupool-migrate' moves it to another",
		       what, word, f->name, f->pool, text);
}

int vcpu_check_pin(const struct vcpu_facts *f, const char *vcpu,
		   const char *hard, const char *soft, struct vcpu_pin *p,
		   struct err *e)
{
	int rc = 0;

	memset(p, 0, sizeof(*p));
	p->is_all = strcmp(vcpu, "all") == 0;
	if (!p->is_all && !vcpu_parse_number(vcpu, &p->vcpu))
		return err_set(e, EINVAL,
			       "'%s' is no virtual CPU: write its number, "
			       "counted from 0, or all",
			       vcpu);
	if (!p->is_all && p->vcpu >= f->count)
		return err_set(e, ERANGE,
			       "%s has no virtual CPU %u: there %s %u, counted "
			       "from 0",
			       f->name, p->vcpu, f->count == 1 ? "is" : "are",
			       f->count);
	p->has_hard = strcmp(hard, "-") != 0;
	p->has_soft = soft && strcmp(soft, "-") != 0;
	if (!p->has_hard && !p->has_soft)
		return err_set(e, EINVAL,
			       "'-' leaves the CPUs as they are: there is "
			       "nothing to change");
	if (p->has_hard)
		rc = vcpu_check_cpus(f, "CPUs", hard, true, &p->hard, e);
	if (rc == 0 && p->has_soft)
		rc = vcpu_check_cpus(f, "soft CPUs", soft, false, &p->soft, e);
	return rc;
}

int vcpu_check_set(const struct vcpu_facts *f, const char *word,
		   uint32_t *count, struct err *e)
{
	if (!vcpu_parse_number(word, count))
		return err_set(e, EINVAL,
			       "'%s' is no number of virtual CPUs; %s has at "
			       "most %u",
			       word, f->name, f->count);
	if (*count == 0)
		return err_set(e, ERANGE,
			       "%s keeps at least 1 virtual CPU; 'vane pause' "
			       "stops it",
			       f->name);
	if (*count <= f->count)
		return 0;
	if (*count > CONFIG_VCPUS_MAX)
		return err_set(e, ERANGE,
			       "%s: %u virtual CPUs are more than the %d that "
			       "a domain can have",
			       f->name, *count, CONFIG_VCPUS_MAX);
	if (f->is_zero)
		return err_set(e, ERANGE,
			       "%s: %u virtual CPUs are more than its maximum "
			       "of %u, the hypervisor's dom0_max_vcpus=",
			       f->name, *count, f->count);
	return err_set(e, ERANGE,
		       "%s: %u virtual CPUs are more than its maximum of %u; "
		       "'vane config-update %s maxvcpus=%u' and a reboot raise "
		       "that",
		       f->name, *count, f->count, f->name, *count);
}

void vcpu_format_row(const char *name, uint16_t domid,
		     const struct xen_domctl_getvcpuinfo *info,
		     const char *hard, const char *soft, char *row, size_t size)
{
	char cpu[16] = "-";

	if (info->online)
		snprintf(cpu, sizeof(cpu), "%u", info->cpu);
	snprintf(row, size, "%-32s %5u %5u%5s   %c%c%c %9.1f  %s / %s",
		 name ? name : "(null)", domid, info->vcpu, cpu,
		 info->online && info->running ? 'r' : '-',
		 info->online && info->blocked ? 'b' : '-',
		 info->online ? '-' : 'p', (double)info->cpu_time / 1e9, hard,
		 soft);
}

/* Appends one more set in quotes. */
static bool vcpu_append(char *setting, size_t size, const char *comma,
			const char *set)
{
	size_t n = strlen(setting);
	int more = snprintf(setting + n, size - n, "%s\"%s\"", comma, set);

	return more > 0 && (size_t)more < size - n - 2;
}

bool vcpu_format_pin(const struct config *c, const struct vcpu_pin *p,
		     bool is_soft, char *setting, size_t size)
{
	const char *const *sets = is_soft ? c->cpus_soft : c->cpus;
	size_t have = is_soft ? c->cpus_soft_count : c->cpus_count;
	char changed[CPUMAP_TEXT_BYTES];
	uint32_t count = p->is_all ? 1 : c->maxvcpus;
	struct cpumap every;

	memset(&every, 0xff, sizeof(every));
	cpumap_format_of(is_soft ? &p->soft : &p->hard, &every, changed);
	snprintf(setting, size, is_soft ? "cpus_soft=[" : "cpus=[");
	for (uint32_t i = 0; i < count; i++) {
		const char *set = "all";

		if (p->is_all || i == p->vcpu)
			set = changed;
		else if (have)
			set = sets[i < have ? i : have - 1];
		if (!vcpu_append(setting, size, i ? "," : "", set))
			return false;
	}
	strcat(setting, "]");
	return true;
}
