/* SPDX-License-Identifier: MIT */
/*
 * GRUB's configurations: as Debian's update-grub and Red Hat's grub2-mkconfig
 * write them, shortened; then every construct by itself, and what is broken.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bootfs/grub.h"
#include "fake_files.h"

static struct arena arena;
static struct boot_entry entry;
static struct err err;

static void teardown(void)
{
	arena_free(&arena);
}

TestSuite(grub, .fini = teardown);

static int choose_from(const struct fake_file *table, const char *path,
		       const char *text, const char *wanted)
{
	struct boot_files files = fake_files(table);

	err_clear(&err);
	return grub_choose(&arena, &files, path, text, strlen(text), wanted,
			   &entry, &err);
}

static int choose(const char *text, const char *wanted)
{
	static const struct fake_file none[] = {{NULL, NULL}};

	return choose_from(none, "/boot/grub/grub.cfg", text, wanted);
}

static const char debian[] =
	"if [ -s $prefix/grubenv ]; then\n"
	"  set have_grubenv=true\n  load_env\nfi\n"
	"if [ \"${next_entry}\" ] ; then\n"
	"   set default=\"${next_entry}\"\n   set next_entry=\n"
	"   save_env next_entry\n   set boot_once=true\n"
	"else\n   set default=\"${saved_entry}\"\nfi\n\n"
	"if [ x\"${feature_menuentry_id}\" = xy ]; then\n"
	"  menuentry_id_option=\"--id\"\nelse\n"
	"  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n"
	"function load_video {\n"
	"  if [ x$feature_all_video_module = xy ]; then\n"
	"    insmod all_video\n  else\n    insmod efi_gop\n  fi\n}\n"
	"for i in a b; do\n  set default=$i\ndone\n"
	"if [ \"${recordfail}\" = 1 ] ; then\n  set timeout=30\nelse\n"
	"  if [ x$feature_timeout_style = xy ] ; then\n"
	"    set timeout_style=menu\n    set timeout=5\n  fi\nfi\n"
	"menuentry 'Debian GNU/Linux' --class debian --class os "
	"$menuentry_id_option 'gnulinux-simple-5d8' {\n"
	"\tload_video\n\tinsmod gzio\n"
	"\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; "
	"fi\n"
	"\tsearch --no-floppy --fs-uuid --set=root 5d8\n"
	"\techo\t'Loading Linux 6.1.0-13-amd64 ...'\n"
	"\tlinux\t/boot/vmlinuz-6.1.0-13-amd64 root=UUID=5d8 ro  quiet\n"
	"\tinitrd\t/boot/initrd.img-6.1.0-13-amd64\n}\n"
	"submenu 'Advanced options' $menuentry_id_option 'advanced' {\n"
	"\tmenuentry 'Linux 13' --class os $menuentry_id_option 'l13' {\n"
	"\t\tlinux\t/boot/vmlinuz-13 ro\n\t}\n"
	"\tmenuentry 'Linux 12' --class os $menuentry_id_option 'l12' {\n"
	"\t\tlinux\t/boot/vmlinuz-12 ro\n\t}\n}\n"
	"if [ -f  ${config_directory}/custom.cfg ]; then\n"
	"  source ${config_directory}/custom.cfg\n"
	"elif [ -z \"${config_directory}\" -a -f  $prefix/custom.cfg ]; then\n"
	"  source $prefix/custom.cfg\nfi\n";

Test(grub, debians_default_is_its_first_entry)
{
	cr_assert_eq(choose(debian, NULL), 0, "%s", err.text);
	cr_assert_str_eq(entry.title, "Debian GNU/Linux");
	cr_assert_str_eq(entry.kernel, "/boot/vmlinuz-6.1.0-13-amd64");
	cr_assert_eq(entry.initrd_count, 1);
	cr_assert_str_eq(entry.initrds[0], "/boot/initrd.img-6.1.0-13-amd64");
	cr_assert_str_eq(entry.options, "root=UUID=5d8 ro quiet");
}

Test(grub, an_entry_is_chosen_by_number_id_title_and_through_submenus)
{
	static const char *const rows[][2] = {
		{"0", "/boot/vmlinuz-6.1.0-13-amd64"},
		{"gnulinux-simple-5d8", "/boot/vmlinuz-6.1.0-13-amd64"},
		{"Debian GNU/Linux", "/boot/vmlinuz-6.1.0-13-amd64"},
		{"1", "/boot/vmlinuz-13"},
		{"1>1", "/boot/vmlinuz-12"},
		{"advanced>l12", "/boot/vmlinuz-12"},
		{"Advanced options>Linux 12", "/boot/vmlinuz-12"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(choose(debian, rows[i][0]), 0, "%s: %s",
			     rows[i][0], err.text);
		cr_assert_str_eq(entry.kernel, rows[i][1]);
	}
	cr_assert_eq(choose(debian, "2"), -ENOENT);
	cr_assert_eq(choose(debian, "advanced>l11"), -ENOENT);
	cr_assert(strstr(err.text, "no entry 'l11'; there are 2: "
				   "0 'Linux 13', 1 'Linux 12'"),
		  "%s", err.text);
}

Test(grub, a_saved_entry_is_the_default_and_next_entry_wins)
{
	static const struct fake_file saved[] = {
		{"/boot/grub/grubenv", "saved_entry=advanced>l12\n"},
		{NULL, NULL},
	};
	static const struct fake_file once[] = {
		{"/boot/grub/grubenv", "saved_entry=0\nnext_entry=1>0\n"},
		{NULL, NULL},
	};
	static const struct fake_file gone[] = {
		{"/boot/grub/grubenv", "saved_entry=removed-kernel\n"},
		{NULL, NULL},
	};

	cr_assert_eq(choose_from(saved, "/boot/grub/grub.cfg", debian, NULL),
		     0);
	cr_assert_str_eq(entry.kernel, "/boot/vmlinuz-12");
	cr_assert_eq(choose_from(once, "/boot/grub/grub.cfg", debian, NULL), 0);
	cr_assert_str_eq(entry.kernel, "/boot/vmlinuz-13");
	/* As GRUB does: the first. */
	cr_assert_eq(choose_from(gone, "/boot/grub/grub.cfg", debian, NULL), 0);
	cr_assert_str_eq(entry.kernel, "/boot/vmlinuz-6.1.0-13-amd64");
}

