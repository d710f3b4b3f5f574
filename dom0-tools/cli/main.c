/* SPDX-License-Identifier: MIT */
/*
 * `vane`: the command by which a person in domain zero drives domains. Finds
 * the verb and runs it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

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
	cli_set_current(verb->name);
	status = verb->run(argc - 1, argv + 1);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "vane %s: cannot write the output: %s\n",
			verb->name, strerror(errno));
		return CLI_FAILURE;
	}
	return status;
}
