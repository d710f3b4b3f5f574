/* SPDX-License-Identifier: MIT */
/*
 * What a domain shall be; see config.h.
 *
 * One table says for each key who reads it. Keys that exist elsewhere but
 * mean nothing here are accepted with a warning where the user would miss
 * them and in silence where not; keys nobody knows are warned about with the
 * nearest one that is known.
 * Tests: tests/unit/dom0-tools/lib/test_config.c, tests/fuzz/fuzz_config.c.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cfgfile.h"
#include "lib/config.h"

#define CONFIG_MEMORY_MAX_MIB (16ULL * 1024 * 1024)

/* What is being read, and the pieces that only the end can put together. */
struct config_reader {
	struct config *c;
	struct err *err;
	const struct cfg_setting *s; /* the one being read */
	const uint8_t *seed;
	const char *root;
	const char *extra;
	bool has_uuid;
};

typedef int config_read_fn(struct config_reader *r, const struct cfg_value *v);

__attribute__((format(printf, 3, 4))) static int
config_fail(struct config_reader *r, const struct cfg_value *v, const char *fmt,
	    ...)
{
	char text[ERR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->err, EINVAL, "%s:%u:%u: %s", r->s->file, v->line,
		       v->column, text);
}

static int config_no_memory(struct config_reader *r)
{
	return err_set(r->err, ENOMEM, "out of memory");
}

__attribute__((format(printf, 2, 3))) static int
config_warn(struct config_reader *r, const char *fmt, ...)
{
	struct config *c = r->c;
	char text[ERR_TEXT_BYTES];
	const char **more;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	more = arena_alloc(&c->arena, (c->warning_count + 1) * sizeof(*more));
	if (more == NULL)
		return config_no_memory(r);
	if (c->warning_count)
		memcpy(more, c->warnings, c->warning_count * sizeof(*more));
	more[c->warning_count] =
		arena_printf(&c->arena, "%s:%u:%u: %s", r->s->file, r->s->line,
			     r->s->column, text);
	if (more[c->warning_count] == NULL)
		return config_no_memory(r);
	c->warnings = more;
	c->warning_count++;
	return 0;
}

/* Values by type */

static int config_get_string(struct config_reader *r, const struct cfg_value *v,
			     const char **text)
{
	*text = "";
	if (v->kind == CFG_LIST)
		return config_fail(r, v, "%s takes a string, not a list",
				   r->s->name);
	*text = v->string;
	return 0;
}

static int config_get_number(struct config_reader *r, const struct cfg_value *v,
			     uint64_t min, uint64_t max, uint64_t *number)
{
	char *end;

	if (v->kind == CFG_LIST)
		return config_fail(r, v, "%s takes a number, not a list",
				   r->s->name);
	*number = v->number;
	if (v->kind == CFG_STRING) {
		errno = 0;
		*number = strtoull(v->string, &end, 10);
		if (!isdigit((unsigned char)v->string[0]) || *end || errno)
			return config_fail(r, v, "%s takes a number, not '%s'",
					   r->s->name, v->string);
	}
	if (*number < min || *number > max)
		return config_fail(
			r, v, "%s=%" PRIu64 " is not in %" PRIu64 "..%" PRIu64,
			r->s->name, *number, min, max);
	return 0;
}

/* MiB, or a string with a unit. */
static int config_get_mib(struct config_reader *r, const struct cfg_value *v,
			  uint64_t *mib)
{
	struct cfg_value plain = *v;
	size_t length;

	if (v->kind == CFG_STRING && (length = strlen(v->string)) > 1) {
		char unit = v->string[length - 1];

		if (unit == 'M' || unit == 'm' || unit == 'G' || unit == 'g') {
			plain.string = arena_strndup(&r->c->arena, v->string,
						     length - 1);
			if (plain.string == NULL)
				return config_no_memory(r);
			if (unit == 'G' || unit == 'g') {
				int rc = config_get_number(
					r, &plain, 1,
					CONFIG_MEMORY_MAX_MIB / 1024, mib);

				*mib *= 1024;
				return rc;
			}
		}
	}
	return config_get_number(r, &plain, 1, CONFIG_MEMORY_MAX_MIB, mib);
}

