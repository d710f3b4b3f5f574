/* SPDX-License-Identifier: MIT */
/* What a configuration means: defaults, limits, warnings, the canonical text.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"

static const uint8_t seed[16] = {1, 2,	3,  4,	5,  6,	7,  8,
				 9, 10, 11, 12, 13, 14, 15, 16};
static struct err err;

#define BASE "name='a'\nkernel='/k'\nmemory=64\n"

static void setup(void)
{
	err_clear(&err);
}

TestSuite(config, .init = setup);

static int parse(struct config *c, const char *text)
{
	err_clear(&err);
	return config_parse(c, "f", text, strlen(text), NULL, 0, seed, &err);
}

static void must_parse(struct config *c, const char *text)
{
	cr_assert_eq(parse(c, text), 0, "%s", err.text);
}

/* The line of error, in which `part` must stand. */
static void must_fail(const char *text, const char *part)
{
	struct config c;

	cr_assert_lt(parse(&c, text), 0, "accepted: %s", text);
	cr_assert(strstr(err.text, part), "'%s' is not in '%s'", part,
		  err.text);
	cr_assert_null(c.arena.chunks);
}

Test(config, what_is_left_out_has_a_default)
{
	struct config c;

	must_parse(&c, BASE);
	cr_assert_str_eq(c.name, "a");
	cr_assert_str_eq(c.kernel, "/k");
	cr_assert_null(c.ramdisk);
	cr_assert_str_eq(c.cmdline, "");
	cr_assert_eq(c.memory_mib, 64);
	cr_assert_eq(c.maxmem_mib, 64);
	cr_assert_eq(c.vcpus, 1);
	cr_assert_eq(c.maxvcpus, 1);
	cr_assert_eq(c.on_poweroff, ACTION_DESTROY);
	cr_assert_eq(c.on_reboot, ACTION_RESTART);
	cr_assert_eq(c.on_crash, ACTION_DESTROY);
	cr_assert_eq(c.disk_count, 0);
	cr_assert_eq(c.vif_count, 0);
	cr_assert_eq(c.warning_count, 0);
	/* A random uuid of version 4. */
	cr_assert_eq(c.uuid[0], 1);
	cr_assert_eq(c.uuid[6] >> 4, 4);
	cr_assert_eq(c.uuid[8] >> 6, 2);
	config_free(&c);
}

Test(config, every_key_is_read)
{
	struct config c;

	must_parse(&c, "name = \"web.1\"\n"
		       "uuid = '01234567-89ab-cdef-0123-456789ABCDEF'\n"
		       "type = 'pv'\nbuilder = 'generic'\n"
		       "memory = 128\nmaxmem = '1G'\nvcpus = 2\nmaxvcpus = 4\n"
		       "kernel = '/boot/k'\nramdisk = '/boot/r'\n"
		       "root = '/dev/xvda1'\nextra = 'ro quiet'\n"
		       "disk = ['phy:/dev/x,xvda,w', 'file:/y,xvdb,r']\n"
		       "vif = ['mac=00:16:3e:00:00:01,bridge=br0', '']\n"
		       "on_poweroff='preserve'\non_reboot='destroy'\n"
		       "on_crash='restart'\n"
		       "cpus = ['0', '0-3,^2']\ncpu_weight=512\ncap=50\n"
		       "pool = 'fast'\n");
	cr_assert_eq(c.uuid[0], 0x01);
	cr_assert_eq(c.uuid[15], 0xef);
	cr_assert_eq(c.maxmem_mib, 1024);
	cr_assert_eq(c.maxvcpus, 4);
	cr_assert_str_eq(c.cmdline, "root=/dev/xvda1 ro quiet");
	cr_assert_eq(c.disk_count, 2);
	cr_assert_str_eq(c.disks[1].target, "/y");
	cr_assert_eq(c.vif_count, 2);
	cr_assert_str_eq(c.vifs[0].bridge, "br0");
	cr_assert_str_eq(c.vifs[1].bridge, "xenbr0");
	/* Made up: the range of Xen guests, the same for the same uuid. */
	cr_assert_eq(memcmp(c.vifs[1].mac, "\x00\x16\x3e", 3), 0);
	cr_assert_eq(c.on_poweroff, ACTION_PRESERVE);
	cr_assert_eq(c.on_reboot, ACTION_DESTROY);
	cr_assert_eq(c.on_crash, ACTION_RESTART);
	cr_assert_eq(c.cpus_count, 2);
	cr_assert_str_eq(c.pool, "fast");
	cr_assert_eq(c.cpu_weight, 512);
	cr_assert_eq(c.cap, 50);
	cr_assert_eq(c.warning_count, 0);
	config_free(&c);
}

