/* SPDX-License-Identifier: MIT */
/*
 * Kernels from the guest's own disk, and the cache of unpacked kernels. The
 * disks are made by bootdisk/make.sh: one as an installer leaves it, the
 * others by people who wish us ill.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define DISKS "/data/disks/bootdisk"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(bootdisk, .init = begin, .fini = end);

Test(bootdisk, a_stock_kernel_boots_from_the_guests_own_disk)
{
	suite_guest_up(m, "bootdisk");
	suite_guest_line(m, "bootdisk", 10,
			 "ommand line: root=/dev/xvda2 ro "
			 "vane.entry=simple console=hvc0");
	/* Once more, from the disk that the guest had. */
	suite_run(m, 20, "rm /var/log/vane/bootdisk.log");
	suite_run(m, 30, "vane reboot bootdisk");
	suite_guest_line(m, "bootdisk", 180, "guest: ready");
	suite_run(m, 30, "vane shutdown bootdisk");
	suite_guest_gone(m, "bootdisk", 60);
}

Test(bootdisk, another_entry_is_chosen_by_name)
{
	suite_run(m, 120,
		  "rm -f /var/log/vane/bootdisk.log; vane create "
		  "/etc/vane/bootdisk.cfg "
		  "'kernel=disk:gnulinux-advanced>recovery' "
		  "'extra=console=hvc0 vane.more=1'");
	suite_guest_line(m, "bootdisk", 60,
			 "single vane.entry=recovery console=hvc0 vane.more=1");
	suite_run(m, 30, "vane destroy bootdisk");
	suite_guest_gone(m, "bootdisk", 30);
}

/* A command that must fail with one line that has the word in it. */
static void must_refuse(const char *what, const char *command, const char *word)
{
	char before[SUITE_TEXT];
	const char *line;

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	line = suite_run(m, 120,
			 "%s >/run/out 2>&1; echo \"status $?\" >>/run/out; "
			 "cat /run/out",
			 command);
	if (!strstr(line, "\nstatus 1"))
		suite_fail(m, "%s: %s", what, line);
	if (strchr(line, '\n') != strstr(line, "\nstatus "))
		suite_fail(m, "%s: not one line: %s", what, line);
	if (!strstr(line, word))
		suite_fail(m, "%s: no '%s' in: %s", what, word, line);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "%s: before:\n%s\nafter:\n%s", what, before,
			   suite_resources(m));
}

struct row {
	char disk[24];
	char word[80];
};

static struct row rows[] = {
	{"loop.ext4", "/boot/vmlinuz (named by /boot/grub/grub.cfg): Too many"},
	{"host.ext4", "/boot/vmlinuz (named by /boot/grub/grub.cfg): No such"},
	{"sparse.ext4", "kernel /boot/vmlinuz: 102400 MiB; at most 64 MiB"},
	{"broken.ext4", "(ext4 (damaged))"},
	{"deep.ext4", "/boot/grub/grub.cfg:32: it nests too deeply"},
	{"noise.ext4", "neither a bzImage nor an ELF"},
	{"empty.ext4", "no grub.cfg and no loader/entries"},
};

ParameterizedTestParameters(bootdisk, hostile_disks_are_refused)
{
	return cr_make_param_array(struct row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct row *r, bootdisk, hostile_disks_are_refused)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "vane create /etc/vane/bootdisk.cfg memory=64 "
		 "\"disk=['" DISKS "/%s,raw,xvda,w']\"",
		 r->disk);
	must_refuse(r->disk, command, r->word);
}

Test(bootdisk, a_dry_run_tells_what_would_be_booted)
{
	const char *text =
		suite_run(m, 60, "vane create -n /etc/vane/bootdisk.cfg");

	if (!strstr(text, "# boots 'Debian GNU/Linux', as "
			  "/boot/grub/grub.cfg on partition 2 says") ||
	    !strstr(text, "command line root=/dev/xvda2 ro "
			  "vane.entry=simple console=hvc0"))
		suite_fail(m, "%s", text);
}

