/* SPDX-License-Identifier: MIT */
/*
 * `vane`: the command by which a person in domain zero drives domains. Finds
 * the verb and runs it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* xl's own options stand before the verb; none of them changes anything. */
static int cli_skip_xl_options(int argc, char **argv)
{
	int i = 1;

	while (cli_is_xl() && i < argc && argv[i][0] == '-' && argv[i][1] &&
	       strspn(argv[i] + 1, "vftT") == strlen(argv[i] + 1))
		i++;
	return i - 1;
}

static bool cli_is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv)
{
	const struct cli_verb *verb;
	size_t matches;
	struct err e = ERR_NONE;
	char name[32];
	int status;

	cli_set_program(argc ? argv[0] : "vane");
	status = cli_skip_xl_options(argc, argv);
	argc -= status;
	argv += status;
	if (argc < 2 || cli_is_help(argv[1])) {
		cli_help(1, (char *[]){name, NULL});
		if (argc >= 2)
			return CLI_OK;
		return cli_is_xl() ? CLI_FAILURE : CLI_USAGE;
	}
	verb = cli_find_verb(argv[1], &matches);
	if (verb == NULL)
		return cli_no_verb(argv[1], matches);
	snprintf(name, sizeof(name), "%s", verb->name);
	argv[1] = name;
	cli_set_current(verb->name);
	if (argc > 2 && cli_is_help(argv[2]))
		status = cli_help(2, (char *[]){"help", name, NULL});
	else
		status = verb->run(argc - 1, argv + 1);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		err_set(&e, errno, "cannot write the output: %s",
			strerror(errno));
		return cli_print_error(&e);
	}
	return cli_is_xl() && status == CLI_NO_DOMAIN ? CLI_FAILURE : status;
}
