/* SPDX-License-Identifier: MIT */
/*
 * `vane help`: the verbs and their options, from the tables. With -n only
 * names, a line each: completion reads those.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/store.h"

static void help_verb(const struct cli_verb *v, bool names)
{
	bool any = false;

	if (!names)
		printf("%s %s%s%s\n\n  %s\n", cli_program(), v->name,
		       v->arguments[0] ? " " : "", v->arguments, v->help);
	if (!names && v->run == cli_store) {
		putchar('\n');
		store_help();
	}
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];
		char text[48];

		if (strcmp(o->verb, v->name) != 0)
			continue;
		if (names) {
			printf("-%c\n--%s%s\n", o->letter, o->name,
			       o->value ? "=" : "");
			continue;
		}
		if (!any)
			putchar('\n');
		any = true;
		snprintf(text, sizeof(text), "-%c, --%s%s%s", o->letter,
			 o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		printf("  %-22s  %s\n", text, o->help);
	}
}

static void help_list(bool names)
{
	bool bold = !names && cli_is_terminal(stdout);

	if (!names)
		printf("%s VERB ...: drives the domains of this machine\n\n",
		       cli_program());
	for (size_t i = 0; i < cli_verb_count; i++) {
		if (names)
			puts(cli_verbs[i].name);
		else
			printf("  %s%-14s%s %s\n", bold ? "\033[1m" : "",
			       cli_verbs[i].name, bold ? "\033[0m" : "",
			       cli_verbs[i].help);
	}
	if (!names)
		printf("\nA verb may be shortened as long as it stays the "
		       "only one. '%s help VERB' shows\nits arguments and "
		       "options. Exit status: 0 done, 1 failed, 2 wrong "
		       "usage%s.\n",
		       cli_program(), cli_is_xl() ? "" : ", 3 no such domain");
}

/* " pause unpause": the verbs that begin so. */
static const char *help_candidates(const char *word, char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < cli_verb_count && at < size; i++) {
		if (strncmp(cli_verbs[i].name, word, strlen(word)) == 0)
			at += (size_t)snprintf(text + at, size - at, " %s",
					       cli_verbs[i].name);
	}
	return text;
}

int cli_no_verb(const char *word, size_t matches)
{
	const struct cli_verb *nearest = cli_nearest_verb(word);
	const char *instead = cli_missing_verb(word);
	struct err e = ERR_NONE;
	char text[512] = "";

	if (cli_is_xl()) {
		fprintf(stderr, "command not implemented\n");
		return CLI_FAILURE;
	}
	if (matches)
		err_set(&e, EINVAL, "'%s' may be%s; write more of it", word,
			help_candidates(word, text, sizeof(text)));
	else if (instead)
		err_set(&e, EINVAL, "there is no verb '%s'; %s", word, instead);
	else if (word[0] == '-')
		err_set(&e, EINVAL,
			"'%s' stands before the verb; options stand behind it, "
			"as in 'vane list -v'",
			word);
	else if (nearest)
		err_set(&e, EINVAL, "there is no verb '%s'; did you mean '%s'?",
			word, nearest->name);
	else
		err_set(&e, EINVAL,
			"there is no verb '%s'; 'vane help' lists them", word);
	cli_print_error(&e);
	return CLI_USAGE;
}

int cli_help(int argc, char **argv)
{
	const struct cli_verb *v;
	struct cli_args a;
	size_t matches;
	bool names;
	int status;

	argv[0] = (char[]){"help"};
	status = cli_parse(argc, argv, 0, 1, &a);
	if (status)
		return status;
	names = cli_has(&a, 'n');
	if (a.count == 0) {
		help_list(names);
		return CLI_OK;
	}
	v = cli_find_verb(a.words[0], &matches);
	if (v == NULL)
		return cli_no_verb(a.words[0], matches);
	help_verb(v, names);
	return CLI_OK;
}
