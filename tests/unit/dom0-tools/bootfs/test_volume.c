/* SPDX-License-Identifier: MIT */
/*
 * File systems as mke2fs and mkfs.vfat make them, read whole and compared;
 * partition tables as sfdisk writes them; and disks that lie or are damaged.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootfs/choose.h"
#include "bootfs/volume.h"
#include "disks.h"

#define BIG_BYTES 3000001

static struct volume volumes[VOLUMES_MAX];
static struct err err;
static int disk = -1;
static int count;

static void setup(void)
{
	disks_begin();
	err_clear(&err);
}

static void teardown(void)
{
	for (int i = 0; i < count; i++)
		volume_close(&volumes[i]);
	if (disk >= 0)
		close(disk);
	disks_end();
}

TestSuite(volume, .init = setup, .fini = teardown);

static void probe(const char *path, int expected)
{
	disk = open(path, O_RDONLY);
	cr_assert_geq(disk, 0);
	count = volume_probe(disk, volumes, VOLUMES_MAX, &err);
	cr_assert_eq(count, expected, "%s: %d (%s)", path, count, err.text);
}

/* Compares a file of a volume with one here. */
static void same(struct volume *v, const char *path, const char *here)
{
	size_t size, at = 0;
	struct volume_file f;
	FILE *file = fopen(here, "r");
	char *want = malloc(BIG_BYTES), *got = malloc(BIG_BYTES);
	ssize_t n;

	cr_assert_not_null(file);
	size = fread(want, 1, BIG_BYTES, file);
	fclose(file);
	cr_assert_eq(volume_open(v, path, &f), 0, "%s", path);
	cr_assert_eq(f.bytes, size, "%s", path);
	/* An odd size, so that reads end inside blocks and clusters. */
	while (at < size &&
	       (n = volume_read(&f, got + at,
				size - at < 7777 ? size - at : 7777)) > 0)
		at += (size_t)n;
	cr_assert_eq(at, size, "%s: read %zu of %zu", path, at, size);
	cr_assert_eq(memcmp(want, got, size), 0, "%s", path);
	cr_assert_eq(volume_read(&f, got, 1), 0);
	volume_close_file(&f);
	free(want);
	free(got);
}

static int open_fails(struct volume *v, const char *path)
{
	struct volume_file f;
	int rc = volume_open(v, path, &f);

	if (rc == 0)
		volume_close_file(&f);
	return rc;
}

static void collect(void *argument, const char *name)
{
	strcat(strcat(argument, name), " ");
}

/* A tree with files of no byte, of one, and of more than many blocks. */
static void make_tree(void)
{
	disks_run("mkdir -p t/boot/loader/entries t/empty && "
		  "head -c %d /dev/urandom >t/boot/vmlinuz-6.1.0-13-amd64 && "
		  ": >t/boot/none && printf x >t/boot/one && "
		  "echo 'linux /vmlinuz' >t/boot/loader/entries/a.conf && "
		  "echo 'linux /vmlinuz' "
		  ">t/boot/loader/entries/'A long name of an entry.conf'",
		  BIG_BYTES - 5);
}

static void check_tree(struct volume *v)
{
	char names[512] = "";

	same(v, "/boot/vmlinuz-6.1.0-13-amd64",
	     "t/boot/vmlinuz-6.1.0-13-amd64");
	same(v, "/boot//one", "t/boot/one");
	same(v, "/boot/none", "t/boot/none");
	cr_assert_eq(open_fails(v, "/boot"), -EISDIR);
	cr_assert_eq(open_fails(v, "/boot/two"), -ENOENT);
	cr_assert_eq(open_fails(v, "/boot/one/two"), -ENOTDIR);
	cr_assert_eq(volume_list(v, "/boot/loader/entries", collect, names), 0);
	cr_assert(strstr(names, "a.conf "), "%s", names);
	cr_assert(strstr(names, "A long name of an entry.conf "), "%s", names);
	cr_assert_eq(volume_list(v, "/boot/one", collect, names), -ENOTDIR);
	cr_assert_eq(volume_list(v, "/nothing", collect, names), -ENOENT);
}

Test(volume, every_ext_is_read)
{
	static const char *const types[] = {
		"-t ext2 -b 1024", "-t ext3", "-t ext4 -b 4096",
		"-t ext4 -O inline_data,^has_journal",
		"-t ext4 -O 64bit,bigalloc"};

	make_tree();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		disks_run("rm -f e; mke2fs -q %s -d t e 32M 2>&1", types[i]);
		probe("e", 1);
		cr_assert_eq(volumes[0].number, 0);
		check_tree(&volumes[0]);
		volume_close(&volumes[0]);
		close(disk);
	}
}

