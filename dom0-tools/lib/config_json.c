/* SPDX-License-Identifier: MIT */
/*
 * A configuration as JSON, in the words of `xl list -l`; see config.h. Memory
 * is in KiB there. Test: tests/unit/dom0-tools/lib/test_config.c.
 */
#include "lib/config.h"
#include "lib/json.h"

static void write_c_info(const struct config *c, struct json *j)
{
	char uuid[37];

	config_format_uuid(c->uuid, uuid);
	json_open_object(j, "c_info");
	json_string(j, "type", "pv");
	json_string(j, "name", c->name);
	json_string(j, "uuid", uuid);
	json_close_object(j);
}

static void write_b_info(const struct config *c, struct json *j)
{
	json_open_object(j, "b_info");
	json_uint(j, "max_vcpus", c->maxvcpus);
	json_open_array(j, "avail_vcpus");
	for (uint32_t i = 0; i < c->vcpus; i++)
		json_uint(j, NULL, i);
	json_close_array(j);
	json_uint(j, "max_memkb", c->maxmem_mib * 1024);
	json_uint(j, "target_memkb", c->memory_mib * 1024);
	json_string(j, "kernel", c->kernel);
	if (c->ramdisk)
		json_string(j, "ramdisk", c->ramdisk);
	json_string(j, "cmdline", c->cmdline);
	json_open_object(j, "sched_params");
	if (c->cpu_weight)
		json_uint(j, "weight", c->cpu_weight);
	if (c->cap)
		json_uint(j, "cap", c->cap);
	json_close_object(j);
	json_close_object(j);
}

static void write_disk(const struct config_disk *d, struct json *j)
{
	json_open_object(j, NULL);
	json_string(j, "pdev_path", d->target);
	json_string(j, "vdev", d->vdev);
	json_string(j, "backend", "phy");
	json_string(j, "format", "raw");
	if (d->script)
		json_string(j, "script", d->script);
	json_uint(j, "removable", d->cdrom);
	json_uint(j, "readwrite", d->writable);
	json_uint(j, "is_cdrom", d->cdrom);
	json_close_object(j);
}

static void write_vif(const struct config_vif *v, uint64_t index,
		      struct json *j)
{
	char mac[18];

	config_format_mac(v->mac, mac);
	json_open_object(j, NULL);
	json_uint(j, "devid", index);
	json_string(j, "mac", mac);
	json_string(j, "bridge", v->bridge);
	if (v->ip)
		json_string(j, "ip", v->ip);
	if (v->vifname)
		json_string(j, "ifname", v->vifname);
	if (v->script)
		json_string(j, "script", v->script);
	if (v->mtu)
		json_uint(j, "mtu", v->mtu);
	if (v->rate_bytes) {
		json_uint(j, "rate_bytes_per_interval", v->rate_bytes);
		json_uint(j, "rate_interval_usecs", v->rate_interval_us);
	}
	json_string(j, "nictype", "vif");
	json_close_object(j);
}

void config_write_json(const struct config *c, struct json *j, const char *key)
{
	json_open_object(j, key);
	write_c_info(c, j);
	write_b_info(c, j);
	json_open_array(j, "disks");
	for (size_t i = 0; i < c->disk_count; i++)
		write_disk(&c->disks[i], j);
	json_close_array(j);
	json_open_array(j, "nics");
	for (size_t i = 0; i < c->vif_count; i++)
		write_vif(&c->vifs[i], i, j);
	json_close_array(j);
	json_string(j, "on_poweroff", config_action_name(c->on_poweroff));
	json_string(j, "on_reboot", config_action_name(c->on_reboot));
	json_string(j, "on_crash", config_action_name(c->on_crash));
	json_string(j, "on_watchdog", config_action_name(c->on_watchdog));
	json_close_object(j);
}
