/* SPDX-License-Identifier: MIT */
/*
 * ext2, ext3 and ext4 through libext2fs; see volume.h. The library reads by
 * way of an I/O manager of ours, which knows the volume's bounds and writes
 * nothing. A journal that was not replayed is left so: what is read is what
 * GRUB would read.
 */
#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>

#include "bootfs/volume.h"

/* libext2fs passes a name on to the manager; the volume goes beside it. */
static struct volume *ext_volume;

static io_manager ext_manager;

static errcode_t ext_io_open(const char *name, int flags, io_channel *channel)
{
	io_channel c = calloc(1, sizeof(*c));

	(void)flags;
	if (c == NULL)
		return EXT2_ET_NO_MEMORY;
	c->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	c->manager = ext_manager;
	c->block_size = 1024;
	c->refcount = 1;
	c->name = strdup(name);
	c->private_data = ext_volume;
	*channel = c;
	return 0;
}

static errcode_t ext_io_close(io_channel c)
{
	if (--c->refcount > 0)
		return 0;
	free(c->name);
	free(c);
	return 0;
}

static errcode_t ext_io_set_blksize(io_channel c, int bytes)
{
	c->block_size = bytes;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t ext_io_read64(io_channel c, unsigned long long block,
			       int count, void *to)
{
	struct volume *v = c->private_data;
	uint64_t at,
		bytes = count < 0 ? (uint64_t) - (int64_t)count
				  : (uint64_t)count * (uint64_t)c->block_size;

	if (__builtin_mul_overflow(block, (uint64_t)c->block_size, &at) ||
	    volume_pread(v, to, bytes, at))
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t ext_io_read(io_channel c, unsigned long block, int count,
			     void *to)
{
	return ext_io_read64(c, block, count, to);
}

static errcode_t ext_io_write(io_channel c, unsigned long block, int count,
			      const void *from)
{
	(void)c;
	(void)block;
	(void)count;
	(void)from;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t ext_io_flush(io_channel c)
{
	(void)c;
	return 0;
}

static struct struct_io_manager ext_io = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "volume",
	.open = ext_io_open,
	.close = ext_io_close,
	.set_blksize = ext_io_set_blksize,
	.read_blk = ext_io_read,
	.read_blk64 = ext_io_read64,
	.write_blk = ext_io_write,
	.flush = ext_io_flush,
};

static io_manager ext_manager = &ext_io;

/* The library's numbers as errno's. */
static int ext_errno(errcode_t rc)
{
	switch (rc) {
	case 0:
		return 0;
	case EXT2_ET_FILE_NOT_FOUND:
		return -ENOENT;
	case EXT2_ET_NO_DIRECTORY:
		return -ENOTDIR;
	case EXT2_ET_SYMLINK_LOOP:
		return -ELOOP;
	case EXT2_ET_NO_MEMORY:
		return -ENOMEM;
	case EXT2_ET_UNSUPP_FEATURE:
	case EXT2_ET_RO_UNSUPP_FEATURE:
		return -EOPNOTSUPP; /* newer than the library, not damaged */
	default:
		return rc > 0 && rc < 256 ? -(int)rc : -EUCLEAN;
	}
}

static int ext_mount(struct volume *v, struct err *e)
{
	ext2_filsys fs;
	errcode_t rc;

	ext_volume = v;
	rc = ext2fs_open2("disk", NULL, EXT2_FLAG_64BITS, 0, 0, ext_manager,
			  &fs);
	if (rc)
		return err_set(e, -ext_errno(rc), "%s is damaged", v->type);
	v->state = fs;
	return 0;
}

static void ext_unmount(struct volume *v)
{
	ext2fs_free(v->state);
}

/*
 * Symbolic links are followed within the file system, a few levels deep. The
 * library takes each '/' of "a//b" for a name's end, so one is left of many.
 */
static int ext_find(struct volume *v, const char *path, ext2_ino_t *ino)
{
	char single[VOLUME_PATH_MAX + 1];
	size_t n = 0;

	for (; *path; path++) {
		if (path[0] == '/' && path[1] == '/')
			continue;
		if (n == VOLUME_PATH_MAX)
			return -ENAMETOOLONG;
		single[n++] = *path;
	}
	single[n] = '\0';
	return ext_errno(ext2fs_namei_follow(v->state, EXT2_ROOT_INO,
					     EXT2_ROOT_INO, single, ino));
}

static int ext_open(struct volume *v, const char *path, struct volume_file *f)
{
	struct ext2_inode inode;
	ext2_file_t file;
	ext2_ino_t ino;
	errcode_t error;
	int rc = ext_find(v, path, &ino);

	if (rc)
		return rc;
	rc = ext_errno(ext2fs_read_inode(v->state, ino, &inode));
	if (rc)
		return rc;
	if (LINUX_S_ISDIR(inode.i_mode))
		return -EISDIR;
	if (!LINUX_S_ISREG(inode.i_mode))
		return -EINVAL;
	rc = ext_errno(ext2fs_file_open(v->state, ino, 0, &file));
	if (rc)
		return rc;
	error = ext2fs_file_get_lsize(file, (__u64 *)&f->bytes);
	f->state = file;
	return ext_errno(error);
}

static ssize_t ext_read(struct volume_file *f, void *to, size_t bytes)
{
	unsigned int got = 0;
	errcode_t rc =
		ext2fs_file_read(f->state, to, (unsigned int)bytes, &got);

	return rc ? ext_errno(rc) : (ssize_t)got;
}

static void ext_close(struct volume_file *f)
{
	ext2fs_file_close(f->state);
}

struct ext_lister {
	void (*each)(void *argument, const char *name);
	void *argument;
	unsigned int left;
};

static int ext_list_one(ext2_ino_t dir, int entry, struct ext2_dir_entry *d,
			int offset, int blocksize, char *buf, void *private)
{
	struct ext_lister *l = private;
	char name[EXT2_NAME_LEN + 1];
	int length = ext2fs_dirent_name_len(d);

	(void)dir;
	(void)entry;
	(void)offset;
	(void)blocksize;
	(void)buf;
	if (l->left-- == 0)
		return DIRENT_ABORT;
	memcpy(name, d->name, (size_t)length);
	name[length] = '\0';
	if (strlen(name) == (size_t)length && !strchr(name, '/'))
		l->each(l->argument, name);
	return 0;
}

static int ext_list(struct volume *v, const char *path,
		    void (*each)(void *argument, const char *name),
		    void *argument)
{
	struct ext_lister l = {each, argument, VOLUME_DIR_ENTRIES};
	ext2_ino_t ino;
	int rc = ext_find(v, path, &ino);

	if (rc == 0)
		rc = ext_errno(ext2fs_check_directory(v->state, ino));
	if (rc == 0)
		rc = ext_errno(ext2fs_dir_iterate2(v->state, ino, 0, NULL,
						   ext_list_one, &l));
	return rc;
}

const struct volume_ops volume_ext_ops = {
	.type = "ext",
	.mount = ext_mount,
	.unmount = ext_unmount,
	.open = ext_open,
	.read = ext_read,
	.close = ext_close,
	.list = ext_list,
};
