/* SPDX-License-Identifier: MIT */
/* Verbs: the table, and how far a word may be shortened. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/cli.h"

TestSuite(verbs);

Test(verbs, a_word_finds_its_verb_while_it_is_the_only_one)
{
	static const struct {
		const char *word;
		const char *verb; /* NULL: none */
		size_t matches;
	} rows[] = {
		{"create", "create", 1},   {"cr", "create", 1},
		{"cons", "console", 1},	   {"conf", "config-update", 1},
		{"c", NULL, 10},	   {"co", NULL, 2},
		{"li", "list", 1},	   {"debug", "debug-keys", 1},
		{"dm", "dmesg", 1},	   {"des", "destroy", 1},
		{"re", NULL, 2},	   {"reb", "reboot", 1},
		{"ren", "rename", 1},	   {"unp", NULL, 2},
		{"unpau", "unpause", 1},   {"sh", "shutdown", 1},
		{"dom", NULL, 2},	   {"domi", "domid", 1},
		{"domid", "domid", 1},	   {"listing", NULL, 0},
		{"frobnicate", NULL, 0},   {"", NULL, 0},
		{"h", "help", 1},	   {"dump", "dump-core", 1},
		{"vcpu-s", "vcpu-set", 1}, {"v", NULL, 3},
		{"sched", "sched", 1},	   {"sched-", "sched-credit", 1},
		{"cpupool-cpu-", NULL, 2}, {"cpupool-m", "cpupool-migrate", 1},
		{"sy", "sysrq", 1},	   {"tr", "trigger", 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t matches = 99;
		const struct cli_verb *v =
			cli_find_verb(rows[i].word, &matches);

		cr_assert_eq(matches, rows[i].matches, "'%s': %zu",
			     rows[i].word, matches);
		if (rows[i].verb)
			cr_assert_str_eq(v->name, rows[i].verb);
		else
			cr_assert_null(v);
	}
}

Test(verbs, every_verb_is_complete_and_named_once)
{
	for (size_t i = 0; i < cli_verb_count; i++) {
		cr_assert_not_null(cli_verbs[i].run);
		cr_assert_gt(strlen(cli_verbs[i].help), 5);
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(cli_verbs[i].name, cli_verbs[j].name);
	}
}

Test(verbs, a_verb_that_is_nearly_right_is_guessed)
{
	static const char *const rows[][2] = {
		{"lsit", "list"},	   {"shutdwon", "shutdown"},
		{"dumpcore", "dump-core"}, {"destory", "destroy"},
		{"frobnicate", NULL},	   {"", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cli_verb *v = cli_nearest_verb(rows[i][0]);

		if (rows[i][1])
			cr_assert(v && strcmp(v->name, rows[i][1]) == 0, "%s",
				  rows[i][0]);
		else
			cr_assert_null(v, "%s", rows[i][0]);
	}
}

Test(verbs, a_verb_that_only_others_have_says_what_to_do_instead)
{
	static const char *const rows[][2] = {
		{"save", "cannot be saved"},
		{"migrate-receive", "cannot be saved"},
		{"start", "vane create"},
		{"stop", "vane shutdown"},
		{"pci-assignable-add", "PCI"},
		{"--version", "vane info"},
		{"vm-list", "list -v"},
		{"cpupool-numa-split", "one node"},
		{"sched-credit2", "vane sched"},
		{"saved", NULL},
		{"pci", NULL},
		{"frobnicate", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *instead = cli_missing_verb(rows[i][0]);

		if (rows[i][1])
			cr_assert(instead && strstr(instead, rows[i][1]), "%s",
				  rows[i][0]);
		else
			cr_assert_null(instead, "%s", rows[i][0]);
	}
}

Test(verbs, no_verb_is_said_to_be_missing)
{
	for (size_t i = 0; i < cli_verb_count; i++)
		cr_assert_null(cli_missing_verb(cli_verbs[i].name), "%s",
			       cli_verbs[i].name);
}
