/* SPDX-License-Identifier: MIT */
/*
 * Everything that is read from a guest's disk. The first byte chooses: a
 * grub.cfg with a directory of entries beside it, one entry, or a whole FAT
 * disk of which the input changes the tables and directories. Whatever is
 * chosen must be whole.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bootfs/bls.h"
#include "bootfs/choose.h"
#include "bootfs/grub.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

/* The input's two halves: what every path but the entries' reads as. */
struct input {
	const char *text;
	size_t length;
};

static int input_size(void *context, const char *path, uint64_t *bytes)
{
	const struct input *in = context;

	*bytes = in->length;
	return strstr(path, "none") ? -1 : 0;
}

static const char *input_read(void *context, struct arena *a, const char *path,
			      size_t *length)
{
	const struct input *in = context;

	(void)path;
	*length = in->length;
	return arena_strndup(a, in->text, in->length);
}

static int input_list(void *context, const char *path,
		      void (*each)(void *argument, const char *name),
		      void *argument)
{
	(void)context;
	(void)path;
	each(argument, "a-5.9.conf");
	each(argument, "a-5.10.conf");
	return 0;
}

static void check_entry(const struct boot_entry *b)
{
	CHECK(b->title && b->kernel && b->options);
	CHECK(b->initrd_count <= BOOTFS_INITRDS_MAX);
	for (size_t i = 0; i < b->initrd_count; i++)
		CHECK(b->initrds[i]);
}

static void run_grub(const char *text, size_t length, const char *wanted)
{
	struct input rest = {text + length / 2, length - length / 2};
	struct boot_files files = {&rest, input_size, input_read, input_list};
	struct err e = ERR_NONE;
	struct arena a = {NULL};
	struct boot_entry b;
	int rc = grub_choose(&a, &files, "/boot/grub/grub.cfg", text, length,
			     wanted, &b, &e);

	if (rc == 0)
		check_entry(&b);
	else
		CHECK(rc < 0 && (err_is_set(&e) || rc == -2));
	arena_free(&a);
}

static void run_bls(const char *text, size_t length)
{
	struct arena a = {NULL};
	struct bls_entry b;

	if (bls_parse(&a, "x.conf", text, length, &b) == 0)
		check_entry(&b.boot);
	arena_free(&a);
}

/* 4 MiB that say of themselves what a boot sector of FAT16 says. */
static const uint8_t fat_head[] = {
	0xeb, 0x3c, 0x90, 'm', 'k',  'f', 's', '.', 'f',  'a', 't',  0, 2,
	1,    1,    0,	  2,   0x40, 0,	  0,   32,  0xf8, 32,  0,    0, 0,
	0,    0,    0,	  0,   0,    0,	  0,   0,   0,	  0,   0x80, 0, 0x29,
};

static void run_disk(const uint8_t *bytes, size_t size)
{
	static struct choice c;
	int disk = memfd_create("disk", MFD_CLOEXEC);
	struct err e = ERR_NONE;
	struct arena a = {NULL};
	struct volume_file f;
	char buffer[4096];
	uint8_t sector[512] = {0};

	CHECK(disk >= 0 && ftruncate(disk, 4 << 20) == 0);
	memcpy(sector, fat_head, sizeof(fat_head));
	memcpy(sector + 54, "FAT16   ", 8);
	sector[510] = 0x55;
	sector[511] = 0xaa;
	CHECK(pwrite(disk, sector, 512, 0) == 512);
	/* Rows: place (2 bytes, of 16), length, bytes. */
	while (size > 3) {
		size_t n = bytes[2] % 64;
		off_t at = (off_t)(bytes[0] | bytes[1] << 8) * 16;

		if (n > size - 3)
			n = size - 3;
		CHECK(pwrite(disk, bytes + 3, n, at) == (ssize_t)n);
		bytes += 3 + n;
		size -= 3 + n;
	}
	if (choice_make(&c, &a, disk, NULL, &e) == 0) {
		check_entry(&c.entry);
		if (choice_open(&c, c.entry.kernel, &f, &e) == 0) {
			for (int i = 0; i < 100; i++)
				if (volume_read(&f, buffer, sizeof(buffer)) <=
				    0)
					break;
			volume_close_file(&f);
		}
	} else {
		CHECK(err_is_set(&e));
	}
	choice_close(&c);
	arena_free(&a);
	close(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const wanted[] = {NULL, "0", "1>a", "a-5.10"};
	char *text;

	if (size < 2)
		return 0;
	/* At its exact size, so that an overread is seen. */
	text = malloc(size - 1);
	memcpy(text, bytes + 1, size - 1);
	if (bytes[0] & 0x80)
		run_disk(bytes + 1, size - 1);
	else if (bytes[0] & 0x40)
		run_bls(text, size - 1);
	else
		run_grub(text, size - 1, wanted[bytes[0] & 3]);
	free(text);
	return 0;
}
