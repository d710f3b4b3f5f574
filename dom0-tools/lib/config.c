/* SPDX-License-Identifier: MIT */
/*
 * What a domain shall be; see config.h.
 *
 * One table says for each key who reads it. Keys that exist elsewhere but
 * mean nothing here stand in config_ignored.c with the reason; keys nobody
 * knows are warned about with the nearest one that is known.
 * Tests: tests/unit/dom0-tools/lib/test_config.c, tests/fuzz/fuzz_config.c.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cfgfile.h"
#include "lib/config.h"
#include "lib/config_reader.h"

#define CONFIG_BOOT_DISK      "disk:"
#define CONFIG_TIMEOFFSET_MAX (100 * 365 * 24 * 3600ULL / 2)

typedef int config_read_fn(struct config_reader *r, const struct cfg_value *v);

struct config_key {
	const char *name;
	config_read_fn *read;
};

/* Keys */

static int read_name(struct config_reader *r, const struct cfg_value *v)
{
	struct err e = ERR_NONE;
	int rc = config_get_string(r, v, &r->c->name);

	if (rc)
		return rc;
	if (config_check_name(r->c->name, &e))
		return config_fail(r, v, "%s", e.text);
	return 0;
}

/*
 * Sixteen bytes from any text, the same for the same text: FNV-1a, once for
 * each byte with its number before the text.
 */
static void config_hash(const char *text, uint8_t bytes[16])
{
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t h = (2166136261 ^ i) * 16777619;

		for (const char *p = text; *p; p++)
			h = (h ^ (uint8_t)*p) * 16777619;
		h ^= h >> 15;
		bytes[i] = (uint8_t)(h ^ h >> 8);
	}
}

