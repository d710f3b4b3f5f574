/* SPDX-License-Identifier: MIT */
/*
 * FAT12, FAT16 and FAT32 with long names, read-only; see volume.h. By hand,
 * because Debian has no library for it (ADR 18). Facts: Microsoft's "FAT32
 * File System Specification" of 2000, whose field names the constants bear.
 *
 * A chain of clusters is walked no further than the file is long, and a
 * directory no further than VOLUME_DIR_ENTRIES, so that a chain which bites
 * its tail ends.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bootfs/volume.h"

#define FAT_CLUSTER_MAX	 (256 * 1024)
#define FAT_ENTRY_BYTES	 32
#define FAT_NAME_MAX	 255
#define FAT_LONG_CHARS	 13 /* of a name in one entry */
#define FAT_LONG_ENTRIES 20

#define ATTR_VOLUME_ID 0x08
#define ATTR_DIRECTORY 0x10
#define ATTR_LONG_NAME 0x0f

struct fat {
	unsigned int bits; /* of an entry in the table: 12, 16, 32 */
	uint32_t cluster_bytes;
	uint32_t clusters; /* numbers 2 .. clusters + 1 */
	uint64_t table_at;
	uint64_t data_at; /* of cluster 2 */
	uint64_t root_at; /* FAT12 and FAT16: a place of its own */
	uint32_t root_bytes;
	uint32_t root_cluster; /* FAT32 */
};

/* A file or directory that is being read from its beginning. */
struct fat_stream {
	uint32_t cluster; /* 0: the root's own place */
	uint32_t offset;  /* in the cluster, or in that place */
	uint64_t left;
};

static uint32_t fat_le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t fat_le32(const uint8_t *p)
{
	return fat_le16(p) | fat_le16(p + 2) << 16;
}

static bool is_power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

/* Checks the boot sector as a whole before anything of it is used. */
static int fat_read_bpb(const uint8_t *b, uint64_t volume_bytes, struct fat *f)
{
	uint32_t sector = fat_le16(b + 11), per_cluster = b[13];
	uint32_t reserved = fat_le16(b + 14), tables = b[16];
	uint32_t root_entries = fat_le16(b + 17);
	uint64_t sectors =
		fat_le16(b + 19) ? fat_le16(b + 19) : fat_le32(b + 32);
	uint64_t table_sectors =
		fat_le16(b + 22) ? fat_le16(b + 22) : fat_le32(b + 36);
	uint64_t before;

	if (!is_power_of_two(sector) || sector < 512 || sector > 4096 ||
	    !is_power_of_two(per_cluster) || reserved == 0 || tables == 0 ||
	    table_sectors == 0 || sectors * sector > volume_bytes)
		return -EUCLEAN;
	f->cluster_bytes = sector * per_cluster;
	f->root_bytes = root_entries * FAT_ENTRY_BYTES;
	f->table_at = (uint64_t)reserved * sector;
	f->root_at = f->table_at + tables * table_sectors * sector;
	f->data_at =
		f->root_at + (f->root_bytes + sector - 1) / sector * sector;
	before = f->data_at / sector;
	if (f->cluster_bytes > FAT_CLUSTER_MAX || before >= sectors)
		return -EUCLEAN;
	f->clusters = (uint32_t)((sectors - before) / per_cluster);
	/* The count of clusters, and nothing else, says which FAT it is. */
	f->bits = f->clusters < 4085 ? 12 : f->clusters < 65525 ? 16 : 32;
	f->root_cluster = f->bits == 32 ? fat_le32(b + 44) : 0;
	if ((f->bits == 32) != (root_entries == 0) || f->clusters == 0 ||
	    ((uint64_t)f->clusters + 2) * f->bits / 8 > table_sectors * sector)
		return -EUCLEAN;
	return 0;
}

