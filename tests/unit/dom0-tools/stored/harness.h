/* SPDX-License-Identifier: MIT */
/*
 * A store in memory for the tests, spoken to in a short notation: '|' in a
 * payload or a reply stands for NUL, an error is written "!ENOENT", an event
 * "path token;".
 */
#ifndef TESTS_STORED_HARNESS_H
#define TESTS_STORED_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#include "stored/client.h"
#include "stored/core.h"

#define STORE_CLIENTS 16

struct store_bench {
	struct core *core;
	struct client *clients[STORE_CLIENTS]; /* by domain id */
	char calls[512]; /* what the core asked its host for */
	char log[2048];
};

/* Domains 0 to 9 have a client each from the start. */
void bench_open(struct store_bench *b);
/* Also checks every invariant. */
void bench_close(struct store_bench *b);

/* The reply to a request of a domain; valid until the next call. */
const char *ask(struct store_bench *b, uint16_t domid, uint32_t type,
		const char *payload);
const char *ask_in(struct store_bench *b, uint16_t domid, uint32_t txn,
		   uint32_t type, const char *payload);
const char *ask_bytes(struct store_bench *b, uint16_t domid, uint32_t txn,
		      uint32_t type, const char *payload, size_t len);
uint32_t begin(struct store_bench *b, uint16_t domid);
const char *commit(struct store_bench *b, uint16_t domid, uint32_t txn);
/* The events that a domain got since the last call of this. */
const char *events(struct store_bench *b, uint16_t domid);

/* A row of a table: one request after the other on one store. */
struct ask_row {
	uint16_t domid;
	uint32_t type;
	const char *payload;
	const char *reply;
};

void ask_rows(struct store_bench *b, const struct ask_row *rows, size_t count);

#define ASK_ROWS(b, rows) ask_rows(b, rows, sizeof(rows) / sizeof((rows)[0]))

#endif
