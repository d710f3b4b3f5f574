/* SPDX-License-Identifier: MIT */
/*
 * rtnetlink: messages as bytes, and the kernel in a network namespace that
 * each test makes for itself. Where no namespace may be made, or the kernel
 * has no bridges, the second kind says so and is skipped.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rtnetlink.h"

TestSuite(dom0_rtnetlink);

struct message {
	struct nlmsghdr head;
	struct ifinfomsg link;
	char attrs[256];
} __attribute__((aligned(4)));

static void begin(struct message *m, uint16_t type)
{
	memset(m, 0, sizeof(*m));
	m->head.nlmsg_type = type;
	m->head.nlmsg_len = NLMSG_LENGTH(sizeof(m->link));
	m->link.ifi_index = 42;
	m->link.ifi_flags = IFF_UP;
}

static void put(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)m + NLMSG_ALIGN(m->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	m->head.nlmsg_len =
		NLMSG_ALIGN(m->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

Test(dom0_rtnetlink, a_link_message_gives_its_fields)
{
	uint32_t mtu = 1400, master = 7;
	struct rtnl_event ev;
	struct message m;

	begin(&m, RTM_NEWLINK);
	put(&m, IFLA_IFNAME, "vif3.0", 7);
	put(&m, IFLA_MTU, &mtu, 4);
	put(&m, IFLA_MASTER, &master, 4);
	cr_assert_eq(rtnl_parse_link(&m, m.head.nlmsg_len, &ev), 0);
	cr_assert_not(ev.removed);
	cr_assert_eq(ev.link.index, 42);
	cr_assert_str_eq(ev.link.name, "vif3.0");
	cr_assert_eq(ev.link.mtu, 1400);
	cr_assert_eq(ev.link.master, 7);
	cr_assert(ev.link.up);
}

Test(dom0_rtnetlink, a_removal_is_told_apart)
{
	struct rtnl_event ev;
	struct message m;

	begin(&m, RTM_DELLINK);
	cr_assert_eq(rtnl_parse_link(&m, m.head.nlmsg_len, &ev), 0);
	cr_assert(ev.removed);
}

Test(dom0_rtnetlink, a_port_that_leaves_a_bridge_is_no_removal)
{
	struct rtnl_event ev;
	struct message m;

	begin(&m, RTM_DELLINK);
	m.link.ifi_family = AF_BRIDGE;
	cr_assert_eq(rtnl_parse_link(&m, m.head.nlmsg_len, &ev), -ENOMSG);
}

Test(dom0_rtnetlink, a_name_without_end_or_too_long_is_cut)
{
	struct rtnl_event ev;
	struct message m;

	begin(&m, RTM_NEWLINK);
	put(&m, IFLA_IFNAME, "0123456789abcdefghij", 20);
	cr_assert_eq(rtnl_parse_link(&m, m.head.nlmsg_len, &ev), 0);
	cr_assert_str_eq(ev.link.name, "0123456789abcde");
}

Test(dom0_rtnetlink, every_truncation_is_refused_or_harmless)
{
	uint32_t mtu = 1400;
	struct message m;

	begin(&m, RTM_NEWLINK);
	put(&m, IFLA_IFNAME, "vif3.0", 7);
	put(&m, IFLA_MTU, &mtu, 4);
	for (size_t len = 0; len < m.head.nlmsg_len; len++) {
		/* A block of exactly that size, so that ASan sees all. */
		char *cut = malloc(len ? len : 1);
		struct rtnl_event ev;

		memcpy(cut, &m, len);
		cr_assert_eq(rtnl_parse_link(cut, len, &ev), -EBADMSG);
		if (len >= sizeof(m.head)) {
			((struct nlmsghdr *)cut)->nlmsg_len = (uint32_t)len;
			rtnl_parse_link(cut, len, &ev);
			cr_assert_eq(ev.removed, false);
		}
		free(cut);
	}
}

/* Each Criterion test is a process, so nothing has to be undone. */
static int enter_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		cr_skip_test("no network namespace may be made here");
	fd = rtnl_open();
	cr_assert_geq(fd, 0);
	if (rtnl_add(fd, "br0", "bridge"))
		cr_skip_test("the kernel has no bridges");
	return fd;
}