static int fat_mount(struct volume *v, struct err *e)
{
	struct fat *f = calloc(1, sizeof(*f));
	uint8_t sector[512];
	int rc;

	if (f == NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = volume_pread(v, sector, sizeof(sector), 0);
	if (rc == 0)
		rc = fat_read_bpb(sector, v->bytes, f);
	if (rc) {
		free(f);
		return err_set(e, rc, "%s is damaged", v->type);
	}
	v->state = f;
	return 0;
}

static void fat_unmount(struct volume *v)
{
	free(v->state);
}

/* The cluster after this one; 0 at the end of the chain, -errno if broken. */
static int64_t fat_next(struct volume *v, uint32_t cluster)
{
	const struct fat *f = v->state;
	uint64_t at = f->table_at + (uint64_t)cluster * f->bits / 8;
	uint8_t b[4] = {0};
	uint32_t n;

	if (volume_pread(v, b, f->bits == 32 ? 4 : 2, at))
		return -EIO;
	n = f->bits == 32 ? fat_le32(b) & 0x0fffffff : fat_le16(b);
	if (f->bits == 12)
		n = cluster & 1 ? n >> 4 : n & 0xfff;
	if (n >= (0x0fffffffU >> (f->bits == 32 ? 0 : 28 - f->bits)) - 7)
		return 0;
	return n < 2 || n > f->clusters + 1 ? -EUCLEAN : (int64_t)n;
}

/* The next bytes, at most to the end of a cluster; 0 at the end. */
static ssize_t fat_stream_read(struct volume *v, struct fat_stream *s, void *to,
			       size_t bytes)
{
	const struct fat *f = v->state;
	uint64_t at = f->root_at + s->offset;
	int rc;

	if (bytes > s->left)
		bytes = (size_t)s->left;
	if (bytes == 0)
		return 0;
	if (s->cluster) {
		if (s->offset == f->cluster_bytes) {
			int64_t next = fat_next(v, s->cluster);

			if (next <= 0)
				return (ssize_t)next;
			s->cluster = (uint32_t)next;
			s->offset = 0;
		}
		if (bytes > f->cluster_bytes - s->offset)
			bytes = f->cluster_bytes - s->offset;
		at = f->data_at + s->offset +
		     (uint64_t)(s->cluster - 2) * f->cluster_bytes;
	}
	rc = volume_pread(v, to, bytes, at);
	if (rc)
		return rc;
	s->offset += (uint32_t)bytes;
	s->left -= bytes;
	return (ssize_t)bytes;
}

static int fat_stream_start(const struct fat *f, uint32_t cluster,
			    uint64_t bytes, struct fat_stream *s)
{
	*s = (struct fat_stream){.cluster = cluster, .left = bytes};
	if (bytes && (cluster < 2 || cluster > f->clusters + 1))
		return -EUCLEAN;
	return 0;
}

static int fat_root(const struct fat *f, struct fat_stream *s)
{
	if (f->bits == 32)
		return fat_stream_start(f, f->root_cluster,
					VOLUME_DIR_ENTRIES * FAT_ENTRY_BYTES,
					s);
	*s = (struct fat_stream){.left = f->root_bytes};
	return 0;
}

/* One name of a directory, put together from its entries. */
struct fat_name {
	char text[FAT_LONG_CHARS * FAT_LONG_ENTRIES + 1];
	unsigned int long_left; /* entries of a long name still to come */
	uint8_t sum;
	uint8_t attributes;
	uint32_t cluster;
	uint32_t bytes;
};

/* Entries of a long name come last part first; characters are UCS-2. */
static void fat_take_long(struct fat_name *n, const uint8_t *d)
{
	static const uint8_t places[FAT_LONG_CHARS] = {
		1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned int order = d[0] & 0x3f;
	char *part;

	if (d[0] & 0x40) {
		memset(n->text, 0, sizeof(n->text));
		n->long_left = order;
		n->sum = d[13];
		if (order > FAT_LONG_ENTRIES)
			n->long_left = 0;
	}
	if (n->long_left == 0 || order != n->long_left || d[13] != n->sum) {
		n->long_left = 0;
		n->text[0] = '\0';
		return;
	}
	part = n->text + (order - 1) * FAT_LONG_CHARS;
	for (int i = 0; i < FAT_LONG_CHARS; i++) {
		uint32_t c = fat_le16(d + places[i]);

		if (c == 0)
			break;
		part[i] = c < 0x80 ? (char)c : '?';
	}
	if (--n->long_left == 0)
		n->long_left = UINT32_MAX; /* whole: the entry itself is next */
}

static void fat_take_short(struct fat_name *n, const uint8_t *d)
{
	/* Windows says in byte 12 which half is meant in small letters. */
	bool lower_base = d[12] & 0x08, lower_extension = d[12] & 0x10;
	char *p = n->text;

	for (int i = 0; i < 11; i++) {
		bool lower = i < 8 ? lower_base : lower_extension;

		if (d[i] == ' ')
			continue;
		if (i >= 8 &&
		    memchr(n->text, '.', (size_t)(p - n->text)) == NULL)
			*p++ = '.';
		*p++ = lower ? (char)tolower(d[i]) : (char)d[i];
	}
	*p = '\0';
}

static uint8_t fat_sum(const uint8_t *d)
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum << 7 | sum >> 1) + d[i]);
	return sum;
}

