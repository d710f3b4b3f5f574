/* SPDX-License-Identifier: MIT */
/*
 * rtnetlink: the formats of rtnetlink(7), linux/rtnetlink.h, linux/if_link.h.
 *
 * Messages are built in a fixed buffer that is large enough for everything
 * that this file puts into one; BUILD_BYTES says so.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/rtnetlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUILD_BYTES 512
#define REPLY_BYTES 32768

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	char attrs[BUILD_BYTES];
};

int rtnl_open(void)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int fd, one = 1;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	/* Errors then come without a copy of the request; ours are short. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&self, sizeof(self))) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

int rtnl_monitor_open(void)
{
	struct sockaddr_nl self = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int fd, bytes = 1 << 20;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&self, sizeof(self))) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

static struct rtattr *attr_put(struct request *r, unsigned short type,
			       const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(r->head.nlmsg_len);
	struct rtattr *a = (struct rtattr *)((char *)r + at);

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = (uint32_t)(at + RTA_ALIGN(a->rta_len));
	return a;
}

static void request_init(struct request *r, uint16_t type, uint16_t flags,
			 int index)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = NLMSG_LENGTH(sizeof(r->link));
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | flags;
	r->link.ifi_family = AF_UNSPEC;
	r->link.ifi_index = index;
}

static void parse_info(struct rtattr *info, struct rtnl_link *out)
{
	int len = (int)RTA_PAYLOAD(info);

	for (struct rtattr *a = RTA_DATA(info); RTA_OK(a, len);
	     a = RTA_NEXT(a, len)) {
		if (a->rta_type != IFLA_INFO_KIND)
			continue;
		out->is_bridge =
			RTA_PAYLOAD(a) >= 6 &&
			!memcmp(RTA_DATA(a), "bridge", 6) &&
			(RTA_PAYLOAD(a) == 6 || !((char *)RTA_DATA(a))[6]);
	}
}

int rtnl_parse_link(const void *msg, size_t len, struct rtnl_event *out)
{
	struct nlmsghdr head;
	struct ifinfomsg link;
	int left; /* signed: the last padding may be missing */

	*out = (struct rtnl_event){0};
	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, msg, sizeof(head));
	if (head.nlmsg_type != RTM_NEWLINK && head.nlmsg_type != RTM_DELLINK)
		return -ENOMSG;
	if (head.nlmsg_len > len || head.nlmsg_len < NLMSG_SPACE(sizeof(link)))
		return -EBADMSG;
	memcpy(&link, (const char *)msg + NLMSG_HDRLEN, sizeof(link));
	/* A bridge tells of its ports so; their "removal" is only leaving. */
	if (link.ifi_family == AF_BRIDGE)
		return -ENOMSG;
	out->removed = head.nlmsg_type == RTM_DELLINK;
	out->link.index = link.ifi_index;
	out->link.up = link.ifi_flags & IFF_UP;

	left = (int)(head.nlmsg_len - NLMSG_SPACE(sizeof(link)));
	for (struct rtattr *a =
		     (struct rtattr *)((char *)msg + NLMSG_SPACE(sizeof(link)));
	     RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		size_t n = RTA_PAYLOAD(a);

		switch (a->rta_type) {
		case IFLA_IFNAME:
			if (n > sizeof(out->link.name) - 1)
				n = sizeof(out->link.name) - 1;
			memcpy(out->link.name, RTA_DATA(a), n);
			break;
		case IFLA_MTU:
			if (n >= sizeof(uint32_t))
				memcpy(&out->link.mtu, RTA_DATA(a), 4);
			break;
		case IFLA_MASTER:
			if (n >= sizeof(uint32_t))
				memcpy(&out->link.master, RTA_DATA(a), 4);
			break;
		case IFLA_LINKINFO:
			parse_info(a, &out->link);
			break;
		}
	}
	return 0;
}

/*
 * Sends and waits for what the kernel says: a link, which goes to `out`, or
 * an error code (0: done). Old answers of another sequence are passed over.
 */
static int transact(int fd, struct request *r, struct rtnl_link *out)
{
	static uint32_t sequence;
	static char reply[REPLY_BYTES] __attribute__((aligned(8)));
	ssize_t n;

	r->head.nlmsg_seq = ++sequence;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		struct nlmsghdr head;
		struct rtnl_event ev;

		n = recv(fd, reply, sizeof(reply), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n < sizeof(head))
			return -EBADMSG;
		memcpy(&head, reply, sizeof(head));
		if (head.nlmsg_seq != sequence)
			continue;
		if (head.nlmsg_type == NLMSG_ERROR) {
			struct nlmsgerr err;

			if ((size_t)n < NLMSG_LENGTH(sizeof(err.error)))
				return -EBADMSG;
			memcpy(&err.error, reply + NLMSG_HDRLEN,
			       sizeof(err.error));
			return err.error;
		}
		if (!out)
			continue;
		if (rtnl_parse_link(reply, (size_t)n, &ev))
			return -EBADMSG;
		*out = ev.link;
		return 0;
	}
}

static bool name_ok(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ;
}

int rtnl_find(int fd, const char *name, struct rtnl_link *out)
{
	struct request r;

	if (!name_ok(name))
		return -ENODEV;
	request_init(&r, RTM_GETLINK, 0, 0);
	attr_put(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return transact(fd, &r, out);
}

int rtnl_change(int fd, int index, const struct rtnl_change *c)
{
	struct request r;
	uint32_t none = 0;

	if (c->name && !name_ok(c->name))
		return -EINVAL;
	request_init(&r, RTM_SETLINK, NLM_F_ACK, index);
	if (c->up || c->down) {
		r.link.ifi_change = IFF_UP;
		r.link.ifi_flags = c->up ? IFF_UP : 0;
	}
	if (c->quiet) {
		r.link.ifi_change |= IFF_NOARP | IFF_MULTICAST;
		r.link.ifi_flags |= IFF_NOARP;
	}
	if (c->name)
		attr_put(&r, IFLA_IFNAME, c->name, strlen(c->name) + 1);
	if (c->mtu)
		attr_put(&r, IFLA_MTU, &c->mtu, sizeof(c->mtu));
	if (c->master)
		attr_put(&r, IFLA_MASTER, &c->master, sizeof(c->master));
	else if (c->leave_master)
		attr_put(&r, IFLA_MASTER, &none, sizeof(none));
	return transact(fd, &r, NULL);
}

int rtnl_add(int fd, const char *name, const char *kind)
{
	struct rtattr *info;
	struct request r;

	if (!name_ok(name) || strlen(kind) > 32)
		return -EINVAL;
	request_init(&r, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	attr_put(&r, IFLA_IFNAME, name, strlen(name) + 1);
	info = attr_put(&r, IFLA_LINKINFO, NULL, 0);
	attr_put(&r, IFLA_INFO_KIND, kind, strlen(kind));
	info->rta_len =
		(unsigned short)((char *)&r + r.head.nlmsg_len - (char *)info);
	return transact(fd, &r, NULL);
}

int rtnl_del(int fd, int index)
{
	struct request r;

	request_init(&r, RTM_DELLINK, NLM_F_ACK, index);
	return transact(fd, &r, NULL);
}

int rtnl_monitor_read(int fd, struct rtnl_event *out)
{
	static char buf[REPLY_BYTES] __attribute__((aligned(8)));

	for (;;) {
		/* The kernel sends one message a datagram to this group. */
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!rtnl_parse_link(buf, (size_t)n, out))
			return 0;
	}
}
