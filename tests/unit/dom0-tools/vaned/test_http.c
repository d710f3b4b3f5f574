/* SPDX-License-Identifier: MIT */
/* What may be asked, and what is refused with which status. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "vaned/http.h"

TestSuite(http);

static const struct {
	const char *text;
	unsigned int status;
	bool is_head, wants_openmetrics;
} rows[] = {
	{"GET /metrics HTTP/1.1\r\n\r\n", 200, false, false},
	{"GET /metrics HTTP/1.0\r\nHost: a\r\n\r\n", 200, false, false},
	{"GET /metrics HTTP/1.1\n\n", 200, false, false},
	{"HEAD /metrics HTTP/1.1\r\n\r\n", 200, true, false},
	{"GET /metrics?name=x HTTP/1.1\r\n\r\n", 200, false, false},
	{"GET /metrics HTTP/1.1\r\naccept:application/openmetrics-text\r\n\r\n",
	 200, false, true},
	{"GET /metrics HTTP/1.1\r\nAccept: text/plain\r\n\r\n", 200, false,
	 false},
	{"GET / HTTP/1.1\r\n\r\n", 404, false, false},
	{"GET /metrics/ HTTP/1.1\r\n\r\n", 404, false, false},
	{"GET /metricsx HTTP/1.1\r\n\r\n", 404, false, false},
	{"POST / HTTP/1.1\r\n\r\n", 404, false, false},
	{"HEAD /x HTTP/1.1\r\n\r\n", 404, true, false},
	{"POST /metrics HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd", 405, false,
	 false},
	{"get /metrics HTTP/1.1\r\n\r\n", 405, false, false},
	{"GET /metrics HTTP/2.0\r\n\r\n", 505, false, false},
	{"GET /metrics HTTP/0.9\r\n\r\n", 505, false, false},
	{"GET /metrics\r\n\r\n", 400, false, false},
	{"GET  /metrics HTTP/1.1\r\n\r\n", 400, false, false},
	{"GET /metrics HTTP/1.1 \r\n\r\n", 400, false, false},
	{"GET /metrics HTTP/1.10\r\n\r\n", 400, false, false},
	{"GET /metrics http/1.1\r\n\r\n", 400, false, false},
	{"GET metrics HTTP/1.1\r\n\r\n", 400, false, false},
	{"GET http://a/metrics HTTP/1.1\r\n\r\n", 400, false, false},
	{"GET /met\trics HTTP/1.1\r\n\r\n", 400, false, false},
	{"GET /\xc3\xa4 HTTP/1.1\r\n\r\n", 400, false, false},
	{" GET /metrics HTTP/1.1\r\n\r\n", 400, false, false},
	{"\r\n\r\n", 400, false, false},
	{"\n\n", 400, false, false},
	{"GET /metrics HTTP/1.1\r\nno field\r\n\r\n", 400, false, false},
	{"GET /metrics HTTP/1.1\r\na : b\r\n\r\n", 400, false, false},
	{"GET /metrics HTTP/1.1\r\n: b\r\n\r\n", 400, false, false},
	{"GET /metrics HTTP/1.1\r\na: b\r\n folded\r\n\r\n", 400, false, false},
};

Test(http, each_request_has_its_status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r;

		cr_assert(http_parse(rows[i].text, strlen(rows[i].text),
				     "/metrics", &r),
			  "row %zu", i);
		cr_assert_eq(r.status, rows[i].status, "row %zu: %u", i,
			     r.status);
		if (r.status == 400)
			continue;
		cr_assert_eq(r.is_head, rows[i].is_head, "row %zu", i);
		cr_assert_eq(r.wants_openmetrics, rows[i].wants_openmetrics,
			     "row %zu", i);
	}
}

/* However it is cut, the answer is that to the whole. */
Test(http, a_request_that_comes_byte_by_byte)
{
	static const char text[] =
		"GET /metrics HTTP/1.1\r\nHost: x\r\n"
		"Accept: application/openmetrics-text\r\n\r\n";
	struct http_request r;

	for (size_t n = 0; n + 1 < sizeof(text) - 1; n++)
		cr_assert_not(http_parse(text, n, "/metrics", &r), "%zu", n);
	cr_assert(http_parse(text, sizeof(text) - 1, "/metrics", &r));
	cr_assert_eq(r.status, 200);
	cr_assert(r.wants_openmetrics);
}

Test(http, a_head_without_end_is_refused_when_there_is_no_more_room)
{
	char text[HTTP_HEAD_MAX];
	struct http_request r;

	memset(text, 'a', sizeof(text));
	cr_assert_not(http_parse(text, sizeof(text) - 1, "/metrics", &r));
	cr_assert(http_parse(text, sizeof(text), "/metrics", &r));
	cr_assert_eq(r.status, 431);
}

Test(http, bytes_of_any_kind)
{
	static const char nul[] = "GET /metrics HTTP/1.1\r\na\0b: c\r\n\r\n";
	struct http_request r;

	cr_assert(http_parse(nul, sizeof(nul) - 1, "/metrics", &r));
	cr_assert_eq(r.status, 400);
}

Test(http, which_format_is_wanted)
{
	static const struct {
		const char *accept;
		bool open;
	} values[] = {
		{"", false},
		{"*/*", false},
		{"application/openmetrics-text", true},
		{"APPLICATION/OpenMetrics-Text; version=1.0.0", true},
		{"application/openmetrics-text;q=0", false},
		{"application/openmetrics-text;q=0.000", false},
		{"application/openmetrics-text;version=1.0.0;q=0.5,"
		 "text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
		 true},
		{"text/plain, application/openmetrics-text;q=0.9", false},
		{"text/plain;q=0.9 , application/openmetrics-text ; q=1.000",
		 true},
		{"application/openmetrics-text;q=1.001", false},
		{"application/openmetrics-text;q=2", false},
		{"application/openmetrics-text;q=0.1234", false},
		{"application/openmetrics-text;q=", false},
		{"application/openmetrics-text;q=a", false},
		{"xapplication/openmetrics-text", false},
		{",,;;=,", false},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		cr_assert_eq(http_accepts_openmetrics(values[i].accept,
						      strlen(values[i].accept)),
			     values[i].open, "'%s'", values[i].accept);
}

Test(http, the_head_of_an_answer)
{
	char answer[HTTP_ANSWER_MAX];
	size_t n = http_answer(answer, 405, "text/plain", 18);

	cr_assert_eq(n, strlen(answer));
	cr_assert_str_eq(answer, "HTTP/1.1 405 Method Not Allowed\r\n"
				 "Content-Type: text/plain\r\n"
				 "Content-Length: 18\r\n"
				 "Allow: GET, HEAD\r\n"
				 "Connection: close\r\n\r\n");
	http_answer(answer, 200, "text/plain", 0);
	cr_assert_null(strstr(answer, "Allow"));
}
