/* SPDX-License-Identifier: MIT */
/* Entries of the Boot Loader Specification: read, sorted, found. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bootfs/bls.h"
#include "fake_files.h"

static struct arena arena;

static void teardown(void)
{
	arena_free(&arena);
}

TestSuite(bls, .fini = teardown);

static int parse(const char *text, struct bls_entry *b)
{
	return bls_parse(&arena, "x-6.1.conf", text, strlen(text), b);
}

Test(bls, an_entry_is_read)
{
	struct bls_entry b;

	cr_assert_eq(parse("# a comment\ntitle\tDebian 12\nversion 6.1\n"
			   "machine-id 4098\nsort-key debian\n"
			   "linux   /4098/6.1/linux  \n"
			   "initrd /4098/6.1/initrd\ninitrd /microcode\n"
			   "options root=/dev/xvda1 ro\noptions quiet\n"
			   "grub_users $grub_users\narchitecture x64",
			   &b),
		     0);
	cr_assert_str_eq(b.id, "x-6.1");
	cr_assert_str_eq(b.boot.title, "Debian 12");
	cr_assert_str_eq(b.version, "6.1");
	cr_assert_str_eq(b.sort_key, "debian");
	cr_assert_str_eq(b.boot.kernel, "/4098/6.1/linux");
	cr_assert_eq(b.boot.initrd_count, 2);
	cr_assert_str_eq(b.boot.initrds[1], "/microcode");
	cr_assert_str_eq(b.boot.options, "root=/dev/xvda1 ro quiet");
}

Test(bls, what_starts_no_linux_is_no_entry)
{
	struct bls_entry b;
	char many[1024] = "linux /k\n";

	cr_assert_eq(parse("title Shell\nefi /shell.efi\n", &b), -ENOENT);
	cr_assert_eq(parse("", &b), -ENOENT);
	cr_assert_eq(parse("linux\nlinuxx /k\n", &b), -ENOENT);
	cr_assert_eq(bls_parse(&arena, "x", "linux /k\0", 9, &b), -EINVAL);
	for (int i = 0; i < BOOTFS_INITRDS_MAX; i++)
		strcat(many, "initrd /i\n");
	cr_assert_eq(parse(many, &b), 0);
	strcat(many, "initrd /i\n");
	cr_assert_eq(parse(many, &b), -E2BIG);
}

Test(bls, options_without_end_are_refused)
{
	static char text[20000];
	struct bls_entry b;

	strcpy(text, "linux /k\n");
	while (strlen(text) < sizeof(text) - 20)
		strcat(text, "options abcdefgh\n");
	cr_assert_eq(parse(text, &b), -E2BIG);
}

Test(bls, versions_are_compared_as_people_do)
{
	/* Each is newer than the one before. */
	static const char *const rows[] = {
		"",	"5.14.0-70.el9", "5.14.0-362.el9", "6.1~rc3",
		"6.1",	"6.1.0-9-amd64", "6.1.0-13-amd64", "6.1.0-13-cloud",
		"6.10",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
			int order = bls_compare_versions(rows[i], rows[k]);

			cr_assert_eq((order > 0) - (order < 0),
				     (i > k) - (i < k), "%s, %s", rows[i],
				     rows[k]);
		}
	}
	cr_assert_eq(bls_compare_versions("6.1.0-13", "6.1.0_13"), 0);
	cr_assert_eq(bls_compare_versions("6.01", "6.1"), 0);
}

static const struct fake_file directory[] = {
	{"/loader/entries/a-5.9.conf", "title old\nlinux /k59\n"},
	{"/loader/entries/a-5.10.conf", "title new\nlinux /k510\n"},
	{"/loader/entries/rescue.conf",
	 "title keyed\nlinux /r\nsort-key z\nversion 1\n"},
	{"/loader/entries/shell.conf", "title Shell\nefi /s\n"},
	{"/loader/entries/notes.txt", "linux /no\n"},
	{NULL, NULL},
};

Test(bls, a_directory_is_sorted_keys_first_then_newest_first)
{
	struct boot_files files = fake_files(directory);
	struct bls_list list;
	struct err e = ERR_NONE;

	cr_assert_eq(bls_read_directory(&arena, &files, "/loader/entries",
					&list, &e),
		     0);
	cr_assert_eq(list.count, 3);
	cr_assert_str_eq(list.entries[0].boot.title, "keyed");
	cr_assert_str_eq(list.entries[1].boot.title, "new");
	cr_assert_str_eq(list.entries[2].boot.title, "old");
	cr_assert_eq(bls_find(&list, "2"), &list.entries[2]);
	cr_assert_eq(bls_find(&list, "a-5.10"), &list.entries[1]);
	cr_assert_eq(bls_find(&list, "old"), &list.entries[2]);
	cr_assert_null(bls_find(&list, "3"));
	cr_assert_null(bls_find(&list, "99999999999999999999"));
	cr_assert_null(bls_find(&list, "nope"));
	cr_assert_eq(bls_read_directory(&arena, &files, "/none", &list, &e), 0);
	cr_assert_eq(list.count, 0);
}

static char seen[256];

static void see(void *argument, const char *name, const char *value)
{
	size_t n = strlen(seen);

	(void)argument;
	snprintf(seen + n, sizeof(seen) - n, "[%s|%s]", name, value);
}

Test(bls, grubs_environment_block_is_read)
{
	static const char text[] =
		"# GRUB Environment Block\n"
		"saved_entry=abc-6.1\nkernelopts=root=/x ro\n"
		"empty=\nnothing\n#########";

	grubenv_parse(&arena, text, sizeof(text) - 1, see, NULL);
	cr_assert_str_eq(seen, "[saved_entry|abc-6.1]"
			       "[kernelopts|root=/x ro][empty|]");
}
