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

/* How many changes lie between two points at which a creation is hit. */
#define INTERRUPT_STEP 4u
#define DESTROY_STEP   9u

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

/* The same at each point where it changes something; every phase has some. */
Test(badinput, ctrl_c_in_each_phase_of_create_leaves_nothing)
{
	static const char *const phases[] = {"check",	"domain", "memory",
					     "image",	"vcpu",	  "store",
					     "devices", "start"};
	const char *out;

	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	out = suite_run(m, 500,
			"sh /data/tests/interrupts.sh interrupted %u 2>&1",
			INTERRUPT_STEP);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text),
			 "interrupted in its phase '%s'; everything was undone",
			 phases[i]);
		if (!strstr(out, text))
			suite_fail(m, "never '%s' in:\n%s", text, out);
	}
}

/* Two at once on one guest: it is destroyed at each point of its creation. */
Test(badinput, a_guest_destroyed_while_it_is_created_leaves_nothing)
{
	const char *out;

	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	out = suite_run(m, 500,
			"sh /data/tests/interrupts.sh destroyed %u 2>&1",
			DESTROY_STEP);
	if (!strstr(out, "was destroyed while it was being created"))
		suite_fail(m, "nobody was destroyed in:\n%s", out);
}

/*
 * Both wishes at once: whichever the guest takes, and whether it goes for good
 * or comes back first, there is one of it or none, and at last none.
 */
Test(badinput, a_shutdown_during_a_reboot_ends_with_no_guest)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_guest_up(m, "ticker");
	suite_run(m, 20, "vane reboot ticker; vane shutdown ticker");
	suite_run(m, 240,
		  "await %u sh -c '[ $(vane list | grep -c \"^ticker \") -le 1 "
		  "] || exit; vane shutdown ticker 2>/run/err; s=$?; "
		  "case $s in 0) ! vane list 2>&1 | grep -q ticker;; "
		  "3) grep -q \"there is no domain\" /run/err;; "
		  "*) false;; esac' || { cat /run/err; vane list; false; }",
		  machine_scaled(180));
	suite_guest_gone(m, "ticker", 30);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

/*
 * A full disk of logs costs what would have been written there, and says how
 * much; guests are created, run and end as ever.
 */
Test(badinput, a_full_log_disk_stops_neither_creation_nor_guest)
{
	char before[SUITE_TEXT];

	machine_tolerate(m, "No space left");
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 20,
		  ". /data/tests/mistakes.sh; full /var/log/vane; "
		  "kill -HUP $(pidof vane-consoled vaned vane-stored)");
	suite_run(m, 60, "vane create /etc/vane/ticker.cfg");
	/* It runs: the console shows it live. */
	suite_run(m, 200,
		  "vane console -r ticker >/run/seen 2>&1 </dev/null & "
		  "await %u grep -q 'tick 3' /run/seen; s=$?; kill $!; "
		  "tail -n 3 /run/seen; [ $s = 0 ]",
		  machine_scaled(180));
	suite_run(m, 20, "! grep -q 'tick 3' /var/log/vane/ticker.log");
	/* Room again: the loss is counted, and what follows is there. */
	suite_run(m, 20, "rm /var/log/vane/filler");
	suite_guest_line(m, "ticker", 60,
			 "vane-consoled: [0-9]* bytes are missing here: No "
			 "space left");
	suite_guest_line(m, "ticker", 60, "tick [0-9]");
	/* Full again while it runs. */
	suite_run(m, 20,
		  "dd if=/dev/zero of=/var/log/vane/filler bs=4k 2>/dev/null; "
		  ":");
	suite_run(m, 60, "vane shutdown -w ticker");
	suite_guest_gone(m, "ticker", 30);
	suite_run(m, 20,
		  "umount -l /var/log/vane; "
		  "kill -HUP $(pidof vane-consoled vaned vane-stored)");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}
