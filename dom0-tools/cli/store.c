/* SPDX-License-Identifier: MIT */
/*
 * `vane store`: the store by hand. Values are shown as they are, except that
 * in lists bytes that no terminal should get are shown as \xNN.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct store_options {
	bool recursive;
	bool perms;
};

static int store_fail(struct cli *c, const char *what, const char *path, int rc)
{
	err_set(&c->err, rc, "cannot %s %s (%s)", what, path,
		rc == -ENOENT	? "there is no such node"
		: rc == -EINVAL ? "no valid path"
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

static int store_list(struct cli *c, const char *path, unsigned int depth,
		      const struct store_options *o)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	size_t count;
	char **names = store_ls(c->store, 0, path, &count);

	if (names == NULL)
		return store_fail(c, "list", path, -errno);
	for (size_t i = 0; i < count; i++) {
		char child[4096];
		char *value;
		size_t length;

		snprintf(child, sizeof(child), "%s%s%s", path, slash, names[i]);
		printf("%*s%s", (int)depth, "", names[i]);
		if (o->recursive || o->perms) {
			value = store_read(c->store, 0, child, &length);
			printf(" = \"");
			if (value)
				store_print_value(value, length);
			putchar('"');
			free(value);
		}
		if (o->perms)
			store_print_perms(c, child);
		putchar('\n');
		/* A node may go while the list is read: it is just not shown.
		 */
		if (o->recursive)
			store_list(c, child, depth + 1, o);
	}
	free(names);
	return CLI_OK;
}

static int store_verb_ls(struct cli *c, int argc, char **argv)
{
	struct store_options o = {false, false};
	int i = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-r") == 0)
			o.recursive = true;
		else if (strcmp(argv[i], "-p") == 0)
			o.perms = true;
		else
			return cli_usage("store");
	}
	if (argc - i > 1)
		return cli_usage("store");
	return store_list(c, i < argc ? argv[i] : "/", 0, &o);
}

static int store_verb_read(struct cli *c, int argc, char **argv)
{
	if (argc == 0)
		return cli_usage("store");
	for (int i = 0; i < argc; i++) {
		size_t length;
		char *value = store_read(c->store, 0, argv[i], &length);

		if (value == NULL)
			return store_fail(c, "read", argv[i], -errno);
		fwrite(value, 1, length, stdout);
		putchar('\n');
		free(value);
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

int cli_store(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *c, int argc, char **argv);
	} verbs[] = {
		{"ls", store_verb_ls},
		{"read", store_verb_read},
		{"write", store_verb_write},
		{"rm", store_verb_rm},
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