Test(volume, every_fat_is_read)
{
	static const char *const types[] = {
		"-F 12 -s 8 f 8192", "-F 16 f 32768", "-F 32 -s 1 f 65536",
		"-F 32 -S 1024 f 131072"};

	make_tree();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		disks_run("rm -f f; mkfs.vfat -C %s", types[i]);
		disks_run("mcopy -i f -s t/boot t/empty ::");
		probe("f", 1);
		cr_assert_str_eq(volumes[0].type, "vfat");
		check_tree(&volumes[0]);
		/* Names of FAT have no case. */
		same(&volumes[0], "/BOOT/VmLinuz-6.1.0-13-AMD64",
		     "t/boot/vmlinuz-6.1.0-13-amd64");
		volume_close(&volumes[0]);
		close(disk);
	}
}

Test(volume, partitions_of_both_kinds_are_found)
{
	static const char *const tables[] = {"dos", "gpt"};

	make_tree();
	disks_run("mke2fs -q -t ext4 -d t e 32M; mkfs.vfat -C f 8192 && "
		  "mcopy -i f -s t/boot ::");
	for (int i = 0; i < 2; i++) {
		disks_run("rm -f p; truncate -s 64M p && printf "
			  "'label: %s\\n1M,8M\\n10M,32M\\n43M,4M\\n' | "
			  "sfdisk -q p && "
			  "dd if=f of=p bs=1M seek=1 conv=notrunc 2>/dev/null "
			  "&& dd if=e of=p bs=1M seek=10 conv=notrunc "
			  "2>/dev/null",
			  tables[i]);
		probe("p", 3);
		cr_assert_eq(volumes[0].number, 1);
		cr_assert_str_eq(volumes[0].type, "vfat");
		check_tree(&volumes[0]);
		cr_assert_str_eq(volumes[1].type, "ext4");
		check_tree(&volumes[1]);
		cr_assert_str_eq(volumes[2].type, "");
		cr_assert_eq(open_fails(&volumes[2], "/boot/one"), -ENOSYS);
		for (int k = 0; k < count; k++)
			volume_close(&volumes[k]);
		close(disk);
	}
	disk = -1;
}

Test(volume, links_stay_inside_and_loops_end)
{
	disks_run("mkdir -p t/boot && ln -s boot/real t/fast && "
		  "echo inside >t/boot/real && ln -s /etc/passwd t/host && "
		  "ln -s ../../../../etc/passwd t/up && ln -s b t/a && "
		  "ln -s a t/b && ln -s /boot t/dir && mkfifo t/pipe && "
		  "mke2fs -q -t ext4 -d t e 16M");
	probe("e", 1);
	same(&volumes[0], "/fast", "t/boot/real");
	same(&volumes[0], "/dir/real", "t/boot/real");
	same(&volumes[0], "/../../boot/real", "t/boot/real");
	cr_assert_eq(open_fails(&volumes[0], "/host"), -ENOENT);
	cr_assert_eq(open_fails(&volumes[0], "/up"), -ENOENT);
	cr_assert_eq(open_fails(&volumes[0], "/a"), -ELOOP);
	cr_assert_eq(open_fails(&volumes[0], "/pipe"), -EINVAL);
}

/* Every byte of the superblock, of a boot sector, of a table, changed. */
Test(volume, damage_is_survived)
{
	static const struct {
		const char *file;
		off_t at;
		size_t bytes;
	} places[] = {{"e", 1024, 300},
		      {"e", 4096, 64},
		      {"f", 0, 96},
		      {"f", 512, 32},
		      {"p", 446, 66}};

	make_tree();
	disks_run("mke2fs -q -t ext4 -b 4096 -d t e 8M; "
		  "mkfs.vfat -C f 8192 && mcopy -i f -s t/boot :: && "
		  "truncate -s 24M p && echo '1M,8M' | sfdisk -q p");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd = open(places[i].file, O_RDWR);

		for (size_t n = 0; n < places[i].bytes; n++) {
			off_t at = places[i].at + (off_t)n;
			uint8_t was, is;

			cr_assert_eq(pread(fd, &was, 1, at), 1);
			is = was ^ (uint8_t)(0xff - n % 7);
			cr_assert_eq(pwrite(fd, &is, 1, at), 1);
			disk = open(places[i].file, O_RDONLY);
			err_clear(&err);
			count = volume_probe(disk, volumes, VOLUMES_MAX, &err);
			for (int k = 0; k < count; k++) {
				char names[65536] = "";

				open_fails(&volumes[k],
					   "/boot/vmlinuz-6.1.0-13-amd64");
				if (strlen(names) < 1000)
					volume_list(&volumes[k],
						    "/boot/loader/entries",
						    collect, names);
				volume_close(&volumes[k]);
			}
			close(disk);
			cr_assert_eq(pwrite(fd, &was, 1, at), 1);
		}
		close(fd);
	}
	count = 0;
	disk = -1;
}

