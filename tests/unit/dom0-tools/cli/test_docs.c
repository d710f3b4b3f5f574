/* SPDX-License-Identifier: MIT */
/* Every verb and every option of the tables is in the manual. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

TestSuite(docs);

/* Malloc'd; the tests run from the tree's top. */
static char *read_manual(void)
{
	char *text = calloc(1, 1 << 18);
	FILE *f = fopen("docs/man/vane.1", "r");

	cr_assert(text && f, "docs/man/vane.1 cannot be read");
	cr_assert_gt(fread(text, 1, (1 << 18) - 1, f), 0);
	fclose(f);
	return text;
}

/* A verb's item, and the begin of the next one. */
static const char *find_verb(const char *text, const char *name)
{
	char item[64];
	size_t length;

	snprintf(item, sizeof(item), "\n.It Cm %s", name);
	length = strlen(item);
	for (const char *p = strstr(text, item); p; p = strstr(p + 1, item)) {
		if (p[length] == ' ' || p[length] == '\n')
			return p + 1;
	}
	return NULL;
}

Test(docs, the_manual_has_every_verb)
{
	char *text = read_manual();

	for (size_t i = 0; i < cli_verb_count; i++)
		cr_expect_not_null(find_verb(text, cli_verbs[i].name),
				   "%s is not in docs/man/vane.1",
				   cli_verbs[i].name);
	free(text);
}

Test(docs, the_manual_has_every_option_below_its_verb)
{
	char *text = read_manual();

	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];
		const char *verb = find_verb(text, o->verb);
		const char *next = verb ? strstr(verb, "\n.It Cm ") : NULL;
		char item[64];
		const char *found;

		snprintf(item, sizeof(item), "\n.It Fl %c , Fl -%s", o->letter,
			 o->name);
		found = verb ? strstr(verb, item) : NULL;
		cr_expect(found && (next == NULL || found < next),
			  "%s -%c, --%s is not in docs/man/vane.1", o->verb,
			  o->letter, o->name);
	}
	free(text);
}
