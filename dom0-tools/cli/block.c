/* SPDX-License-Identifier: MIT */
/*
 * `vane block-list`, `block-attach`, `block-detach`: the disks of a guest
 * that runs. The table is xl's, to the letter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/check.h"
#include "builder/diskuse.h"
#include "cli/device.h"
#include "lib/config.h"

/* The back end's nodes that are members of the JSON object. */
static const char *const block_members[][2] = {
	{"dev", "vdev"},
	{"params", "path"},
	{"mode", "mode"},
	{"type", "type"},
	{"device-type", "device_type"},
	{"hotplug-status", "hotplug"},
};

static void block_row(struct cli *c, const struct device_ref *d)
{
	char path[DEVICE_PATH_BYTES];

	device_back_path(d, path);
	printf("%-5u %-3d %-6u %-5ld %-6ld %-8ld %-30s\n", d->devid, 0,
	       d->domid, device_front_number(c->store, d, "state"),
	       device_front_number(c->store, d, "event-channel"),
	       device_front_number(c->store, d, "ring-ref"), path);
}

static void block_object(struct cli *c, struct json *j,
			 const struct device_ref *d)
{
	char path[DEVICE_PATH_BYTES];
	long state = device_front_number(c->store, d, "state");

	device_back_path(d, path);
	json_open_object(j, NULL);
	json_uint(j, "domid", d->domid);
	json_uint(j, "devid", d->devid);
	for (size_t i = 0; i < sizeof(block_members) / sizeof(*block_members);
	     i++) {
		char *value =
			device_back_node(c->store, d, block_members[i][0]);

		if (value)
			json_string(j, block_members[i][1], value);
		free(value);
	}
	json_uint(j, "backend_domid", 0);
	json_string(j, "state", device_state_name(state));
	device_json_number(j, "event_channel",
			   device_front_number(c->store, d, "event-channel"));
	device_json_number(j, "ring_ref",
			   device_front_number(c->store, d, "ring-ref"));
	json_string(j, "backend_path", path);
	json_close_object(j);
}

static void block_table_head(void)
{
	printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle",
	       "state", "evt-ch", "ring-ref", "BE-path");
}

int cli_block_list(int argc, char **argv)
{
	static const struct device_table table = {
		.verb = "block-list",
		.class = "vbd",
		.head = block_table_head,
		.row = block_row,
		.object = block_object,
	};

	return device_list_verb(argc, argv, &table);
}

static int block_drop(struct config *c, void *arg, struct err *e)
{
	const struct device_ref *d = arg;
	size_t kept = 0;

	(void)e;
	for (size_t i = 0; i < c->disk_count; i++) {
		if (c->disks[i].device != d->devid)
			c->disks[kept++] = c->disks[i];
	}
	c->disk_count = kept;
	return 0;
}

static int block_keep(struct config *c, void *arg, struct err *e)
{
	const struct config_disk *disk = arg;
	struct config_disk *disks =
		arena_alloc(&c->arena, (c->disk_count + 1) * sizeof(*disks));
	struct device_ref d = {.devid = disk->device};

	if (disks == NULL)
		return err_set(e, ENOMEM, "out of memory");
	block_drop(c, &d, e);
	if (c->disk_count)
		memcpy(disks, c->disks, c->disk_count * sizeof(*disks));
	disks[c->disk_count++] = *disk;
	c->disks = disks;
	return 0;
}

static int block_attach(struct cli *c, struct device_ref *d,
			const struct config_disk *disk,
			const struct device_options *o)
{
	struct config config = {
		.disks = (struct config_disk *)(uintptr_t)disk,
		.disk_count = 1,
	};
	struct nodes nodes;
	bool is_device;
	int rc;

	d->class = "vbd";
	d->devid = disk->device;
	snprintf(d->label, sizeof(d->label), "%s", disk->vdev);
	rc = check_disks(&config, &is_device, &c->err);
	if (rc == 0)
		rc = diskuse_check(c->privcmd, c->store, &config, &c->err);
	if (rc)
		return rc;
	rc = nodes_make_disk(disk, is_device, d->domid, &nodes);
	if (rc)
		return err_set(&c->err, rc, "out of memory");
	rc = device_attach(c, d, &nodes, o);
	nodes_free(&nodes);
	return rc ? rc
		  : kept_edit(d->domid, block_keep, (void *)(uintptr_t)disk,
			      &c->err);
}

int cli_block_attach(int argc, char **argv)
{
	struct device_options o;
	struct arena arena = {0};
	struct device_ref d = {0};
	struct config_disk disk;
	struct cli c = {.privcmd = -1};
	char *spec;
	struct cli_args a;
	int status = cli_parse(argc, argv, 2, argc, &a);

	if (status == CLI_OK)
		status = device_options(&a, &o);
	if (status)
		return status;
	spec = device_join(&arena, a.count - 1, a.words + 1);
	if (spec == NULL || config_parse_disk(&arena, spec, &disk, &c.err)) {
		err_set(&c.err, ENOMEM, "out of memory");
		cli_fail(&c);
		status = CLI_USAGE;
		goto out_free;
	}
	status = device_open(&c, a.words[0], &d);
	if (status)
		goto out_free;
	if (block_attach(&c, &d, &disk, &o))
		status = cli_fail(&c);
	cli_close(&c);
out_free:
	arena_free(&arena);
	return status;
}

/* "xvda, xvdb", or "none". */
static void block_names(struct cli *c, const struct device_ref *d, char *out,
			size_t size)
{
	size_t count, at = 0;
	uint32_t *ids = device_list(c->store, d->domid, "vbd", &count);

	snprintf(out, size, "none");
	for (size_t i = 0; ids && i < count && at < size; i++) {
		struct device_ref one = *d;
		char *name;

		one.devid = ids[i];
		name = device_back_node(c->store, &one, "dev");
		at += (size_t)snprintf(out + at, size - at, "%s%.16s",
				       i ? ", " : "", name ? name : "?");
		free(name);
	}
	free(ids);
}

/* By its name in the guest, or by its number. */
static int block_find(struct cli *c, struct device_ref *d, const char *word)
{
	char *end, *dev, names[256];
	unsigned long n = strtoul(word, &end, 10);

	d->class = "vbd";
	if (*word >= '0' && *word <= '9' && !*end && n <= UINT32_MAX)
		d->devid = (uint32_t)n;
	else if (config_disk_number(word, &d->devid))
		return err_set(&c->err, EINVAL,
			       "'%s' is no name of a disk, such as xvdb, nor "
			       "its number",
			       word);
	dev = device_back_node(c->store, d, "dev");
	if (dev == NULL) {
		block_names(c, d, names, sizeof(names));
		return err_set(&c->err, ENODEV,
			       "'%s' has no disk %s; it has: %s", d->domain,
			       word, names);
	}
	snprintf(d->label, sizeof(d->label), "%s", dev);
	free(dev);
	return 0;
}

int cli_block_detach(int argc, char **argv)
{
	return device_detach_verb(argc, argv, block_find, block_drop);
}