Test(dom0_rtnetlink, an_interface_is_found_by_name_and_missing_ones_are_not)
{
	int fd = enter_namespace();
	struct rtnl_link link;

	cr_assert_eq(rtnl_find(fd, "br0", &link), 0);
	cr_assert_str_eq(link.name, "br0");
	cr_assert(link.is_bridge);
	cr_assert_not(link.up);
	cr_assert_eq(rtnl_find(fd, "lo", &link), 0);
	cr_assert_not(link.is_bridge);
	cr_assert_eq(rtnl_find(fd, "vif1.0", &link), -ENODEV);
	cr_assert_eq(rtnl_find(fd, "", &link), -ENODEV);
	cr_assert_eq(rtnl_find(fd, "a-name-much-too-long-for-one", &link),
		     -ENODEV);
}

Test(dom0_rtnetlink, an_interface_becomes_a_quiet_port_that_is_up)
{
	struct rtnl_change c = {.mtu = 1300, .up = true, .quiet = true};
	int fd = enter_namespace();
	struct rtnl_link bridge, port;

	cr_assert_eq(rtnl_add(fd, "p0", "veth"), 0);
	cr_assert_eq(rtnl_find(fd, "br0", &bridge), 0);
	cr_assert_eq(rtnl_find(fd, "p0", &port), 0);
	c.master = bridge.index;
	cr_assert_eq(rtnl_change(fd, port.index, &c), 0);
	cr_assert_eq(rtnl_find(fd, "p0", &port), 0);
	cr_assert_eq(port.master, bridge.index);
	cr_assert_eq(port.mtu, 1300);
	cr_assert(port.up);
	cr_assert_eq(rtnl_change(fd, port.index,
				 &(struct rtnl_change){.leave_master = true}),
		     0);
	cr_assert_eq(rtnl_find(fd, "p0", &port), 0);
	cr_assert_eq(port.master, 0);
	cr_assert(port.up);
}

Test(dom0_rtnetlink, an_interface_gets_another_name_unless_it_is_taken)
{
	int fd = enter_namespace();
	struct rtnl_link port;

	cr_assert_eq(rtnl_add(fd, "p0", "veth"), 0);
	cr_assert_eq(rtnl_find(fd, "p0", &port), 0);
	cr_assert_eq(rtnl_change(fd, port.index,
				 &(struct rtnl_change){.name = "br0"}),
		     -EEXIST);
	cr_assert_eq(rtnl_change(fd, port.index,
				 &(struct rtnl_change){.name = "web-net"}),
		     0);
	cr_assert_eq(rtnl_find(fd, "web-net", &port), 0);
	cr_assert_eq(rtnl_find(fd, "p0", &port), -ENODEV);
}

Test(dom0_rtnetlink, errors_of_the_kernel_come_through)
{
	int fd = enter_namespace();
	struct rtnl_link lo;

	cr_assert_eq(rtnl_find(fd, "lo", &lo), 0);
	cr_assert_eq(rtnl_change(fd, 4711, &(struct rtnl_change){.up = true}),
		     -ENODEV);
	cr_assert_eq(rtnl_add(fd, "br0", "bridge"), -EEXIST);
	cr_assert_eq(rtnl_add(fd, "x0", "no-such-kind"), -EOPNOTSUPP);
	cr_assert_lt(rtnl_del(fd, lo.index), 0);
}

Test(dom0_rtnetlink, a_monitor_hears_of_an_interface_that_appears_and_goes)
{
	int fd = enter_namespace(), monitor = rtnl_monitor_open();
	struct pollfd pfd = {.fd = monitor, .events = POLLIN};
	bool came = false, went = false;
	struct rtnl_event ev;
	struct rtnl_link port;

	cr_assert_geq(monitor, 0);
	cr_assert_eq(rtnl_monitor_read(monitor, &ev), -EAGAIN);
	cr_assert_eq(rtnl_add(fd, "p0", "veth"), 0);
	while (!came) {
		cr_assert_eq(poll(&pfd, 1, -1), 1);
		while (!rtnl_monitor_read(monitor, &ev))
			came |= !ev.removed && !strcmp(ev.link.name, "p0");
	}
	cr_assert_eq(rtnl_find(fd, "p0", &port), 0);
	cr_assert_eq(rtnl_del(fd, port.index), 0);
	while (!went) {
		cr_assert_eq(poll(&pfd, 1, -1), 1);
		while (!rtnl_monitor_read(monitor, &ev))
			went |= ev.removed && !strcmp(ev.link.name, "p0");
	}
}
