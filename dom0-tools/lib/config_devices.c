/* SPDX-License-Identifier: MIT */
/*
 * The meaning of one disk or network card of a configuration; see config.h.
 *
 * A disk is written in one of three ways: "phy:/dev/x,xvda,w" (type prefix,
 * device, access), "/dev/x,raw,xvda,rw" (target, format, device, access) or
 * "format=raw,vdev=xvda,access=rw,target=/dev/x", and the last two may be
 * mixed; "target=" takes the rest of the text, commas and all.
 * Tests: tests/unit/dom0-tools/lib/test_config_devices.c.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/config.h"

/* A part of a text: not ended by a NUL. */
struct part {
	const char *p;
	size_t length;
};

static bool part_is(struct part t, const char *word)
{
	return strlen(word) == t.length && memcmp(t.p, word, t.length) == 0;
}

static struct part part_trim(struct part t)
{
	while (t.length && isspace((unsigned char)t.p[0])) {
		t.p++;
		t.length--;
	}
	while (t.length && isspace((unsigned char)t.p[t.length - 1]))
		t.length--;
	return t;
}

/* Takes what stands before the next comma off the rest. */
static struct part part_next(const char **rest)
{
	struct part t = {*rest, strcspn(*rest, ",")};

	*rest += t.length;
	if (**rest == ',')
		(*rest)++;
	return part_trim(t);
}

/* Splits "key = value"; false when there is no '='. */
static bool part_split(struct part t, struct part *key, struct part *value)
{
	const char *equals = memchr(t.p, '=', t.length);

	if (equals == NULL)
		return false;
	*key = part_trim((struct part){t.p, equals - t.p});
	*value = part_trim(
		(struct part){equals + 1, t.p + t.length - equals - 1});
	return true;
}

/* The letters after the prefix as a number: a=0 … z=25, aa=26 … */
static bool disk_letters(const char **p, uint32_t *number)
{
	uint32_t n = 0;

	if (!islower((unsigned char)**p))
		return false;
	while (islower((unsigned char)**p)) {
		n = n * 26 + (**p - 'a' + 1);
		if (n > 1 << 20)
			return false;
		(*p)++;
	}
	*number = n - 1;
	return true;
}

int config_disk_number(const char *vdev, uint32_t *number)
{
	/* How each family numbers its disks (the store protocol's rules). */
	static const struct {
		const char *prefix;
		uint32_t major;
		uint32_t part_bits;
		uint32_t disks;
	} families[] = {
		{"xvd", 202, 4, 16},
		{"sd", 8, 4, 16},
		{"hd", 3, 6, 2},
	};
	uint32_t disk, part = 0;
	const char *p;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		size_t length = strlen(families[i].prefix);
		uint32_t bits = families[i].part_bits;

		if (strncmp(vdev, families[i].prefix, length) != 0)
			continue;
		p = vdev + length;
		if (!disk_letters(&p, &disk))
			return -EINVAL;
		if (*p == '0')
			return -EINVAL;
		while (isdigit((unsigned char)*p)) {
			part = part * 10 + (*p++ - '0');
			if (part > 255)
				return -EINVAL;
		}
		if (*p)
			return -EINVAL;
		if (disk < families[i].disks && part < 1U << bits)
			*number = families[i].major << 8 | disk << bits | part;
		else if (i == 2 && disk < 4 && part < 64)
			*number = 22U << 8 | (disk - 2) << 6 | part;
		else if (i == 0 && disk < 1 << 20)
			*number = 1U << 28 | disk << 8 | part;
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

/* What is being read of a disk, with what was seen already. */
struct disk_reader {
	struct arena *arena;
	const char *spec;
	struct config_disk *disk;
	struct err *err;
	bool has_format;
	bool has_access;
	bool has_prefix;
};

static int disk_no_memory(struct disk_reader *r)
{
	return err_set(r->err, ENOMEM, "disk '%s': out of memory", r->spec);
}

static int disk_wrong_format(struct disk_reader *r, struct part t)
{
	return err_set(r->err, EOPNOTSUPP,
		       "disk '%s': format %.*s is not served here; convert it: "
		       "qemu-img convert -O raw OLD NEW",
		       r->spec, (int)t.length, t.p);
}

/* "phy:/dev/x", "tap:aio:/y": prefixes one after the other, then the path. */
static int disk_set_target(struct disk_reader *r, struct part t)
{
	static const struct {
		const char *prefix;
		enum config_disk_kind kind;
		bool wrong; /* a format that is not served */
	} prefixes[] = {
		{"phy:", DISK_BLOCK_DEVICE, false}, {"file:", DISK_FILE, false},
		{"raw:", DISK_ANY, false},	    {"aio:", DISK_ANY, false},
		{"tap:", DISK_ANY, false},	    {"tap2:", DISK_ANY, false},
		{"qcow:", DISK_ANY, true},	    {"qcow2:", DISK_ANY, true},
		{"vhd:", DISK_ANY, true},	    {"vmdk:", DISK_ANY, true},
	};
	const char *colon, *slash;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]);) {
		size_t length = strlen(prefixes[i].prefix);

		if (t.length < length ||
		    memcmp(t.p, prefixes[i].prefix, length) != 0) {
			i++;
			continue;
		}
		if (prefixes[i].wrong)
			return disk_wrong_format(
				r, (struct part){t.p, length - 1});
		r->disk->kind = prefixes[i].kind;
		r->has_prefix = true;
		t.p += length;
		t.length -= length;
		i = 0;
	}
	colon = memchr(t.p, ':', t.length);
	slash = memchr(t.p, '/', t.length);
	if (colon && (slash == NULL || colon < slash))
		return err_set(r->err, EINVAL,
			       "disk '%s': unknown prefix '%.*s' (phy:, file:, "
			       "raw:, aio:, tap:)",
			       r->spec, (int)(colon + 1 - t.p), t.p);
	r->disk->target = arena_strndup(r->arena, t.p, t.length);
	return r->disk->target ? 0 : disk_no_memory(r);
}

