/* SPDX-License-Identifier: MIT */
/*
 * `vane store`: the store by hand. Values are shown as they are, except that
 * in lists and events bytes that no terminal should get are shown as \xNN. The
 * quota verb is in store_quota.c.
 */
#include "cli/store.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/reach.h"

struct list_options {
	bool recursive;
	bool full_paths;
	bool perms;
};

int store_fail(struct cli *c, const char *what, const char *path, int rc)
{
	err_set(&c->err, rc, "cannot %s %s (%s)", what, path,
		rc == -ENOENT	? "there is no such node"
		: rc == -EINVAL ? "no valid path: letters, digits and -/_@ "
				  "only, no // and no / at the end"
		: rc == -E2BIG	? "too long"
		: rc == -ENOSPC ? "a quota is used up; 'vane store quota' "
				  "shows them"
				: err_name(rc));
	return cli_fail(c);
}

static void store_print_value(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char b = (unsigned char)value[i];

		if (b < ' ' || b == 0x7f)
			printf("\\x%02x", b);
		else
			putchar(b);
	}
}

/* The child's value, or NULL and 0: a node may go while the list is read. */
static char *child_value(struct cli *c, const char *path, size_t *length)
{
	char *value = store_read(c->store, 0, path, length);

	if (!value)
		*length = 0;
	return value;
}

/* "  (n0,r5)": the owner first, then who else may what. */
static void store_print_perms(struct cli *c, const char *path)
{
	static const char letters[] = "nrwb";
	size_t count;
	struct store_perm *perms = store_get_perms(c->store, 0, path, &count);

	if (perms == NULL)
		return;
	printf("  (");
	for (size_t i = 0; i < count; i++)
		printf("%s%c%u", i ? "," : "", letters[perms[i].perms & 3],
		       perms[i].domid);
	putchar(')');
	free(perms);
}

static void json_perms(struct cli *c, struct json *j, const char *path)
{
	static const char letters[] = "nrwb";
	size_t count;
	struct store_perm *perms = store_get_perms(c->store, 0, path, &count);

	if (perms == NULL)
		return;
	json_open_array(j, "permissions");
	for (size_t i = 0; i < count; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%c%u",
			 letters[perms[i].perms & 3], perms[i].domid);
		json_string(j, NULL, text);
	}
	json_close_array(j);
	free(perms);
}

static void list_line(struct cli *c, const char *name, const char *path,
		      unsigned int depth, const struct list_options *o)
{
	size_t length;
	char *value;

	if (o->full_paths)
		printf("%s", path);
	else
		printf("%*s%s", (int)depth, "", name);
	if (o->recursive || o->perms || o->full_paths) {
		value = child_value(c, path, &length);
		printf(" = \"");
		store_print_value(value, length);
		putchar('"');
		free(value);
	}
	if (o->perms)
		store_print_perms(c, path);
	putchar('\n');
}

static void list_json(struct cli *c, struct json *j, const char *path,
		      const struct list_options *o)
{
	size_t length;
	char *value = child_value(c, path, &length);

	json_open_object(j, NULL);
	json_string(j, "path", path);
	json_string(j, "value", value ? value : "");
	if (o->perms)
		json_perms(c, j, path);
	json_close_object(j);
	free(value);
}

/* One node; `j` is NULL for text. */
static void list_node(struct cli *c, const char *name, const char *path,
		      unsigned int depth, const struct list_options *o,
		      struct json *j)
{
	if (j)
		list_json(c, j, path, o);
	else
		list_line(c, name, path, depth, o);
}

/* The children `names` of `path`, and theirs. */
static void list_children(struct cli *c, const char *path, char **names,
			  unsigned int depth, const struct list_options *o,
			  struct json *j)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";

	for (; *names; names++) {
		char child[4096];
		char **below = NULL;

		snprintf(child, sizeof(child), "%s%s%s", path, slash, *names);
		list_node(c, *names, child, depth, o, j);
		/* It may have gone meanwhile, and then has none. */
		if (o->recursive || o->full_paths)
			below = store_ls(c->store, 0, child, NULL);
		if (below)
			list_children(c, child, below, depth + 1, o, j);
		free(below);
	}
}

/*
 * What is below `top`. A node with nothing below it has permissions all the
 * same: who asks for those is shown the node itself.
 */