Test(config, what_cannot_be_is_refused_with_its_place)
{
	static const char *const rows[][2] = {
		{"kernel='/k'\nmemory=1", "f: no name"},
		{"name='a'\nmemory=1", "f: no kernel"},
		{"name='a'\nkernel='/k'\n", "f: no memory"},
		{"name='a'\nkernel='/k'\nmemmory=1",
		 "f:3:1: no memory; is that what 'memmory' is to be?"},
		{"nme='a'\nkernel='/k'\nmemory=1", "f:1:1: no name; is that"},
		{"name='a'\nkernell='/k'\nmemory=1", "f:2:1: no kernel; is"},
		{BASE "name='Domain-0'", "it is domain zero's"},
		{BASE "name='a b'", "f:4:6: 'a b' cannot be a domain's name"},
		{BASE "name='12'", "taken for a domain number"},
		{BASE "name='-x'", "taken for an option"},
		{BASE "name=''", "1 to 63 characters"},
		{BASE "name='../x'", "only letters, digits"},
		{BASE "name=['x']", "f:4:6: name takes a string"},
		{BASE "memory=0",
		 "memory=0 is out of range: 1 to 16777216 MiB"},
		{BASE "memory='lots'", "takes a number, not 'lots'"},
		{BASE "memory='-5'", "takes a number, not '-5'"},
		{BASE "maxmem=32", "maxmem=32 is less than memory=64"},
		{BASE "memory='16385G'", "memory=16385G is out of range"},
		{BASE "memory=16777217", "is out of range: 1 to 16777216 MiB"},
		{BASE "vcpus=0", "vcpus=0: a guest has 1 to 32 virtual CPUs"},
		{BASE "vcpus=33", "vcpus=33: a guest has 1 to 32"},
		{BASE "maxvcpus=33", "maxvcpus=33: a guest has 1 to 32"},
		{BASE "maxvcpus=4294967297", "maxvcpus=4294967297: a guest"},
		{BASE "vcpus=2\nmaxvcpus=1", "maxvcpus=1 is less than"},
		{BASE "kernel='k'", "kernel='k' is no absolute path"},
		{BASE "uuid='12'", "32 hexadecimal digits"},
		{BASE "type='hvm'", "only paravirtualized guests run here"},
		{BASE "builder='hvm'", "only paravirtualized guests"},
		{BASE "on_crash='explode'", "none of destroy, restart"},
		{BASE "disk='x'", "disk takes a [list]"},
		{BASE "disk=[3]", "disk takes a [list] of strings"},
		{BASE "disk=['phy:/x,xvda,w','/y,,xvda,r']",
		 "f:4:23: two disks are called xvda"},
		{BASE "vif='x'", "vif takes a [list]"},
		{BASE "vif=['mac=00:16:3e:00:00:01','mac=00:16:3e:00:00:01']",
		 "the same MAC"},
		{BASE "cpus='3-1'", "is not like 0-3"},
		{BASE "cap=70000", "cap=70000 is out of range"},
		{BASE "cpus_soft='x'", "cpus_soft 'x' is not like"},
		{BASE "cpus='1,^1'", "cpus '1,^1' is not like"},
		{BASE "vcpus=2\ncap=201", "cap=201 is more than the 200 %"},
		{BASE "pool=['a']", "pool takes a string, not a list"},
		{BASE "on_watchdog='bark'", "f:4:13: on_watchdog='bark' is"},
		{BASE "pvh=1", "f:4:5: pvh: only paravirtualized guests"},
		{BASE "type='pvh'", "only paravirtualized guests"},
		{BASE "localtime=2", "localtime=2 is out of range: 0 to 1"},
		{BASE "console_timestamps='yes'", "takes a number, not 'yes'"},
		{BASE "rtc_timeoffset='-x'", "takes a number, not 'x'"},
		{BASE "rtc_timeoffset=[]", "takes a number, not a list"},
		{BASE "tsc_mode='fast'", "is none of default, always_emulate"},
		{BASE "seed=''", "seed is empty"},
		{BASE "kernel='disk:'", "boots from the first disk, and there"},
		{BASE "kernel='disk:'\ndisk=[',,hdc,,cdrom']", "there is none"},
		{BASE "kernel='disk:'\ndisk=['/d,,xvda']\nramdisk='/r'",
		 "takes the initrd from the disk"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		must_fail(rows[i][0], rows[i][1]);
}

Test(config, a_command_line_too_long_for_start_info_is_refused)
{
	char text[2048] = BASE "extra='";
	struct config c;
	size_t at = strlen(text);

	memset(text + at, 'x', CONFIG_CMDLINE_MAX);
	strcpy(text + at + CONFIG_CMDLINE_MAX, "'");
	must_parse(&c, text);
	config_free(&c);
	strcpy(text + at + CONFIG_CMDLINE_MAX, "y'");
	must_fail(text, "1024 characters, a guest can be given 1023");
}

Test(config, warnings_name_what_is_ignored_and_what_may_be_meant)
{
	struct config c;

	must_parse(&c, BASE "memroy=3\nfrobnicate=1\npci=['00:1.0']\n"
			    "vfb=[]\ncmdline='c'\nextra='e'\n"
			    "bootloader='pygrub'\n");
	cr_assert_eq(c.warning_count, 5);
	cr_assert_str_eq(c.warnings[0], "f:10:1: bootloader='pygrub' is "
					"ignored: kernel= is given");
	cr_assert_str_eq(c.warnings[1], "f:4:1: unknown key 'memroy' ignored; "
					"did you mean 'memory'?");
	cr_assert_str_eq(c.warnings[2],
			 "f:5:1: unknown key 'frobnicate' ignored");
	cr_assert_str_eq(c.warnings[3], "f:6:1: pci is ignored: devices are "
					"not passed through");
	cr_assert(strstr(c.warnings[4], "root and extra are ignored"));
	cr_assert_str_eq(c.cmdline, "c");
	config_free(&c);
}

Test(config, overrides_win_over_the_file)
{
	static const char *const overrides[] = {"name=b", "memory=32",
						"vif=['bridge=br7']"};
	struct config c;

	cr_assert_eq(config_parse(&c, "f", BASE, strlen(BASE), overrides, 3,
				  seed, &err),
		     0, "%s", err.text);
	cr_assert_str_eq(c.name, "b");
	cr_assert_eq(c.memory_mib, 32);
	cr_assert_str_eq(c.vifs[0].bridge, "br7");
	config_free(&c);
}

Test(config, the_same_seed_makes_the_same_machine)
{
	static const uint8_t other[16] = {99};
	static const char text[] = BASE "seed='web 1'\nvif=['','']\n";
	struct config a, b;

	must_parse(&a, text);
	cr_assert_eq(
		config_parse(&b, "f", text, strlen(text), NULL, 0, other, &err),
		0);
	cr_assert_eq(memcmp(a.uuid, b.uuid, 16), 0);
	cr_assert_eq(memcmp(a.vifs[0].mac, b.vifs[0].mac, 6), 0);
	cr_assert_eq(memcmp(a.vifs[0].mac, "\x00\x16\x3e", 3), 0);
	cr_assert_neq(memcmp(a.vifs[0].mac, a.vifs[1].mac, 6), 0);
	config_free(&b);
	/* Another seed, another machine; the uuid's key wins for itself. */
	must_parse(&b, BASE "seed='web 2'\nvif=['']\n");
	cr_assert_neq(memcmp(a.uuid, b.uuid, 16), 0);
	cr_assert_neq(memcmp(a.vifs[0].mac, b.vifs[0].mac, 6), 0);
	config_free(&b);
	must_parse(&b, BASE "seed='web 1'\nvif=['']\n"
			    "uuid='01234567-89ab-cdef-0123-456789abcdef'\n");
	cr_assert_eq(b.uuid[0], 1);
	cr_assert_eq(memcmp(a.vifs[0].mac, b.vifs[0].mac, 6), 0);
	config_free(&b);
	config_free(&a);
}

Test(config, a_kernel_may_be_the_disks_own)
{
	struct config c;

	must_parse(&c, BASE "kernel='disk:1>2'\nextra='console=hvc0'\n"
			    "disk=['/cd,,hdc,,cdrom','/d,,xvda,w']\n");
	cr_assert_str_eq(config_boot_entry(&c), "1>2");
	cr_assert_str_eq(config_boot_disk(&c)->target, "/d");
	cr_assert(c.cmdline_added);
	cr_assert_str_eq(c.cmdline, "console=hvc0");
	config_free(&c);
	must_parse(&c, BASE "kernel='disk:'\ncmdline='x'\n"
			    "disk=['/d,,xvda,w']\n");
	cr_assert_str_eq(config_boot_entry(&c), "");
	cr_assert_not(c.cmdline_added);
	config_free(&c);
	must_parse(&c, BASE);
	cr_assert_null(config_boot_entry(&c));
	config_free(&c);
	/* What people have who come from pygrub. */
	must_parse(&c, "name='a'\nmemory=64\nbootloader='pygrub'\n"
		       "disk=['/d,,xvda,w']\n");
	cr_assert_str_eq(config_boot_entry(&c), "");
	cr_assert_eq(c.warning_count, 1);
	cr_assert(strstr(c.warnings[0], "is started instead"), "%s",
		  c.warnings[0]);
	config_free(&c);
}

Test(config, what_asks_for_nothing_is_ignored_in_silence)
{
	struct config c;

	must_parse(&c, BASE "vnc=0\nsdl=''\npci=[]\npvh=0\nlocaltime=0\n"
			    "tsc_mode='native'\nbootloader=''\n"
			    "claim_mode=1\nbootargs='-q'\n");
	cr_assert_eq(c.warning_count, 0);
	config_free(&c);
	must_parse(&c, BASE "vnc=1\ncpuid='host'\ntsc_mode=1\n"
			    "disk=[',,hdc,,cdrom']\n"
			    "vif=['model=e1000']\nvncpaswd='x'\n");
	cr_assert_eq(c.warning_count, 6);
	cr_assert_eq(c.disk_count, 0);
	cr_assert(strstr(c.warnings[0], "empty CD-ROM drive is left out"));
	cr_assert(strstr(c.warnings[1], "vif 0: model has no effect"));
	cr_assert(strstr(c.warnings[3], "vnc is ignored: a paravirtualized"));
	cr_assert(strstr(c.warnings[5], "did you mean 'vncpasswd'?"));
	config_free(&c);
}

/* As Ganeti's Xen module writes it for a paravirtualized instance. */
Test(config, ganetis_configuration_is_read)
{
	struct config c;

	must_parse(&c, "# this is autogenerated by Ganeti, please do not edit\n"
		       "#\nkernel = '/boot/vmlinuz-3-xenU'\n"
		       "ramdisk = '/boot/initrd-3-xenU'\nmemory = 512\n"
		       "maxmem = 512\nvcpus = 2\ncpus = [ \"0\", \"1\" ]\n"
		       "cpu_cap = 50\ncpu_weight = 256\n"
		       "name = 'inst1.example.com'\n"
		       "vif = ['mac=aa:00:00:11:22:33, ip=192.0.2.7, "
		       "bridge=xen-br0, script=/etc/ganeti/vif']\n"
		       "disk = ['phy:/dev/xenvg/a.disk0,xvda,w', "
		       "'file:/srv/b,xvdb,r', 'tap:aio:/srv/c,xvdc,w']\n"
		       "root = '/dev/xvda1'\non_poweroff = 'preserve'\n"
		       "on_reboot = 'restart'\non_crash = 'restart'\n"
		       "cpuid = 'host,x=1'\nextra = 'ro'\n");
	cr_assert_str_eq(c.name, "inst1.example.com");
	cr_assert_str_eq(c.cmdline, "root=/dev/xvda1 ro");
	cr_assert_eq(c.cap, 50);
	cr_assert_eq(c.cpus_count, 2);
	cr_assert_str_eq(c.vifs[0].script, "/etc/ganeti/vif");
	cr_assert_eq(c.disk_count, 3);
	cr_assert_str_eq(c.disks[2].target, "/srv/c");
	cr_assert_eq(c.warning_count, 1);
	cr_assert(strstr(c.warnings[0], "cpuid is ignored"));
	config_free(&c);
}

/* What Debian's xen-utils-common brings along; the build unpacks it. */
static int parse_example(struct config *c, const char *name)
{
	char path[128], text[16384];
	size_t length;
	FILE *f;

	snprintf(path, sizeof(path), "build/xen-examples/etc/xen/%s", name);
	f = fopen(path, "r");
	cr_assert_not_null(f, "%s: make it with 'make test-unit'", path);
	length = fread(text, 1, sizeof(text), f);
	fclose(f);
	err_clear(&err);
	return config_parse(c, name, text, length, NULL, 0, seed, &err);
}

Test(config, debians_examples_are_read_or_clearly_refused)
{
	struct config c;

	cr_assert_eq(parse_example(&c, "xlexample.pvlinux"), 0, "%s", err.text);
	cr_assert_str_eq(c.name, "example.pvlinux");
	cr_assert_eq(c.vif_count, 1);
	cr_assert_eq(c.warning_count, 0);
	config_free(&c);
	cr_assert_lt(parse_example(&c, "xlexample.hvm"), 0);
	cr_assert(strstr(err.text, "type='hvm': only paravirtualized"), "%s",
		  err.text);
	cr_assert_lt(parse_example(&c, "xlexample.pvhlinux"), 0);
	cr_assert(strstr(err.text, "type='pvh': only paravirtualized"), "%s",
		  err.text);
}

Test(config, every_key_is_in_the_manual)
{
	/* Accepted in silence, since nothing here differs with them. */
	static const char silent[] = " on_soft_reset claim_mode nomigrate "
				     "run_hotplug_scripts max_grant_version "
				     "bootloader_args hvm nestedhvm ";
	static char manual[65536];
	FILE *f = fopen("docs/man/vane.cfg.5", "r");
	const char *key;
	size_t length;

	cr_assert_not_null(f);
	length = fread(manual, 1, sizeof(manual) - 1, f);
	fclose(f);
	manual[length] = '\0';
	for (size_t i = 0; (key = config_key_name(i)); i++) {
		char wanted[64], passed[64];

		snprintf(wanted, sizeof(wanted), "Cm %s", key);
		snprintf(passed, sizeof(passed), " %s ", key);
		cr_assert(strstr(manual, wanted) || strstr(silent, passed),
			  "%s", key);
	}
}

static char *print(const struct config *c)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	config_print(c, f);
	fclose(f);
	return text;
}

Test(config, the_canonical_text_is_read_back_the_same)
{
	static const char *const rows[] = {
		BASE,
		BASE "extra='say \"hi\"'\n",
		BASE "extra=\"it's\"\nextra+='\"both\"'\nextra+=\"'\"\n",
		BASE "cmdline=''\nramdisk='/r'\nvcpus=3\nmaxmem=100\n",
		BASE "disk=['phy:/dev/x,xvda,w','file:/a b,c,xvdb1,r']\n",
		BASE "disk=['/x,raw,xvda,rw','vdev=hdc,devtype=cdrom,"
		     "target=/cd,1=2.iso','phy:/s,sda,w!']\n",
		BASE "vif=['','bridge=b,ip=10.0.0.1,vifname=v,mtu=1400',"
		     "'rate=10Mb/s','rate=333KB/s@17ms','rate=1GB/s@3us',"
		     "'rate=3B/s@1s']\n",
		BASE "on_poweroff='restart'\non_reboot='rename-restart'\n"
		     "on_crash='coredump-restart'\ncpus='all'\ncap=1\n",
		BASE "cpus=['0','1-2']\ncpu_weight=3\npool='fast'\n",
		BASE "kernel='disk:'\nextra='console=hvc0'\n"
		     "disk=['/d,,xvda,w,script=block-x']\n",
		BASE "kernel='disk:1>2'\ncmdline='all of it'\n"
		     "disk=['/d,,xvda']\nvif=['script=vif-x']\n",
		BASE "rtc_timeoffset='-3600'\nlocaltime=1\n"
		     "on_watchdog='preserve'\nseed='s'\nvif=['']\n"
		     "console_timestamps=1\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c, again;
		char *first, *second;

		if (parse(&c, rows[i])) {
			/* The one with a comma in a positional path. */
			cr_assert_eq(i, 4, "row %zu: %s", i, err.text);
			continue;
		}
		first = print(&c);
		cr_assert_eq(parse(&again, first), 0, "row %zu: %s\n%s", i,
			     err.text, first);
		cr_assert_eq(again.warning_count, 0);
		second = print(&again);
		cr_assert_str_eq(first, second);
		cr_assert_str_eq(c.cmdline, again.cmdline);
		cr_assert_eq(c.cmdline_added, again.cmdline_added);
		cr_assert_eq(c.rtc_timeoffset, again.rtc_timeoffset);
		cr_assert_eq(c.console_timestamps, again.console_timestamps);
		cr_assert_eq(c.on_watchdog, again.on_watchdog);
		cr_assert_eq(memcmp(c.uuid, again.uuid, 16), 0);
		for (size_t n = 0; n < c.vif_count; n++) {
			cr_assert_eq(
				memcmp(c.vifs[n].mac, again.vifs[n].mac, 6), 0);
			cr_assert_eq(c.vifs[n].rate_bytes,
				     again.vifs[n].rate_bytes);
		}
		free(first);
		free(second);
		config_free(&c);
		config_free(&again);
	}
}

Test(config, one_setting_can_be_changed_later)
{
	uint8_t uuid[16];
	struct config c;

	must_parse(&c, BASE "disk=['/a,,xvda,w']\nfoo=1\n");
	memcpy(uuid, c.uuid, 16);
	cr_assert_eq(config_override(&c, "maxmem=128", &err), 0);
	cr_assert_eq(config_override(&c, "name=web", &err), 0);
	cr_assert_eq(config_override(&c, "extra=ro quiet", &err), 0);
	cr_assert_eq(config_override(&c, "disk+=['/b,,xvdb,r']", &err), 0);
	cr_assert_eq(c.memory_mib, 64);
	cr_assert_eq(c.maxmem_mib, 128);
	cr_assert_str_eq(c.name, "web");
	cr_assert_eq(c.disk_count, 2);
	cr_assert_eq(memcmp(uuid, c.uuid, 16), 0);
	/* What cannot be leaves it as it was. */
	cr_assert_lt(config_override(&c, "memory=much", &err), 0);
	cr_assert(strstr(err.text, "command line:1:8: memory takes"), "%s",
		  err.text);
	cr_assert_eq(c.memory_mib, 64);
	err_clear(&err);
	cr_assert_lt(config_override(&c, "disk+=['/c,,xvdb,r']", &err), 0);
	cr_assert_eq(c.disk_count, 2);
	config_free(&c);
}

Test(config, a_setting_is_told_from_a_file)
{
	static const char *const settings[] = {"a=1", "a_b=", "disk+=[]",
					       "extra = x"};
	static const char *const files[] = {"web.cfg", "/etc/a=b", "./a=b",
					    "",	       "=",	   "a+b"};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		cr_assert(config_is_override(settings[i]), "%s", settings[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		cr_assert_not(config_is_override(files[i]), "%s", files[i]);
}

Test(config, sets_of_cpus_are_read)
{
	static const struct {
		const char *text;
		int rc;
		uint16_t bits;
	} rows[] = {
		{"all", 0, 0xffff},
		{"0", 0, 1},
		{"3", 0, 8},
		{"0-3", 0, 15},
		{"0-3,^1", 0, 13},
		{"1,3,5", 0, 42},
		{"0-15", 0, 0xffff},
		{"16", -ERANGE, 0},
		{"0-16", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"1,", -EINVAL, 0},
		{"2-1", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"x", -EINVAL, 0},
		{"1-", -EINVAL, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"all,^0", 0, 0xfffe},
		{"0,all", 0, 0xffff},
		{"all,^2-5,3", 0, 0xffcb},
		{"1,^1", -EINVAL, 0},
		{"^1", -EINVAL, 0},
		{"allx", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bitmap[2] = {0xaa, 0xaa};

		cr_assert_eq(config_cpus(rows[i].text, bitmap, 16), rows[i].rc,
			     "row %zu", i);
		if (rows[i].rc == 0)
			cr_assert_eq(bitmap[0] | bitmap[1] << 8, rows[i].bits,
				     "row %zu", i);
	}
}

Test(config, a_uuid_has_its_dashes_in_the_right_places_or_none)
{
	uint8_t uuid[16];
	char text[37];

	cr_assert_eq(
		config_parse_uuid("0123456789abcdef0123456789abcdef", uuid), 0);
	config_format_uuid(uuid, text);
	cr_assert_str_eq(text, "01234567-89ab-cdef-0123-456789abcdef");
	cr_assert_eq(config_parse_uuid(text, uuid), 0);
	cr_assert_eq(
		config_parse_uuid("0-123456789abcdef0123456789abcdef", uuid),
		-EINVAL);
	cr_assert_eq(config_parse_uuid("01234567-89ab-cdef-0123-456789abcdef0",
				       uuid),
		     -EINVAL);
}
