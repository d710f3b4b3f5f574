/* SPDX-License-Identifier: MIT */
/*
 * Event channels from user space, see the header. The ioctl numbers and
 * structures are those of Linux's drivers/xen/evtchn.
 */
#include "lib/evtchn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct bind_interdomain {
	uint32_t remote_domid;
	uint32_t remote_port;
};

#define BIND_VIRQ _IOC(_IOC_NONE, 'E', 0, sizeof(uint32_t))
#define BIND_INTERDOMAIN                                                       \
	_IOC(_IOC_NONE, 'E', 1, sizeof(struct bind_interdomain))
#define BIND_UNBOUND _IOC(_IOC_NONE, 'E', 2, sizeof(uint32_t))
#define UNBIND	     _IOC(_IOC_NONE, 'E', 3, sizeof(uint32_t))
#define NOTIFY	     _IOC(_IOC_NONE, 'E', 4, sizeof(uint32_t))

static int call(int fd, unsigned long request, void *arg)
{
	int rc = ioctl(fd, request, arg);

	return rc < 0 ? -errno : rc;
}

int evtchn_open(void)
{
	int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int evtchn_bind_interdomain(int fd, uint16_t domid, uint32_t remote_port)
{
	struct bind_interdomain arg = {
		.remote_domid = domid,
		.remote_port = remote_port,
	};

	return call(fd, BIND_INTERDOMAIN, &arg);
}

int evtchn_bind_unbound(int fd, uint16_t domid)
{
	uint32_t arg = domid;

	return call(fd, BIND_UNBOUND, &arg);
}

int evtchn_bind_virq(int fd, uint32_t virq)
{
	return call(fd, BIND_VIRQ, &virq);
}

int evtchn_unbind(int fd, uint32_t port)
{
	return call(fd, UNBIND, &port);
}

int evtchn_notify(int fd, uint32_t port)
{
	return call(fd, NOTIFY, &port);
}

int evtchn_pending(int fd)
{
	uint32_t port;
	ssize_t n;

	do {
		n = read(fd, &port, sizeof(port));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(port) ? (int)port : -EIO;
}

int evtchn_unmask(int fd, uint32_t port)
{
	ssize_t n;

	do {
		n = write(fd, &port, sizeof(port));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(port) ? 0 : -EIO;
}
