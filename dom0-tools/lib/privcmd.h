/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls and foreign memory from user space: /dev/xen/privcmd.
 *
 * Arguments of a hypercall that are pointers must point into memory that the
 * kernel never moves or pages out: hcall_buf_alloc(). Such memory, and every
 * mapping made here, is not inherited over fork(). Functions give 0 or a
 * count, or -errno.
 */
#ifndef DOM0_TOOLS_LIB_PRIVCMD_H
#define DOM0_TOOLS_LIB_PRIVCMD_H

#include <stddef.h>
#include <stdint.h>

#define PRIVCMD_PAGE_SHIFT 12
#define PRIVCMD_PAGE_BYTES (1UL << PRIVCMD_PAGE_SHIFT)

/* A close-on-exec descriptor of /dev/xen/privcmd (or /proc/xen/privcmd). */
int privcmd_open(void);

/*
 * One hypercall with up to five arguments; the hypervisor's result, which is
 * -errno when negative.
 */
long privcmd_hypercall(int fd, unsigned int op, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5);

/*
 * Page-aligned, zeroed memory that hypercalls may be pointed at; NULL and
 * errno on failure. A process has some 200 KiB of it: keep buffers small.
 */
void *hcall_buf_alloc(size_t bytes);
void hcall_buf_free(void *buf, size_t bytes);

/*
 * Maps `count` frames of a domain side by side, all or nothing. `prot` as in
 * mmap(). Ends with privcmd_unmap() of the same count.
 */
int privcmd_map(int fd, uint16_t domid, int prot, const uint64_t *frames,
		size_t count, void **addr);
/* Maps frames of a resource that has no place in the domain's own memory. */
int privcmd_map_resource(int fd, uint16_t domid, uint16_t type, uint32_t id,
			 uint32_t first, size_t count, int prot, void **addr);
void privcmd_unmap(void *addr, size_t count);

#endif