static int disk_set_format(struct disk_reader *r, struct part t)
{
	r->has_format = true;
	if (t.length == 0 || part_is(t, "raw"))
		return 0;
	if (part_is(t, "qcow") || part_is(t, "qcow2") || part_is(t, "vhd") ||
	    part_is(t, "qed") || part_is(t, "vmdk"))
		return disk_wrong_format(r, t);
	return err_set(r->err, EINVAL, "disk '%s': unknown format '%.*s' (raw)",
		       r->spec, (int)t.length, t.p);
}

static int disk_set_vdev(struct disk_reader *r, struct part t)
{
	if (t.length > 6 && memcmp(t.p + t.length - 6, ":cdrom", 6) == 0) {
		r->disk->cdrom = true;
		t.length -= 6;
	}
	r->disk->vdev = arena_strndup(r->arena, t.p, t.length);
	if (r->disk->vdev == NULL)
		return disk_no_memory(r);
	if (config_disk_number(r->disk->vdev, &r->disk->device))
		return err_set(r->err, EINVAL,
			       "disk '%s': '%s' is no device name; "
			       "say xvda, xvdb, … or xvda1, …",
			       r->spec, r->disk->vdev);
	return 0;
}

static int disk_set_access(struct disk_reader *r, struct part t)
{
	r->has_access = true;
	if (t.length == 0)
		return 0;
	if (part_is(t, "r") || part_is(t, "ro")) {
		r->disk->writable = false;
	} else if (part_is(t, "w") || part_is(t, "rw")) {
		r->disk->writable = true;
	} else if (part_is(t, "w!") || part_is(t, "!")) {
		r->disk->writable = true;
		r->disk->shared = true;
	} else {
		return err_set(r->err, EINVAL,
			       "disk '%s': access '%.*s' is none of r, w, w!",
			       r->spec, (int)t.length, t.p);
	}
	return 0;
}

/* Printed again within quotes and commas: nothing else may stand in it. */
static bool part_is_script(struct part t)
{
	for (size_t i = 0; i < t.length; i++) {
		if (strchr("'\"", t.p[i]) || (unsigned char)t.p[i] <= ' ')
			return false;
	}
	return t.length > 0;
}

static int disk_set_script(struct disk_reader *r, struct part t)
{
	if (t.length == 0)
		return 0;
	if (!part_is_script(t))
		return err_set(r->err, EINVAL,
			       "disk '%s': '%.*s' is no script's name", r->spec,
			       (int)t.length, t.p);
	r->disk->script = arena_strndup(r->arena, t.p, t.length);
	return r->disk->script ? 0 : disk_no_memory(r);
}

static int disk_set_named(struct disk_reader *r, struct part key,
			  struct part value)
{
	/* They choose or tune a backend; ours is the kernel's. */
	static const char *const accepted[] = {
		"backendtype", "direct-io-safe", "discard",
		"no-discard",  "removable",	 "specification",
	};
	static const char *const ignored[] = {"backend", "colo", "trusted"};

