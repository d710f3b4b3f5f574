/* SPDX-License-Identifier: MIT */
/*
 * What the store says about a domain, and who may change it. The rights are
 * worked out as the store does it: a node without rights of its own has those
 * of its nearest ancestor in the list.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "builder/nodes.h"

#define CONFIG                                                                 \
	"name='web'\nuuid='00112233-4455-6677-8899-aabbccddeeff'\n"            \
	"console_timestamps=1\n"                                               \
	"memory=64\nmaxmem=128\nvcpus=2\nmaxvcpus=3\nkernel='/k'\n"            \
	"disk=['phy:/dev/x,xvda,w','file:/y.iso,hdc:cdrom,r']\n"               \
	"vif=['mac=00:16:3e:00:00:01,bridge=br0,ip=10.0.0.2,"                  \
	"vifname=w0,rate=8Mb/s,mtu=1400']\n"

static struct config config;
static struct nodes nodes;

static void setup(void)
{
	static const bool is_device[] = {true, false};
	static const struct nodes_domain domain = {
		.domid = 7,
		.store_mfn = 0x1111,
		.store_port = 1,
		.console_mfn = 0x2222,
		.console_port = 2,
		.start_time_cs = 170000000005,
		.disk_is_device = is_device,
	};
	static const uint8_t seed[16];
	struct err e = ERR_NONE;

	cr_assert_eq(config_parse(&config, "f", CONFIG, strlen(CONFIG), NULL, 0,
				  seed, &e),
		     0, "%s", e.text);
	cr_assert_eq(nodes_make(&config, &domain, &nodes), 0);
}

static void teardown(void)
{
	nodes_free(&nodes);
	config_free(&config);
}

TestSuite(nodes, .init = setup, .fini = teardown);

static const struct node *find(const char *path)
{
	for (size_t i = 0; i < nodes.count; i++) {
		if (strcmp(nodes.list[i].path, path) == 0)
			return &nodes.list[i];
	}
	return NULL;
}

Test(nodes, values_are_those_that_drivers_and_tools_read)
{
#define D "/local/domain/7/"
#define B "/local/domain/0/backend/"
	static const char *const rows[][2] = {
		{"/vm/00112233-4455-6677-8899-aabbccddeeff/name", "web"},
		{"/vm/00112233-4455-6677-8899-aabbccddeeff/start_time",
		 "1700000000.05"},
		{D "name", "web"},
		{D "domid", "7"},
		{D "vm", "/vm/00112233-4455-6677-8899-aabbccddeeff"},
		{D "memory/target", "65536"},
		{D "memory/static-max", "131072"},
		{D "cpu/0/availability", "online"},
		{D "cpu/1/availability", "online"},
		{D "cpu/2/availability", "offline"},
		{D "store/ring-ref", "4369"},
		{D "store/port", "1"},
		{D "console/ring-ref", "8738"},
		{D "console/port", "2"},
		{D "console/type", "xenconsoled"},
		{D "console/limit", "1048576"},
		{D "console/timestamps", "1"},
		{D "control/shutdown", ""},
		{D "device/vbd/51712/backend", B "vbd/7/51712"},
		{D "device/vbd/51712/backend-id", "0"},
		{D "device/vbd/51712/virtual-device", "51712"},
		{D "device/vbd/51712/device-type", "disk"},
		{D "device/vbd/51712/state", "1"},
		{B "vbd/7/51712/frontend", D "device/vbd/51712"},
		{B "vbd/7/51712/frontend-id", "7"},
		{B "vbd/7/51712/params", "/dev/x"},
		{B "vbd/7/51712/type", "phy"},
		{B "vbd/7/51712/mode", "w"},
		{B "vbd/7/51712/dev", "xvda"},
		{B "vbd/7/51712/online", "1"},
		{B "vbd/7/51712/state", "1"},
		{B "vbd/7/51712/removable", "0"},
		{B "vbd/7/5632/type", "file"},
		{B "vbd/7/5632/mode", "r"},
		{B "vbd/7/5632/device-type", "cdrom"},
		{B "vbd/7/5632/removable", "1"},
		{D "device/vif/0/mac", "00:16:3e:00:00:01"},
		{D "device/vif/0/handle", "0"},
		{D "device/vif/0/backend", B "vif/7/0"},
		{B "vif/7/0/bridge", "br0"},
		{B "vif/7/0/mac", "00:16:3e:00:00:01"},
		{B "vif/7/0/script", ""},
		{B "vif/7/0/hotplug-status", ""},
		{B "vif/7/0/vifname", "w0"},
		{B "vif/7/0/ip", "10.0.0.2"},
		{B "vif/7/0/rate", "50000,50000"},
		{B "vif/7/0/mtu", "1400"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct node *n = find(rows[i][0]);

		cr_assert_not_null(n, "%s is missing", rows[i][0]);
		cr_assert_str_eq(n->value, rows[i][1], "%s", rows[i][0]);
	}
}

/* The rights that hold for a path: its own or its nearest ancestor's. */
static enum node_access access_of(const char *path)
{
	char p[256];
	char *slash;

	snprintf(p, sizeof(p), "%s", path);
	for (;;) {
		const struct node *n = find(p);

		if (n && n->access != NODE_INHERITED)
			return n->access;
		slash = strrchr(p, '/');
		cr_assert(slash && slash != p, "%s has no rights", path);
		*slash = '\0';
	}
}

