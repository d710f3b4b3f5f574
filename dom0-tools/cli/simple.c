/* SPDX-License-Identifier: MIT */
/*
 * The verbs that are one call for each domain named: destroy, pause, unpause,
 * domid, domname.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "builder/destroy.h"
#include "cli/cli.h"
#include "lib/domname.h"

typedef int simple_fn(struct cli *c, const char *word, uint16_t domid);

/* Goes on after a failure; gives the first one's status. */
static int simple_each(int argc, char **argv, const char *verb, simple_fn *fn)
{
	struct cli c;
	int status;

	if (argc < 2 || argv[1][0] == '-')
		return cli_usage(verb);
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	for (int i = 1; i < argc; i++) {
		uint16_t domid;
		int one = cli_resolve(&c, argv[i], &domid);

		err_clear(&c.err);
		if (one == CLI_OK)
			one = fn(&c, argv[i], domid);
		if (status == CLI_OK)
			status = one;
	}
	cli_close(&c);
	return status;
}

static int simple_result(struct cli *c, const char *word, const char *what,
			 int rc)
{
	if (rc == 0)
		return CLI_OK;
	err_set(&c->err, rc, "cannot %s '%s' (%s)", what, word, err_name(rc));
	return cli_fail(c);
}

static int simple_destroy(struct cli *c, const char *word, uint16_t domid)
{
	(void)word;
	if (domain_destroy(c->privcmd, c->store, domid, &c->err))
		return cli_fail(c);
	return CLI_OK;
}

static int simple_pause(struct cli *c, const char *word, uint16_t domid)
{
	/* Pausing the one that asks would stop it for good. */
	if (domid == 0)
		return simple_result(c, word, "pause", -EPERM);
	return simple_result(c, word, "pause", domctl_pause(c->privcmd, domid));
}

static int simple_unpause(struct cli *c, const char *word, uint16_t domid)
{
	return simple_result(c, word, "unpause",
			     domctl_unpause(c->privcmd, domid));
}

static int simple_domid(struct cli *c, const char *word, uint16_t domid)
{
	(void)c;
	(void)word;
	printf("%u\n", domid);
	return CLI_OK;
}

static int simple_domname(struct cli *c, const char *word, uint16_t domid)
{
	char *name = c->store ? domname_of(c->store, domid) : NULL;

	if (name == NULL)
		return simple_result(c, word, "find the name of", -ENOENT);
	puts(name);
	free(name);
	return CLI_OK;
}

int cli_destroy(int argc, char **argv)
{
	return simple_each(argc, argv, "destroy", simple_destroy);
}

int cli_pause(int argc, char **argv)
{
	return simple_each(argc, argv, "pause", simple_pause);
}

int cli_unpause(int argc, char **argv)
{
	return simple_each(argc, argv, "unpause", simple_unpause);
}

int cli_domid(int argc, char **argv)
{
	if (argc != 2)
		return cli_usage("domid");
	return simple_each(argc, argv, "domid", simple_domid);
}

int cli_domname(int argc, char **argv)
{
	if (argc != 2)
		return cli_usage("domname");
	return simple_each(argc, argv, "domname", simple_domname);
}
