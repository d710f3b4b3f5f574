/* SPDX-License-Identifier: MIT */
/*
 * Mapping pages that another domain granted: the ioctls of /dev/xen/gntdev.
 * Every function returns -errno on failure.
 */
#ifndef DOM0_TOOLS_LIB_GNTDEV_H
#define DOM0_TOOLS_LIB_GNTDEV_H

#include <stdint.h>

/* A close-on-exec descriptor of /dev/xen/gntdev. */
int gntdev_open(void);

/*
 * Maps `count` granted pages of one domain side by side. `prot` is PROT_READ
 * or PROT_READ | PROT_WRITE. On success 0, and *addr is page aligned.
 */
int gntdev_map(int fd, uint16_t domid, const uint32_t *refs, uint32_t count,
	       int prot, void **addr);

/* Undoes one gntdev_map() as a whole: the same address, the same count. */
int gntdev_unmap(int fd, void *addr, uint32_t count);

#endif
