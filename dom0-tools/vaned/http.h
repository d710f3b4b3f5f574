/* SPDX-License-Identifier: MIT */
/*
 * As much of HTTP as it takes to be asked for one page: the head of a request
 * in, what to answer out. Pure. A request is one per connection, its body is
 * not looked at, and whatever is not clear is refused.
 *
 * Formats: RFC 9110, RFC 9112. Tests: tests/unit/dom0-tools/vaned/test_http.c,
 * tests/fuzz/fuzz_http.c.
 */
#ifndef DOM0_TOOLS_VANED_HTTP_H
#define DOM0_TOOLS_VANED_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX	2048 /* of a request */
#define HTTP_ANSWER_MAX 512  /* the head of an answer */

struct http_request {
	unsigned int status; /* 200, or the error to answer with */
	bool is_head;	     /* HEAD: no body comes */
	bool wants_openmetrics;
};

/*
 * What has come so far, `size` bytes. False: there is more to come; at
 * HTTP_HEAD_MAX bytes there never is. True: *r is filled. `path` is the one
 * that there is.
 */
bool http_parse(const char *bytes, size_t size, const char *path,
		struct http_request *r);

/*
 * Media types of an Accept header, its value of `size` bytes: is OpenMetrics
 * wanted at least as much as plain text?
 */
bool http_accepts_openmetrics(const char *value, size_t size);

/* "Not Found" */
const char *http_reason(unsigned int status);

/* The head of the answer, for a body of so many bytes; its length. */
size_t http_answer(char answer[HTTP_ANSWER_MAX], unsigned int status,
		   const char *type, size_t body_bytes);

#endif
