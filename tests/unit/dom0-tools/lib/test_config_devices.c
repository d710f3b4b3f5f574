/* SPDX-License-Identifier: MIT */
/* Disks and network cards of a configuration. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/config.h"

TestSuite(config_devices);

Test(config_devices, names_of_disks_have_the_numbers_of_the_protocol)
{
	static const struct {
		const char *name;
		uint32_t number; /* 0: no name of a disk */
	} rows[] = {
		{"xvda", 51712},      {"xvda1", 51713},
		{"xvdb", 51728},      {"xvdp15", 51967},
		{"xvdq", 268439552},  {"xvda16", 268435472},
		{"xvdaa", 268442112}, {"sda", 2048},
		{"sda1", 2049},	      {"sdp15", 2303},
		{"hda", 768},	      {"hda63", 831},
		{"hdb", 832},	      {"hdc", 5632},
		{"hdd1", 5697},	      {"hde", 0},
		{"sdq", 0},	      {"sda16", 0},
		{"xvd", 0},	      {"xvd1", 0},
		{"xvda01", 0},	      {"xvda0", 0},
		{"xvda1x", 0},	      {"xvdA", 0},
		{"vda", 0},	      {"xvda256", 0},
		{"xvdzzzzzzzzz", 0},  {"", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t number = 0;
		int rc = config_disk_number(rows[i].name, &number);

		cr_assert_eq(rc, rows[i].number ? 0 : -EINVAL, "%s",
			     rows[i].name);
		if (rc == 0)
			cr_assert_eq(number, rows[i].number, "%s: %u",
				     rows[i].name, number);
	}
}