static const char redhat[] =
	"set pager=1\n"
	"if [ -f ${config_directory}/grubenv ]; then\n"
	"  load_env -f ${config_directory}/grubenv\n"
	"elif [ -s $prefix/grubenv ]; then\n  load_env\nfi\n"
	"if [ \"${next_entry}\" ] ; then\n"
	"   set default=\"${next_entry}\"\n"
	"else\n   set default=\"${saved_entry}\"\nfi\n"
	"insmod part_gpt\nset root='hd0,gpt2'\n"
	"if [ x$feature_platform_search_hint = xy ]; then\n"
	"  search --no-floppy --fs-uuid --set=root --hint='hd0,gpt2'  1a\n"
	"else\n  search --no-floppy --fs-uuid --set=root 1a\nfi\n"
	"# kernelopts\n"
	"if [ -z \"${kernelopts}\" ]; then\n"
	"  set kernelopts=\"root=/dev/mapper/rl-root ro rhgb quiet \"\nfi\n"
	"insmod blscfg\nblscfg\n"
	"if [ \"$menu_auto_hide\" = \"1\" -a \"$x\" = \"y\" ]; then\n"
	"  set timeout=0\nfi\n";

static const struct fake_file redhat_files[] = {
	{"/grub2/grubenv",
	 "# GRUB Environment Block\nsaved_entry=id-5.14.0-70.el9\n####"},
	{"/loader/entries/id-5.14.0-362.el9.conf",
	 "title Rocky (362)\nversion 5.14.0-362.el9\n"
	 "linux /vmlinuz-362\ninitrd /initramfs-362.img $tuned_initrd\n"
	 "options $kernelopts $tuned_params\n"},
	{"/loader/entries/id-5.14.0-70.el9.conf",
	 "title Rocky (70)\nversion 5.14.0-70.el9\n"
	 "linux /vmlinuz-70\ninitrd /initramfs-70.img\n"
	 "options root=/dev/xvda2 ro\n"},
	{NULL, NULL},
};

