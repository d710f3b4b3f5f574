/* SPDX-License-Identifier: MIT */
/*
 * `vane sched`: what share of CPU time domains get, and changing it.
 * Pure: sched_parse(). Test: tests/unit/dom0-tools/cli/test_sched.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/sched.h"
#include "lib/json.h"

static int parse_number(const char *key, const char *text, unsigned long least,
			unsigned long most, uint16_t *out, struct err *e)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < least || n > most)
		return err_set(e, EINVAL,
			       "%s=%s: it is a number from %lu to %lu", key,
			       text, least, most);
	*out = (uint16_t)n;
	return 0;
}

int sched_parse(const char *word, struct sched_wish *w, struct err *e)
{
	if (strncmp(word, "weight=", 7) == 0)
		return parse_number("weight", word + 7, 1, 65535, &w->weight,
				    e);
	if (strncmp(word, "cap=", 4) == 0)
		return parse_number("cap", word + 4, 0, 65534, &w->cap, e);
	return err_set(e, EINVAL,
		       "'%s' is neither weight=N nor cap=N, and only one "
		       "domain can be named",
		       word);
}

static int sched_print(struct cli *c, uint16_t domid, struct json *j)
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
				? "this hypervisor's scheduler gives no shares"
				: "cannot read the share of domain %u: %s",
			domid, strerror(-rc));
		return cli_fail(c);
	}
	name = cli_domain_name(c, domid);
	if (j) {
		json_open_object(j, NULL);
		json_uint(j, "domid", domid);
		if (name)
			json_string(j, "name", name);
		else
			json_null(j, "name");
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

/* One domain, or (NULL) all. */
static int sched_show(struct cli *c, const uint16_t *domid, bool is_json)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	size_t count = 1;
	struct json j;
	int status = domid ? CLI_OK : cli_list_all(c, &infos, &count);

	if (status)
		return status;
	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	}
	for (size_t i = 0; i < count && status == CLI_OK; i++)
		status = sched_print(c, domid ? *domid : infos[i].domain,
				     is_json ? &j : NULL);
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
	free(infos);
	return status;
}

static int sched_change(struct cli *c, const char *domain, uint16_t domid,
			const struct sched_wish *w)
{
	struct xen_domctl_getdomaininfo info;
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
			rc == -EOPNOTSUPP
				? "this hypervisor's scheduler gives no shares"
				: "cannot change the share of %s: %s",
			domain, strerror(-rc));
		return cli_fail(c);
	}
	return CLI_OK;
}

int cli_sched(int argc, char **argv)
{
	struct sched_wish w = {0, SCHED_AS_IT_IS};
	const char *domain = NULL;
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 3, &a), i = 0;

	if (status)
		return status;
	if (a.count && strchr(a.words[0], '=') == NULL)
		domain = a.words[i++];
	if (domain == NULL && a.count)
		return cli_usage(argv[0]);
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	for (; i < a.count && status == CLI_OK; i++) {
		if (sched_parse(a.words[i], &w, &c.err)) {
			cli_fail(&c);
			status = CLI_USAGE;
		}
	}
	if (status == CLI_OK && domain)
		status = cli_resolve(&c, domain, &domid);
	if (status == CLI_OK && a.count > 1)
		status = sched_change(&c, domain, domid, &w);
	else if (status == CLI_OK)
		status = sched_show(&c, domain ? &domid : NULL,
				    cli_has(&a, 'j'));
	cli_close(&c);
	return status;
}
