/* SPDX-License-Identifier: MIT */
/*
 * The canonical text of a configuration; see config.h. Whatever the reader
 * made up (uuid, MAC addresses) is written out, so that a restarted domain is
 * the same machine. Test: tests/unit/dom0-tools/lib/test_config.c.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/config.h"

/*
 * A string has no escapes: where it holds one kind of quote the other kind
 * stands around it, and where it holds both it is joined from pieces.
 */
static void print_string(FILE *out, const char *key, const char *text)
{
	const char *how = " = ";

	do {
		size_t single = strcspn(text, "'");
		size_t twofold = strcspn(text, "\"");
		size_t length = single > twofold ? single : twofold;
		char quote = single > twofold ? '\'' : '"';

		fprintf(out, "%s%s%c%.*s%c\n", key, how, quote, (int)length,
			text, quote);
		text += length;
		how = " += ";
	} while (*text);
}

static void print_disk(FILE *out, const struct config_disk *d)
{
	const char *type = "";
	char quote = strchr(d->target, '"') ? '\'' : '"';

	if (d->kind == DISK_BLOCK_DEVICE)
		type = "phy:";
	else if (d->kind == DISK_FILE)
		type = "file:";
	fprintf(out, "\t%cformat=raw,vdev=%s,access=%s%s%s%s,target=%s%s%c,\n",
		quote, d->vdev,
		!d->writable ? "r"
		: d->shared  ? "w!"
			     : "w",
		d->cdrom ? ",devtype=cdrom" : "", d->script ? ",script=" : "",
		d->script ? d->script : "", type, d->target, quote);
}

/* Rounded up, so that reading it rounds down to the same bytes. */
static uint64_t print_per_second(const struct config_vif *v)
{
	unsigned __int128 n = v->rate_bytes;

	return (uint64_t)((n * 1000000 + v->rate_interval_us - 1) /
			  v->rate_interval_us);
}

static void print_vif(FILE *out, const struct config_vif *v)
{
	char quote = v->ip && strchr(v->ip, '"') ? '\'' : '"';
	char mac[18];

	config_format_mac(v->mac, mac);
	fprintf(out, "\t%cmac=%s,bridge=%s", quote, mac, v->bridge);
	if (v->ip)
		fprintf(out, ",ip=%s", v->ip);
	if (v->vifname)
		fprintf(out, ",vifname=%s", v->vifname);
	if (v->rate_bytes)
		fprintf(out, ",rate=%" PRIu64 "B/s@%uus", print_per_second(v),
			v->rate_interval_us);
	if (v->mtu)
		fprintf(out, ",mtu=%u", v->mtu);
	if (v->script)
		fprintf(out, ",script=%s", v->script);
	fprintf(out, "%c,\n", quote);
}

static void print_cpus(const char *key, const char **sets, size_t count,
		       FILE *out)
{
	if (count == 0)
		return;
	fprintf(out, "%s = [", key);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", sets[i]);
	fputs("]\n", out);
}

void config_print(const struct config *c, FILE *out)
{
	char uuid[37];

	config_format_uuid(c->uuid, uuid);
	print_string(out, "name", c->name);
	fprintf(out, "uuid = \"%s\"\n", uuid);
	fprintf(out, "memory = %" PRIu64 "\n", c->memory_mib);
	fprintf(out, "maxmem = %" PRIu64 "\n", c->maxmem_mib);
	fprintf(out, "vcpus = %u\n", c->vcpus);
	fprintf(out, "maxvcpus = %u\n", c->maxvcpus);
	print_string(out, "kernel", c->kernel);
	if (c->ramdisk)
		print_string(out, "ramdisk", c->ramdisk);
	print_string(out, c->cmdline_added ? "extra" : "cmdline", c->cmdline);
	if (c->disk_count) {
		fputs("disk = [\n", out);
		for (size_t i = 0; i < c->disk_count; i++)
			print_disk(out, &c->disks[i]);
		fputs("]\n", out);
	}
	if (c->vif_count) {
		fputs("vif = [\n", out);
		for (size_t i = 0; i < c->vif_count; i++)
			print_vif(out, &c->vifs[i]);
		fputs("]\n", out);
	}
	fprintf(out, "on_poweroff = \"%s\"\n",
		config_action_name(c->on_poweroff));
	fprintf(out, "on_reboot = \"%s\"\n", config_action_name(c->on_reboot));
	fprintf(out, "on_crash = \"%s\"\n", config_action_name(c->on_crash));
	fprintf(out, "on_watchdog = \"%s\"\n",
		config_action_name(c->on_watchdog));
	if (c->console_timestamps)
		fputs("console_timestamps = 1\n", out);
	if (c->localtime)
		fputs("localtime = 1\n", out);
	if (c->rtc_timeoffset)
		fprintf(out, "rtc_timeoffset = \"%d\"\n", c->rtc_timeoffset);
	print_cpus("cpus", c->cpus, c->cpus_count, out);
	print_cpus("cpus_soft", c->cpus_soft, c->cpus_soft_count, out);
	if (c->cpu_weight)
		fprintf(out, "cpu_weight = %u\n", c->cpu_weight);
	if (c->cap)
		fprintf(out, "cap = %u\n", c->cap);
	if (c->pool)
		print_string(out, "pool", c->pool);
}
