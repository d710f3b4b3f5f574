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

struct list_options {
	bool recursive;
	bool full_paths;
	bool perms;
	bool json;
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

/* `j` is NULL for text. Only the top must exist. */
static int store_list(struct cli *c, const char *path, unsigned int depth,
		      const struct list_options *o, struct json *j)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	size_t count;
	char **names = store_ls(c->store, 0, path, &count);

	if (names == NULL)
		return depth ? CLI_OK : store_fail(c, "list", path, -errno);
	for (size_t i = 0; i < count; i++) {
		char child[4096];

		snprintf(child, sizeof(child), "%s%s%s", path, slash, names[i]);
		if (j)
			list_json(c, j, child, o);
		else
			list_line(c, names[i], child, depth, o);
		if (o->recursive || o->full_paths)
			store_list(c, child, depth + 1, o, j);
	}
	free(names);
	return CLI_OK;
}

static int store_verb_ls(struct cli *c, int argc, char **argv)
{
	struct list_options o = {0};
	struct json j;
	int i = 0, status;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-r") == 0)
			o.recursive = true;
		else if (strcmp(argv[i], "-f") == 0)
			o.full_paths = true;
		else if (strcmp(argv[i], "-p") == 0)
			o.perms = true;
		else if (strcmp(argv[i], "--json") == 0)
			o.json = true;
		else
			return cli_usage("store");
	}
	if (argc - i > 1)
		return cli_usage("store");
	if (!o.json)
		return store_list(c, i < argc ? argv[i] : "/", 0, &o, NULL);
	json_begin(&j, stdout);
	json_open_array(&j, NULL);
	status = store_list(c, i < argc ? argv[i] : "/", 0, &o, &j);
	json_close_array(&j);
	json_end(&j);
	return status;
}

static int store_verb_read(struct cli *c, int argc, char **argv)
{
	bool json = argc && strcmp(argv[0], "--json") == 0;
	struct json j;

	argc -= json;
	argv += json;
	if (argc == 0)
		return cli_usage("store");
	if (json) {
		json_begin(&j, stdout);
		json_open_object(&j, NULL);
	}
	for (int i = 0; i < argc; i++) {
		size_t length;
		char *value = store_read(c->store, 0, argv[i], &length);

		if (value == NULL)
			return store_fail(c, "read", argv[i], -errno);
		if (json) {
			json_string(&j, argv[i], value);
		} else {
			fwrite(value, 1, length, stdout);
			putchar('\n');
		}
		free(value);
	}
	if (json) {
		json_close_object(&j);
		json_end(&j);
	}
	return CLI_OK;
}

static int store_verb_write(struct cli *c, int argc, char **argv)
{
	if (argc == 0 || argc % 2)
		return cli_usage("store");
	for (int i = 0; i < argc; i += 2) {
		int rc = store_write(c->store, 0, argv[i], argv[i + 1],
				     strlen(argv[i + 1]));

		if (rc)
			return store_fail(c, "write", argv[i], rc);
	}
	return CLI_OK;
}

static int store_verb_rm(struct cli *c, int argc, char **argv)
{
	if (argc == 0)
		return cli_usage("store");
	for (int i = 0; i < argc; i++) {
		int rc = store_rm(c->store, 0, argv[i]);

		if (rc)
			return store_fail(c, "remove", argv[i], rc);
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

static int store_verb_chmod(struct cli *c, int argc, char **argv)
{
	struct store_perm perms[64];
	size_t count = 0;
	int rc;

	if (argc < 2 || argc > 64)
		return cli_usage("store");
	for (int i = 1; i < argc; i++) {
		if (parse_perm(argv[i], &perms[count++])) {
			err_set(&c->err, -EINVAL,
				"'%s' is no permission: one of n (none), r "
				"(read), w (write), b (both) and a domain's "
				"id, the owner first, as in 'n1 r2'",
				argv[i]);
			return cli_fail(c);
		}
	}
	rc = store_set_perms(c->store, 0, argv[0], perms, count);
	return rc ? store_fail(c, "set the permissions of", argv[0], rc)
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
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_string(&j, "path", path);
	json_close_object(&j);
	json_end(&j);
}

/* Until Ctrl-C, or so many events. */
static int store_verb_watch(struct cli *c, int argc, char **argv)
{
	long count = -1;
	bool json = false;
	char *end = NULL;
	int i = 0, rc;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
			count = strtol(argv[++i], &end, 10);
		else
			return cli_usage("store");
	}
	if (i == argc || (end && (*end || count < 1)))
		return cli_usage("store");
	for (; i < argc; i++) {
		rc = store_watch(c->store, argv[i], "vane");
		if (rc)
			return store_fail(c, "watch", argv[i], rc);
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
		print_event(path, json);
		free(path);
		free(token);
		count -= count > 0;
	}
	return CLI_OK;
}

int cli_store(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *c, int argc, char **argv);
	} verbs[] = {
		{"ls", store_verb_ls},	     {"read", store_verb_read},
		{"write", store_verb_write}, {"rm", store_verb_rm},
		{"chmod", store_verb_chmod}, {"watch", store_verb_watch},
		{"quota", store_verb_quota},
	};
	struct cli c = {.privcmd = -1};
	int status;

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]);
	     i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		/* The hypervisor is not needed for this. */
		c.store = store_open();
		if (c.store == NULL) {
			err_set(&c.err, errno,
				"the store does not answer at %s (%s); start "
				"vane-stored",
				STORE_SOCKET_PATH, strerror(errno));
			return cli_fail(&c);
		}
		status = verbs[i].run(&c, argc - 2, argv + 2);
		cli_close(&c);
		return status;
	}
	return cli_usage("store");
}
