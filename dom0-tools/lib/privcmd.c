/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls and foreign memory from user space; see privcmd.h. The ioctl
 * numbers and structures are those of Linux's xen/privcmd.h.
 *
 * Hypercall memory comes from /dev/xen/hypercall, whose pages the kernel
 * never moves; on kernels without it, from locked anonymous memory. Tested
 * on a machine only (tests/system), since it is nothing but ioctls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/privcmd.h"

struct privcmd_call {
	uint64_t op;
	uint64_t arg[5];
};

struct privcmd_batch {
	uint32_t count;
	uint16_t domid;
	uint16_t pad;
	uint64_t addr;
	const uint64_t *frames;
	int *errs;
};

struct privcmd_resource {
	uint16_t domid;
	uint16_t pad;
	uint32_t type;
	uint32_t id;
	uint32_t first;
	uint64_t count;
	uint64_t addr;
};

#define IOCTL_PRIVCMD_HYPERCALL                                                \
	_IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))
#define IOCTL_PRIVCMD_MMAPBATCH_V2                                             \
	_IOC(_IOC_NONE, 'P', 4, sizeof(struct privcmd_batch))
#define IOCTL_PRIVCMD_MMAP_RESOURCE                                            \
	_IOC(_IOC_NONE, 'P', 7, sizeof(struct privcmd_resource))

_Static_assert(sizeof(struct privcmd_call) == 0x30, "Linux ABI");
_Static_assert(sizeof(struct privcmd_batch) == 0x20, "Linux ABI");
_Static_assert(sizeof(struct privcmd_resource) == 0x20, "Linux ABI");

int privcmd_open(void)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

long privcmd_hypercall(int fd, unsigned int op, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct privcmd_call call = {.op = op, .arg = {a1, a2, a3, a4, a5}};
	int rc = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return rc < 0 ? -errno : rc;
}

static size_t privcmd_round_up(size_t bytes)
{
	return (bytes + PRIVCMD_PAGE_BYTES - 1) & ~(PRIVCMD_PAGE_BYTES - 1);
}

void *hcall_buf_alloc(size_t bytes)
{
	static int buf_fd = -2; /* not tried yet */
	int prot = PROT_READ | PROT_WRITE;
	void *buf;

	bytes = privcmd_round_up(bytes);
	if (buf_fd == -2)
		buf_fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	buf = MAP_FAILED;
	if (buf_fd >= 0)
		buf = mmap(NULL, bytes, prot, MAP_SHARED, buf_fd, 0);
	if (buf == MAP_FAILED)
		buf = mmap(NULL, bytes, prot,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED |
				   MAP_POPULATE,
			   -1, 0);
	if (buf == MAP_FAILED)
		return NULL;
	/*
	 * A child would share it, and write into its parent's hypercalls; or
	 * its copy-on-write would move the parent's page.
	 */
	madvise(buf, bytes, MADV_DONTFORK);
	return buf;
}

void hcall_buf_free(void *buf, size_t bytes)
{
	if (buf)
		munmap(buf, privcmd_round_up(bytes));
}

int privcmd_map(int fd, uint16_t domid, int prot, const uint64_t *frames,
		size_t count, void **addr)
{
	struct privcmd_batch batch = {.count = count, .domid = domid};
	int rc = 0;
	void *p;

	*addr = NULL;
	if (count == 0 || count > INT32_MAX)
		return -EINVAL;
	batch.frames = frames;
	batch.errs = calloc(count, sizeof(*batch.errs));
	if (batch.errs == NULL)
		return -ENOMEM;
	p = mmap(NULL, count << PRIVCMD_PAGE_SHIFT, prot, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		rc = -errno;
		goto free_errs;
	}
	batch.addr = (uintptr_t)p;
	if (ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0)
		rc = -errno;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = batch.errs[i];
	if (rc)
		munmap(p, count << PRIVCMD_PAGE_SHIFT);
	else
		*addr = p;
free_errs:
	free(batch.errs);
	return rc;
}

int privcmd_map_resource(int fd, uint16_t domid, uint16_t type, uint32_t id,
			 uint32_t first, size_t count, int prot, void **addr)
{
	struct privcmd_resource r = {
		.domid = domid,
		.type = type,
		.id = id,
		.first = first,
		.count = count,
	};
	void *p;

	*addr = NULL;
	p = mmap(NULL, count << PRIVCMD_PAGE_SHIFT, prot, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	r.addr = (uintptr_t)p;
	if (ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r) < 0) {
		int rc = -errno;

		munmap(p, count << PRIVCMD_PAGE_SHIFT);
		return rc;
	}
	*addr = p;
	return 0;
}

void privcmd_unmap(void *addr, size_t count)
{
	if (addr)
		munmap(addr, count << PRIVCMD_PAGE_SHIFT);
}