	if (part_is(key, "format"))
		return disk_set_format(r, value);
	if (part_is(key, "vdev"))
		return disk_set_vdev(r, value);
	if (part_is(key, "access"))
		return disk_set_access(r, value);
	if (part_is(key, "devtype")) {
		r->disk->cdrom = part_is(value, "cdrom");
		if (r->disk->cdrom || part_is(value, "disk"))
			return 0;
		return err_set(r->err, EINVAL,
			       "disk '%s': devtype '%.*s' is none of disk, "
			       "cdrom",
			       r->spec, (int)value.length, value.p);
	}
	if (part_is(key, "script"))
		return disk_set_script(r, value);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (part_is(key, ignored[i]))
			r->disk->ignored = ignored[i];
		if (part_is(key, ignored[i]))
			return 0;
	}
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		if (part_is(key, accepted[i]))
			return 0;
	}
	return err_set(r->err, EINVAL,
		       "disk '%s': unknown key '%.*s' (format, vdev, access, "
		       "devtype, target)",
		       r->spec, (int)key.length, key.p);
}

/* A value by its place: target, format, vdev, access; empty ones count. */
static int disk_set_next(struct disk_reader *r, struct part t)
{
	if (r->disk->target == NULL)
		return disk_set_target(r, t);
	if (!r->has_format && !r->has_prefix)
		return disk_set_format(r, t);
	if (r->disk->vdev == NULL)
		return disk_set_vdev(r, t);
	if (!r->has_access)
		return disk_set_access(r, t);
	return err_set(r->err, EINVAL, "disk '%s': too many parts at '%.*s'",
		       r->spec, (int)t.length, t.p);
}

static int disk_set_word(struct disk_reader *r, struct part t)
{
	static const char *const words[] = {"direct-io-safe", "discard",
					    "no-discard", "removable"};

	if (part_is(t, "cdrom") || part_is(t, "devtype=cdrom")) {
		r->disk->cdrom = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (part_is(t, words[i]))
			return 0;
	}
	return disk_set_next(r, t);
}

int config_parse_disk(struct arena *a, const char *spec,
		      struct config_disk *disk, struct err *e)
{
	struct disk_reader r = {
		.arena = a,
		.spec = spec,
		.disk = disk,
		.err = e,
	};
	const char *rest = spec;
	struct part key, value;
	int rc = 0;

	memset(disk, 0, sizeof(*disk));
	disk->writable = true;
	while (*rest && rc == 0) {
		const char *start = rest;
		struct part t = part_next(&rest);

		/* A path by its place may contain '='; a key may not be one. */
		if (!part_split(t, &key, &value) ||
		    memchr(key.p, '/', key.length))
			rc = disk_set_word(&r, t);
		else if (!part_is(key, "target"))
			rc = disk_set_named(&r, key, value);
		else {
			t = (struct part){start, strlen(start)};
			part_split(t, &key, &value);
			rc = disk_set_target(&r, value);
			rest = start + strlen(start);
		}
	}
	if (rc)
		return rc;
	if (disk->target == NULL && disk->cdrom)
		disk->target = "";
	if (disk->target == NULL || (*disk->target == '\0' && !disk->cdrom))
		return err_set(e, EINVAL, "disk '%s': no path given", spec);
	if (disk->target[0] != '/' && *disk->target)
		return err_set(e, EINVAL, "disk '%s': '%s' is no absolute path",
			       spec, disk->target);
	if (disk->vdev == NULL)
		return err_set(e, EINVAL,
			       "disk '%s': no device name given; "
			       "e.g. 'phy:/dev/vg/root,xvda,w'",
			       spec);
	if (disk->cdrom)
		disk->writable = false;
	return 0;
}

