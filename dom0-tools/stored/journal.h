/* SPDX-License-Identifier: MIT */
/*
 * The state file: a header, the dump of a core, and the journal of what was
 * done to it since (docs/specs/store-state.md).
 *
 * It lies on a tmpfs and is written through a mapping: a store into it is all
 * that a request pays, and is as safe from the death of the daemon as the
 * file is. (It is not meant to survive the machine, whose domains do not.)
 * Room is allocated before it is written, so a full file system is an error
 * and no SIGBUS.
 *
 * A file that has grown too long is replaced: a forked child, which has the
 * state of that moment for itself, writes a new dump, while the daemon goes
 * on in the old file; then what the old one gained meanwhile is copied behind
 * the dump, and the new file renamed over the old. At any moment there is one
 * file of that name, and it is whole.
 * Test: tests/unit/dom0-tools/stored/test_restart.c.
 */
#ifndef DOM0_TOOLS_STORED_JOURNAL_H
#define DOM0_TOOLS_STORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stored/core.h"
#include "stored/record.h"

#define JOURNAL_MAGIC "VANESTO1"

struct journal_header {
	char magic[8];
	uint64_t seed;	    /* of core_new() */
	uint64_t tries;	    /* of restoring it that have not ended */
	uint64_t dump_ends; /* offset; 0: unfinished */
};

struct journal {
	int fd; /* -1: closed, appending does nothing */
	char path[256];
	char *map;
	size_t used, room; /* room: allocated and mapped */
	size_t compact_at; /* bytes in use from which a new one is due */

	/* A child that writes a new one. */
	pid_t child;
	int child_fd; /* readable once it has ended; -1 */
	size_t forked_at;
};

void journal_init(struct journal *j);
/*
 * Writes a new file with the core's state under the name `path` and keeps it
 * open. 0 or -errno, and then the old file, if any, is still there.
 */
int journal_create(struct journal *j, const char *path, uint64_t seed,
		   const struct core *core);
/* Does nothing when closed. A failure closes and removes the file. */
int journal_append(struct journal *j, const struct record *r);
/* Leaves the file where it is, for the next daemon. */
void journal_close(struct journal *j);

static inline bool journal_is_open(const struct journal *j)
{
	return j->fd >= 0;
}

/* Is a new file due, and none being written? */
bool journal_is_long(const struct journal *j);
/* Starts a child; 0 or -errno. */
int journal_compact(struct journal *j, uint64_t seed, const struct core *core);
/* To be called when child_fd is readable. 0 or -errno; the old file serves on
 * in that case. */
int journal_compacted(struct journal *j);

/* A file of an earlier daemon, as bytes. */
struct journal_image {
	char *map;
	size_t len;
	uint64_t seed;
	bool killed_twice; /* two daemons died while they restored it */
	struct record_reader reader; /* at the dump's beginning */
};

/*
 * 0; -ENOENT; -EILSEQ for a file that is none of ours, or not finished. Counts
 * the try in the file.
 */
int journal_load(const char *path, struct journal_image *image);
void journal_unload(struct journal_image *image);

#endif
