/* SPDX-License-Identifier: MIT */
/*
 * `vane`: the command by which a person in domain zero drives domains.
 * Finds the verb, runs it, and holds what all verbs share; see cli.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/domname.h"
#include "lib/privcmd.h"

static const char *cli_current = "vane";

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

/* What was meant by a word that is no verb. */
static int cli_no_verb(const char *word, size_t matches)
{
	if (matches == 0) {
		fprintf(stderr,
			"vane: there is no verb '%s'; 'vane help' lists them\n",
			word);
		return CLI_USAGE;
	}
	fprintf(stderr, "vane: '%s' may be", word);
	for (size_t i = 0; i < cli_verb_count; i++) {
		if (strncmp(cli_verbs[i].name, word, strlen(word)) == 0)
			fprintf(stderr, " %s", cli_verbs[i].name);
	}
	fprintf(stderr, "; write more of it\n");
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	const struct cli_verb *verb;
	size_t matches;
	int status;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		cli_help(1, argv);
		return argc < 2 ? CLI_USAGE : CLI_OK;
	}
	verb = cli_find_verb(argv[1], &matches);
	if (verb == NULL)
		return cli_no_verb(argv[1], matches);
	cli_current = verb->name;
	status = verb->run(argc - 1, argv + 1);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "vane %s: cannot write the output: %s\n",
			verb->name, strerror(errno));
		return CLI_FAILURE;
	}
	return status;
}
