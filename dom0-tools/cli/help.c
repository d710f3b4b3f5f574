/* SPDX-License-Identifier: MIT */
/* `vane help`: the verbs, from their table. */
#include <stdio.h>

#include "cli/cli.h"

int cli_help(int argc, char **argv)
{
	const struct cli_verb *v;
	size_t matches;

	if (argc > 2)
		return cli_usage("help");
	if (argc == 2) {
		v = cli_find_verb(argv[1], &matches);
		if (v == NULL) {
			fprintf(stderr, "vane help: there is no verb '%s'\n",
				argv[1]);
			return CLI_USAGE;
		}
		printf("vane %s %s\n\n  %s\n", v->name, v->arguments, v->help);
		return CLI_OK;
	}
	printf("vane VERB ...: drives the domains of this machine\n\n");
	for (size_t i = 0; i < cli_verb_count; i++)
		printf("  %-14s %s\n", cli_verbs[i].name, cli_verbs[i].help);
	printf("\nA verb may be shortened as long as it stays the only one. "
	       "'vane help VERB'\nshows its arguments. Exit status: 0 done, "
	       "1 failed, 2 wrong usage,\n3 no such domain.\n");
	return CLI_OK;
}