/* As RFC 4122 wants uuids of its version 4, random ones. */
static void config_make_uuid(const uint8_t seed[16], uint8_t uuid[16])
{
	memcpy(uuid, seed, 16);
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

/* Read first: what is made up, is made up from it. */
static int read_seed(struct config_reader *r, const struct cfg_value *v)
{
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	if (*text == '\0')
		return config_fail(r, v, "seed is empty; any text will do");
	config_hash(text, r->seed);
	config_make_uuid(r->seed, r->c->uuid);
	r->has_seed = true;
	return 0;
}

static int read_uuid(struct config_reader *r, const struct cfg_value *v)
{
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	if (config_parse_uuid(text, r->c->uuid))
		return config_fail(r, v,
				   "uuid '%s' is not 32 hexadecimal digits as "
				   "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
				   text);
	return 0;
}

static int read_memory(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_mib(r, v, &r->c->memory_mib);
}

static int read_maxmem(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_mib(r, v, &r->c->maxmem_mib);
}

static int read_cpu_count(struct config_reader *r, const struct cfg_value *v,
			  uint32_t *count)
{
	uint64_t n;
	int rc = config_get_number(r, v, 0, UINT64_MAX, &n);

	if (rc == 0 && (n == 0 || n > CONFIG_VCPUS_MAX))
		rc = config_fail(r, v,
				 "%s=%" PRIu64
				 ": a guest has 1 to %d virtual CPUs: vcpus= "
				 "at its start, maxvcpus= at most",
				 r->s->name, n, CONFIG_VCPUS_MAX);
	*count = (uint32_t)n;
	return rc;
}

static int read_vcpus(struct config_reader *r, const struct cfg_value *v)
{
	return read_cpu_count(r, v, &r->c->vcpus);
}

static int read_maxvcpus(struct config_reader *r, const struct cfg_value *v)
{
	return read_cpu_count(r, v, &r->c->maxvcpus);
}

static int read_kernel(struct config_reader *r, const struct cfg_value *v)
{
	if (v->kind == CFG_STRING && strncmp(v->string, CONFIG_BOOT_DISK,
					     strlen(CONFIG_BOOT_DISK)) == 0) {
		r->c->kernel = v->string;
		return 0;
	}
	return config_get_path(r, v, &r->c->kernel);
}

static int read_ramdisk(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_path(r, v, &r->c->ramdisk);
}

static int read_root(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_string(r, v, &r->root);
}

static int read_extra(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_string(r, v, &r->extra);
}

static int read_cmdline(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_string(r, v, &r->c->cmdline);
}

static int read_on_poweroff(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_action(r, v, &r->c->on_poweroff);
}

static int read_on_reboot(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_action(r, v, &r->c->on_reboot);
}

static int read_on_crash(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_action(r, v, &r->c->on_crash);
}

static int read_on_watchdog(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_action(r, v, &r->c->on_watchdog);
}

static int config_get_flag(struct config_reader *r, const struct cfg_value *v,
			   bool *flag)
{
	uint64_t n;
	int rc = config_get_number(r, v, 0, 1, &n);

	*flag = n;
	return rc;
}

static int read_localtime(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_flag(r, v, &r->c->localtime);
}

static int read_stamps(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_flag(r, v, &r->c->console_timestamps);
}

/* Seconds; a string may have a sign, which a number cannot. */
static int read_timeoffset(struct config_reader *r, const struct cfg_value *v)
{
	struct cfg_value plain = *v;
	bool minus = v->kind == CFG_STRING && *v->string == '-';
	uint64_t n;
	int rc;

	if (minus)
		plain.string++;
	rc = config_get_number(r, &plain, 0, CONFIG_TIMEOFFSET_MAX, &n);
	r->c->rtc_timeoffset = minus ? -(int32_t)n : (int32_t)n;
	return rc;
}

static int read_tsc_mode(struct config_reader *r, const struct cfg_value *v)
{
	static const char *const modes[] = {"default", "always_emulate",
					    "native", "native_paravirt"};
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	for (int i = 0; i < 4; i++) {
		if (strcmp(text, modes[i]) == 0 ||
		    (text[0] == '0' + i && text[1] == '\0'))
			return i == 0 || i == 2
				       ? 0
				       : config_warn(r,
						     "tsc_mode='%s' has no "
						     "effect: guests read the "
						     "processor's own counter",
						     modes[i]);
	}
	return config_fail(r, v,
			   "tsc_mode='%s' is none of default, always_emulate, "
			   "native, native_paravirt",
			   text);
}

static int read_weight(struct config_reader *r, const struct cfg_value *v)
{
	uint64_t n;
	int rc = config_get_number(r, v, 1, 65535, &n);

	r->c->cpu_weight = (uint16_t)n;
	return rc;
}

static int read_cap(struct config_reader *r, const struct cfg_value *v)
{
	uint64_t n;
	int rc = config_get_number(r, v, 0, 65534, &n);

	r->c->cap = (uint16_t)n;
	return rc;
}

/* One set, or a list with one for each virtual CPU. */
static int config_get_cpus(struct config_reader *r, const struct cfg_value *v,
			   const char ***sets, size_t *sets_count)
{
	struct config *c = r->c;
	uint8_t bitmap[512] = {0};
	const struct cfg_value *items = v;
	size_t count = 1;

	if (v->kind == CFG_LIST) {
		items = v->items;
		count = v->count;
	}
	*sets = arena_alloc(&c->arena, (count + 1) * sizeof(**sets));
	if (*sets == NULL)
		return config_no_memory(r);
	for (size_t i = 0; i < count; i++) {
		int rc = config_get_string(r, &items[i], &(*sets)[i]);

		if (rc)
			return rc;
		if (config_cpus((*sets)[i], bitmap, 8 * sizeof(bitmap)))
			return config_fail(r, &items[i],
					   "%s '%s' is not like 0-3,^1 or all",
					   r->s->name, (*sets)[i]);
	}
	*sets_count = count;
	return 0;
}

static int read_cpus(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_cpus(r, v, &r->c->cpus, &r->c->cpus_count);
}

static int read_cpus_soft(struct config_reader *r, const struct cfg_value *v)
{
	return config_get_cpus(r, v, &r->c->cpus_soft, &r->c->cpus_soft_count);
}

static int read_pool(struct config_reader *r, const struct cfg_value *v)
{
	int rc = config_get_string(r, v, &r->c->pool);

	if (rc == 0 && *r->c->pool == '\0')
		r->c->pool = NULL;
	return rc;
}

static int config_check_disk(struct config_reader *r,
			     const struct cfg_value *item,
			     const struct config_disk *d)
{
	const struct config *c = r->c;

	for (size_t i = 0; i < c->disk_count; i++) {
		if (c->disks[i].device == d->device)
			return config_fail(r, item, "two disks are called %s",
					   d->vdev);
	}
	if (d->ignored)
		return config_warn(r, "disk %s: %s has no effect", d->vdev,
				   d->ignored);
	return 0;
}

static int read_disk(struct config_reader *r, const struct cfg_value *v)
{
	struct config *c = r->c;

	if (v->kind != CFG_LIST)
		return config_fail(r, v, "disk takes a [list] of strings");
	c->disks = arena_alloc(&c->arena, (v->count + 1) * sizeof(*c->disks));
	if (c->disks == NULL)
		return config_no_memory(r);
	for (size_t i = 0; i < v->count; i++) {
		const struct cfg_value *item = &v->items[i];
		struct config_disk *d = &c->disks[c->disk_count];
		struct err e = ERR_NONE;
		int rc;

		if (item->kind != CFG_STRING)
			return config_fail(r, item,
					   "disk takes a [list] of strings");
		if (config_parse_disk(&c->arena, item->string, d, &e))
			return config_fail(r, item, "%s", e.text);
		rc = config_check_disk(r, item, d);
		if (rc)
			return rc;
		if (*d->target)
			c->disk_count++;
		else if (config_warn(r,
				     "disk %s: an empty CD-ROM drive is left "
				     "out; add the disc when there is one: "
				     "vane block-attach",
				     d->vdev))
			return config_no_memory(r);
	}
	return 0;
}

/*
 * An address that stays the same for the same seed (the uuid, unless the
 * configuration has a seed= of its own) and card, in the range
 * that Xen guests use. FNV-1a spreads the bytes.
 */
static void config_make_mac(const uint8_t seed[16], size_t index,
			    uint8_t mac[6])
{
	uint32_t h = 2166136261;

	for (int i = 0; i < 16; i++)
		h = (h ^ seed[i]) * 16777619;
	h = (h ^ (uint32_t)index) * 16777619;
	h ^= h >> 24;
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = (h >> 16) & 0x7f;
	mac[4] = (h >> 8) & 0xff;
	mac[5] = h & 0xff;
}

static int read_vif(struct config_reader *r, const struct cfg_value *v)
{
	struct config *c = r->c;

	if (v->kind != CFG_LIST)
		return config_fail(r, v, "vif takes a [list] of strings");
	c->vifs = arena_alloc(&c->arena, (v->count + 1) * sizeof(*c->vifs));
	if (c->vifs == NULL)
		return config_no_memory(r);
	for (size_t i = 0; i < v->count; i++) {
		const struct cfg_value *item = &v->items[i];
		struct err e = ERR_NONE;
		bool has_mac;

		if (item->kind != CFG_STRING)
			return config_fail(r, item,
					   "vif takes a [list] of strings");
		if (config_parse_vif(&c->arena, item->string, &c->vifs[i],
				     &has_mac, &e))
			return config_fail(r, item, "%s", e.text);
		if (!has_mac)
			config_make_mac(r->has_seed ? r->seed : c->uuid, i,
					c->vifs[i].mac);
		for (size_t j = 0; j < i; j++) {
			if (memcmp(c->vifs[j].mac, c->vifs[i].mac, 6) == 0)
				return config_fail(r, item,
						   "two cards have the same "
						   "MAC address");
		}
		if (c->vifs[i].ignored &&
		    config_warn(r, "vif %zu: %s has no effect", i,
				c->vifs[i].ignored))
			return config_no_memory(r);
	}
	c->vif_count = v->count;
	return 0;
}

static int read_type(struct config_reader *r, const struct cfg_value *v)
{
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	if (strcmp(text, "pv") == 0 || strcmp(text, "generic") == 0 ||
	    strcmp(text, "linux") == 0)
		return 0;
	return config_fail(r, v,
			   "%s='%s': only paravirtualized guests run here; "
			   "remove the line or say type='pv'",
			   r->s->name, text);
}

static int read_bootloader(struct config_reader *r, const struct cfg_value *v)
{
	int rc = config_get_string(r, v, &r->bootloader);

	if (rc || *r->bootloader == '\0')
		return rc;
	if (r->c->kernel)
		return config_warn(r,
				   "bootloader='%s' is ignored: kernel= is "
				   "given",
				   r->bootloader);
	r->c->kernel = CONFIG_BOOT_DISK;
	return config_warn(r,
			   "bootloader='%s' is not run: the entry that the "
			   "first disk boots by itself is started instead, as "
			   "with kernel=\"" CONFIG_BOOT_DISK "\"",
			   r->bootloader);
}

/* Values that ask for nothing: 0, "" and []. */
static bool config_is_off(const struct cfg_value *v)
{
	return (v->kind == CFG_LIST && v->count == 0) ||
	       (v->kind == CFG_STRING && v->string[0] == '\0') ||
	       (v->kind == CFG_NUMBER && v->number == 0);
}

/* Another kind of guest. */
static int read_refused(struct config_reader *r, const struct cfg_value *v)
{
	if (config_is_off(v))
		return 0;
	return config_fail(r, v,
			   "%s: only paravirtualized guests run here; remove "
			   "the line or say type='pv'",
			   r->s->name);
}

static int read_silent(struct config_reader *r, const struct cfg_value *v)
{
	(void)r;
	(void)v;
	return 0;
}

/* In the order of reading: what is made up needs seed and uuid. */
static const struct config_key config_keys[] = {
	{"seed", read_seed},
	{"name", read_name},
	{"uuid", read_uuid},
	{"type", read_type},
	{"builder", read_type},
	{"memory", read_memory},
	{"maxmem", read_maxmem},
	{"vcpus", read_vcpus},
	{"maxvcpus", read_maxvcpus},
	{"kernel", read_kernel},
	{"ramdisk", read_ramdisk},
	{"root", read_root},
	{"extra", read_extra},
	{"cmdline", read_cmdline},
	{"disk", read_disk},
	{"vif", read_vif},
	{"on_poweroff", read_on_poweroff},
	{"on_reboot", read_on_reboot},
	{"on_crash", read_on_crash},
	{"on_watchdog", read_on_watchdog},
	{"cpus", read_cpus},
	{"cpus_soft", read_cpus_soft},
	{"cpu_weight", read_weight},
	{"cap", read_cap},
	{"cpu_cap", read_cap},
	{"pool", read_pool},
	{"console_timestamps", read_stamps},
	{"localtime", read_localtime},
	{"rtc_timeoffset", read_timeoffset},
	{"tsc_mode", read_tsc_mode},
	{"bootloader", read_bootloader},
	{"bootargs", read_silent},
	{"bootloader_args", read_silent},
	{"on_soft_reset", read_silent},
	{"claim_mode", read_silent},
	{"nomigrate", read_silent},
	{"run_hotplug_scripts", read_silent},
	{"max_grant_version", read_silent},
	{"pvh", read_refused},
	{"hvm", read_refused},
	{"nestedhvm", read_refused},
};

#define CONFIG_KEY_COUNT (sizeof(config_keys) / sizeof(config_keys[0]))

const char *config_key_name(size_t index)
{
	return index < CONFIG_KEY_COUNT ? config_keys[index].name : NULL;
}

static const struct config_key *config_find_key(const char *name)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	}
	return NULL;
}

