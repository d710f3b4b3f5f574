/* SPDX-License-Identifier: MIT */
/* Which kernel does a disk want to boot? See choose.h. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bootfs/bls.h"
#include "bootfs/choose.h"
#include "bootfs/grub.h"

/* A configuration's "(hd0,msdos1)/boot/x" without the device. */
static const char *path_of(const char *path)
{
	const char *close = *path == '(' ? strchr(path, ')') : NULL;

	return close ? close + 1 : path;
}

/* boot_files of one volume */

static int files_size(void *context, const char *path, uint64_t *bytes)
{
	struct volume_file f;
	int rc = volume_open(context, path_of(path), &f);

	*bytes = f.bytes;
	if (rc == -EISDIR)
		return 0;
	if (rc == 0)
		volume_close_file(&f);
	return rc;
}

static const char *files_read(void *context, struct arena *a, const char *path,
			      size_t *length)
{
	struct volume_file f;
	char *text = NULL;

	*length = 0;
	if (volume_open(context, path_of(path), &f))
		return NULL;
	if (f.bytes <= BOOTFS_TEXT_MAX)
		text = arena_alloc(a, (size_t)f.bytes + 1);
	while (text && *length < f.bytes) {
		ssize_t n = volume_read(&f, text + *length,
					(size_t)f.bytes - *length);

		if (n <= 0)
			break;
		*length += (size_t)n;
	}
	if (*length < f.bytes)
		text = NULL;
	volume_close_file(&f);
	return text;
}

static int files_list(void *context, const char *path,
		      void (*each)(void *argument, const char *name),
		      void *argument)
{
	return volume_list(context, path_of(path), each, argument);
}

/* loader.conf's "default" is a pattern for ids; NULL: it says nothing. */
static const struct bls_entry *bls_default(struct arena *a,
					   const struct boot_files *files,
					   const char *loader,
					   const struct bls_list *list)
{
	const char *path = arena_printf(a, "%s/loader.conf", loader);
	size_t length;
	const char *text =
		path ? files->read(files->context, a, path, &length) : NULL;
	char pattern[256];

	for (const char *line = text; line && *line;) {
		if (sscanf(line, "default %255s", pattern) == 1) {
			char *dot = strstr(pattern, ".conf");

			if (dot && dot[5] == '\0')
				*dot = '\0';
			for (size_t i = 0; i < list->count; i++) {
				if (fnmatch(pattern, list->entries[i].id, 0) ==
				    0)
					return &list->entries[i];
			}
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return NULL;
}

static int choose_grub(struct choice *c, struct arena *a,
		       const struct boot_files *files, const char *wanted,
		       struct err *e)
{
	static const char *const places[] = {
		"/boot/grub/grub.cfg", "/grub/grub.cfg", "/boot/grub2/grub.cfg",
		"/grub2/grub.cfg"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t length;
		const char *text =
			files->read(files->context, a, places[i], &length);
		int rc;

		if (text == NULL)
			continue;
		c->source = places[i];
		rc = grub_choose(a, files, places[i], text, length, wanted,
				 &c->entry, e);
		if (rc != -ENOENT || err_is_set(e))
			return rc;
	}
	return -ENOENT;
}

static int choose_bls(struct choice *c, struct arena *a,
		      const struct boot_files *files, const char *wanted,
		      struct err *e)
{
	static const char *const places[] = {"/loader", "/boot/loader"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct bls_entry *b = NULL;
		struct bls_list list = {NULL, 0};
		const char *path = arena_printf(a, "%s/entries", places[i]);
		int rc;

		if (path == NULL)
			return err_set(e, ENOMEM, "out of memory");
		rc = bls_read_directory(a, files, path, &list, e);
		if (rc)
			return rc;
		if (list.count == 0)
			continue;
		c->source = path;
		if (wanted && *wanted) {
			b = bls_find(&list, wanted);
			if (b == NULL)
				return err_set(e, ENOENT,
					       "%s has no entry '%s'; there "
					       "are %zu, the first is '%s'",
					       path, wanted, list.count,
					       list.entries[0].id);
		}
		if (b == NULL)
			b = bls_default(a, files, places[i], &list);
		if (b == NULL)
			b = &list.entries[0];
		c->entry = b->boot;
		return 0;
	}
	return -ENOENT;
}

/* "2: ext4, 3: LVM2_member (not read here)" */
static int choose_nothing(struct choice *c, struct err *e)
{
	char text[400] = "";
	size_t at = 0;

	for (int i = 0; i < c->volume_count && at < sizeof(text) - 80; i++) {
		const struct volume *v = &c->volumes[i];

		if (v->number)
			at += (size_t)snprintf(
				text + at, sizeof(text) - at,
				"%spartition %u: ", i ? ", " : "", v->number);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
				       v->type[0] ? v->type : "nothing known",
				       v->is_damaged ? " (damaged)"
				       : v->ops || !v->type[0]
					       ? ""
					       : " (not read here)");
	}
	if (c->volume_count == 1 && !c->volumes[0].number &&
	    !c->volumes[0].type[0])
		return err_set(e, ENOENT,
			       "the disk of %" PRIu64
			       " MiB is blank: neither partitions nor a file "
			       "system that is known; install a system on it, "
			       "or give kernel= and ramdisk= as files",
			       c->volumes[0].bytes >> 20);
	return err_set(e, ENOENT,
		       "no grub.cfg and no loader/entries with a kernel on it "
		       "(%s); give kernel= and ramdisk= as files",
		       text);
}

int choice_make(struct choice *c, struct arena *a, int disk, const char *wanted,
		struct err *e)
{
	memset(c, 0, sizeof(*c));
	c->volume_count = volume_probe(disk, c->volumes, VOLUMES_MAX, e);
	for (c->volume = 0; c->volume < c->volume_count; c->volume++) {
		struct boot_files files = {
			.context = &c->volumes[c->volume],
			.size = files_size,
			.read = files_read,
			.list = files_list,
		};
		int rc = choose_grub(c, a, &files, wanted, e);

		if (rc == -ENOENT && !err_is_set(e))
			rc = choose_bls(c, a, &files, wanted, e);
		c->partition = c->volumes[c->volume].number;
		/* What cannot be read is passed over, as if it were absent. */
		if (rc == 0 || err_is_set(e))
			return rc;
	}
	return c->volume_count < 0 ? c->volume_count : choose_nothing(c, e);
}

void choice_close(struct choice *c)
{
	for (int i = 0; i < c->volume_count; i++)
		volume_close(&c->volumes[i]);
}

int choice_open(struct choice *c, const char *path, struct volume_file *f,
		struct err *e)
{
	char with_boot[VOLUME_PATH_MAX + 8];
	int first, rc;

	path = path_of(path);
	first = rc = volume_open(&c->volumes[c->volume], path, f);
	/* Entries of a file system that is mounted on /boot may say /boot. */
	if (rc == -ENOENT && strlen(path) <= VOLUME_PATH_MAX) {
		snprintf(with_boot, sizeof(with_boot), "/boot/%s", path);
		rc = volume_open(&c->volumes[c->volume], with_boot, f);
	}
	for (int i = 0; i < c->volume_count && rc; i++) {
		if (i != c->volume)
			rc = volume_open(&c->volumes[i], path, f);
	}
	if (rc)
		return err_set(e, first, "%s (named by %s): %s", path,
			       c->source, strerror(-first));
	return 0;
}
