/* SPDX-License-Identifier: MIT */
/*
 * Block requests. Sectors are 512 bytes whatever the disk's own size is; a
 * segment lies in one granted page, first and last sector inclusive. Every
 * request gets exactly one response with the same id.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_IO_BLKIF_H
#define PUBLIC_IO_BLKIF_H

#include "ring.h"
#include "../grant_table.h"

#define BLKIF_OP_READ		 0
#define BLKIF_OP_WRITE		 1
#define BLKIF_OP_WRITE_BARRIER	 2
#define BLKIF_OP_FLUSH_DISKCACHE 3
#define BLKIF_OP_RESERVED_1	 4
#define BLKIF_OP_DISCARD	 5
#define BLKIF_OP_INDIRECT	 6

#define BLKIF_MAX_SEGMENTS_PER_REQUEST	     11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

#define BLKIF_DISCARD_SECURE (1 << 0)

#define BLKIF_RSP_OKAY	     0
#define BLKIF_RSP_ERROR	     (-1)
#define BLKIF_RSP_EOPNOTSUPP (-2)

#define VDISK_CDROM	0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY	0x4

#ifndef __ASSEMBLY__
typedef uint16_t blkif_vdev_t;
typedef uint64_t blkif_sector_t;

struct blkif_request_segment {
	grant_ref_t gref;
	uint8_t first_sect;
	uint8_t last_sect;
	uint16_t _pad0;
};
_Static_assert(sizeof(struct blkif_request_segment) == 8, "ABI");

struct blkif_request {
	uint8_t operation; /* BLKIF_OP_* */
	uint8_t nr_segments;
	blkif_vdev_t handle;
	uint32_t _pad0;
	uint64_t id;
	blkif_sector_t sector_number;
	struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
_Static_assert(sizeof(struct blkif_request) == 112, "ABI");

struct blkif_request_discard {
	uint8_t operation; /* BLKIF_OP_DISCARD */
	uint8_t flag;	   /* BLKIF_DISCARD_SECURE */
	blkif_vdev_t handle;
	uint32_t _pad0;
	uint64_t id;
	blkif_sector_t sector_number;
	uint64_t nr_sectors;
};
_Static_assert(sizeof(struct blkif_request_discard) == 32, "ABI");

/* The segments are in granted pages of their own, 512 to a page. */
struct blkif_request_indirect {
	uint8_t operation;   /* BLKIF_OP_INDIRECT */
	uint8_t indirect_op; /* BLKIF_OP_READ or _WRITE */
	uint16_t nr_segments;
	uint32_t _pad0;
	uint64_t id;
	blkif_sector_t sector_number;
	blkif_vdev_t handle;
	uint16_t _pad1;
	grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
	uint32_t _pad2;
};
_Static_assert(sizeof(struct blkif_request_indirect) == 64, "ABI");

struct blkif_response {
	uint64_t id;
	uint8_t operation;
	uint8_t _pad0;
	int16_t status; /* BLKIF_RSP_* */
	uint32_t _pad1;
};
_Static_assert(sizeof(struct blkif_response) == 16, "ABI");

typedef struct blkif_request blkif_request_t;
typedef struct blkif_request_discard blkif_request_discard_t;
typedef struct blkif_request_indirect blkif_request_indirect_t;
typedef struct blkif_response blkif_response_t;

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_IO_BLKIF_H */