/* Is `key` nearer to the one being read than what was nearest so far? */
static void config_compare(struct config_reader *r, const char *key,
			   unsigned int *best, const char **nearest)
{
	unsigned int d = cfg_distance(r->s->name, key);

	if (d < *best && d < strlen(r->s->name)) {
		*best = d;
		*nearest = key;
	}
}

/* The known key that is most like the one being read, or NULL. */
static const char *config_nearest(struct config_reader *r)
{
	const struct config_ignored *known;
	unsigned int best = 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		config_compare(r, config_keys[i].name, &best, &nearest);
	for (known = config_ignored_keys; known->name; known++)
		config_compare(r, known->name, &best, &nearest);
	return nearest;
}

/* A key that nothing reads: ignored on purpose, or a mistake. */
static int config_warn_unread(struct config_reader *r)
{
	const struct config_ignored *known = config_ignored_keys;
	const char *nearest;

	while (known->name && strcmp(known->name, r->s->name) != 0)
		known++;
	if (known->name && config_is_off(&r->s->value))
		return 0;
	if (known->name)
		return config_warn(r, "%s is ignored: %s", known->name,
				   known->why);
	nearest = config_nearest(r);
	if (nearest)
		return config_warn(r,
				   "unknown key '%s' ignored; did you mean "
				   "'%s'?",
				   r->s->name, nearest);
	return config_warn(r, "unknown key '%s' ignored", r->s->name);
}

