/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request: it is over where it says, an answer fits, and what
 * was decided on a beginning of it is what is decided on the whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vaned/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct http_request r, again;
	char answer[HTTP_ANSWER_MAX];
	char *text;
	size_t n;

	if (size > HTTP_HEAD_MAX)
		size = HTTP_HEAD_MAX;
	/* Of its own size, so that a byte beyond is found. */
	text = malloc(size ? size : 1);
	memcpy(text, bytes, size);
	for (n = 0; n <= size; n++)
		if (http_parse(text, n, "/metrics", &r))
			break;
	if (n <= size) {
		CHECK(r.status == 200 || r.status == 400 || r.status == 404 ||
		      r.status == 405 || r.status == 431 || r.status == 505);
		CHECK(r.status != 431 || n == HTTP_HEAD_MAX);
		CHECK(http_parse(text, size, "/metrics", &again));
		CHECK(again.status == r.status && again.is_head == r.is_head &&
		      again.wants_openmetrics == r.wants_openmetrics);
		n = http_answer(answer, r.status, "text/plain", size);
		CHECK(n == strlen(answer) && n < HTTP_ANSWER_MAX);
	} else {
		CHECK(size < HTTP_HEAD_MAX);
	}
	(void)http_accepts_openmetrics(text, size);
	free(text);
	return 0;
}