Test(grub, red_hats_entries_come_from_blscfg)
{
	cr_assert_eq(choose_from(redhat_files, "/grub2/grub.cfg", redhat, NULL),
		     0, "%s", err.text);
	cr_assert_str_eq(entry.title, "Rocky (70)");
	cr_assert_str_eq(entry.kernel, "/vmlinuz-70");
	cr_assert_str_eq(entry.options, "root=/dev/xvda2 ro");
	cr_assert_eq(choose_from(redhat_files, "/grub2/grub.cfg", redhat, "0"),
		     0);
	cr_assert_str_eq(entry.kernel, "/vmlinuz-362");
	cr_assert_eq(entry.initrd_count, 1);
	cr_assert_str_eq(entry.initrds[0], "/initramfs-362.img");
	cr_assert(strstr(entry.options, "root=/dev/mapper/rl-root ro rhgb"));
	cr_assert_null(strchr(entry.options, '$'));
}

Test(grub, old_red_hats_linux16_is_linux)
{
	cr_assert_eq(choose("menuentry 'CentOS (3.10) 7' --class gnu-linux "
			    "--unrestricted $menuentry_id_option 'x' {\n"
			    "linux16 /vmlinuz-3.10 root=/dev/xvda1 ro\n"
			    "initrd16 /initramfs-3.10.img\n}\n",
			    NULL),
		     0);
	cr_assert_str_eq(entry.title, "CentOS (3.10) 7");
	cr_assert_str_eq(entry.initrds[0], "/initramfs-3.10.img");
}

Test(grub, a_stub_leads_to_the_real_configuration)
{
	static const struct fake_file files[] = {
		{"/boot/grub/grub.cfg", "menuentry a { linux /k\n}\n"},
		{NULL, NULL},
	};

	cr_assert_eq(choose_from(files, "/EFI/debian/grub.cfg",
				 "search.fs_uuid 5d8 root hd0,gpt2\n"
				 "set prefix=($root)'/boot/grub'\n"
				 "configfile $prefix/grub.cfg\n",
				 NULL),
		     0, "%s", err.text);
	cr_assert_str_eq(entry.kernel, "/k");
}

/* What a condition says: its "then" sets x to "yes". */
Test(grub, conditions)
{
	static const struct fake_file files[] = {
		{"/full", "x"}, {"/empty", ""}, {NULL, NULL}};
	static const struct {
		const char *condition;
		bool is;
	} rows[] = {
		{"true", true},
		{"false", false},
		{"! false", true},
		{"[ a = a ]", true},
		{"[ a = b ]", false},
		{"[ a != b ]", true},
		{"test a == a", true},
		{"[ \"\" ]", false},
		{"[ \"$nothing\" ]", false},
		{"[ a ]", true},
		{"[ -z \"$nothing\" ]", true},
		{"[ -n \"$nothing\" ]", false},
		{"[ -n a -a -z b ]", false},
		{"[ -n a -a -z \"\" ]", true},
		{"[ a = b -o c = c ]", true},
		{"[ a = b -o c = d ]", false},
		{"[ ! a = b ]", true},
		{"[ 2 -lt 10 ]", true},
		{"[ 10 -le 9 ]", false},
		{"[ -f /full ]", true},
		{"[ -s (hd0,1)/full ]", true},
		{"[ -s /empty ]", false},
		{"[ -e /empty ]", true},
		{"[ -f /none ]", false},
		{"[ ]", false},
		{"[", false},
		{"frobnicate -x", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "x=no\nif %s; then x=yes; else x=no; fi\n"
			 "menuentry a {\nlinux /k $x\n}\n",
			 rows[i].condition);
		cr_assert_eq(choose_from(files, "/g", text, NULL), 0, "%s: %s",
			     rows[i].condition, err.text);
		cr_assert_str_eq(entry.options, rows[i].is ? "yes" : "no", "%s",
				 rows[i].condition);
	}
}