/* An absolute path. */
static int config_get_path(struct config_reader *r, const struct cfg_value *v,
			   const char **path)
{
	int rc = config_get_string(r, v, path);

	if (rc)
		return rc;
	if (**path == '\0') {
		*path = NULL; /* kernel="" says: none */
		return 0;
	}
	if (**path != '/')
		return config_fail(r, v, "%s='%s' is no absolute path",
				   r->s->name, *path);
	return 0;
}

static int config_get_action(struct config_reader *r, const struct cfg_value *v,
			     enum config_action *action)
{
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	for (int i = ACTION_DESTROY; i <= ACTION_COREDUMP_RESTART; i++) {
		if (strcmp(text, config_action_name(i)) == 0) {
			*action = i;
			return 0;
		}
	}
	return config_fail(r, v,
			   "%s='%s' is none of destroy, restart, "
			   "rename-restart, preserve, coredump-destroy, "
			   "coredump-restart",
			   r->s->name, text);
}

/* Keys */

int config_check_name(const char *name, struct err *e)
{
	size_t length = strlen(name);
	bool number = length > 0;

	if (length == 0 || length > CONFIG_NAME_MAX)
		return err_set(e, EINVAL,
			       "a domain's name has 1 to %d characters, '%s' "
			       "has %zu",
			       CONFIG_NAME_MAX, name, length);
	for (const char *p = name; *p; p++) {
		if (!isdigit((unsigned char)*p))
			number = false;
		if (!isalnum((unsigned char)*p) && !strchr("-_.+:@", *p))
			return err_set(e, EINVAL,
				       "'%s' cannot be a domain's name: only "
				       "letters, digits and - _ . + : @ can "
				       "stand in it",
				       name);
	}
	if (number)
		return err_set(e, EINVAL,
			       "'%s' cannot be a domain's name: it would be "
			       "taken for a domain number",
			       name);
	if (*name == '-')
		return err_set(e, EINVAL,
			       "'%s' cannot be a domain's name: it would be "
			       "taken for an option",
			       name);
	return 0;
}

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
	r->has_uuid = true;
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

static int read_vcpus(struct config_reader *r, const struct cfg_value *v)
{
	uint64_t n;
	int rc = config_get_number(r, v, 1, CONFIG_VCPUS_MAX, &n);

	r->c->vcpus = (uint32_t)n;
	return rc;
}

static int read_maxvcpus(struct config_reader *r, const struct cfg_value *v)
{
	uint64_t n;
	int rc = config_get_number(r, v, 1, CONFIG_VCPUS_MAX, &n);

	r->c->maxvcpus = (uint32_t)n;
	return rc;
}

static int read_kernel(struct config_reader *r, const struct cfg_value *v)
{
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

static int read_cpus(struct config_reader *r, const struct cfg_value *v)
{
	struct config *c = r->c;
	uint8_t bitmap[512] = {0};
	const struct cfg_value *items = v;
	size_t count = 1;

	if (v->kind == CFG_LIST) {
		items = v->items;
		count = v->count;
	}
	c->cpus = arena_alloc(&c->arena, (count + 1) * sizeof(*c->cpus));
	if (c->cpus == NULL)
		return config_no_memory(r);
	for (size_t i = 0; i < count; i++) {
		int rc = config_get_string(r, &items[i], &c->cpus[i]);

		if (rc)
			return rc;
		if (config_cpus(c->cpus[i], bitmap, 8 * sizeof(bitmap)))
			return config_fail(r, &items[i],
					   "cpus '%s' is not like 0-3,^1 or "
					   "all",
					   c->cpus[i]);
	}
	c->cpus_count = count;
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
		struct err e = ERR_NONE;

		if (item->kind != CFG_STRING)
			return config_fail(r, item,
					   "disk takes a [list] of strings");
		if (config_parse_disk(&c->arena, item->string, &c->disks[i],
				      &e))
			return config_fail(r, item, "%s", e.text);
		for (size_t j = 0; j < i; j++) {
			if (c->disks[j].device == c->disks[i].device)
				return config_fail(r, item,
						   "two disks are called %s",
						   c->disks[i].vdev);
		}
	}
	c->disk_count = v->count;
	return 0;
}