const char *config_boot_entry(const struct config *c)
{
	size_t length = strlen(CONFIG_BOOT_DISK);

	if (strncmp(c->kernel, CONFIG_BOOT_DISK, length) != 0)
		return NULL;
	return c->kernel + length;
}

const struct config_disk *config_boot_disk(const struct config *c)
{
	for (size_t i = 0; i < c->disk_count; i++) {
		if (!c->disks[i].cdrom)
			return &c->disks[i];
	}
	return NULL;
}

/* "root=ROOT EXTRA", unless the whole line was given. */
static int config_join_cmdline(struct config_reader *r, const char *file)
{
	struct config *c = r->c;

	if (c->cmdline == NULL) {
		c->cmdline = arena_printf(
			&c->arena, "%s%s%s%s", r->root ? "root=" : "",
			r->root ? r->root : "", r->root && r->extra ? " " : "",
			r->extra ? r->extra : "");
		if (c->cmdline == NULL)
			return config_no_memory(r);
		c->cmdline_added = config_boot_entry(c) != NULL;
	}
	if (strlen(c->cmdline) > CONFIG_CMDLINE_MAX)
		return err_set(r->err, E2BIG,
			       "%s: the kernel's command line has %zu "
			       "characters, a guest can be given %d",
			       file, strlen(c->cmdline), CONFIG_CMDLINE_MAX);
	return 0;
}

