/* SPDX-License-Identifier: MIT */
/* What the verbs of `vane` share; see cli.h. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/cfgfile.h"
#include "lib/domname.h"
#include "lib/reach.h"
#include "lib/restarting.h"

static const char *cli_program_name = "vane";
static const char *cli_current;

void cli_set_program(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *base = slash ? slash + 1 : argv0;

	cli_program_name = strcmp(base, "xl") == 0 ? "xl" : "vane";
}

const char *cli_program(void)
{
	return cli_program_name;
}

bool cli_is_xl(void)
{
	return strcmp(cli_program_name, "xl") == 0;
}

void cli_set_current(const char *verb)
{
	cli_current = verb;
}

/* "vane pause: ", red where that can be seen. */
static void cli_print_head(void)
{
	bool colour = cli_is_terminal(stderr);

	fflush(stdout);
	fprintf(stderr, "%s%s%s%s:%s ", colour ? "\033[1;31m" : "",
		cli_program_name, cli_current ? " " : "",
		cli_current ? cli_current : "", colour ? "\033[0m" : "");
}

int cli_print_error(const struct err *e)
{
	cli_print_head();
	fprintf(stderr, "%s\n", e->text);
	return CLI_FAILURE;
}

void cli_warn(const char *fmt, ...)
{
	struct err e = ERR_NONE; /* for its rule of one line */
	char text[ERR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, EINVAL, "warning: %s", text);
	cli_print_error(&e);
}

int cli_fail(struct cli *c)
{
	return cli_print_error(&c->err);
}

int cli_usage(const char *verb)
{
	size_t matches;
	const struct cli_verb *v = cli_find_verb(verb, &matches);

	fflush(stdout);
	fprintf(stderr, "usage: %s %s%s%s\n", cli_program_name, v->name,
		v->arguments[0] ? " " : "", v->arguments);
	return CLI_USAGE;
}

int cli_parse(int argc, char **argv, int min, int max, struct cli_args *a)
{
	struct err e = ERR_NONE;

	if (cli_args_parse(argc, argv, a, &e)) {
		cli_print_error(&e);
		return CLI_USAGE;
	}
	if (a->count < min || a->count > max)
		return cli_usage(argv[0]);
	return CLI_OK;
}

int cli_open_hypervisor(struct cli *c)
{
	memset(c, 0, sizeof(*c));
	c->privcmd = reach_hypervisor(&c->err);
	if (c->privcmd < 0)
		return cli_fail(c);
	c->store = store_open();
	c->store_error = c->store ? 0 : errno;
	return CLI_OK;
}

int cli_open(struct cli *c)
{
	int status = cli_open_hypervisor(c);

	if (status || c->store)
		return status;
	reach_store_failed(c->store_error, &c->err);
	cli_fail(c);
	cli_close(c);
	return CLI_FAILURE;
}

void cli_close(struct cli *c)
{
	if (c->store)
		store_close(c->store);
	if (c->privcmd >= 0)
		close(c->privcmd);
	c->store = NULL;
	c->privcmd = -1;
}

char *cli_domain_name(struct cli *c, uint16_t domid)
{
	char *name = c->store ? domname_of(c->store, domid) : NULL;

	return name == NULL && domid == 0 ? strdup("Domain-0") : name;
}

char *cli_begin_row(struct cli *c, struct json *j, uint16_t domid)
{
	char *name = cli_domain_name(c, domid);

	if (j == NULL)
		return name;
	json_open_object(j, NULL);
	json_uint(j, "domid", domid);
	if (name)
		json_string(j, "name", name);
	else
		json_null(j, "name");
	return name;
}

int cli_gather(struct cli *c, const struct cli_args *a, uint16_t **domids,
	       size_t *count)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	size_t n = (size_t)a->count;
	int status = n ? CLI_OK : cli_list_all(c, &infos, &n);

	if (status)
		return status;
	*domids = calloc(n + 1, sizeof(**domids));
	if (*domids == NULL) {
		free(infos);
		err_set(&c->err, ENOMEM, "out of memory");
		return cli_fail(c);
	}
	for (size_t i = 0; i < n && status == CLI_OK; i++) {
		if (infos)
			(*domids)[i] = infos[i].domain;
		else
			status = cli_resolve(c, a->words[i], &(*domids)[i]);
	}
	*count = n;
	free(infos);
	return status;
}

int cli_list_all(struct cli *c, struct xen_domctl_getdomaininfo **infos,
		 size_t *count)
{
	int rc = sysctl_list_all(c->privcmd, infos, count);

	if (rc == 0)
		return CLI_OK;
	err_set(&c->err, rc, "cannot list the domains (%s)", err_name(rc));
	return cli_fail(c);
}

/* The name most like the word, malloc'd; NULL when none is. */
static char *cli_nearest_name(struct cli *c, const char *word)
{
	struct xen_domctl_getdomaininfo *infos;
	unsigned int best = (unsigned int)(strlen(word) / 3 + 1);
	char *nearest = NULL;
	size_t count;

	if (c->store == NULL || sysctl_list_all(c->privcmd, &infos, &count))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		char *name = domname_of(c->store, infos[i].domain);
		unsigned int d = name ? cfg_distance(word, name) : UINT_MAX;

		if (d > best) {
			free(name);
			continue;
		}
		best = d;
		free(nearest);
		nearest = name;
	}
	free(infos);
	return nearest;
}

static int cli_no_domain(struct cli *c, const char *word)
{
	char *nearest;

	if (cli_is_xl()) {
		fflush(stdout);
		fprintf(stderr, "%s is an invalid domain identifier (rc=-6)\n",
			word);
		return CLI_NO_DOMAIN;
	}
	nearest = cli_nearest_name(c, word);
	if (nearest)
		err_set(&c->err, ESRCH,
			"there is no domain '%s'; did you mean '%s'?", word,
			nearest);
	else
		err_set(&c->err, ESRCH,
			"there is no domain '%s'; 'vane list' shows those "
			"that are",
			word);
	free(nearest);
	cli_fail(c);
	return CLI_NO_DOMAIN;
}

/* The store knows names, and nobody else: there may be that domain or not. */
static int cli_no_names(struct cli *c, const char *word)
{
	reach_store_failed(c->store_error, &c->err);
	err_prefix(&c->err, "'%s' is known to the store only", word);
	return cli_fail(c);
}

int cli_resolve(struct cli *c, const char *word, uint16_t *domid)
{
	int rc = domname_resolve(c->privcmd, c->store, word, domid);

	if (rc == 0)
		return CLI_OK;
	err_clear(&c->err);
	if (rc == -ENOENT && c->store &&
	    restarting_check(c->store, 0, word, &c->err)) {
		cli_fail(c);
		return CLI_NO_DOMAIN;
	}
	if (rc == -ENOENT && c->store == NULL && !cli_is_xl() &&
	    strspn(word, "0123456789") != strlen(word))
		return cli_no_names(c, word);
	if (rc == -ENOENT || rc == -ESRCH)
		return cli_no_domain(c, word);
	err_set(&c->err, rc, "cannot look for domain '%s' (%s)", word,
		err_name(rc));
	return cli_fail(c);
}

int cli_resolve_guest(struct cli *c, const char *word, const char *what,
		      uint16_t *domid)
{
	int status = cli_resolve(c, word, domid);

	if (status || *domid)
		return status;
	err_clear(&c->err);
	err_set(&c->err, EPERM,
		"domain 0 is the one that this runs in, and cannot %s", what);
	return cli_fail(c);
}
