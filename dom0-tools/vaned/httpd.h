/* SPDX-License-Identifier: MIT */
/*
 * A server of one page, on a Unix socket and, if wanted, on a port of the
 * loopback addresses. It lives in an event loop, waits for nobody, and has
 * HTTPD_CLIENTS connections at most: when another one comes, the oldest that
 * has not yet said what it wants has to go, or else the oldest.
 *
 *   READING --head complete--> WRITING --all sent--> DRAINING --end--> closed
 *      \______________________ HTTPD_CLIENT_MS after its start: closed
 *
 * DRAINING: what the client still sends is thrown away, so that its kernel
 * does not throw away our answer. Test:
 * tests/unit/dom0-tools/vaned/test_httpd.c.
 */
#ifndef DOM0_TOOLS_VANED_HTTPD_H
#define DOM0_TOOLS_VANED_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/evloop.h"
#include "vaned/http.h"

#define HTTPD_CLIENTS	16
#define HTTPD_CLIENT_MS 10000u
#define HTTPD_LISTENERS 3

/* A text that several clients may be getting; free when nobody has it. */
struct httpd_page {
	unsigned int refs;
	const char *type; /* for Content-Type; lives for ever */
	char *text;	  /* malloc'd */
	size_t size;
};

/* Takes the text over; NULL: no memory, and the text is freed. */
struct httpd_page *httpd_page_make(const char *type, char *text, size_t size);
/* NULL is none. */
void httpd_page_put(struct httpd_page *page);

/* The page as it is now, with a reference; NULL: there is none now. */
typedef struct httpd_page *httpd_page_fn(void *arg, bool wants_openmetrics);

enum httpd_state { HTTPD_FREE, HTTPD_READING, HTTPD_WRITING, HTTPD_DRAINING };

struct httpd_client {
	struct httpd *h;
	enum httpd_state state;
	int fd;
	uint64_t number; /* in the order of their coming */
	struct evloop_timer timer;
	char head[HTTP_HEAD_MAX];
	size_t head_bytes;
	char answer[HTTP_ANSWER_MAX];
	size_t answer_bytes;
	struct httpd_page *page; /* the body; NULL: none */
	size_t sent;		 /* of answer and body */
	size_t drained;
};

struct httpd {
	struct evloop *loop;
	const char *path; /* "/metrics" */
	httpd_page_fn *page;
	void *arg;
	int listeners[HTTPD_LISTENERS];
	size_t listener_count;
	struct evloop_timer pause; /* while descriptors are short */
	uint64_t next_number;
	struct httpd_client clients[HTTPD_CLIENTS];
};

void httpd_init(struct httpd *h, struct evloop *loop, const char *path,
		httpd_page_fn *page, void *arg);
/*
 * Listens on a Unix socket that only its owner and group may use; a file that
 * is there is replaced. 0 or -errno.
 */
int httpd_listen_unix(struct httpd *h, const char *file);
/*
 * Listens on that port of 127.0.0.1, and of ::1 where there is IPv6. 0 or
 * -errno; then neither is listened on.
 */
int httpd_listen_loopback(struct httpd *h, uint16_t port);
void httpd_free(struct httpd *h);

#endif
