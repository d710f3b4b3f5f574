/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of `vane` share. Each verb is one function in a file of its
 * own and one row in the table in verbs.c; it gets the arguments behind its
 * name, with argv[0] being the name. It is stateless: what it shows is asked
 * of the hypervisor and the store there and then.
 *
 * Exit status: enum cli_exit. A failure is one line on standard error.
 */
#ifndef DOM0_TOOLS_CLI_CLI_H
#define DOM0_TOOLS_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/store.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILURE = 1,
	CLI_USAGE = 2,
	CLI_NO_DOMAIN = 3,
};

struct cli_verb {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_verb_count;

/*
 * Pure: the verb of that name, or the only one that begins so. NULL when
 * there is none or more than one; *matches says how many.
 */
const struct cli_verb *cli_find_verb(const char *name, size_t *matches);

struct cli {
	int privcmd;
	struct store *store; /* NULL where the verb can do without */
	struct err err;
};

/* Opens both devices; on failure the line is printed and gives a status. */
int cli_open(struct cli *c);
/* Only the hypervisor; the store if it is there. */
int cli_open_hypervisor(struct cli *c);
void cli_close(struct cli *c);

/* The verb whose name stands before each line of error. */
void cli_set_current(const char *verb);

/* Prints the line that is in c->err (or in *e); gives CLI_FAILURE. */
int cli_fail(struct cli *c);
int cli_print_error(const struct err *e);
/* The verb's synopsis on standard error; gives CLI_USAGE. */
int cli_usage(const char *verb);

/* CLI_OK, or the line is printed and the status given. */
int cli_resolve(struct cli *c, const char *word, uint16_t *domid);

int cli_create(int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_console(int argc, char **argv);
int cli_shutdown(int argc, char **argv);
int cli_reboot(int argc, char **argv);
int cli_destroy(int argc, char **argv);
int cli_pause(int argc, char **argv);
int cli_unpause(int argc, char **argv);
int cli_dmesg(int argc, char **argv);
int cli_debug_keys(int argc, char **argv);
int cli_store(int argc, char **argv);
int cli_domid(int argc, char **argv);
int cli_domname(int argc, char **argv);
int cli_uptime(int argc, char **argv);
int cli_mem_set(int argc, char **argv);
int cli_mem_max(int argc, char **argv);
int cli_rename(int argc, char **argv);
int cli_unpack_kernel(int argc, char **argv);
int cli_help(int argc, char **argv);

/* What other verbs call too. */

/* Attaches the terminal; gives a status. `unpause` once it is attached. */
int console_run(struct cli *c, uint16_t domid, bool unpause);
/* Until every one of them has shut down or is gone. */
int shutdown_await(struct cli *c, const uint16_t *domids, size_t count);

#endif