static void list_top(struct cli *c, const char *top, char **names,
		     const struct list_options *o, struct json *j)
{
	const char *slash = strrchr(top, '/');

	if (*names || !o->perms)
		list_children(c, top, names, 0, o, j);
	else
		list_node(c, slash && slash[1] ? slash + 1 : top, top, 0, o, j);
}

static int store_verb_ls(struct cli *c, const struct cli_args *a)
{
	struct list_options o = {
		.recursive = cli_has(a, 'r'),
		.full_paths = cli_has(a, 'f'),
		.perms = cli_has(a, 'p'),
	};
	const char *top = a->count ? a->words[0] : "/";
	struct json j;
	char **names;

	if (a->count > 1)
		return cli_usage("store");
	names = store_ls(c->store, 0, top, NULL);
	if (names == NULL)
		return store_fail(c, "list", top, -errno);
	if (cli_has(a, 'j')) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
		list_top(c, top, names, &o, &j);
		json_close_array(&j);
		json_end(&j);
	} else {
		list_top(c, top, names, &o, NULL);
	}
	free(names);
	return CLI_OK;
}

/* One object of all; half of one would be no JSON, so it is all or nothing. */
static int read_json(struct cli *c, const struct cli_args *a)
{
	char **values = calloc((size_t)a->count, sizeof(*values));
	int count = 0, status = CLI_OK;
	struct json j;

	if (values == NULL)
		return store_fail(c, "read", a->words[0], -ENOMEM);
	while (count < a->count && status == CLI_OK) {
		values[count] = store_read(c->store, 0, a->words[count], NULL);
		if (values[count])
			count++;
		else
			status = store_fail(c, "read", a->words[count], -errno);
	}
	if (status == CLI_OK) {
		json_begin(&j, stdout);
		json_open_object(&j, NULL);
		for (int i = 0; i < count; i++)
			json_string(&j, a->words[i], values[i]);
		json_close_object(&j);
		json_end(&j);
	}
	while (count)
		free(values[--count]);
	free(values);
	return status;
}

static int store_verb_read(struct cli *c, const struct cli_args *a)
{
	if (a->count == 0)
		return cli_usage("store");
	if (cli_has(a, 'j'))
		return read_json(c, a);
	for (int i = 0; i < a->count; i++) {
		size_t length;
		char *value = store_read(c->store, 0, a->words[i], &length);

		if (value == NULL)
			return store_fail(c, "read", a->words[i], -errno);
		fwrite(value, 1, length, stdout);
		putchar('\n');
		free(value);
	}
	return CLI_OK;
}

static int store_verb_write(struct cli *c, const struct cli_args *a)
{
	if (a->count == 0 || a->count % 2)
		return cli_usage("store");
	for (int i = 0; i < a->count; i += 2) {
		int rc = store_write(c->store, 0, a->words[i], a->words[i + 1],
				     strlen(a->words[i + 1]));

		if (rc)
			return store_fail(c, "write", a->words[i], rc);
	}
	return CLI_OK;
}

static int store_verb_rm(struct cli *c, const struct cli_args *a)
{
	if (a->count == 0)
		return cli_usage("store");
	for (int i = 0; i < a->count; i++) {
		int rc = store_rm(c->store, 0, a->words[i]);

		if (rc)
			return store_fail(c, "remove", a->words[i], rc);
	}
	return CLI_OK;
}

