/* SPDX-License-Identifier: MIT */
/*
 * Domain zero boots on every machine, processor and memory size that we name,
 * finds its devices there, and powers off and reboots for real. Each test
 * boots a machine of its own and ends it by `poweroff`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/system/suite.h"

struct variant {
	char name[32];
	char machine[8];
	char cpu[16];
	unsigned int memory_mib;
	unsigned int cpus;
	int icount;
	char options[64];
};

static struct variant variants[] = {
	{"boot-q35", "q35", "max", 2048, 1, 0, "dom0_mem=512M"},
	{"boot-nehalem", "pc", "Nehalem", 2048, 1, 0, "dom0_mem=512M"},
	{"boot-epyc", "pc", "EPYC", 2048, 1, 0, "dom0_mem=512M"},
	{"boot-qemu64", "pc", "qemu64", 2048, 1, 0, "dom0_mem=512M"},
	{"boot-512m", "pc", "max", 512, 1, 0, "dom0_mem=384M"},
	{"boot-6g", "q35", "max", 6144, 1, 0, "dom0_mem=1G"},
	{"boot-16g", "pc", "max", 16384, 1, 0, "dom0_mem=512M"},
	{"boot-icount", "pc", "max", 2048, 1, 1, "dom0_mem=512M"},
	{"boot-4cpus", "q35", "max", 2048, 4, 0, "dom0_mem=512M"},
	{"boot-smp-2", "pc", "EPYC", 2048, 2, 0, "dom0_mem=512M maxcpus=2"},
	{"boot-smp-3of4", "pc", "Nehalem", 2048, 4, 0,
	 "dom0_mem=512M maxcpus=3"},
	{"boot-smp-4", "q35", "max", 2048, 4, 0, "dom0_mem=512M maxcpus=4"},
	{"boot-smp-8", "q35", "qemu64", 2048, 8, 0, "dom0_mem=512M maxcpus=8"},
	{"boot-watchdog", "q35", "max", 2048, 4, 0,
	 "dom0_mem=512M maxcpus=4 watchdog=1 watchdog_timeout=60"},
	{"boot-smp-icount", "pc", "max", 2048, 4, 1, "dom0_mem=512M maxcpus=4"},
};

/* As many CPUs as maxcpus= says; without it, all. */
static unsigned int cpus_expected(const struct variant *v)
{
	const char *max = strstr(v->options, "maxcpus=");

	return max ? (unsigned int)atoi(max + strlen("maxcpus=")) : v->cpus;
}

static struct machine_config variant_config(const struct variant *v)
{
	struct machine_config c = {
		.name = v->name,
		.machine = v->machine,
		.cpu = v->cpu,
		.memory_mib = v->memory_mib,
		.cpus = v->cpus,
		.icount = v->icount,
		.one_thread = v->cpus > 2,
		.hypervisor_options = v->options,
	};

	return c;
}

ParameterizedTestParameters(boot, domain_zero_boots_and_powers_off)
{
	return cr_make_param_array(struct variant, variants,
				   sizeof(variants) / sizeof(variants[0]),
				   NULL);
}

ParameterizedTest(struct variant *v, boot, domain_zero_boots_and_powers_off)
{
	struct machine_config c = variant_config(v);
	struct machine *m = machine_boot(&c);

	if (!m)
		suite_fail(NULL, "%s: %s", v->name, machine_error());
	suite_run(m, 20, "grep -q control_d /proc/xen/capabilities");
	suite_run(m, 20, "grep -q ' /data ' /proc/mounts");
	suite_run(m, 20, "vane info | grep -q '^nr_cpus  *: %u$'",
		  cpus_expected(v));
	/* Domain zero has as many virtual ones, unless dom0_max_vcpus= is. */
	suite_run(m, 20, "[ $(nproc) = %u ]", cpus_expected(v));
	suite_power_off(m);
}

/* The host's clock and domain zero's must agree to the minute. */
Test(boot, the_clock_is_right)
{
	struct machine *m = suite_machine(&machine_default);
	long dom0 = strtol(suite_run(m, 20, "date -u +%%s"), NULL, 10);
	long host = (long)time(NULL);

	if (labs(host - dom0) > 60)
		suite_fail(m, "domain zero says %ld s, the host %ld s", dom0,
			   host);
	suite_done(m);
}

/* One that is paused cannot hear the request. */
Test(boot, power_off_does_not_wait_for_a_guest_that_does_not_answer)
{
	static const struct machine_config config = {.name = "boot-deaf"};
	struct machine *m = machine_boot(&config);

	if (!m)
		suite_fail(NULL, "%s", machine_error());
	suite_guest_up(m, "ticker");
	suite_run(m, 30,
		  "echo STOP_TIMEOUT=%u >/etc/vane/guests.conf; "
		  "vane create -p /etc/vane/micro.cfg",
		  machine_scaled(30));
	if (machine_leave_prompt(m) || machine_send(m, "poweroff\n") ||
	    machine_expect(m, "vane-guests: micro has not shut down within",
			   90))
		suite_fail(m, "%s", machine_error());
	if (machine_wait_exit(m, 120))
		suite_fail(m, "power off: %s", machine_error());
	if (machine_check_log(m))
		suite_fail(m, "complaint: %s", machine_error());
	machine_kill(m);
}