/*
 * What must be there is not: because its name was misspelt, in the line that
 * the message then points at, or for another reason, which gets `advice`.
 */
static int config_missing(struct config_reader *r, const struct cfg_file *f,
			  const char *file, const char *key, const char *advice)
{
	for (r->s = f->first; r->s; r->s = r->s->next) {
		const char *nearest = NULL;

		if (!config_find_key(r->s->name))
			nearest = config_nearest(r);
		if (nearest && strcmp(nearest, key) == 0)
			return err_set(r->err, EINVAL,
				       "%s:%u:%u: no %s; is that what '%s' is "
				       "to be?",
				       r->s->file, r->s->line, r->s->column,
				       key, r->s->name);
	}
	return err_set(r->err, EINVAL, "%s: no %s; %s", file, key, advice);
}

static int config_check_boot(struct config_reader *r, const struct cfg_file *f,
			     const char *file)
{
	struct config *c = r->c;

	if (c->kernel == NULL)
		return config_missing(r, f, file, "kernel",
				      "add kernel=\"/boot/vmlinuz-…\", or "
				      "kernel=\"" CONFIG_BOOT_DISK
				      "\" for the one on the guest's first "
				      "disk");
	if (config_boot_entry(c) == NULL)
		return 0;
	if (config_boot_disk(c) == NULL)
		return err_set(r->err, EINVAL,
			       "%s: kernel=\"%s\" boots from the first disk, "
			       "and there is none; add disk=[…]",
			       file, c->kernel);
	if (c->ramdisk)
		return err_set(r->err, EINVAL,
			       "%s: kernel=\"%s\" takes the initrd from the "
			       "disk too; remove ramdisk=",
			       file, c->kernel);
	return 0;
}

