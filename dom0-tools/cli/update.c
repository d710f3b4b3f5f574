/* SPDX-License-Identifier: MIT */
/*
 * `vane config-update`: what a domain shall be when it is next made again
 * from its configuration, that is when it reboots. It stays the same machine:
 * its name and UUID are not a matter of this.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/keep.h"

/* From a new file, with the old name and UUID and random parts drawn anew. */
static int update_read_file(const char *file, const char *const *settings,
			    size_t count, const struct config *old,
			    struct config *c, struct err *e)
{
	char name[CONFIG_NAME_MAX + 16], uuid[64];
	const char **all = calloc(count + 2, sizeof(*all));
	size_t length;
	char *text;
	int rc;

	if (all == NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = keep_read_file(file, &text, &length, e);
	if (rc) {
		free(all);
		return rc;
	}
	strcpy(uuid, "uuid=\"");
	config_format_uuid(old->uuid, uuid + strlen(uuid));
	strcat(uuid, "\"");
	snprintf(name, sizeof(name), "name=\"%s\"", old->name);
	if (count)
		memcpy(all, settings, count * sizeof(*all));
	all[count] = name;
	all[count + 1] = uuid;
	/* The same seed each time: cards without a MAC address keep theirs. */
	rc = config_parse(c, file, text, length, all, count + 2, old->uuid, e);
	free(text);
	free(all);
	return rc;
}

static bool update_sets(const char *setting, const char *key)
{
	size_t length = strlen(key);

	return strncmp(setting, key, length) == 0 &&
	       setting[length + strspn(setting + length, " \t")] == '=';
}

/*
 * What is kept names a maximum always. Where it was that of `key`, and only
 * `key` is set now, it follows: the setting that does so, or "".
 */
static void update_follow(const char *const *settings, size_t count,
			  const char *key, const char *maximum, char *setting,
			  size_t size)
{
	const char *value = NULL;

	setting[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (update_sets(settings[i], maximum))
			return;
		if (update_sets(settings[i], key))
			value = strchr(settings[i], '=');
	}
	if (value)
		snprintf(setting, size, "%s%s", maximum, value);
}

static int update_read_kept(uint16_t domid, const char *const *settings,
			    size_t count, const struct config *old,
			    struct config *c, struct err *e)
{
	const char **all = calloc(count + 2, sizeof(*all));
	char maxmem[64], maxvcpus[64];
	size_t n = count;
	int rc;

	if (all == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (count)
		memcpy(all, settings, count * sizeof(*all));
	update_follow(settings, count, "memory", "maxmem", maxmem,
		      sizeof(maxmem));
	if (maxmem[0] && old->maxmem_mib == old->memory_mib)
		all[n++] = maxmem;
	update_follow(settings, count, "vcpus", "maxvcpus", maxvcpus,
		      sizeof(maxvcpus));
	if (maxvcpus[0] && old->maxvcpus == old->vcpus)
		all[n++] = maxvcpus;
	rc = keep_read(domid, all, n, c, e);
	free(all);
	return rc;
}

static int update_check_same(const struct config *old, const struct config *c,
			     struct err *e)
{
	if (strcmp(old->name, c->name) != 0)
		return err_set(e, EINVAL,
			       "the name stays '%s'; 'vane rename' changes it",
			       old->name);
	if (memcmp(old->uuid, c->uuid, sizeof(c->uuid)) != 0)
		return err_set(e, EINVAL, "a domain's UUID never changes");
	return 0;
}

static int update_run(const struct cli_args *a, uint16_t domid, struct err *e)
{
	const char *file = cli_value(a, 'f');
	const char *const *settings = (const char *const *)a->words + 1;
	size_t count = (size_t)a->count - 1;
	struct config old, c;
	int rc;

	if (file == NULL && count && !config_is_override(settings[0])) {
		file = *settings++;
		count--;
	}
	rc = keep_read(domid, NULL, 0, &old, e);
	if (rc)
		return err_set(e, rc,
			       "no configuration is kept for domain %u: it was "
			       "not made by 'vane create'",
			       domid);
	if (file)
		rc = update_read_file(file, settings, count, &old, &c, e);
	else
		rc = update_read_kept(domid, settings, count, &old, &c, e);
	if (rc == 0) {
		for (size_t i = 0; i < c.warning_count; i++)
			cli_warn("%s", c.warnings[i]);
		rc = update_check_same(&old, &c, e);
		if (rc == 0 && cli_has(a, 'n'))
			config_print(&c, stdout);
		else if (rc == 0)
			rc = keep_write(domid, &c, e);
		config_free(&c);
	}
	config_free(&old);
	return rc;
}

int cli_config_update(int argc, char **argv)
{
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 1, argc, &a);

	if (status)
		return status;
	if (a.count == 1 && !cli_has(&a, 'f') && !cli_has(&a, 'n'))
		return cli_usage(argv[0]);
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve_guest(
		&c, a.words[0], "be updated: no configuration made it", &domid);
	err_clear(&c.err);
	if (status == CLI_OK && update_run(&a, domid, &c.err))
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}