Test(nodes, a_guest_writes_only_what_nobody_believes)
{
	for (size_t i = 0; i < nodes.count; i++) {
		const char *path = nodes.list[i].path;
		enum node_access access = access_of(path);
		bool own = strncmp(path, "/local/domain/7/", 16) == 0;
		const char *rest = own ? path + 16 : "";
		bool may = strncmp(rest, "device/", 7) == 0 ||
			   strcmp(rest, "control/shutdown") == 0 ||
			   strcmp(rest, "control/sysrq") == 0 ||
			   strncmp(rest, "control/feature-", 16) == 0 ||
			   strcmp(rest, "data") == 0 ||
			   strcmp(rest, "drivers") == 0 ||
			   strcmp(rest, "feature") == 0 ||
			   strcmp(rest, "attr") == 0 ||
			   strcmp(rest, "error") == 0;

		cr_assert_eq(access == NODE_GUEST || access == NODE_FRONTEND,
			     may, "%s", path);
	}
}

Test(nodes, parents_come_before_their_children_and_no_path_twice)
{
	for (size_t i = 0; i < nodes.count; i++) {
		size_t length = strlen(nodes.list[i].path);

		for (size_t j = 0; j < i; j++) {
			const char *earlier = nodes.list[j].path;

			cr_assert_str_neq(earlier, nodes.list[i].path);
			cr_assert(strncmp(earlier, nodes.list[i].path,
					  length) != 0 ||
					  earlier[length] != '/',
				  "%s before %s", earlier, nodes.list[i].path);
		}
	}
}

Test(nodes, states_are_the_last_of_their_directories)
{
	for (size_t i = 0; i + 1 < nodes.count; i++) {
		const char *path = nodes.list[i].path;
		size_t length = strlen(path);

		if (length < 6 || strcmp(path + length - 6, "/state") != 0)
			continue;
		for (size_t j = i + 1; j < nodes.count; j++)
			cr_assert(strncmp(nodes.list[j].path, path,
					  length - 5) != 0,
				  "%s after %s", nodes.list[j].path, path);
	}
}

Test(nodes, rights_are_lists_that_begin_with_the_owner)
{
	struct store_perm perms[2];
	size_t count;

	nodes_perms(NODE_INHERITED, 7, perms, &count);
	cr_assert_eq(count, 0);
	nodes_perms(NODE_PRIVATE, 7, perms, &count);
	cr_assert_eq(count, 1);
	cr_assert_eq(perms[0].domid, 0);
	cr_assert_eq(perms[0].perms, STORE_PERM_NONE);
	nodes_perms(NODE_READABLE, 7, perms, &count);
	cr_assert_eq(count, 2);
	cr_assert_eq(perms[0].domid, 0);
	cr_assert_eq(perms[1].domid, 7);
	cr_assert_eq(perms[1].perms, STORE_PERM_READ);
	nodes_perms(NODE_GUEST, 7, perms, &count);
	cr_assert_eq(count, 1);
	cr_assert_eq(perms[0].domid, 7);
	cr_assert_eq(perms[0].perms, STORE_PERM_NONE);
	nodes_perms(NODE_FRONTEND, 7, perms, &count);
	cr_assert_eq(count, 2);
	cr_assert_eq(perms[0].domid, 7);
	cr_assert_eq(perms[1].domid, 0);
	cr_assert_eq(perms[1].perms, STORE_PERM_READ);
}

/* A device that comes later has the nodes that it would have had at first. */
Test(nodes, a_device_that_comes_later_has_the_same_nodes)
{
	struct config_disk disk = {
		.target = "/disks/b",
		.vdev = "xvdb",
		.device = 51728,
		.writable = true,
	};
	struct config_vif vif = {.mac = {0, 0x16, 0x3e, 1, 2, 3},
				 .bridge = "xenbr0"};
	struct config c = {
		.disks = &disk,
		.disk_count = 1,
		.vifs = &vif,
		.vif_count = 1,
		.name = "web",
	};
	const bool is_device = false;
	struct nodes_domain d = {.domid = 7, .disk_is_device = &is_device};
	struct nodes first, later[2];
	size_t at;

	cr_assert_eq(nodes_make(&c, &d, &first), 0);
	cr_assert_eq(nodes_make_disk(&disk, is_device, 7, &later[0]), 0);
	cr_assert_eq(nodes_make_vif(&vif, 0, 7, &later[1]), 0);
	at = first.count - later[0].count - later[1].count;
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < later[i].count; j++, at++) {
			cr_assert_str_eq(later[i].list[j].path,
					 first.list[at].path);
			cr_assert_str_eq(later[i].list[j].value,
					 first.list[at].value);
			cr_assert_eq(later[i].list[j].access,
				     first.list[at].access);
		}
		nodes_free(&later[i]);
	}
	nodes_free(&first);
}

Test(nodes, a_script_is_a_path_or_what_vaned_does_itself)
{
	static const char *const rows[][2] = {
		{NULL, ""},
		{"", ""},
		{"vif-bridge", ""},
		{"block", ""},
		{"block-drbd", "/etc/xen/scripts/block-drbd"},
		{"vif-route", "/etc/xen/scripts/vif-route"},
		{"/opt/hook", "/opt/hook"},
		{"/etc/xen/scripts/vif-bridge", "/etc/xen/scripts/vif-bridge"},
	};
	struct config_vif vif = {.bridge = "br0", .script = "vif-route"};
	char path[NODES_SCRIPT_BYTES], name[2 * NODES_SCRIPT_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nodes_script(rows[i][0], path);
		cr_assert_str_eq(path, rows[i][1], "row %zu", i);
	}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	nodes_script(name, path);
	cr_assert_eq(strlen(path), sizeof(path) - 1);

	nodes_free(&nodes);
	cr_assert_eq(nodes_make_vif(&vif, 0, 7, &nodes), 0);
	cr_assert_str_eq(find(B "vif/7/0/script")->value,
			 "/etc/xen/scripts/vif-route");
}