Test(volume, a_chain_of_clusters_that_bites_its_tail_ends)
{
	struct volume_file f;
	char buffer[4096];
	uint8_t fat[4096];
	size_t total = 0;
	ssize_t n;
	int fd;

	disks_run("mkfs.vfat -F 16 -s 4 -C f 32768 && "
		  "head -c 100000 /dev/zero >k && mcopy -i f k ::");
	fd = open("f", O_RDWR);
	/* Cluster 3 of the table, which is one of the file's, leads to 2. */
	cr_assert_eq(pread(fd, fat, sizeof(fat), 4 * 512), sizeof(fat));
	cr_assert(fat[4] == 3 && fat[6] == 4, "%u %u", fat[4], fat[6]);
	fat[6] = 2;
	cr_assert_eq(pwrite(fd, fat, sizeof(fat), 4 * 512), sizeof(fat));
	close(fd);
	probe("f", 1);
	cr_assert_eq(volume_open(&volumes[0], "/k", &f), 0);
	while ((n = volume_read(&f, buffer, sizeof(buffer))) > 0)
		total += (size_t)n;
	cr_assert_eq(total, 100000);
	volume_close_file(&f);
}

Test(volume, an_empty_disk_is_refused)
{
	disks_run(": >nothing");
	probe("nothing", -EINVAL);
}

/* Which kernel? The partitions are asked in their order. */

static struct choice choice;
static struct arena arena;

static int choose(const char *path, const char *wanted)
{
	int fd = open(path, O_RDONLY), rc;

	cr_assert_geq(fd, 0);
	err_clear(&err);
	rc = choice_make(&choice, &arena, fd, wanted, &err);
	if (rc)
		choice_close(&choice);
	return rc;
}

static void choice_end(void)
{
	close(choice.volumes[0].disk);
	choice_close(&choice);
	arena_free(&arena);
}

Test(volume, the_boot_partition_may_be_another_than_the_kernels)
{
	struct volume_file f;

	disks_run("mkdir -p g/grub t/boot && echo kernel >t/boot/vmlinuz && "
		  "printf 'menuentry a {\\n linux /boot/vmlinuz ro\\n}\\n' "
		  ">g/grub/grub.cfg && mke2fs -q -t ext4 -d g b 8M && "
		  "mke2fs -q -t ext4 -d t e 8M && truncate -s 32M p && "
		  "printf '1M,8M\\n10M,8M\\n' | sfdisk -q p && "
		  "dd if=b of=p bs=1M seek=1 conv=notrunc 2>/dev/null && "
		  "dd if=e of=p bs=1M seek=10 conv=notrunc 2>/dev/null");
	cr_assert_eq(choose("p", NULL), 0, "%s", err.text);
	cr_assert_eq(choice.partition, 1);
	cr_assert_str_eq(choice.source, "/grub/grub.cfg");
	cr_assert_eq(choice_open(&choice, "/boot/vmlinuz", &f, &err), 0);
	cr_assert_eq(f.volume, &choice.volumes[1]);
	volume_close_file(&f);
	choice_end();
}

Test(volume, entries_of_an_efi_partition_obey_loader_conf)
{
	disks_run(
		"mkdir -p t/loader/entries && cd t/loader && "
		"printf 'linux /k1\\n' >entries/a-1.conf && "
		"printf 'linux /k2\\n' >entries/a-2.conf && "
		"cd ../.. && mkfs.vfat -C f 8192 && mcopy -i f -s t/loader ::");
	cr_assert_eq(choose("f", NULL), 0, "%s", err.text);
	cr_assert_str_eq(choice.entry.kernel, "/k2");
	choice_end();
	cr_assert_eq(choose("f", "a-1"), 0);
	cr_assert_str_eq(choice.entry.kernel, "/k1");
	choice_end();
	cr_assert_lt(choose("f", "a-3"), 0);
	cr_assert(strstr(err.text, "no entry 'a-3'"), "%s", err.text);
	disks_run("printf 'timeout 3\\ndefault a-1*\\n' >l && "
		  "mcopy -i f l ::loader/loader.conf");
	cr_assert_eq(choose("f", NULL), 0);
	cr_assert_str_eq(choice.entry.kernel, "/k1");
	choice_end();
}

Test(volume, a_disk_that_boots_nothing_says_what_is_on_it)
{
	disks_run("truncate -s 32M p && printf '1M,8M\\n10M,4M\\n20M,4M\\n' | "
		  "sfdisk -q p && mke2fs -q -t ext4 e 8M && "
		  "dd if=e of=p bs=1M seek=1 conv=notrunc 2>/dev/null && "
		  "truncate -s 4M s && mkswap -q s && "
		  "dd if=s of=p bs=1M seek=10 conv=notrunc 2>/dev/null");
	cr_assert_eq(choose("p", NULL), -ENOENT);
	cr_assert(strstr(err.text, "partition 1: ext4, partition 2: swap (not "
				   "read here), partition 3: nothing known)"),
		  "%s", err.text);
	arena_free(&arena);
}

Test(volume, a_blank_disk_is_called_blank)
{
	disks_run("truncate -s 8M b && : >e");
	cr_assert_eq(choose("b", NULL), -ENOENT);
	cr_assert(strstr(err.text, "the disk of 8 MiB is blank: neither"), "%s",
		  err.text);
	cr_assert_eq(choose("e", NULL), -EINVAL);
	cr_assert(strstr(err.text, "the disk is empty; install"), "%s",
		  err.text);
	arena_free(&arena);
}