Test(config_devices, a_disk_may_be_written_in_three_ways)
{
	static const struct {
		const char *text;
		struct config_disk d;
	} rows[] = {
		{"phy:/dev/x,xvda,w",
		 {"/dev/x", "xvda", 51712, DISK_BLOCK_DEVICE, true, false,
		  false, NULL, NULL}},
		{"file:/a/b.img,xvdb,r",
		 {"/a/b.img", "xvdb", 51728, DISK_FILE, false, false, false,
		  NULL, NULL}},
		{"/dev/x,raw,xvda,rw",
		 {"/dev/x", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  NULL}},
		{"/dev/x,,xvda",
		 {"/dev/x", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  NULL}},
		{"format=raw, vdev=xvda, access=ro, target=/a,b=c",
		 {"/a,b=c", "xvda", 51712, DISK_ANY, false, false, false, NULL,
		  NULL}},
		{"/dev/x,vdev=xvda,access=w",
		 {"/dev/x", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  NULL}},
		{"phy:/x,hdc:cdrom,r",
		 {"/x", "hdc", 5632, DISK_BLOCK_DEVICE, false, false, true,
		  NULL, NULL}},
		{"/cd.iso,raw,hdc,r,devtype=cdrom",
		 {"/cd.iso", "hdc", 5632, DISK_ANY, false, false, true, NULL,
		  NULL}},
		{"phy:/x,xvda,w!",
		 {"/x", "xvda", 51712, DISK_BLOCK_DEVICE, true, true, false,
		  NULL, NULL}},
		{"/by-path/a=b,raw,xvda,w,discard",
		 {"/by-path/a=b", "xvda", 51712, DISK_ANY, true, false, false,
		  NULL, NULL}},
		{"tap:aio:/y,xvda,w",
		 {"/y", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  NULL}},
		{"tap2:/y,xvda,r",
		 {"/y", "xvda", 51712, DISK_ANY, false, false, false, NULL,
		  NULL}},
		{"raw:/y,xvda",
		 {"/y", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  NULL}},
		{"/y,,xvda,w,script=block-drbd",
		 {"/y", "xvda", 51712, DISK_ANY, true, false, false,
		  "block-drbd", NULL}},
		{"/y,,xvda,w,backend=disks,devtype=disk",
		 {"/y", "xvda", 51712, DISK_ANY, true, false, false, NULL,
		  "backend"}},
		{",,hdc,,cdrom",
		 {"", "hdc", 5632, DISK_ANY, false, false, true, NULL, NULL}},
		{"vdev=hdc,devtype=cdrom",
		 {"", "hdc", 5632, DISK_ANY, false, false, true, NULL, NULL}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_disk *want = &rows[i].d;
		struct arena a = {NULL};
		struct err e = ERR_NONE;
		struct config_disk d;

		cr_assert_eq(config_parse_disk(&a, rows[i].text, &d, &e), 0,
			     "%s", e.text);
		cr_assert_str_eq(d.target, want->target);
		cr_assert_str_eq(d.vdev, want->vdev);
		cr_assert_eq(d.device, want->device);
		cr_assert_eq(d.kind, want->kind, "row %zu", i);
		cr_assert_eq(d.writable, want->writable, "row %zu", i);
		cr_assert_eq(d.shared, want->shared, "row %zu", i);
		cr_assert_eq(d.cdrom, want->cdrom, "row %zu", i);
		cr_assert_eq(!d.script, !want->script, "row %zu", i);
		if (d.script)
			cr_assert_str_eq(d.script, want->script);
		cr_assert_eq(!d.ignored, !want->ignored, "row %zu", i);
		if (d.ignored)
			cr_assert_str_eq(d.ignored, want->ignored);
		arena_free(&a);
	}
}

Test(config_devices, a_disk_that_cannot_be_says_why)
{
	static const char *const rows[][2] = {
		{"", "no path given"},
		{"/x", "no device name given"},
		{"x,raw,xvda,w", "'x' is no absolute path"},
		{"/x,raw,vda,w", "'vda' is no device name"},
		{"/x,raw,xvda,q", "access 'q' is none of"},
		{"/x,qcow2,xvda,w", "qemu-img convert"},
		{"/x,zip,xvda,w", "unknown format 'zip'"},
		{"/x,raw,xvda,w,again", "too many parts at 'again'"},
		{"/x,raw,xvda,w,colour=red", "unknown key 'colour'"},
		{"/x,raw,xvda,w,script=a b", "'a b' is no script's name"},
		{"tap:qcow2:/x,xvda,w", "format qcow2 is not served"},
		{"vhd:/x,xvda,w", "qemu-img convert"},
		{"drbd:r0,xvda,w", "unknown prefix 'drbd:'"},
		{"/x,raw,xvda,w,devtype=tape", "devtype 'tape' is none of"},
		{",,xvda,w", "no path given"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a = {NULL};
		struct err e = ERR_NONE;
		struct config_disk d;

		cr_assert_lt(config_parse_disk(&a, rows[i][0], &d, &e), 0,
			     "accepted: %s", rows[i][0]);
		cr_assert(strstr(e.text, rows[i][1]), "row %zu: %s", i, e.text);
		arena_free(&a);
	}
}

Test(config_devices, a_card_is_read)
{
	struct arena a = {NULL};
	struct err e = ERR_NONE;
	struct config_vif v;
	bool has_mac;

	cr_assert_eq(config_parse_vif(&a,
				      "mac=00:16:3E:0a:0B:0c, bridge=br0,"
				      "ip=10.0.0.2 fe80::1,vifname=web0,"
				      "rate=8Mb/s,mtu=1400,script=x,model=y",
				      &v, &has_mac, &e),
		     0, "%s", e.text);
	cr_assert(has_mac);
	cr_assert_eq(memcmp(v.mac, "\x00\x16\x3e\x0a\x0b\x0c", 6), 0);
	cr_assert_str_eq(v.bridge, "br0");
	cr_assert_str_eq(v.ip, "10.0.0.2 fe80::1");
	cr_assert_str_eq(v.vifname, "web0");
	/* A megabyte a second, in intervals of 50 ms. */
	cr_assert_eq(v.rate_bytes, 50000);
	cr_assert_eq(v.rate_interval_us, 50000);
	cr_assert_eq(v.mtu, 1400);
	cr_assert_str_eq(v.script, "x");
	cr_assert_str_eq(v.ignored, "model");
	cr_assert_eq(config_parse_vif(&a, "", &v, &has_mac, &e), 0);
	cr_assert(!has_mac);
	cr_assert_str_eq(v.bridge, "xenbr0");
	cr_assert_null(v.script);
	cr_assert_eq(config_parse_vif(&a, "type=vif", &v, &has_mac, &e), 0);
	cr_assert_null(v.ignored);
	cr_assert_eq(config_parse_vif(&a, "type=ioemu", &v, &has_mac, &e), 0);
	cr_assert_str_eq(v.ignored, "type");
	arena_free(&a);
}

Test(config_devices, rates_are_bytes_in_an_interval)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
		uint32_t interval_us;
	} rows[] = {
		{"rate=1000B/s", 50, 50000},
		{"rate=8Kb/s@1s", 1000, 1000000},
		{"rate=1GB/s@20ms", 20000000, 20000},
		{"rate=10MB/s@500us", 5000, 500},
		{"rate=10MB", 500000, 50000},
		{"rate=10", 0, 0},
		{"rate=", 0, 0},
		{"rate=-1B/s", 0, 0},
		{"rate=1b/s", 0, 0},
		{"rate=1MB/s@", 0, 0},
		{"rate=1MB/s@0ms", 0, 0},
		{"rate=1MB/s@2s", 0, 0},
		{"rate=1MB/s@1h", 0, 0},
		{"rate=1MB/h", 0, 0},
		{"rate=99999999999999999999B/s", 0, 0},
		{"rate=18446744073709551615GB/s", 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a = {NULL};
		struct err e = ERR_NONE;
		struct config_vif v;
		bool has_mac;
		int rc = config_parse_vif(&a, rows[i].text, &v, &has_mac, &e);

		cr_assert_eq(rc, rows[i].bytes ? 0 : -EINVAL, "%s",
			     rows[i].text);
		if (rc == 0) {
			cr_assert_eq(v.rate_bytes, rows[i].bytes, "row %zu", i);
			cr_assert_eq(v.rate_interval_us, rows[i].interval_us);
		}
		arena_free(&a);
	}
}

Test(config_devices, a_card_that_cannot_be_says_why)
{
	static const char *const rows[][2] = {
		{"bridge", "'bridge' is not key=value"},
		{"mac=00:16:3e:00:00", "no unicast MAC"},
		{"mac=01:16:3e:00:00:01", "no unicast MAC"},
		{"mac=00:00:00:00:00:00", "no unicast MAC"},
		{"mac=00-16-3e-00-00-01", "no unicast MAC"},
		{"bridge=", "no name of a network device"},
		{"bridge=../etc", "no name of a network device"},
		{"vifname=sixteen-letters-", "no name of a network device"},
		{"mtu=67", "not in 68..65535"},
		{"speed=1", "unknown key 'speed'"},
		{"script=a'b", "is no script's name"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena a = {NULL};
		struct err e = ERR_NONE;
		struct config_vif v;
		bool has_mac;

		cr_assert_lt(config_parse_vif(&a, rows[i][0], &v, &has_mac, &e),
			     0, "accepted: %s", rows[i][0]);
		cr_assert(strstr(e.text, rows[i][1]), "row %zu: %s", i, e.text);
		arena_free(&a);
	}
}
