/* SPDX-License-Identifier: MIT */
/*
 * Other people's programs, from Debian, on our domain zero: what drives xl
 * finds it, what reads cores opens them, what validates JSON has no objection.
 * They live on a disk of their own, which is chrooted into; tests/peers has
 * what is run there. The disk is a snapshot: nothing written to it stays.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

static const struct machine_config config = {
	.name = "peers",
	.args = {"-drive",
		 "file=build/peers/root.ext4,format=raw,if=virtio,snapshot=on"},
};

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&config);
	suite_run(m, 30,
		  "mountpoint -q /peers || { mkdir -p /peers && "
		  "mount $(findfs LABEL=vane-peers) /peers && "
		  "for d in proc sys dev dev/pts run data; do "
		  "mount -o bind /$d /peers/$d || exit; done && "
		  "mount -t xenfs xenfs /peers/proc/xen; "
		  "ln -sf /proc/self/fd /dev/fd; "
		  "mkdir -p /peers/peers-log && "
		  "mount -o bind /var/log/vane /peers/peers-log; }");
	suite_no_guests(m);
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(peers, .init = begin, .fini = end);

/* Runs a command in the chroot; it says "NAME: done" when all went well. */
static void peer(unsigned int seconds, const char *name, const char *command)
{
	char done[64];
	const char *out;

	out = suite_run(m, seconds,
			"env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "
			"chroot /peers %s 2>&1 | tail -c 6000",
			command);
	snprintf(done, sizeof(done), "%s: done", name);
	if (!strstr(out, done))
		suite_fail(m, "%s:\n%s", command, out);
}

static const char *scaled(const char *command)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s %u", command, machine_scaled(1));
	return text;
}

Test(peers, xl_of_debian_prints_and_exits_the_same)
{
	/* It asks for operations that are refused, and says so. */
	suite_run(m, 60, "vane create -p /etc/vane/ticker.cfg");
	peer(240, "compare", "/tests/compare-xl.sh ticker");
}

Test(peers, pacemakers_agent_starts_watches_and_stops_a_guest)
{
	peer(300, "pacemaker", scaled("/tests/pacemaker.sh"));
}

Test(peers, ganetis_module_drives_a_guest)
{
	suite_run(m, 10, "rm -f /var/log/vane/gnt.*");
	peer(500, "ganeti", scaled("/usr/bin/python3 /tests/ganeti.py"));
}

Test(peers, a_core_is_that_of_xl_and_gdb_reads_it)
{
	suite_guest_up(m, "ticker");
	suite_run(m, 20, "vane pause ticker");
	suite_run(m, 60, "vane dump-core ticker /peers/tmp/ours.core");
	suite_run(m, 60,
		  "chroot /peers /usr/lib/xen-4.17/bin/xl dump-core ticker "
		  "/tmp/theirs.core");
	peer(120, "core",
	     "/usr/bin/python3 /tests/core.py /tmp/ours.core /tmp/theirs.core "
	     "/data/boot/vmlinux");
	suite_run(m, 20, "rm /peers/tmp/*.core");
}

static void schema(const char *name, const char *command)
{
	const char *out = suite_run(m, 60,
				    "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "
				    "chroot /peers /tests/schema.py %s %s 2>&1",
				    name, command);

	if (!strstr(out, ": valid"))
		suite_fail(m, "%s: %s", command, out);
}

Test(peers, json_is_what_the_schemas_say)
{
	static const char *const rows[][2] = {
		{"list", "vane list --json"},
		{"list-long", "vane list --long"},
		{"info", "vane info --json"},
		{"uptime", "vane uptime --json"},
		{"sched", "vane sched --json"},
		{"top", "vane top --json"},
		{"--lines top", "vane top --json -i 2 -d 0.2"},
		{"vcpu-list", "vane vcpu-list --json"},
		{"cpupool-list", "vane cpupool-list --json"},
		{"domid", "vane domid --json micro"},
		{"domid", "vane domname --json 0"},
		{"create", "vane create --json -p /data/etc/vane/reader.cfg"},
		{"list-long", "vane list -l reader"},
		{"store-ls", "vane store ls --json -r -p /local/domain"},
		{"store-read", "vane store read --json /local/domain/0/name"},
		{"store-quota", "vane store quota --json"},
		{"store-quota", "vane store quota --json micro"},
		{"--lines store-watch", "vane store watch -j -n 2 /vm /tool"},
	};

	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		schema(rows[i][0], rows[i][1]);
}

/* Of devices in use, with their numbers, and of such that nobody uses yet. */
Test(peers, json_of_devices_and_events_is_what_the_schemas_say)
{
	suite_guest_up(m, "stock");
	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	suite_run(m, 60, "vane create -p /etc/vane/reader.cfg");
	suite_run(m, 60, "vane create -p /etc/vane/tcp.cfg");
	suite_run(m, 60,
		  "vane block-attach stock file:/data/disks/scratch.img "
		  "xvdb w");
	suite_run(m, 60, "vane network-attach stock rate=1MB/s");
	schema("block-list", "vane block-list --json stock reader");
	schema("network-list", "vane network-list --json stock tcp");
	schema("--lines top", "vane top --json -i 2 -d 0.2");
	suite_run(m, 60, "vane network-detach stock 0");
	suite_run(m, 60, "vane destroy stock");
	suite_guest_gone(m, "stock", 60);
	suite_run(m, 20,
		  "await %u grep -q '\"destroyed\".*\"stock\"' "
		  "/var/log/vane/events.log",
		  machine_scaled(10));
	suite_run(m, 20,
		  "vane events -a --no-follow --json >/run/events.json && "
		  "for e in created device-attached device-detached destroyed; "
		  "do grep -q \"\\\"$e\\\"\" /run/events.json || exit; "
		  "done");
	schema("--lines events", "cat /run/events.json");
}

/* Of a guest that does nothing, all is the same but for CPU time. */
Test(peers, top_prints_what_xentop_of_debian_prints)
{
	suite_run(m, 60, "vane create -p /etc/vane/reader.cfg");
	suite_run(m, 60,
		  "chroot /peers /usr/lib/xen-4.17/bin/xentop -b -i 1 -f "
		  ">/run/theirs && vane top -b -i 1 -f >/run/ours && "
		  "grep -q '^ *reader ----p- ' /run/theirs && "
		  "for f in theirs ours; do grep -v Domain-0 /run/$f "
		  ">/run/$f.rows; done && cmp /run/theirs.rows /run/ours.rows "
		  "|| { cat /run/theirs /run/ours; false; }");
}

Test(peers, colours_and_bars_are_for_terminals_that_want_them)
{
	suite_guest_up(m, "ticker");
	peer(300, "colours", "/usr/bin/python3 /tests/colours.py ticker");
}

Test(peers, bash_completes_verbs_options_domains_and_files)
{
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	peer(240, "completion", "/bin/bash /tests/completion.sh micro");
}

Test(peers, whoever_is_not_root_is_told_so)
{
	const char *out = suite_run(
		m, 30,
		"chroot /peers /usr/bin/setpriv --reuid=65534 --clear-groups "
		"/usr/sbin/vane list 2>&1; echo status $?");

	if (!strstr(out, "needs root") || !strstr(out, "status 1"))
		suite_fail(m, "%s", out);
}
