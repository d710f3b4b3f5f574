/* SPDX-License-Identifier: MIT */
/* What the verbs of `vane` share; see cli.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/domname.h"
#include "lib/privcmd.h"

static const char *cli_current = "vane";

void cli_set_current(const char *verb)
{
	cli_current = verb;
}

int cli_print_error(const struct err *e)
{
	fflush(stdout);
	if (strcmp(cli_current, "vane") == 0)
		fprintf(stderr, "vane: %s\n", e->text);
	else
		fprintf(stderr, "vane %s: %s\n", cli_current, e->text);
	return CLI_FAILURE;
}

int cli_fail(struct cli *c)
{
	return cli_print_error(&c->err);
}

int cli_usage(const char *verb)
{
	size_t matches;
	const struct cli_verb *v = cli_find_verb(verb, &matches);

	fprintf(stderr, "usage: vane %s %s\n", v->name, v->arguments);
	return CLI_USAGE;
}

int cli_open_hypervisor(struct cli *c)
{
	memset(c, 0, sizeof(*c));
	c->privcmd = privcmd_open();
	if (c->privcmd < 0) {
		err_set(&c->err, c->privcmd,
			"/dev/xen/privcmd: %s; this works in domain zero, as "
			"root, with the module xen-privcmd",
			strerror(-c->privcmd));
		return cli_fail(c);
	}
	c->store = store_open();
	return CLI_OK;
}

int cli_open(struct cli *c)
{
	int status = cli_open_hypervisor(c);
	int error = errno;

	if (status || c->store)
		return status;
	err_set(&c->err, error,
		"the store does not answer at %s (%s); start vane-stored",
		STORE_SOCKET_PATH, strerror(error));
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

int cli_resolve(struct cli *c, const char *word, uint16_t *domid)
{
	int rc = domname_resolve(c->privcmd, c->store, word, domid);

	if (rc == 0)
		return CLI_OK;
	err_clear(&c->err);
	if (rc == -ENOENT || rc == -ESRCH) {
		err_set(&c->err, ESRCH,
			"there is no domain '%s'; 'vane list' shows those "
			"that are",
			word);
		cli_fail(c);
		return CLI_NO_DOMAIN;
	}
	err_set(&c->err, rc, "cannot look for domain '%s' (%s)", word,
		err_name(rc));
	return cli_fail(c);
}
