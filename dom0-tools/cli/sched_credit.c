/* SPDX-License-Identifier: MIT */
/*
 * `vane sched-credit`: what `vane sched` does, in xl's words, for the programs
 * that use them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/sched.h"
#include "lib/cpupool.h"

/* The parameters that a pool has, in one line. */
static int credit_print_slice(struct cli *c, const struct sched_pool_info *p)
{
	uint32_t slice_ms, ratelimit_us;
	int rc = sysctl_get_slice(c->privcmd, p, &slice_ms, &ratelimit_us);
	char *name = cpupool_name(c->store, 0, p->id);

	if (rc)
		printf("Cpupool %s: [sched params unavailable]\n",
		       name ? name : "");
	else
		printf("Cpupool %s: tslice=%ums ratelimit=%uus "
		       "migration-delay=0us\n",
		       name ? name : "", slice_ms, ratelimit_us);
	free(name);
	return CLI_OK;
}

static int credit_list(struct cli *c, const struct sched_pool_info *p)
{
	credit_print_slice(c, p);
	puts(SCHED_HEADER);
	return sched_print_pool(c, p, NULL);
}

static int credit_list_all(struct cli *c)
{
	struct sched_pool_info p = {.id = UINT32_MAX};
	int status = CLI_OK;

	while (status == CLI_OK &&
	       sysctl_pool_next(c->privcmd, p.id + 1, &p) == 0) {
		if (p.policy == XEN_SCHEDULER_CREDIT)
			status = credit_list(c, &p);
	}
	return status;
}

static int credit_of_pool(struct cli *c, const struct cli_args *a,
			  const struct sched_wish *w)
{
	const char *word = cli_value(a, 'p');
	struct sched_pool_info p;

	if (cpupool_resolve(c->privcmd, c->store, word ? word : "0", &p,
			    &c->err))
		return cli_fail(c);
	err_clear(&c->err);
	if (!cli_has(a, 's'))
		return credit_list(c, &p);
	if (w->slice_ms == SCHED_SLICE_AS_IT_IS &&
	    w->ratelimit_us == SCHED_SLICE_AS_IT_IS)
		return credit_print_slice(c, &p);
	return sched_change_pool(c, &p, w);
}

static int credit_of_domain(struct cli *c, const char *domain,
			    const struct sched_wish *w)
{
	uint16_t domid;
	int status = cli_resolve(c, domain, &domid);

	if (status)
		return status;
	err_clear(&c->err);
	if (w->weight || w->cap != SCHED_AS_IT_IS)
		return sched_change(c, domain, domid, w);
	puts(SCHED_HEADER);
	return sched_print(c, domid, NULL);
}

/* The options that carry a number; -EINVAL and the line in *e. */
static int credit_read(const struct cli_args *a, struct sched_wish *w,
		       struct err *e)
{
	static const struct {
		char letter;
		const char *key;
	} options[] = {
		{'w', "weight"},
		{'c', "cap"},
		{'t', "slice"},
		{'r', "ratelimit"},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *text = cli_value(a, options[i].letter);

		if (text && rc == 0)
			rc = sched_parse_value(options[i].key, text, w, e);
	}
	return rc;
}

/* Why what was said makes no sense together; NULL: it does. */
static const char *credit_objection(const struct cli_args *a)
{
	bool is_share = cli_has(a, 'w') || cli_has(a, 'c');
	bool is_slice = cli_has(a, 't') || cli_has(a, 'r');

	if (is_share && !cli_has(a, 'd'))
		return "a weight or a cap is a domain's: name it with -d";
	if (is_slice && !cli_has(a, 's'))
		return "a slice or a rate limit is a pool's: say so with -s";
	if (cli_has(a, 'd') && (cli_has(a, 'p') || cli_has(a, 's')))
		return "-d is about a domain, -p and -s are about a pool";
	return NULL;
}

int cli_sched_credit(int argc, char **argv)
{
	struct sched_wish w = SCHED_WISH_NONE;
	const char *objection, *domain;
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 0, &a);

	if (status)
		return status;
	objection = credit_objection(&a);
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	if (objection)
		err_set(&c.err, EINVAL, "%s", objection);
	if (objection || credit_read(&a, &w, &c.err)) {
		cli_fail(&c);
		cli_close(&c);
		return cli_is_xl() ? CLI_FAILURE : CLI_USAGE;
	}
	domain = cli_value(&a, 'd');
	if (domain)
		status = credit_of_domain(&c, domain, &w);
	else if (cli_has(&a, 'p') || cli_has(&a, 's'))
		status = credit_of_pool(&c, &a, &w);
	else
		status = credit_list_all(&c);
	cli_close(&c);
	return status;
}
