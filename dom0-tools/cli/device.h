/* SPDX-License-Identifier: MIT */
/*
 * What the verbs for disks and network cards of a running guest share:
 * attaching and detaching one over the store (docs/architecture.md, "What
 * they owe each other"), and reading what there is. Tested on a machine.
 */
#ifndef DOM0_TOOLS_CLI_DEVICE_H
#define DOM0_TOOLS_CLI_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "builder/kept.h"
#include "builder/nodes.h"
#include "cli/cli.h"
#include "lib/json.h"

#define DEVICE_PATH_BYTES 128
#define DEVICE_WAIT_S	  10

/* One device of a guest, by its back end. */
struct device_ref {
	uint16_t domid;
	const char *class; /* "vbd" or "vif" */
	uint32_t devid;
	char label[64]; /* for messages: "xvdb", "vif 1" */
	char domain[64];
	char mac[18]; /* of a card */
};

void device_back_path(const struct device_ref *d, char *path);
void device_front_path(const struct device_ref *d, char *path);
/* A node of either directory, malloc'd; NULL. The guest's may be anything. */
char *device_back_node(struct store *s, const struct device_ref *d,
		       const char *node);
/* A number that the guest wrote; -1 when it is none. */
long device_front_number(struct store *s, const struct device_ref *d,
			 const char *node);

/* The device numbers of a class, ascending, malloc'd; NULL when out of
 * memory. */
uint32_t *device_list(struct store *s, uint16_t domid, const char *class,
		      size_t *count);

/* What the options of the attaching and detaching verbs say. */
struct device_options {
	bool force;
	bool no_wait; /* not for the guest */
	unsigned int wait_s;
};

/* CLI_OK, or CLI_USAGE and the line is printed. */
int device_options(const struct cli_args *a, struct device_options *o);

/*
 * The domain of a user's word, alive and not domain zero; with a status. On
 * CLI_OK, c is open, and so are the store and vaned there.
 */
int device_open(struct cli *c, const char *word, struct device_ref *d);

/*
 * Writes the nodes, waits for vaned to bind the device and for the guest to
 * use it. Whatever fails, nothing is left of it. 0 or -errno, reason in
 * c->err.
 */
int device_attach(struct cli *c, const struct device_ref *d,
		  const struct nodes *nodes, const struct device_options *o);
/* Asks the guest for it and waits, or takes it away (force). */
int device_detach(struct cli *c, const struct device_ref *d,
		  const struct device_options *o);

/* The device of a user's word in *d; 0 or -errno, reason in c->err. */
typedef int device_find_fn(struct cli *c, struct device_ref *d,
			   const char *word);
/* A detaching verb; `drop` takes a device_ref out of a configuration. */
int device_detach_verb(int argc, char **argv, device_find_fn *find,
		       kept_edit_fn *drop);

/* "a" "b" → "a,b": a device may be written as several arguments. */
char *device_join(struct arena *a, int argc, char **argv);

/* One of the listing verbs, for DOMAIN..., with or without --json. */
struct device_table {
	const char *verb;
	const char *class;
	void (*head)(void);
	void (*row)(struct cli *c, const struct device_ref *d);
	void (*object)(struct cli *c, struct json *j,
		       const struct device_ref *d);
};

int device_list_verb(int argc, char **argv, const struct device_table *t);

/* "connected" for an XenbusState; for JSON. */
const char *device_state_name(long state);
void device_json_number(struct json *j, const char *key, long value);

#endif
