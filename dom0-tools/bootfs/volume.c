/* SPDX-License-Identifier: MIT */
/* The file systems of a disk; see volume.h. */
#include <blkid/blkid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootfs/volume.h"

#define VOLUME_SECTOR 512

/* As much as there is of [at, at + bytes) of the disk; its count. */
static size_t disk_pread(int disk, void *to, size_t bytes, uint64_t at)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = pread(disk, (uint8_t *)to + done, bytes - done,
				  (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

int volume_pread(struct volume *v, void *to, size_t bytes, uint64_t at)
{
	uint64_t left;

	if (at > v->bytes || bytes > v->bytes - at)
		return -EIO;
	if (bytes > VOLUME_WINDOW / 2)
		return disk_pread(v->disk, to, bytes, v->start + at) == bytes
			       ? 0
			       : -EIO;
	if (v->window == NULL)
		v->window = malloc(VOLUME_WINDOW);
	if (v->window == NULL)
		return -ENOMEM;
	if (at < v->window_at || at + bytes > v->window_at + v->window_bytes) {
		left = v->bytes - at;
		v->window_at = at;
		v->window_bytes = disk_pread(
			v->disk, v->window,
			left < VOLUME_WINDOW ? (size_t)left : VOLUME_WINDOW,
			v->start + at);
	}
	if (bytes > v->window_bytes)
		return -EIO;
	memcpy(to, v->window + (at - v->window_at), bytes);
	return 0;
}

/* What is in [start, start + bytes); no error: an unknown type is "". */
static void volume_probe_type(struct volume *v)
{
	static const struct volume_ops *const all[] = {&volume_ext_ops,
						       &volume_fat_ops};
	blkid_probe probe = blkid_new_probe();
	const char *type;
	size_t length;

	if (probe == NULL)
		return;
	if (blkid_probe_set_device(probe, v->disk, (blkid_loff_t)v->start,
				   (blkid_loff_t)v->bytes) == 0) {
		blkid_probe_enable_superblocks(probe, 1);
		blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
		if (blkid_do_safeprobe(probe) == 0 &&
		    blkid_probe_lookup_value(probe, "TYPE", &type, &length) ==
			    0) {
			length = strnlen(type, sizeof(v->type) - 1);
			memcpy(v->type, type, length);
		}
	}
	blkid_free_probe(probe);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (v->type[0] &&
		    strncmp(v->type, all[i]->type, strlen(all[i]->type)) == 0)
			v->ops = all[i];
	}
}

/* The partitions of the disk; 0 when it has no table. */
static size_t volume_probe_partitions(int disk, uint64_t bytes,
				      struct volume *volumes, size_t max)
{
	blkid_probe probe = blkid_new_probe();
	blkid_partlist list = NULL;
	size_t count = 0;

	if (probe &&
	    blkid_probe_set_device(probe, disk, 0, (blkid_loff_t)bytes) == 0) {
		blkid_probe_enable_superblocks(probe, 0);
		blkid_probe_enable_partitions(probe, 1);
		list = blkid_probe_get_partitions(probe);
	}
	for (int i = 0;
	     list && i < blkid_partlist_numof_partitions(list) && count < max;
	     i++) {
		blkid_partition p = blkid_partlist_get_partition(list, i);
		uint64_t start = (uint64_t)blkid_partition_get_start(p);
		uint64_t size = (uint64_t)blkid_partition_get_size(p);
		struct volume *v = &volumes[count];

		if (blkid_partition_is_extended(p) ||
		    start >= bytes / VOLUME_SECTOR || size == 0)
			continue;
		if (size > bytes / VOLUME_SECTOR - start)
			size = bytes / VOLUME_SECTOR - start;
		*v = (struct volume){
			.disk = disk,
			.start = start * VOLUME_SECTOR,
			.bytes = size * VOLUME_SECTOR,
			.number = (unsigned int)blkid_partition_get_partno(p),
		};
		volume_probe_type(v);
		count++;
	}
	blkid_free_probe(probe);
	return count;
}

int volume_probe(int disk, struct volume *volumes, size_t max, struct err *e)
{
	off_t bytes = lseek(disk, 0, SEEK_END);
	size_t count;

	if (bytes < VOLUME_SECTOR)
		return err_set(e, EINVAL,
			       "the disk is empty; install a system on it, "
			       "or give kernel= and ramdisk= as files");
	count = volume_probe_partitions(disk, (uint64_t)bytes, volumes, max);
	if (count)
		return (int)count;
	volumes[0] = (struct volume){.disk = disk, .bytes = (uint64_t)bytes};
	volume_probe_type(&volumes[0]);
	return 1;
}

static int volume_mount(struct volume *v)
{
	struct err e = ERR_NONE;

	if (v->ops == NULL)
		return -ENOSYS;
	return v->state ? 0 : v->ops->mount(v, &e);
}

/* Passes a result on, and remembers what only damage explains. */
static int volume_note(struct volume *v, int rc)
{
	if (rc == -EUCLEAN || rc == -EIO)
		v->is_damaged = true;
	return rc;
}

void volume_close(struct volume *v)
{
	if (v->state)
		v->ops->unmount(v);
	v->state = NULL;
	free(v->window);
	v->window = NULL;
	v->window_bytes = 0;
}

int volume_open(struct volume *v, const char *path, struct volume_file *f)
{
	int rc = volume_mount(v);

	memset(f, 0, sizeof(*f));
	f->volume = v;
	if (rc == 0 && strlen(path) > VOLUME_PATH_MAX)
		rc = -ENAMETOOLONG;
	return volume_note(v, rc ? rc : v->ops->open(v, path, f));
}

ssize_t volume_read(struct volume_file *f, void *to, size_t bytes)
{
	ssize_t n;

	if (bytes > f->bytes - f->read)
		bytes = (size_t)(f->bytes - f->read);
	if (bytes == 0)
		return 0;
	n = f->volume->ops->read(f, to, bytes);
	if (n > (ssize_t)bytes)
		return -EIO;
	f->read += n > 0 ? (uint64_t)n : 0;
	return n;
}

void volume_close_file(struct volume_file *f)
{
	f->volume->ops->close(f);
}

int volume_list(struct volume *v, const char *path,
		void (*each)(void *argument, const char *name), void *argument)
{
	int rc = volume_mount(v);

	return volume_note(v, rc ? rc : v->ops->list(v, path, each, argument));
}