static int config_finish(struct config_reader *r, const struct cfg_file *f,
			 const char *file)
{
	struct config *c = r->c;
	int rc;

	if (c->name == NULL)
		return config_missing(r, f, file, "name", "add name=\"…\"");
	rc = config_check_boot(r, f, file);
	if (rc)
		return rc;
	if (c->memory_mib == 0)
		c->memory_mib = c->maxmem_mib;
	if (c->memory_mib == 0)
		return config_missing(r, f, file, "memory",
				      "add memory=256 (MiB)");
	if (c->maxmem_mib == 0)
		c->maxmem_mib = c->memory_mib;
	if (c->maxmem_mib < c->memory_mib)
		return err_set(r->err, EINVAL,
			       "%s: maxmem=%" PRIu64 " is less than "
			       "memory=%" PRIu64,
			       file, c->maxmem_mib, c->memory_mib);
	if (c->vcpus == 0)
		c->vcpus = 1;
	if (c->maxvcpus == 0)
		c->maxvcpus = c->vcpus;
	if (c->maxvcpus < c->vcpus)
		return err_set(r->err, EINVAL,
			       "%s: maxvcpus=%u is less than vcpus=%u", file,
			       c->maxvcpus, c->vcpus);
	if (c->cap > 100 * c->maxvcpus)
		return err_set(r->err, EINVAL,
			       "%s: cap=%u is more than the %u %% that %u "
			       "virtual CPU%s could use; 0 is no limit",
			       file, c->cap, 100 * c->maxvcpus, c->maxvcpus,
			       c->maxvcpus == 1 ? "" : "s");
	return config_join_cmdline(r, file);
}

static int config_read(struct config_reader *r, const struct cfg_file *f,
		       const char *file)
{
	int rc;

	config_make_uuid(r->seed, r->c->uuid);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		r->s = cfg_find(f, config_keys[i].name);
		if (r->s == NULL)
			continue;
		rc = config_keys[i].read(r, &r->s->value);
		if (rc)
			return rc;
	}
	for (r->s = f->first; r->s; r->s = r->s->next) {
		if (config_find_key(r->s->name))
			continue;
		rc = config_warn_unread(r);
		if (rc)
			return rc;
	}
	r->s = cfg_find(f, "cmdline");
	if (r->s && (r->root || r->extra)) {
		rc = config_warn(r, "cmdline is the whole command line: root "
				    "and extra are ignored");
		if (rc)
			return rc;
	}
	return config_finish(r, f, file);
}

int config_parse(struct config *c, const char *file, const char *text,
		 size_t length, const char *const *overrides,
		 size_t override_count, const uint8_t seed[16], struct err *e)
{
	struct config_reader r = {.c = c, .err = e};
	struct cfg_file f = {NULL, NULL};
	int rc;

	memset(c, 0, sizeof(*c));
	memcpy(r.seed, seed, sizeof(r.seed));
	c->on_poweroff = ACTION_DESTROY;
	c->on_reboot = ACTION_RESTART;
	c->on_crash = ACTION_DESTROY;
	c->on_watchdog = ACTION_DESTROY;
	rc = -ENOMEM;
	file = arena_strdup(&c->arena, file);
	if (file)
		rc = cfg_parse(&c->arena, &f, file, text, length, e);
	else
		err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < override_count && rc == 0; i++)
		rc = cfg_parse_argument(&c->arena, &f, overrides[i], e);
	if (rc == 0)
		rc = config_read(&r, &f, file);
	if (rc)
		config_free(c);
	return rc;
}

void config_free(struct config *c)
{
	arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}

bool config_is_override(const char *argument)
{
	const char *p = argument;

	if (!isalpha((unsigned char)*p) && *p != '_')
		return false;
	while (isalnum((unsigned char)*p) || *p == '_' || *p == '-')
		p++;
	while (*p == ' ' || *p == '\t')
		p++;
	return *p == '=' || (p[0] == '+' && p[1] == '=');
}

int config_override(struct config *c, const char *setting, struct err *e)
{
	static const uint8_t seed[16]; /* nothing is left to make up */
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);
	struct config changed;
	int rc;

	if (f == NULL)
		return err_set(e, ENOMEM, "out of memory");
	config_print(c, f);
	if (fclose(f) != 0 || text == NULL) {
		free(text);
		return err_set(e, ENOMEM, "out of memory");
	}
	rc = config_parse(&changed, c->name, text, length, &setting, 1, seed,
			  e);
	free(text);
	if (rc)
		return rc;
	config_free(c);
	*c = changed;
	return 0;
}
