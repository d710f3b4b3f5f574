/* SPDX-License-Identifier: MIT */
/*
 * Wrong input to `vane`: one clear line, a status that is not 0, nothing left
 * behind. Each row is a configuration; what must be in the line is the word
 * that tells the person which thing was wrong.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

#define KERNEL "kernel=\"/data/boot/vmlinux\""
#define MICRO  "kernel=\"/data/tests/hello.elf\""

struct row {
	char name[40];
	char prepare[160]; /* a command before */
	char config[200];  /* of bad.cfg */
	char word[40];	   /* in the line */
};

static struct row rows[] = {
	{"no kernel key", "", "name=\"bad\"\nmemory=16\n", "kernel"},
	{"no such kernel", "",
	 "name=\"bad\"\nmemory=16\nkernel=\"/nowhere/vmlinux\"\n",
	 "/nowhere/vmlinux"},
	{"no such ramdisk", "",
	 "name=\"bad\"\nmemory=64\n" MICRO "\nramdisk=\"/nowhere/rd\"\n",
	 "/nowhere/rd"},
	{"truncated kernel", "head -c 1000000 /data/boot/vmlinux >/run/k",
	 "name=\"bad\"\nmemory=64\nkernel=\"/run/k\"\n", "/run/k"},
	{"truncated bzImage", "head -c 1000000 /data/boot/vmlinuz >/run/k",
	 "name=\"bad\"\nmemory=64\nkernel=\"/run/k\"\n", "/run/k"},
	{"noise as kernel", "head -c 100000 /dev/urandom >/run/k",
	 "name=\"bad\"\nmemory=64\nkernel=\"/run/k\"\n", "/run/k"},
	{"empty kernel", ": >/run/k",
	 "name=\"bad\"\nmemory=64\nkernel=\"/run/k\"\n", "/run/k"},
	{"kernel larger than memory", "",
	 "name=\"bad\"\nmemory=16\n" KERNEL "\n", "16"},
	{"more memory than there is", "",
	 "name=\"bad\"\nmemory=900000\n" MICRO "\n", " MiB"},
	{"no memory", "", "name=\"bad\"\nmemory=0\n" MICRO "\n", "memory"},
	{"no processor", "", "name=\"bad\"\nmemory=16\nvcpus=0\n" MICRO "\n",
	 "vcpus"},
	{"no such disk", "",
	 "name=\"bad\"\nmemory=16\n" MICRO
	 "\ndisk=[\"/nowhere/d,raw,xvda,w\"]\n",
	 "/nowhere/d"},
	{"no such bridge", "",
	 "name=\"bad\"\nmemory=16\n" MICRO "\nvif=[\"bridge=nobr\"]\n", "nobr"},
	{"bad MAC address", "",
	 "name=\"bad\"\nmemory=16\n" MICRO "\nvif=[\"mac=zz:1\"]\n", "zz:1"},
	{"a disk twice", "truncate -s 1M /run/d",
	 "name=\"bad\"\nmemory=16\n" MICRO
	 "\ndisk=[\"/run/d,raw,xvda,w\",\"/run/d,raw,xvda,w\"]\n",
	 "xvda"},
	{"open quote", "", "name=\"bad\nmemory=16\n", "1"},
	{"open list", "", "name=\"bad\"\n" MICRO "\ndisk=[ \"a\"\n",
	 "bad.cfg:"},
	{"text where a number belongs", "",
	 "name=\"bad\"\nmemory=\"much\"\n" MICRO "\n", "memory"},
	{"a name with a space", "", "name=\"b d\"\nmemory=16\n" MICRO "\n",
	 "name"},
	{"unknown action", "",
	 "name=\"bad\"\nmemory=16\n" MICRO "\non_crash=\"dance\"\n", "dance"},
};

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
}

static void end(void)
{
	suite_done(m);
}

TestSuite(badinput, .init = begin, .fini = end);

/* Runs a command that must fail with one line that has the word in it. */
static void must_refuse(const char *what, const char *command, const char *word)
{
	char before[SUITE_TEXT];
	const char *line;

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	line = suite_run(m, 60,
			 "%s >/run/out 2>&1; echo \"status $?\" >>/run/out; "
			 "cat /run/out",
			 command);
	if (strstr(line, "status 0"))
		suite_fail(m, "%s: was accepted: %s", what, line);
	if (strncmp(strchr(line, '\n') ? strchr(line, '\n') + 1 : "", "status ",
		    7) != 0)
		suite_fail(m, "%s: not one line: %s", what, line);
	if (!strstr(line, word))
		suite_fail(m, "%s: no '%s' in: %s", what, word, line);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "%s: before:\n%s\nafter:\n%s", what, before,
			   suite_resources(m));
}

ParameterizedTestParameters(badinput, create_refuses)
{
	return cr_make_param_array(struct row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct row *r, badinput, create_refuses)
{
	char quoted[512];
	size_t n = 0;

	/* printf in domain zero makes the lines again. */
	for (const char *p = r->config; *p; p++)
		n += snprintf(quoted + n, sizeof(quoted) - n, "%s",
			      *p == '\n' ? "\\n" : (char[]){*p, '\0'});
	if (r->prepare[0])
		suite_run(m, 60, "%s", r->prepare);
	suite_run(m, 20, "printf '%s' >/run/bad.cfg", quoted);
	must_refuse(r->name, "vane create /run/bad.cfg", r->word);
	suite_run(m, 20, "rm -f /run/k /run/d");
}

Test(badinput, no_configuration_file)
{
	must_refuse("no file", "vane create /nowhere.cfg", "/nowhere.cfg");
}

Test(badinput, a_name_twice)
{
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	must_refuse("twice", "vane create /etc/vane/micro.cfg", "micro");
	suite_run(m, 20, "vane destroy micro");
	suite_guest_gone(m, "micro", 30);
}

Test(badinput, an_unknown_guest)
{
	must_refuse("destroy", "vane destroy nobody", "nobody");
	must_refuse("pause", "vane pause nobody", "nobody");
	must_refuse("shutdown", "vane shutdown nobody", "nobody");
}

Test(badinput, domain_zero_is_not_destroyed)
{
	must_refuse("destroy 0", "vane destroy 0", "0");
}

Test(badinput, an_unknown_verb)
{
	must_refuse("verb", "vane fly", "fly");
}

/*
 * An interrupt in the middle of create: wherever it lands, from the first
 * instruction to just before the end, either nothing stays or the guest runs.
 */
Test(badinput, an_interrupted_create_leaves_nothing)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	for (unsigned int ms = 1; ms < 4000; ms *= 2) {
		suite_run(m, 90,
			  "vane create -p /etc/vane/stock-xz.cfg "
			  ">/run/out 2>&1 & "
			  "p=$!; usleep %u000; kill -INT $p; wait $p; s=$?; "
			  "if [ $s = 0 ]; then vane destroy stock-xz; "
			  "else ! vane list | grep -q '^stock-xz '; fi || "
			  "{ echo status $s; cat /run/out; vane list; false; }",
			  ms);
		suite_guest_gone(m, "stock-xz", 30);
	}
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}
