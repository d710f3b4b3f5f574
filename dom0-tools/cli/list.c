/* SPDX-License-Identifier: MIT */
/*
 * `vane list`: one row for each domain; or with --json one object, and with
 * -l that object with its configuration and devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "lib/config.h"
#include "lib/domname.h"
#include "lib/json.h"

struct list_options {
	bool is_long;
	bool is_json;
};

/* A node of a back end as a member of the device's object. */
static void list_member(struct cli *c, struct json *j, const char *dir,
			const char *node, const char *key)
{
	char path[192];
	char *value;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	value = store_read(c->store, 0, path, NULL);
	if (value)
		json_string(j, key, value);
	free(value);
}

static void list_devices(struct cli *c, struct json *j, uint16_t domid,
			 const char *class, const char *key)
{
	static const char *const disk_nodes[][2] = {
		{"params", "pdev_path"}, {"dev", "vdev"},
		{"mode", "mode"},	 {"type", "backend"},
		{"state", "state"},	 {"hotplug-status", "hotplug"},
	};
	static const char *const vif_nodes[][2] = {
		{"mac", "mac"},	       {"bridge", "bridge"},
		{"vifname", "ifname"}, {"ip", "ip"},
		{"state", "state"},    {"hotplug-status", "hotplug"},
	};
	bool is_disk = strcmp(class, "vbd") == 0;
	char dir[128];
	size_t count = 0;
	char **devices;

	snprintf(dir, sizeof(dir), "/local/domain/0/backend/%s/%u", class,
		 domid);
	devices = store_ls(c->store, 0, dir, &count);
	json_open_array(j, key);
	for (size_t i = 0; i < count; i++) {
		char path[160];

		snprintf(path, sizeof(path), "%s/%.16s", dir, devices[i]);
		json_open_object(j, NULL);
		json_uint(j, "devid", strtoul(devices[i], NULL, 10));
		for (size_t n = 0; n < 6; n++)
			list_member(
				c, j, path,
				is_disk ? disk_nodes[n][0] : vif_nodes[n][0],
				is_disk ? disk_nodes[n][1] : vif_nodes[n][1]);
		json_close_object(j);
	}
	json_close_array(j);
	free(devices);
}

static void list_config(struct cli *c, struct json *j,
			const struct xen_domctl_getdomaininfo *info,
			const char *name)
{
	char path[64], uuid[37];
	uint64_t kib;

	config_format_uuid(info->handle, uuid);
	json_open_object(j, "config");
	json_open_object(j, "c_info");
	json_string(j, "type", "pv");
	json_string(j, "name", name ? name : "");
	json_string(j, "uuid", uuid);
	json_close_object(j);
	json_open_object(j, "b_info");
	json_uint(j, "max_vcpus", (uint64_t)info->max_vcpu_id + 1);
	json_uint(j, "avail_vcpus", info->nr_online_vcpus);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max",
		 info->domain);
	if (c->store && store_read_u64(c->store, 0, path, &kib) == 0)
		json_uint(j, "max_memkb", kib);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
		 info->domain);
	if (c->store && store_read_u64(c->store, 0, path, &kib) == 0)
		json_uint(j, "target_memkb", kib);
	json_close_object(j);
	if (c->store) {
		list_devices(c, j, info->domain, "vbd", "disks");
		list_devices(c, j, info->domain, "vif", "nics");
	}
	json_close_object(j);
}

static void list_object(struct cli *c, struct json *j,
			const struct xen_domctl_getdomaininfo *info,
			const char *name, bool is_long)
{
	char state[7];

	format_state(info, state);
	json_open_object(j, NULL);
	json_uint(j, "domid", info->domain);
	if (name)
		json_string(j, "name", name);
	else
		json_null(j, "name");
	json_uint(j, "memory_mib", format_memory_mib(info));
	json_uint(j, "vcpus", info->nr_online_vcpus);
	json_string(j, "state", format_state_word(info));
	json_string(j, "flags", state);
	json_double(j, "cpu_seconds", (double)info->cpu_time / 1e9);
	if (is_long)
		list_config(c, j, info, name);
	json_close_object(j);
}

/* Those that were asked for, or all. */
static int list_gather(struct cli *c, int argc, char **argv,
		       struct xen_domctl_getdomaininfo **infos, size_t *count)
{
	int rc;

	if (argc == 0) {
		rc = sysctl_list_all(c->privcmd, infos, count);
		if (rc) {
			err_set(&c->err, rc, "cannot list the domains (%s)",
				err_name(rc));
			return cli_fail(c);
		}
		return CLI_OK;
	}
	*infos = calloc((size_t)argc, sizeof(**infos));
	if (*infos == NULL) {
		err_set(&c->err, ENOMEM, "out of memory");
		return cli_fail(c);
	}
	for (int i = 0; i < argc; i++) {
		uint16_t domid;
		int status = cli_resolve(c, argv[i], &domid);

		if (status == CLI_OK &&
		    domctl_get_info(c->privcmd, domid, &(*infos)[i])) {
			err_set(&c->err, ESRCH, "domain '%s' is gone", argv[i]);
			cli_fail(c);
			status = CLI_NO_DOMAIN;
		}
		if (status) {
			free(*infos);
			return status;
		}
	}
	*count = (size_t)argc;
	return CLI_OK;
}

static void list_print(struct cli *c,
		       const struct xen_domctl_getdomaininfo *infos,
		       size_t count, const struct list_options *o)
{
	bool is_json = o->is_json || o->is_long;
	struct json j;
	char row[256];

	if (is_json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		puts(FORMAT_LIST_HEADER);
	}
	for (size_t i = 0; i < count; i++) {
		char *name =
			c->store ? domname_of(c->store, infos[i].domain) : NULL;

		if (name == NULL && infos[i].domain == 0)
			name = strdup("Domain-0");
		if (is_json) {
			list_object(c, &j, &infos[i], name, o->is_long);
		} else {
			format_list_row(&infos[i], name, row, sizeof(row));
			puts(row);
		}
		free(name);
	}
	if (is_json) {
		json_close_array(&j);
		json_end(&j);
	}
}

int cli_list(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	struct list_options o = {false, false};
	size_t count = 0;
	struct cli c;
	int status;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-l") == 0 ||
		    strcmp(argv[i], "--long") == 0)
			o.is_long = true;
		else if (strcmp(argv[i], "--json") == 0)
			o.is_json = true;
		else
			return cli_usage("list");
	}
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = list_gather(&c, argc - i, argv + i, &infos, &count);
	if (status == CLI_OK) {
		list_print(&c, infos, count, &o);
		free(infos);
	}
	cli_close(&c);
	return status;
}
