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
#include "lib/cpupool.h"
#include "lib/json.h"
#include "lib/reach.h"
#include "lib/restarting.h"

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

/* Of a domain that nobody set a limit in the store, domain 0 for one. */
static uint64_t list_limit_kib(const struct xen_domctl_getdomaininfo *info)
{
	bool is_limited = info->max_pages < UINT32_MAX;

	return (is_limited ? info->max_pages : info->tot_pages) * 4;
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
	if (c->store == NULL || store_read_u64(c->store, 0, path, &kib))
		kib = list_limit_kib(info);
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
	char *pool = cpupool_name(c->store, 0, info->cpupool);
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
	json_uint(j, "vcpus_max", (uint64_t)info->max_vcpu_id + 1);
	json_string(j, "cpupool", pool ? pool : "");
	free(pool);
	json_string(j, "state", format_state_word(info));
	json_string(j, "flags", state);
	json_double(j, "cpu_seconds", (double)info->cpu_time / 1e9);
	if (is_long)
		list_config(c, j, info, name);
	json_close_object(j);
}

/* Those that were asked for, or all. */
static int list_gather(struct cli *c, const struct cli_args *a,
		       struct xen_domctl_getdomaininfo **infos, size_t *count)
{
	*count = (size_t)a->count;
	if (*count == 0)
		return cli_list_all(c, infos, count);
	*infos = calloc(*count, sizeof(**infos));
	if (*infos == NULL) {
		err_set(&c->err, ENOMEM, "out of memory");
		return cli_fail(c);
	}
	for (size_t i = 0; i < *count; i++) {
		uint16_t domid;
		int status = cli_resolve(c, a->words[i], &domid);

		if (status == CLI_OK &&
		    domctl_get_info(c->privcmd, domid, &(*infos)[i])) {
			err_set(&c->err, ESRCH, "domain '%s' is gone",
				a->words[i]);
			cli_fail(c);
			status = CLI_NO_DOMAIN;
		}
		if (status) {
			free(*infos);
			return status;
		}
	}
	return CLI_OK;
}

static void list_rows(struct cli *c,
		      const struct xen_domctl_getdomaininfo *infos,
		      size_t count, bool is_verbose, bool with_pool)
{
	printf("%s%s%s\n", FORMAT_LIST_HEADER,
	       is_verbose ? FORMAT_LIST_MORE : "",
	       with_pool ? FORMAT_LIST_POOL : "");
	for (size_t i = 0; i < count; i++) {
		char *name = cli_domain_name(c, infos[i].domain);
		char row[256], more[80] = "", *pool = NULL;

		format_list_row(&infos[i], name, row, sizeof(row));
		if (is_verbose)
			format_list_more(&infos[i], more, sizeof(more));
		if (with_pool)
			pool = cpupool_name(c->store, 0, infos[i].cpupool);
		printf("%s%s", row, more);
		if (with_pool)
			printf("%16s", pool ? pool : "");
		putchar('\n');
		free(pool);
		free(name);
	}
}

static void list_json(struct cli *c,
		      const struct xen_domctl_getdomaininfo *infos,
		      size_t count, bool is_long)
{
	struct json j;

	json_begin(&j, stdout);
	json_open_array(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		char *name = cli_domain_name(c, infos[i].domain);

		list_object(c, &j, &infos[i], name, is_long);
		free(name);
	}
	json_close_array(&j);
	json_end(&j);
}

static void list_warn_of_names(const struct cli *c)
{
	struct err e = ERR_NONE;

	reach_store_failed(c->store_error, &e);
	cli_warn("names are unknown: %s", e.text);
}

int cli_list(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *infos = NULL;
	struct cli_args a;
	size_t count = 0;
	struct cli c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	if (c.store == NULL && !cli_is_xl())
		list_warn_of_names(&c);
	status = list_gather(&c, &a, &infos, &count);
	if (status == CLI_OK) {
		if (cli_has(&a, 'l') || cli_has(&a, 'j'))
			list_json(&c, infos, count, cli_has(&a, 'l'));
		else
			list_rows(&c, infos, count, cli_has(&a, 'v'),
				  cli_has(&a, 'c'));
		free(infos);
		/* On standard error: programs read the table. */
		if (c.store && a.count == 0 && !cli_is_xl())
			restarting_print(c.store, "vane list: ", stderr);
	}
	cli_close(&c);
	return status;
}
