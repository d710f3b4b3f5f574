/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of `vane` share. Each verb is one function in a file of its
 * own and one row in the table in verbs.c; its options are rows in args.c. It
 * gets the arguments behind its name, with argv[0] being the name in full. It
 * is stateless: what it shows is asked of the hypervisor and the store there
 * and then.
 *
 * Exit status: enum cli_exit. A failure is one line on standard error.
 *
 * Called as `xl` (a link), the lines and statuses that programs depend on are
 * those of xl: see ADR 20.
 */
#ifndef DOM0_TOOLS_CLI_CLI_H
#define DOM0_TOOLS_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/args.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/store.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILURE = 1,
	CLI_USAGE = 2,
	CLI_NO_DOMAIN = 3, /* `xl` has CLI_FAILURE for it */
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
/* Pure: the verb most like a word, or NULL when none is. */
const struct cli_verb *cli_nearest_verb(const char *word);
/* Pure: what to do instead of a verb that others have; NULL: unknown. */
const char *cli_missing_verb(const char *word);
/* Says what was meant by a word that is no verb; gives the status. */
int cli_no_verb(const char *word, size_t matches);

struct cli {
	int privcmd;
	struct store *store; /* NULL where the verb can do without */
	int store_error;     /* errno, why it is NULL */
	struct err err;
};

/* Opens both devices; on failure the line is printed and gives a status. */
int cli_open(struct cli *c);
/* Only the hypervisor; the store if it is there. */
int cli_open_hypervisor(struct cli *c);
void cli_close(struct cli *c);

/* The name that the command was called by: "vane" or "xl". */
void cli_set_program(const char *argv0);
const char *cli_program(void);
bool cli_is_xl(void);
/* The verb whose name stands before each line of error. */
void cli_set_current(const char *verb);

/* Whether colours and bars may be shown there: see terminal.c. */
bool cli_is_terminal(FILE *f);

/* Prints the line that is in c->err (or in *e); gives CLI_FAILURE. */
int cli_fail(struct cli *c);
int cli_print_error(const struct err *e);
/* A line that begins "warning:". */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The verb's synopsis on standard error; gives CLI_USAGE. */
int cli_usage(const char *verb);

/*
 * Reads options as args.c has them. CLI_OK when there are `min` to `max`
 * other words; else the line is printed and the status given.
 */
int cli_parse(int argc, char **argv, int min, int max, struct cli_args *a);

/* CLI_OK, or the line is printed and the status given. */
int cli_resolve(struct cli *c, const char *word, uint16_t *domid);
/*
 * The same for what cannot be done to the domain that does it: `what` ("be
 * paused") goes into the line that refuses domain 0.
 */
int cli_resolve_guest(struct cli *c, const char *word, const char *what,
		      uint16_t *domid);
/* The name, malloc'd; NULL when nobody gave it one. */
char *cli_domain_name(struct cli *c, uint16_t domid);
/*
 * The begin of a row of a domain: its name as above, and, unless j is NULL, an
 * object with the members "domid" and "name" opened in it.
 */
char *cli_begin_row(struct cli *c, struct json *j, uint16_t domid);
/* The domains that were named, or all: their numbers, malloc'd. */
int cli_gather(struct cli *c, const struct cli_args *a, uint16_t **domids,
	       size_t *count);
/* All domains; or the line is printed and the status given. */
int cli_list_all(struct cli *c, struct xen_domctl_getdomaininfo **infos,
		 size_t *count);

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
int cli_top(int argc, char **argv);
int cli_uptime(int argc, char **argv);
int cli_mem_set(int argc, char **argv);
int cli_mem_max(int argc, char **argv);
int cli_sched(int argc, char **argv);
int cli_sched_credit(int argc, char **argv);
int cli_vcpu_list(int argc, char **argv);
int cli_vcpu_pin(int argc, char **argv);
int cli_vcpu_set(int argc, char **argv);
int cli_cpupool_list(int argc, char **argv);
int cli_cpupool_create(int argc, char **argv);
int cli_cpupool_destroy(int argc, char **argv);
int cli_cpupool_rename(int argc, char **argv);
int cli_cpupool_cpu_add(int argc, char **argv);
int cli_cpupool_cpu_remove(int argc, char **argv);
int cli_cpupool_migrate(int argc, char **argv);
int cli_rename(int argc, char **argv);
int cli_config_update(int argc, char **argv);
int cli_sysrq(int argc, char **argv);
int cli_trigger(int argc, char **argv);
int cli_dump_core(int argc, char **argv);
int cli_block_list(int argc, char **argv);
int cli_block_attach(int argc, char **argv);
int cli_block_detach(int argc, char **argv);
int cli_network_list(int argc, char **argv);
int cli_network_attach(int argc, char **argv);
int cli_network_detach(int argc, char **argv);
int cli_events(int argc, char **argv);
int cli_unpack_kernel(int argc, char **argv);
int cli_help(int argc, char **argv);

/* What other verbs call too. */

/* Unpauses a domain, and has vaned notice it; 0 or -errno. */
int unpause_domain(struct cli *c, uint16_t domid);
/* Attaches the terminal; gives a status. `unpause` once it is attached. */
int console_run(struct cli *c, uint16_t domid, bool unpause);
/*
 * Until every one of them is gone with its name and devices, or has shut down
 * and is kept.
 */
int shutdown_await(struct cli *c, const uint16_t *domids, size_t count);
/* Writes a wish for the guest's kernel: "poweroff", "reboot". */
int shutdown_wish(struct cli *c, uint16_t domid, const char *word);

#endif
