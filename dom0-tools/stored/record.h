/* SPDX-License-Identifier: MIT */
/*
 * Records: what the store's state file consists of (docs/specs/store-state.md).
 * A record is a kind, a few numbers and a tail of bytes, with a checksum; how
 * long it is stands in its first word, which is written last, so that a writer
 * that dies leaves a whole record or none.
 * Test: tests/unit/dom0-tools/stored/test_restart.c.
 */
#ifndef DOM0_TOOLS_STORED_RECORD_H
#define DOM0_TOOLS_STORED_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_NUMBERS_MAX  12
#define RECORD_HEADER_BYTES 16

struct record_header {
	uint32_t bytes; /* of the whole record, a multiple of 8 */
	uint16_t kind;
	uint8_t number_count;
	uint8_t padding; /* bytes after the tail */
	uint64_t sum;	 /* of all the rest of the record, and `bytes` */
};
_Static_assert(sizeof(struct record_header) == RECORD_HEADER_BYTES, "format");

struct record {
	unsigned int kind;
	size_t number_count;
	uint64_t numbers[RECORD_NUMBERS_MAX]; /* those not given are 0 */
	const char *tail;
	size_t tail_len;
};

/* Where records go; 0 or -errno. The record's tail is copied. */
struct record_sink {
	int (*put)(void *arg, const struct record *r);
	void *arg;
};

size_t record_bytes(const struct record *r);
/*
 * Writes record_bytes() to `to`, which is aligned to 8 and whose first word
 * was 0: that changes at the very end.
 */
void record_encode(const struct record *r, void *to);

struct record_reader {
	const char *at, *end; /* `at` is aligned to 8 */
};

/*
 * 1: a record, whose tail lies in the reader's bytes; 0: the end (also a word
 * of zero); -EILSEQ: no whole record. The reader then stays where it is.
 */
int record_next(struct record_reader *reader, struct record *r);

/* numbers..., then the tail: for literals. */
#define RECORD(kind_, tail_, tail_len_, ...)                                   \
	(&(struct record){                                                     \
		.kind = (kind_),                                               \
		.tail = (tail_),                                               \
		.tail_len = (tail_len_),                                       \
		.numbers = {__VA_ARGS__},                                      \
		.number_count =                                                \
			sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t),  \
	})

#endif
