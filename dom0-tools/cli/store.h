/* SPDX-License-Identifier: MIT */
/* What the files of `vane store` share. */
#ifndef DOM0_TOOLS_CLI_STORE_H
#define DOM0_TOOLS_CLI_STORE_H

#include "cli/cli.h"

/* Prints what each operation takes, a line each. */
void store_help(void);

/* Prints why `what` could not be done with `path`; gives a status. */
int store_fail(struct cli *c, const char *what, const char *path, int rc);

/* `vane store quota [--json] [DOMAIN] [NAME=VALUE...]` */
int store_verb_quota(struct cli *c, const struct cli_args *a);

#endif