static int vif_set_mac(struct part t, uint8_t mac[6])
{
	if (t.length != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		const char *p = t.p + 3 * i;
		char digits[3] = {p[0], p[1], '\0'};

		if (!isxdigit((unsigned char)p[0]) ||
		    !isxdigit((unsigned char)p[1]) || (i < 5 && p[2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	/* Multicast and all-zero addresses never belong to a card. */
	if ((mac[0] & 1) || memcmp(mac, "\0\0\0\0\0", 6) == 0)
		return -EINVAL;
	return 0;
}

/* "10Mb/s", "1GB/s@20ms" → bytes per interval, as the backend wants them. */
static int vif_set_rate(const char *text, struct config_vif *vif)
{
	uint64_t n, scale = 1, interval_us = 50000;
	char *p;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &p, 10);
	if (errno)
		return -EINVAL;
	if (*p == 'K' || *p == 'k')
		scale = 1000;
	else if (*p == 'M')
		scale = 1000000;
	else if (*p == 'G')
		scale = 1000000000;
	if (scale > 1)
		p++;
	if (*p != 'b' && *p != 'B')
		return -EINVAL;
	if (__builtin_mul_overflow(n, scale, &n))
		return -EINVAL;
	if (*p == 'b')
		n /= 8;
	p++;
	if (strncmp(p, "/s", 2) == 0)
		p += 2;
	if (*p == '@') {
		if (!isdigit((unsigned char)p[1]))
			return -EINVAL;
		interval_us = strtoull(p + 1, &p, 10);
		if (interval_us > 1000000)
			return -EINVAL;
		if (strcmp(p, "ms") == 0)
			interval_us *= 1000;
		else if (strcmp(p, "s") == 0)
			interval_us *= 1000000;
		else if (strcmp(p, "us") != 0)
			return -EINVAL;
	} else if (*p) {
		return -EINVAL;
	}
	/* No longer than a second, which the canonical text relies on. */
	if (interval_us == 0 || interval_us > 1000000 ||
	    __builtin_mul_overflow(n, interval_us, &n))
		return -EINVAL;
	vif->rate_bytes = n / 1000000;
	vif->rate_interval_us = (uint32_t)interval_us;
	return vif->rate_bytes ? 0 : -EINVAL;
}

/* The kernel's limit, and nothing that a path would trip over. */
static bool vif_is_netdev(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 15 || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (; *name; name++) {
		if (strchr("/:'\"", *name) || *name <= ' ' || *name >= 0x7f)
			return false;
	}
	return true;
}

static int vif_set(struct arena *a, const char *spec, struct config_vif *vif,
		   struct part key, struct part value, bool *has_mac,
		   struct err *e)
{
	/* They belong to emulated cards or to driver domains. */
	static const char *const ignored[] = {
		"type", "model", "backend", "gatewaydev", "trusted", "devid"};
	char *text = arena_strndup(a, value.p, value.length);

	if (text == NULL)
		return err_set(e, ENOMEM, "vif '%s': out of memory", spec);
	if (part_is(key, "mac")) {
		*has_mac = true;
		if (vif_set_mac(value, vif->mac))
			return err_set(e, EINVAL,
				       "vif '%s': '%s' is no unicast MAC "
				       "address (00:16:3e:xx:xx:xx)",
				       spec, text);
	} else if (part_is(key, "bridge") || part_is(key, "vifname")) {
		if (!vif_is_netdev(text))
			return err_set(e, EINVAL,
				       "vif '%s': '%s' is no name of a network "
				       "device (1 to 15 characters)",
				       spec, text);
		if (part_is(key, "bridge"))
			vif->bridge = text;
		else
			vif->vifname = text;
	} else if (part_is(key, "script")) {
		if (*text && !part_is_script(value))
			return err_set(e, EINVAL,
				       "vif '%s': '%s' is no script's name",
				       spec, text);
		vif->script = *text ? text : NULL;
	} else if (part_is(key, "ip")) {
		vif->ip = text;
	} else if (part_is(key, "rate")) {
		if (vif_set_rate(text, vif))
			return err_set(e, EINVAL,
				       "vif '%s': rate '%s' is not like "
				       "10Mb/s or 1MB/s@20ms",
				       spec, text);
	} else if (part_is(key, "mtu")) {
		char *end;
		unsigned long mtu = strtoul(text, &end, 10);

		if (*end || mtu < 68 || mtu > 65535)
			return err_set(e, EINVAL,
				       "vif '%s': mtu '%s' is not in 68..65535",
				       spec, text);
		vif->mtu = (uint32_t)mtu;
	} else {
		for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]);
		     i++) {
			if (!part_is(key, ignored[i]))
				continue;
			/* A paravirtualized card is what there is. */
			if (!(i == 0 && part_is(value, "vif")))
				vif->ignored = ignored[i];
			return 0;
		}
		return err_set(e, EINVAL,
			       "vif '%s': unknown key '%.*s' (mac, bridge, ip, "
			       "vifname, rate, mtu)",
			       spec, (int)key.length, key.p);
	}
	return 0;
}

int config_parse_vif(struct arena *a, const char *spec, struct config_vif *vif,
		     bool *has_mac, struct err *e)
{
	const char *rest = spec;

	memset(vif, 0, sizeof(*vif));
	vif->bridge = "xenbr0";
	*has_mac = false;
	while (*rest) {
		struct part t = part_next(&rest), key, value;
		int rc;

		if (t.length == 0)
			continue;
		if (!part_split(t, &key, &value))
			return err_set(e, EINVAL,
				       "vif '%s': '%.*s' is not key=value",
				       spec, (int)t.length, t.p);
		rc = vif_set(a, spec, vif, key, value, has_mac, e);
		if (rc)
			return rc;
	}
	return 0;
}

void config_format_mac(const uint8_t mac[6], char text[18])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
}