Test(grub, words_are_quoted_expanded_and_continued)
{
	static const char *const rows[][2] = {
		{"'a $b c'", "\"a $b c\""},
		{"\"${v}w\"", "valuew"},
		{"$v$v", "valuevalue"},
		{"a\\ b", "\"a b\""},
		{"a\\\n  b", "a b"},
		{"$unset end", "end"},
		{"'' end", " end"},
		{"cost\\$1 \"\\$2 \\\"q\\\"\"", "cost$1 \"$2 \"q\"\""},
		{"a # comment", "a"},
		{"a#b", "a#b"},
		{"$", "$"},
		{"${v", "value"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "v=value\nmenuentry a {\nlinux /k %s\n}\n",
			 rows[i][0]);
		cr_assert_eq(choose(text, NULL), 0, "%s: %s", rows[i][0],
			     err.text);
		cr_assert_str_eq(entry.options, rows[i][1], "row %zu", i);
	}
}

Test(grub, a_configuration_without_entries_is_no_error)
{
	static const char *const rows[] = {
		"", "\n\n# nothing\n", "set default=0\n",
		"if false; then menuentry a { linux /k\n}\nfi\n",
		"function f {\nmenuentry a {\nlinux /k\n}\n}\n"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(choose(rows[i], NULL), -ENOENT, "row %zu", i);
		cr_assert_not(err_is_set(&err));
	}
}

Test(grub, what_is_broken_is_refused_with_its_line)
{
	static const char *const rows[][2] = {
		{"menuentry 'a {\n}\n", "/grub.cfg:1: a quote is not closed"},
		{"\nmenuentry a {\nlinux /k\n", ":2: no '}' closes"},
		{"if true\nfoo\n", ":1: this 'if' has no 'then'"},
		{"if true; then\nfoo\n", ":1: this 'if' has no 'fi'"},
		{"fi\n", "this 'fi' closes nothing"},
		{"}\n", "this '}' closes nothing"},
		{"while true; done\n", "has no 'do' or"},
		{"menuentry a { fi\n}\n", "no '}' closes"},
		{"menuentry a {\necho hi\n}\n", "'a' starts no Linux kernel"},
		{"submenu a {\n}\n", "leads into an empty submenu"},
		{"menuentry a {\nchainloader +1\n}\n", "starts no Linux"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_lt(choose(rows[i][0], NULL), 0, "row %zu", i);
		cr_assert(strstr(err.text, rows[i][1]), "row %zu: %s", i,
			  err.text);
	}
}

/* What grows with the square of its length, or for ever, has a limit. */
Test(grub, hostile_configurations_come_to_an_end)
{
	static char text[200000];
	static const struct fake_file itself[] = {
		{"/grub.cfg", "source /grub.cfg\n"}, {NULL, NULL}};
	size_t n = 0;

	for (int i = 0; i < 100; i++)
		n += (size_t)sprintf(text + n, "if true; then\n");
	cr_assert_eq(choose(text, NULL), -EINVAL);
	cr_assert(strstr(err.text, "nests too deeply"), "%s", err.text);

	for (n = 0; n < 9000;)
		n += (size_t)sprintf(text + n, "x");
	cr_assert_eq(choose(text, NULL), -EINVAL);
	cr_assert(strstr(err.text, "too long"), "%s", err.text);

	n = (size_t)sprintf(text, "a=x\n");
	for (int i = 0; i < 20; i++)
		n += (size_t)sprintf(text + n, "a=$a$a\n");
	cr_assert_eq(choose(text, NULL), -EINVAL);

	n = (size_t)sprintf(text, "a=");
	memset(text + n, 'y', 4000);
	n += 4000;
	for (int i = 0; i < 10000; i++)
		n += (size_t)sprintf(text + n, "\nb%d=$a", i);
	cr_assert_eq(choose(text, NULL), -ENOMEM);
	cr_assert(strstr(err.text, "keeps more than"), "%s", err.text);

	for (n = 0; n < sizeof(text) - 64;)
		n += (size_t)sprintf(text + n, "menuentry a {\nlinux /k\n}\n");
	cr_assert_eq(choose(text, NULL), -E2BIG);

	cr_assert_lt(choose_from(itself, "/grub.cfg", itself[0].text, NULL), 0);
	cr_assert(strstr(err.text, "includes too many files"), "%s", err.text);
}