/*
 * An address that stays the same for the same uuid and card, in the range
 * that Xen guests use. FNV-1a spreads the bytes.
 */
static void config_make_mac(const uint8_t uuid[16], size_t index,
			    uint8_t mac[6])
{
	uint32_t h = 2166136261;

	for (int i = 0; i < 16; i++)
		h = (h ^ uuid[i]) * 16777619;
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
			config_make_mac(c->uuid, i, c->vifs[i].mac);
		for (size_t j = 0; j < i; j++) {
			if (memcmp(c->vifs[j].mac, c->vifs[i].mac, 6) == 0)
				return config_fail(r, item,
						   "two cards have the same "
						   "MAC address");
		}
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
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc || *text == '\0')
		return rc;
	return config_warn(r, "bootloader is ignored: give kernel= and "
			      "ramdisk=");
}

/* For what other systems know and a guest here does without. */
static int read_ignored(struct config_reader *r, const struct cfg_value *v)
{
	if ((v->kind == CFG_LIST && v->count == 0) ||
	    (v->kind == CFG_STRING && v->string[0] == '\0') ||
	    (v->kind == CFG_NUMBER && v->number == 0))
		return 0;
	return config_warn(r, "%s is not served here and ignored", r->s->name);
}

static int read_silent(struct config_reader *r, const struct cfg_value *v)
{
	(void)r;
	(void)v;
	return 0;
}

/* In the order of reading: MAC addresses need the uuid. */
static const struct config_key {
	const char *name;
	config_read_fn *read;
} config_keys[] = {
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
	{"cpus", read_cpus},
	{"cpu_weight", read_weight},
	{"cap", read_cap},
	{"cpu_cap", read_cap},
	{"bootloader", read_bootloader},
	{"bootargs", read_silent},
	{"bootloader_args", read_silent},
	{"on_watchdog", read_silent},
	{"on_soft_reset", read_silent},
	{"localtime", read_silent},
	{"driver_domain", read_ignored},
	{"pci", read_ignored},
	{"vfb", read_ignored},
	{"vkb", read_ignored},
	{"vtpm", read_ignored},
	{"usbdev", read_ignored},
	{"usbctrl", read_ignored},
	{"p9", read_ignored},
	{"channel", read_ignored},
	{"pool", read_ignored},
	{"seclabel", read_ignored},
	{"cpuid", read_ignored},
	{"cpus_soft", read_ignored},
	{"rtc_timeoffset", read_ignored},
	{"irqs", read_ignored},
	{"iomem", read_ignored},
	{"ioports", read_ignored},
	{"tsc_mode", read_ignored},
	{"vnc", read_ignored},
	{"sdl", read_ignored},
	{"e820_host", read_ignored},
	{"claim_mode", read_silent},
	{"max_grant_frames", read_ignored},
	{"max_maptrack_frames", read_ignored},
};

#define CONFIG_KEY_COUNT (sizeof(config_keys) / sizeof(config_keys[0]))

static const struct config_key *config_find_key(const char *name)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	}
	return NULL;
}

static int config_warn_unknown(struct config_reader *r)
{
	unsigned int best = 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		unsigned int d = cfg_distance(r->s->name, config_keys[i].name);

		if (d < best && d < strlen(r->s->name)) {
			best = d;
			nearest = config_keys[i].name;
		}
	}
	if (nearest)
		return config_warn(r,
				   "unknown key '%s' ignored; did you mean "
				   "'%s'?",
				   r->s->name, nearest);
	return config_warn(r, "unknown key '%s' ignored", r->s->name);
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
	}
	if (strlen(c->cmdline) > CONFIG_CMDLINE_MAX)
		return err_set(r->err, E2BIG,
			       "%s: the kernel's command line has %zu "
			       "characters, a guest can be given %d",
			       file, strlen(c->cmdline), CONFIG_CMDLINE_MAX);
	return 0;
}

