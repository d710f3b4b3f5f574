/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces through rtnetlink: look one up, change it, hear of
 * changes. One message and one answer at a time, no library.
 * Test: tests/unit/dom0-tools/lib/test_rtnetlink.c (messages as bytes, and
 * the kernel in a network namespace of the test's own).
 */
#ifndef DOM0_TOOLS_LIB_RTNETLINK_H
#define DOM0_TOOLS_LIB_RTNETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtnl_link {
	int index;
	char name[IFNAMSIZ];
	uint32_t mtu;
	int master; /* 0: none */
	bool up;
	bool is_bridge;
};

/* An event of a monitor descriptor. */
struct rtnl_event {
	bool removed; /* else: appeared or changed */
	struct rtnl_link link;
};

/* What rtnl_change() is to do; a field that is zero is left alone. */
struct rtnl_change {
	const char *name;
	uint32_t mtu;
	int master;
	bool leave_master;
	bool up, down;
	bool quiet; /* no ARP, no multicast: a mere port */
};

/* A close-on-exec socket for the functions below. */
int rtnl_open(void);

/* -ENODEV when there is no such interface. */
int rtnl_find(int fd, const char *name, struct rtnl_link *out);
/* All that is set in one message; the kernel's -errno. */
int rtnl_change(int fd, int index, const struct rtnl_change *c);
/* A new interface without options, of a kind such as "bridge" or "dummy". */
int rtnl_add(int fd, const char *name, const char *kind);
int rtnl_del(int fd, int index);

/* A non-blocking socket that hears of every interface's changes. */
int rtnl_monitor_open(void);
/*
 * The next event; -EAGAIN when there is none, -ENOBUFS when events were lost
 * and the listener has to look for itself.
 */
int rtnl_monitor_read(int fd, struct rtnl_event *out);

/*
 * The pure part: one RTM_NEWLINK or RTM_DELLINK message (header included).
 * -ENOMSG for another message, -EBADMSG for one whose lengths are wrong.
 */
int rtnl_parse_link(const void *msg, size_t len, struct rtnl_event *out);

#endif