Test(boot, reboot_starts_the_machine_again)
{
	struct machine_config c = {.name = "boot-again", .reboots = true};
	struct machine *m = machine_boot(&c);

	if (!m)
		suite_fail(NULL, "%s", machine_error());
	machine_leave_prompt(m);
	machine_send(m, "reboot\n");
	if (machine_expect(m, "dom0: ready", 300) || machine_check_log(m))
		suite_fail(m, "%s", machine_error());
	machine_kill(m);
}

/* GRUB loads the same three files from a CD, by multiboot 1. */
Test(boot, grub_boots_it_from_an_iso)
{
	struct machine_config c = {
		.name = "boot-iso",
		.iso = "build/system/paravane.iso",
	};
	struct machine *m = machine_boot(&c);

	if (!m)
		suite_fail(NULL, "%s", machine_error());
	suite_power_off(m);
}

/* The disk's bytes, read past the cache, are what the host put there. */
static void disk_reads_and_writes(struct machine *m, const char *name)
{
	char disk[32], sum[80];

	snprintf(disk, sizeof(disk), "%s", name);
	suite_run(m, 20, "await 60 test -b /dev/%s", disk);
	snprintf(sum, sizeof(sum), "%s",
		 suite_run(m, 120, "sha256sum </dev/%s", disk));
	suite_run(m, 20, "grep -q '%.64s' /data/tests/disk.sha256", sum);
	suite_run(m, 120,
		  "head -c 2m /dev/urandom >/run/x && "
		  "dd if=/run/x of=/dev/%s bs=64k conv=fsync 2>/dev/null && "
		  "sync && echo 3 >/proc/sys/vm/drop_caches && "
		  "head -c 2m /dev/%s | cmp - /run/x && rm /run/x",
		  disk, disk);
}

/* A file comes over the card from QEMU's own TFTP server. */
static void card_receives(struct machine *m, const char *driver,
			  const char *address, const char *server)
{
	char card[32];

	snprintf(card, sizeof(card), "%s",
		 suite_run(m, 20,
			   "for c in /sys/class/net/*; do "
			   "d=$(readlink $c/device/driver); "
			   "[ \"${d##*/}\" = %s ] && echo ${c##*/}; done; true",
			   driver));
	if (!card[0])
		suite_fail(m, "no card of driver %s", driver);
	suite_run(m, 20, "ip addr add %s/24 dev %s && ip link set %s up",
		  address, card, card);
	suite_run(m, 120,
		  "cd /run && tftp -g -b 1024 -r disk.bin -l got %s && "
		  "sha256sum <got >got.sum && "
		  "grep -q $(cut -c-64 got.sum) /data/tests/disk.sha256; "
		  "s=$?; rm -f got got.sum; exit $s",
		  server);
	suite_run(m, 20, "ip link set %s down", card);
}

#define DISK "file=build/system/disk.bin,format=raw,if=none,snapshot=on,id="
#define NET  ",restrict=on,tftp=build/system,net="

static const struct machine_config devices = {
	.name = "boot-devices",
	.machine = "q35",
	.args = {"-drive", DISK "s", "-device", "ide-hd,drive=s,bus=ide.0",
		 "-drive", DISK "v", "-device",
		 "virtio-blk-pci,drive=v,vectors=0,serial=nomsi", "-netdev",
		 "user,id=n" NET "10.0.2.0/24", "-device",
		 "virtio-net-pci,netdev=n", "-netdev",
		 "user,id=e" NET "10.0.3.0/24", "-device", "e1000,netdev=e"},
};

Test(boot, an_ahci_disk_works_in_domain_zero)
{
	struct machine *m = suite_machine(&devices);

	disk_reads_and_writes(m, "sda");
	suite_done(m);
}

Test(boot, a_virtio_disk_without_msi_works_in_domain_zero)
{
	struct machine *m = suite_machine(&devices);

	disk_reads_and_writes(
		m,
		suite_run(m, 20,
			  "grep -l nomsi /sys/block/*/serial | cut -d/ -f4"));
	suite_done(m);
}

Test(boot, a_virtio_card_works_in_domain_zero)
{
	struct machine *m = suite_machine(&devices);

	card_receives(m, "virtio_net", "10.0.2.15", "10.0.2.2");
	suite_done(m);
}

Test(boot, an_e1000_card_works_in_domain_zero)
{
	struct machine *m = suite_machine(&devices);

	card_receives(m, "e1000", "10.0.3.15", "10.0.3.2");
	suite_done(m);
}
