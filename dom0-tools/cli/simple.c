/* SPDX-License-Identifier: MIT */
/*
 * The verbs that are one call for each domain named: destroy, pause, unpause,
 * and those that print one line: domid, domname. Done twice is done: to pause
 * what is paused is no error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "builder/creating.h"
#include "builder/destroy.h"
#include "cli/cli.h"
#include "lib/json.h"
#include "lib/reach.h"

typedef int simple_fn(struct cli *c, const char *word, uint16_t domid);

/*
 * For each guest named; goes on after a failure and gives the first one's
 * status. `what` is what domain 0 cannot.
 */
static int simple_each(int argc, char **argv, const char *what, simple_fn *fn)
{
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 1, argc, &a);

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	for (int i = 0; i < a.count; i++) {
		uint16_t domid;
		int one = cli_resolve_guest(&c, a.words[i], what, &domid);

		err_clear(&c.err);
		if (one == CLI_OK)
			one = fn(&c, a.words[i], domid);
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
	cli_fail(c);
	return rc == -ESRCH ? CLI_NO_DOMAIN : CLI_FAILURE;
}

static int simple_destroy(struct cli *c, const char *word, uint16_t domid)
{
	int rc = domain_destroy(c->privcmd, c->store, domid, &c->err);

	(void)word;
	if (rc == 0 && c->store == NULL) {
		reach_store_failed(c->store_error, &c->err);
		cli_warn("domain %u is dead, but what others hold of it comes "
			 "back only with the store: %s",
			 domid, c->err.text);
	}
	if (rc == 0)
		return CLI_OK;
	cli_fail(c);
	return rc == -ESRCH ? CLI_NO_DOMAIN : CLI_FAILURE;
}

/* Neither has anything to act on in a domain that has ended. */
static int simple_check_alive(struct cli *c, const char *word, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	int rc = domctl_get_info(c->privcmd, domid, &info);

	if (rc)
		return rc;
	if (info.flags & XEN_DOMINF_dying)
		return err_set(&c->err, ESRCH, "domain '%s' is going away",
			       word);
	return 0;
}

static int simple_pause(struct cli *c, const char *word, uint16_t domid)
{
	int rc = simple_check_alive(c, word, domid);

	return simple_result(c, word, "pause",
			     rc ? rc : domctl_pause(c->privcmd, domid));
}

int unpause_domain(struct cli *c, uint16_t domid)
{
	int rc = domctl_unpause(c->privcmd, domid);

	if (rc == 0)
		creating_wake(CREATING_DIR);
	return rc;
}

static int simple_unpause(struct cli *c, const char *word, uint16_t domid)
{
	int rc = simple_check_alive(c, word, domid);

	return simple_result(c, word, "unpause",
			     rc ? rc : unpause_domain(c, domid));
}

int cli_destroy(int argc, char **argv)
{
	return simple_each(argc, argv, "be destroyed: use 'poweroff' in it",
			   simple_destroy);
}

int cli_pause(int argc, char **argv)
{
	return simple_each(argc, argv, "be paused: nobody could unpause it",
			   simple_pause);
}

int cli_unpause(int argc, char **argv)
{
	return simple_each(argc, argv, "be unpaused: it runs", simple_unpause);
}

static void simple_print_json(uint16_t domid, const char *name)
{
	struct json j;

	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_uint(&j, "domid", domid);
	if (name)
		json_string(&j, "name", name);
	else
		json_null(&j, "name");
	json_close_object(&j);
	json_end(&j);
}

/* Prints the number of a name, or the name of a number. */
static int simple_show(int argc, char **argv, bool is_domid)
{
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	char *name;
	int status = cli_parse(argc, argv, 1, 1, &a);

	if (status)
		return status;
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve(&c, a.words[0], &domid);
	if (status == CLI_OK) {
		name = cli_domain_name(&c, domid);
		if (cli_has(&a, 'j'))
			simple_print_json(domid, name);
		else if (is_domid)
			printf("%u\n", domid);
		else if (name)
			puts(name);
		else
			status = simple_result(&c, a.words[0],
					       "find the name of", -ENOENT);
		free(name);
	}
	cli_close(&c);
	return status;
}

int cli_domid(int argc, char **argv)
{
	return simple_show(argc, argv, true);
}

int cli_domname(int argc, char **argv)
{
	return simple_show(argc, argv, false);
}
