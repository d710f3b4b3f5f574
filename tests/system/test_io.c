/* SPDX-License-Identifier: MIT */
/*
 * What goes through the split drivers arrives whole: blocks both ways,
 * TCP both ways.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

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

TestSuite(io, .init = begin, .fini = end);

/* The word that follows key in a guest's line. */
static void word_after(const char *line, const char *key, char *word,
		       size_t size)
{
	const char *at = strstr(line, key);

	if (!at)
		suite_fail(m, "no '%s' in '%s'", key, line);
	snprintf(word, size, "%.*s", (int)strcspn(at + strlen(key), " \r\n"),
		 at + strlen(key));
}

Test(io, sixty_four_mib_written_by_a_guest_read_back_in_domain_zero)
{
	char wrote[80], found[80];

	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	suite_guest_up(m, "filler");
	word_after(suite_guest_line(m, "filler", 240, "filler: "), "sha256 ",
		   wrote, sizeof(wrote));
	suite_run(m, 30, "vane shutdown filler");
	suite_guest_gone(m, "filler", 60);
	snprintf(found, sizeof(found), "%.64s",
		 suite_run(m, 120, "sha256sum </data/disks/scratch.img"));
	if (strcmp(wrote, found))
		suite_fail(m, "the guest wrote %s, the disk has %s", wrote,
			   found);
}

Test(io, a_guest_reads_what_domain_zero_put_on_its_disk)
{
	suite_guest_up(m, "reader");
	suite_guest_line(m, "reader", 120, "reader: same");
}

/* Our own small frontends: store, console both ways, a disk, a card. */
Test(io, the_devices_micro_guest_succeeds)
{
	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	suite_run(m, 20, "rm -f /var/log/vane/devices.log");
	suite_run(m, 60, "vane create /etc/vane/devices.cfg");
	suite_guest_line(m, "devices", 60, "console: say something");
	suite_run(
		m, 90,
		"printf 'hello\\r' | vane console devices >/dev/null & p=$!; "
		"await 60 grep -q 'you said' /var/log/vane/devices.log; s=$?; "
		"kill $p; [ $s = 0 ]");
	suite_guest_line(m, "devices", 60, "you said .hello.");
	suite_guest_line(m, "devices", 60, "VERDICT: SUCCESS");
	suite_run(m, 20, "vane destroy devices");
	suite_guest_gone(m, "devices", 30);
}

/* Each end sums what it sent and what it received; a loss or a flip shows. */
Test(io, thirty_seconds_of_tcp_both_ways_without_an_error)
{
	char sent[64], received[64], guest[64];

	suite_guest_up(m, "tcp");
	suite_guest_line(m, "tcp", 60, "tcp: listening");
	suite_run(m, 180, "/data/tests/tcp-both-ways 10.0.0.13 30");
	snprintf(sent, sizeof(sent), "%.32s",
		 suite_run(m, 20, "cat /run/sent"));
	snprintf(received, sizeof(received), "%.32s",
		 suite_run(m, 20, "cat /run/received"));
	word_after(suite_guest_line(m, "tcp", 60, "tcp: received "),
		   "received ", guest, sizeof(guest));
	if (strcmp(sent, guest))
		suite_fail(m, "domain zero sent %s, the guest got %s", sent,
			   guest);
	word_after(suite_guest_line(m, "tcp", 60, "tcp: sent "), "sent ", guest,
		   sizeof(guest));
	if (strcmp(received, guest))
		suite_fail(m, "the guest sent %s, domain zero got %s", guest,
			   received);
	suite_run(m, 20,
		  "[ $(cat /sys/class/net/xenbr0/statistics/rx_errors) = 0 ]");
}
