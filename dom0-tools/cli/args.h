/* SPDX-License-Identifier: MIT */
/*
 * The options of every verb, in one table: what is understood, what `vane
 * help VERB` prints, what completion offers and what vane(1) must mention all
 * come from it. Options may stand before, between or behind the other words,
 * short ones may be joined ("-cp"), and "--" ends them.
 * Test: tests/unit/dom0-tools/cli/test_args.c.
 */
#ifndef DOM0_TOOLS_CLI_ARGS_H
#define DOM0_TOOLS_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct cli_option {
	const char *verb;
	char letter;
	const char *name;  /* the long form, without its dashes */
	const char *value; /* what follows it, for help; NULL: nothing does */
	const char *help;
};

extern const struct cli_option cli_options[];
extern const size_t cli_option_count;

/* What a command line said. `words` are argv's, brought together. */
struct cli_args {
	const char *verb;
	bool is_set[128];	/* by letter */
	const char *value[128]; /* by letter */
	int count;
	char **words;
};

/*
 * Pure, but that argv is permuted: reads argv[1] to argv[argc - 1] for
 * argv[0], the verb, as the table has it. 0, or -EINVAL and the line in *e.
 */
int cli_args_parse(int argc, char **argv, struct cli_args *a, struct err *e);

static inline bool cli_has(const struct cli_args *a, char letter)
{
	return a->is_set[(unsigned char)letter];
}

/* The option's last value; NULL when it was not given. */
static inline const char *cli_value(const struct cli_args *a, char letter)
{
	return a->value[(unsigned char)letter];
}

#endif