Test(bootdisk, an_entry_that_is_not_there_is_named_with_those_that_are)
{
	must_refuse("entry", "vane create /etc/vane/bootdisk.cfg kernel=disk:7",
		    "no entry '7'; there are 2: 0 'Debian GNU/Linux', 1 ");
}

Test(bootdisk, an_interrupt_while_the_disk_is_read_leaves_nothing)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	for (unsigned int ms = 20; ms < 2000; ms *= 3) {
		suite_run(m, 90,
			  "vane create -p /etc/vane/bootdisk.cfg "
			  ">/run/out 2>&1 & "
			  "p=$!; usleep %u000; kill -INT $p; wait $p; s=$?; "
			  "if [ $s = 0 ]; then vane destroy bootdisk; "
			  "else ! vane list | grep -q '^bootdisk '; fi || "
			  "{ echo status $s; cat /run/out; false; }",
			  ms);
		suite_guest_gone(m, "bootdisk", 30);
	}
	suite_run(m, 20, "! pidof vane-bootfs");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

/* What is kept is what unpacking gives, and a changed file is not it. */
Test(bootdisk, an_unpacked_kernel_is_kept_and_used_again)
{
	suite_run(m, 20, "rm -rf /run/vane/cache");
	for (int i = 0; i < 2; i++) {
		suite_run(m, 120, "vane create -p /etc/vane/stock-xz.cfg");
		suite_run(m, 30, "vane destroy stock-xz");
		suite_guest_gone(m, "stock-xz", 30);
		suite_run(m, 120,
			  "f=$(ls /run/vane/cache/*) && "
			  "head -c $(stat -c %%s /data/boot/vmlinux) $f | "
			  "cmp - /data/boot/vmlinux");
	}
	/* The second one used it: damage in it is seen. */
	suite_run(m, 30,
		  "f=$(ls /run/vane/cache/*) && s=$(stat -c %%s $f) && "
		  "dd if=/dev/zero of=$f bs=1 count=4 conv=notrunc");
	must_refuse("damaged", "vane create /etc/vane/stock-xz.cfg",
		    "kernel /data/boot/vmlinuz");
	suite_run(m, 60,
		  "rm -rf /run/vane/cache; cp /data/boot/vmlinuz /run/k; "
		  "vane create -p /etc/vane/stock-xz.cfg kernel=/run/k && "
		  "vane destroy stock-xz && echo nothing >/run/k");
	suite_guest_gone(m, "stock-xz", 30);
	must_refuse("changed",
		    "vane create /etc/vane/stock-xz.cfg kernel=/run/k",
		    "neither a bzImage");
	suite_run(m, 20, "rm /run/k");
}

/* A quarter of an hour is for the boot, on the slowest machine. */
static void clock_is_ahead(const char *settings, long seconds)
{
	const char *line;
	long now, guest;

	suite_run(m, 20, "rm -f /var/log/vane/clock.log");
	suite_run(m, 120, "vane create /etc/vane/clock.cfg %s", settings);
	line = suite_guest_line(m, "clock", 180, "given time: ");
	line = strstr(line, "given time: ");
	guest = line ? strtol(line + strlen("given time: "), NULL, 10) : 0;
	now = strtol(suite_run(m, 20, "date -u +%%s"), NULL, 10);
	if (labs(guest - seconds - now) > 900)
		suite_fail(m, "the guest has %ld, domain zero %ld", guest, now);
	suite_run(m, 20, "vane destroy clock");
	suite_guest_gone(m, "clock", 30);
}

Test(bootdisk, a_guests_clock_is_domain_zeros_and_its_offset)
{
	clock_is_ahead("", 7200);
	clock_is_ahead("rtc_timeoffset=0", 0);
	clock_is_ahead("rtc_timeoffset=-86400", -86400);
}
