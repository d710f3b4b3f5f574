/* SPDX-License-Identifier: MIT */
/*
 * Mapping granted pages, see the header. The ioctl numbers and structures are
 * those of Linux's drivers/xen/gntdev.
 *
 * The kernel gives each mapping an index, which is both the offset for mmap()
 * and the name under which it is released. The address leads back to the
 * index (GET_OFFSET), so users need to keep nothing but the address.
 */
#include "lib/gntdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES 4096u

struct grant_ref {
	uint32_t domid;
	uint32_t ref;
};

struct map_grants {
	uint32_t count;
	uint32_t pad;
	uint64_t index;
	struct grant_ref refs[];
};

struct unmap_grants {
	uint64_t index;
	uint32_t count;
	uint32_t pad;
};

struct get_offset {
	uint64_t vaddr;
	uint64_t offset;
	uint32_t count;
	uint32_t pad;
};

/* The kernel's structure ends in an array of one reference. */
#define MAP_GRANTS                                                             \
	_IOC(_IOC_NONE, 'G', 0,                                                \
	     sizeof(struct map_grants) + sizeof(struct grant_ref))
#define UNMAP_GRANTS _IOC(_IOC_NONE, 'G', 1, sizeof(struct unmap_grants))
#define GET_OFFSET   _IOC(_IOC_NONE, 'G', 2, sizeof(struct get_offset))

int gntdev_open(void)
{
	int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int release(int fd, uint64_t index, uint32_t count)
{
	struct unmap_grants arg = {.index = index, .count = count};

	return ioctl(fd, UNMAP_GRANTS, &arg) < 0 ? -errno : 0;
}

int gntdev_map(int fd, uint16_t domid, const uint32_t *refs, uint32_t count,
	       int prot, void **addr)
{
	struct map_grants *arg;
	uint64_t index;
	void *p;
	int rc;

	if (!count)
		return -EINVAL;
	arg = calloc(1, sizeof(*arg) + count * sizeof(arg->refs[0]));
	if (!arg)
		return -ENOMEM;
	arg->count = count;
	for (uint32_t i = 0; i < count; i++)
		arg->refs[i] = (struct grant_ref){domid, refs[i]};
	rc = ioctl(fd, MAP_GRANTS, arg) < 0 ? -errno : 0;
	index = arg->index;
	free(arg);
	if (rc)
		return rc;

	p = mmap(NULL, (size_t)count * PAGE_BYTES, prot, MAP_SHARED, fd,
		 (off_t)index);
	if (p == MAP_FAILED) {
		rc = -errno;
		release(fd, index, count);
		return rc;
	}
	*addr = p;
	return 0;
}

int gntdev_unmap(int fd, void *addr, uint32_t count)
{
	struct get_offset arg = {.vaddr = (uintptr_t)addr};

	if (ioctl(fd, GET_OFFSET, &arg) < 0)
		return -errno;
	if (arg.count != count)
		return -EINVAL;
	if (munmap(addr, (size_t)count * PAGE_BYTES))
		return -errno;
	return release(fd, arg.offset, count);
}