/* "r5" and the like; -EINVAL. */
static int parse_perm(const char *text, struct store_perm *perm)
{
	static const char letters[] = "nrwb";
	const char *letter = text[0] ? strchr(letters, text[0]) : NULL;
	unsigned long domid;
	char *end;

	if (!letter || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	domid = strtoul(text + 1, &end, 10);
	if (*end || domid > 0x7fef)
		return -EINVAL;
	*perm = (struct store_perm){(uint16_t)domid,
				    (uint8_t)(letter - letters)};
	return 0;
}

static int store_verb_chmod(struct cli *c, const struct cli_args *a)
{
	struct store_perm perms[64];
	size_t count = 0;
	int rc;

	if (a->count < 2 || a->count > 64)
		return cli_usage("store");
	for (int i = 1; i < a->count; i++) {
		if (parse_perm(a->words[i], &perms[count++])) {
			err_set(&c->err, -EINVAL,
				"'%s' is no permission: one of n (none), r "
				"(read), w (write), b (both) and a domain's "
				"id, the owner first, as in 'n1 r2'",
				a->words[i]);
			return cli_fail(c);
		}
	}
	rc = store_set_perms(c->store, 0, a->words[0], perms, count);
	return rc ? store_fail(c, "set the permissions of", a->words[0], rc)
		  : CLI_OK;
}

static void print_event(const char *path, bool json)
{
	struct json j;

	if (!json) {
		store_print_value(path, strlen(path));
		putchar('\n');
		return;
	}
	json_begin_line(&j, stdout);
	json_open_object(&j, NULL);
	json_string(&j, "path", path);
	json_close_object(&j);
	json_end(&j);
}

/* Until Ctrl-C, or so many events. */
static int store_verb_watch(struct cli *c, const struct cli_args *a)
{
	long count = -1;
	char *end = NULL;
	int rc;

	if (cli_has(a, 'n'))
		count = strtol(cli_value(a, 'n'), &end, 10);
	if (a->count == 0 || (end && (*end || count < 1)))
		return cli_usage("store");
	for (int i = 0; i < a->count; i++) {
		rc = store_watch(c->store, a->words[i], "vane");
		if (rc)
			return store_fail(c, "watch", a->words[i], rc);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (count) {
		struct pollfd p = {.fd = store_fd(c->store), .events = POLLIN};
		char *path, *token;

		rc = store_read_watch(c->store, &path, &token);
		if (rc == -EAGAIN) {
			poll(&p, 1, -1);
			continue;
		}
		if (rc)
			return store_fail(c, "watch", "the store", rc);
		print_event(path, cli_has(a, 'j'));
		free(path);
		free(token);
		count -= count > 0;
	}
	return CLI_OK;
}

/* Its options are rows of "store" in args.c; each verb takes some of them. */
static const struct store_verb {
	const char *name;
	const char *letters; /* NULL: its words may begin with a dash */
	int (*run)(struct cli *c, const struct cli_args *a);
	const char *arguments;
} store_verbs[] = {
	{"ls", "rfpj", store_verb_ls, "[-rfpj] [PATH]"},
	{"read", "j", store_verb_read, "[-j] PATH..."},
	{"write", NULL, store_verb_write, "PATH VALUE..."},
	{"rm", NULL, store_verb_rm, "PATH..."},
	{"chmod", NULL, store_verb_chmod, "PATH n|r|w|bDOMID..."},
	{"watch", "nj", store_verb_watch, "[-n EVENTS] [-j] PATH..."},
	{"quota", "j", store_verb_quota, "[-j] [DOMAIN] [NAME=VALUE...]"},
};

void store_help(void)
{
	for (size_t i = 0; i < sizeof(store_verbs) / sizeof(*store_verbs); i++)
		printf("  vane store %-5s %s\n", store_verbs[i].name,
		       store_verbs[i].arguments);
}

static const struct store_verb *store_find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(store_verbs) / sizeof(*store_verbs);
	     i++) {
		if (strcmp(name, store_verbs[i].name) == 0)
			return &store_verbs[i];
	}
	return NULL;
}

/* What stands behind the name of `v`; a status. */
static int store_parse(const struct store_verb *v, int argc, char **argv,
		       struct cli_args *a)
{
	int status;

	if (v->letters == NULL) {
		*a = (struct cli_args){.count = argc - 2, .words = argv + 2};
		return CLI_OK;
	}
	argv[1] = argv[0];
	status = cli_parse(argc - 1, argv + 1, 0, argc, a);
	for (int letter = 1; letter < 128 && status == CLI_OK; letter++) {
		if (a->is_set[letter] && !strchr(v->letters, letter))
			status = cli_usage("store");
	}
	return status;
}

int cli_store(int argc, char **argv)
{
	const struct store_verb *v = argc > 1 ? store_find_verb(argv[1]) : NULL;
	struct cli c = {.privcmd = -1};
	struct cli_args a;
	int status;

	if (v == NULL)
		return cli_usage("store");
	status = store_parse(v, argc, argv, &a);
	if (status)
		return status;
	/* The hypervisor is not needed for this. */
	c.store = store_open();
	if (c.store == NULL) {
		reach_store_failed(errno, &c.err);
		return cli_fail(&c);
	}
	status = v->run(&c, &a);
	cli_close(&c);
	return status;
}