static int config_finish(struct config_reader *r, const char *file)
{
	struct config *c = r->c;

	if (c->name == NULL)
		return err_set(r->err, EINVAL, "%s: no name; add name=\"…\"",
			       file);
	if (c->kernel == NULL)
		return err_set(r->err, EINVAL,
			       "%s: no kernel; add kernel=\"/boot/vmlinuz-…\"",
			       file);
	if (c->memory_mib == 0)
		c->memory_mib = c->maxmem_mib;
	if (c->memory_mib == 0)
		return err_set(r->err, EINVAL,
			       "%s: no memory; add memory=256 (MiB)", file);
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
	return config_join_cmdline(r, file);
}

static int config_read(struct config_reader *r, const struct cfg_file *f,
		       const char *file)
{
	int rc;

	memcpy(r->c->uuid, r->seed, 16);
	r->c->uuid[6] = (r->c->uuid[6] & 0x0f) | 0x40; /* random, RFC 4122 */
	r->c->uuid[8] = (r->c->uuid[8] & 0x3f) | 0x80;
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
		rc = config_warn_unknown(r);
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
	return config_finish(r, file);
}

int config_parse(struct config *c, const char *file, const char *text,
		 size_t length, const char *const *overrides,
		 size_t override_count, const uint8_t seed[16], struct err *e)
{
	struct config_reader r = {.c = c, .err = e, .seed = seed};
	struct cfg_file f = {NULL, NULL};
	int rc;

	memset(c, 0, sizeof(*c));
	c->on_poweroff = ACTION_DESTROY;
	c->on_reboot = ACTION_RESTART;
	c->on_crash = ACTION_DESTROY;
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

/* Parts of "0-3,^1": a number, or two with a dash. */
static int config_cpu_range(const char **p, unsigned long *from,
			    unsigned long *to)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return -EINVAL;
	*from = *to = strtoul(*p, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return -EINVAL;
		*to = strtoul(end + 1, &end, 10);
	}
	*p = end;
	return *to < *from ? -EINVAL : 0;
}

int config_cpus(const char *text, uint8_t *bitmap, uint32_t count)
{
	const char *p = text;

	memset(bitmap, 0, (count + 7) / 8);
	if (strcmp(text, "all") == 0) {
		for (uint32_t i = 0; i < count; i++)
			bitmap[i / 8] |= 1U << (i % 8);
		return 0;
	}
	for (;;) {
		unsigned long from, to;
		bool without = *p == '^';

		p += without;
		if (config_cpu_range(&p, &from, &to))
			return -EINVAL;
		if (to >= count)
			return -ERANGE;
		for (unsigned long i = from; i <= to; i++) {
			if (without)
				bitmap[i / 8] &= ~(1U << (i % 8));
			else
				bitmap[i / 8] |= 1U << (i % 8);
		}
		if (*p == '\0')
			return 0;
		if (*p++ != ',')
			return -EINVAL;
	}
}

int config_parse_uuid(const char *text, uint8_t uuid[16])
{
	int digits = 0;

	for (const char *p = text; *p; p++) {
		int value;

		if (*p == '-') {
			if (digits != 8 && digits != 12 && digits != 16 &&
			    digits != 20)
				return -EINVAL;
			continue;
		}
		if (!isxdigit((unsigned char)*p) || digits == 32)
			return -EINVAL;
		value = isdigit((unsigned char)*p) ? *p - '0'
						   : (*p | 32) - 'a' + 10;
		if (digits % 2 == 0)
			uuid[digits / 2] = (uint8_t)(value << 4);
		else
			uuid[digits / 2] |= (uint8_t)value;
		digits++;
	}
	return digits == 32 ? 0 : -EINVAL;
}

void config_format_uuid(const uint8_t uuid[16], char *text)
{
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", uuid[i]);
	}
}

const char *config_action_name(enum config_action action)
{
	switch (action) {
	case ACTION_DESTROY:
		return "destroy";
	case ACTION_RESTART:
		return "restart";
	case ACTION_RENAME_RESTART:
		return "rename-restart";
	case ACTION_PRESERVE:
		return "preserve";
	case ACTION_COREDUMP_DESTROY:
		return "coredump-destroy";
	case ACTION_COREDUMP_RESTART:
		return "coredump-restart";
	}
	return "destroy";
}