/* The next file or directory: 1, 0 at the end, or -errno. */
static int fat_next_name(struct volume *v, struct fat_stream *s,
			 struct fat_name *n)
{
	n->text[0] = '\0';
	n->long_left = 0;
	for (;;) {
		uint8_t d[FAT_ENTRY_BYTES];
		ssize_t got = fat_stream_read(v, s, d, sizeof(d));

		if (got <= 0)
			return (int)got;
		if (got != sizeof(d) || d[0] == 0)
			return 0;
		if (d[0] == 0xe5) {
			n->long_left = 0;
			continue;
		}
		if ((d[11] & ATTR_LONG_NAME) == ATTR_LONG_NAME) {
			fat_take_long(n, d);
			continue;
		}
		if (d[11] & ATTR_VOLUME_ID) {
			n->long_left = 0;
			continue;
		}
		if (n->long_left != UINT32_MAX || n->sum != fat_sum(d))
			fat_take_short(n, d);
		n->attributes = d[11];
		n->cluster = fat_le16(d + 26) | fat_le16(d + 20) << 16;
		n->bytes = fat_le32(d + 28);
		return 1;
	}
}

/* Walks a path down from the root; *n is what it ends at. */
static int fat_find(struct volume *v, const char *path, struct fat_stream *s,
		    struct fat_name *n)
{
	const struct fat *f = v->state;
	int rc = fat_root(f, s);

	memset(n, 0, sizeof(*n));
	n->attributes = ATTR_DIRECTORY;
	for (path += strspn(path, "/"); rc == 0 && *path;
	     path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");

		if (!(n->attributes & ATTR_DIRECTORY))
			return -ENOTDIR;
		do {
			rc = fat_next_name(v, s, n);
			if (rc <= 0)
				return rc ? rc : -ENOENT;
		} while (strlen(n->text) != length ||
			 strncasecmp(n->text, path, length) != 0);
		path += length;
		rc = fat_stream_start(f, n->cluster,
				      n->attributes & ATTR_DIRECTORY
					      ? VOLUME_DIR_ENTRIES *
							FAT_ENTRY_BYTES
					      : n->bytes,
				      s);
	}
	return rc;
}

static int fat_open(struct volume *v, const char *path, struct volume_file *f)
{
	struct fat_stream *s = malloc(sizeof(*s));
	struct fat_name n;
	int rc = s ? fat_find(v, path, s, &n) : -ENOMEM;

	if (rc == 0 && (n.attributes & ATTR_DIRECTORY))
		rc = -EISDIR;
	if (rc) {
		free(s);
		return rc;
	}
	f->bytes = n.bytes;
	f->state = s;
	return 0;
}

static ssize_t fat_read(struct volume_file *f, void *to, size_t bytes)
{
	return fat_stream_read(f->volume, f->state, to, bytes);
}

static void fat_close(struct volume_file *f)
{
	free(f->state);
}

static int fat_list(struct volume *v, const char *path,
		    void (*each)(void *argument, const char *name),
		    void *argument)
{
	struct fat_stream s;
	struct fat_name n;
	int rc = fat_find(v, path, &s, &n);

	if (rc)
		return rc;
	if (!(n.attributes & ATTR_DIRECTORY))
		return -ENOTDIR;
	while ((rc = fat_next_name(v, &s, &n)) > 0) {
		if (!(n.attributes & ATTR_DIRECTORY) && n.text[0] &&
		    !strchr(n.text, '/'))
			each(argument, n.text);
	}
	return rc;
}

const struct volume_ops volume_fat_ops = {
	.type = "vfat",
	.mount = fat_mount,
	.unmount = fat_unmount,
	.open = fat_open,
	.read = fat_read,
	.close = fat_close,
	.list = fat_list,
};
