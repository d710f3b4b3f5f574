/* SPDX-License-Identifier: MIT */
/*
 * The file in which a guest's console output is kept: NAME.log in the log
 * directory, and older ones as NAME.log.1, .2 and so on. A file holds at most
 * `limit_bytes`; a guest's logs together at most limit_bytes * files.
 *
 * A file that cannot be written (the disk is full) loses what does not fit and
 * counts it; as soon as there is room again, a line in the file says how many
 * bytes are missing at that place. Nobody waits for a file.
 * Test: tests/unit/dom0-tools/consoled/test_guestlog.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_GUESTLOG_H
#define DOM0_TOOLS_CONSOLED_GUESTLOG_H

#include <stddef.h>
#include <stdint.h>

#define GUESTLOG_LIMIT_BYTES (1u << 20)
#define GUESTLOG_FILES	     2
#define GUESTLOG_PATH_BYTES  512

struct guestlog_policy {
	const char *dir;
	uint64_t limit_bytes; /* at least 4096 */
	unsigned int files;   /* at least 1 */
};

struct guestlog {
	const struct guestlog_policy *policy;
	char path[GUESTLOG_PATH_BYTES];
	int fd; /* -1: closed */
	uint64_t used;
	uint64_t lost; /* bytes since the file last took any */
	int lost_why;  /* -errno */
};

/*
 * How many of `len` bytes go into a file that holds `used` bytes before a new
 * file is begun: all when they fit; else up to the last line end that fits;
 * and where no line end fits, none, or what fits if the file is empty.
 */
size_t guestlog_fit(uint64_t used, uint64_t limit, const uint8_t *bytes,
		    size_t len);

/*
 * Opens or creates NAME.log. -errno; each write tries to open it again.
 */
int guestlog_open(struct guestlog *g, const struct guestlog_policy *policy,
		  const char *name);
/* 0, or -errno when some of it was lost. */
int guestlog_write(struct guestlog *g, const uint8_t *bytes, size_t len);
/* A line of the daemon's own, in brackets, on a line for itself. */
int guestlog_note(struct guestlog *g, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Goes on in a file of the same name, after somebody moved it away. */
int guestlog_reopen(struct guestlog *g);
/* The end of what the files hold; its length. */
size_t guestlog_tail(const struct guestlog *g, uint8_t *out, size_t max);
void guestlog_close(struct guestlog *g);

#endif
