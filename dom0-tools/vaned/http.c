/* SPDX-License-Identifier: MIT */
/* See http.h. */
#include "vaned/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A piece of what came; not ended by a NUL. */
struct span {
	const char *at;
	size_t size;
};

static bool span_is(struct span s, const char *text)
{
	return s.size == strlen(text) && memcmp(s.at, text, s.size) == 0;
}

static bool span_is_word(struct span s, const char *text)
{
	return s.size == strlen(text) && strncasecmp(s.at, text, s.size) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span span_trim(struct span s)
{
	while (s.size && is_blank(s.at[0])) {
		s.at++;
		s.size--;
	}
	while (s.size && is_blank(s.at[s.size - 1]))
		s.size--;
	return s;
}

/* What comes before `end` (or all); *s becomes what comes behind it. */
static struct span span_cut(struct span *s, char end)
{
	const char *p = s->size ? memchr(s->at, end, s->size) : NULL;
	struct span first = {s->at, p ? (size_t)(p - s->at) : s->size};
	size_t taken = first.size + (p != NULL);

	s->at += taken;
	s->size -= taken;
	return first;
}

/* A line without its end, which may lack the '\r'. */
static struct span span_line(struct span *s)
{
	struct span line = span_cut(s, '\n');

	if (line.size && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* The length of the head with its empty line; 0: it is not complete. */
static size_t head_size(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n')
			continue;
		if (i + 1 < size && bytes[i + 1] == '\n')
			return i + 2;
		if (i + 2 < size && bytes[i + 1] == '\r' &&
		    bytes[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* "0.25" in thousandths; anything else is 0: not wanted. */
static unsigned int quality(struct span s)
{
	unsigned int value = 0, unit = 1000;

	if (!s.size || (s.at[0] != '0' && s.at[0] != '1'))
		return 0;
	value = (unsigned int)(s.at[0] - '0') * unit;
	if (s.size > 1 && s.at[1] != '.')
		return 0;
	for (size_t i = 2; i < s.size; i++) {
		if (s.at[i] < '0' || s.at[i] > '9' || i > 4)
			return 0;
		unit /= 10;
		value += (unsigned int)(s.at[i] - '0') * unit;
	}
	return value > 1000 ? 0 : value;
}

/* Of one media range: its quality, and its type in *type. */
static unsigned int media_quality(struct span range, struct span *type)
{
	unsigned int q = 1000;

	*type = span_trim(span_cut(&range, ';'));
	while (range.size) {
		struct span value = span_cut(&range, ';');
		struct span name = span_trim(span_cut(&value, '='));

		if (span_is_word(name, "q"))
			q = quality(span_trim(value));
	}
	return q;
}

bool http_accepts_openmetrics(const char *value, size_t size)
{
	struct span list = {value, size}, type;
	unsigned int open = 0, plain = 0;

	while (list.size) {
		unsigned int q = media_quality(span_cut(&list, ','), &type);

		if (span_is_word(type, "application/openmetrics-text"))
			open = q;
		else if (span_is_word(type, "text/plain"))
			plain = q;
	}
	return open > 0 && open >= plain;
}

/* "HTTP/1.1" */
static unsigned int check_version(struct span s)
{
	if (s.size != 8 || memcmp(s.at, "HTTP/", 5) != 0 || s.at[6] != '.' ||
	    s.at[5] < '0' || s.at[5] > '9' || s.at[7] < '0' || s.at[7] > '9')
		return 400;
	return s.at[5] == '1' ? 200 : 505;
}

static bool is_token(struct span s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.size; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || (c && strchr(marks, c))))
			return false;
	}
	return s.size > 0;
}

static bool is_target(struct span s)
{
	for (size_t i = 0; i < s.size; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return false;
	return s.size > 0 && s.at[0] == '/';
}

/* GET /metrics HTTP/1.1 */
static unsigned int check_first_line(struct span line, const char *path,
				     struct http_request *r)
{
	struct span method = span_cut(&line, ' ');
	struct span target = span_cut(&line, ' ');
	unsigned int status = check_version(line);

	if (!is_token(method) || !is_target(target) || status == 400)
		return 400;
	if (status != 200)
		return status;
	r->is_head = span_is(method, "HEAD");
	/* What was asked for with parameters is the same page. */
	if (!span_is(span_cut(&target, '?'), path))
		return 404;
	return r->is_head || span_is(method, "GET") ? 200 : 405;
}

static unsigned int check_field(struct span line, struct http_request *r)
{
	struct span name;

	if (!memchr(line.at, ':', line.size))
		return 400;
	name = span_cut(&line, ':');
	if (!is_token(name))
		return 400;
	if (span_is_word(name, "accept"))
		r->wants_openmetrics =
			http_accepts_openmetrics(line.at, line.size);
	return 200;
}

bool http_parse(const char *bytes, size_t size, const char *path,
		struct http_request *r)
{
	struct span rest = {bytes, head_size(bytes, size)}, line;

	*r = (struct http_request){.status = 431};
	if (!rest.size)
		return size >= HTTP_HEAD_MAX;
	r->status = check_first_line(span_line(&rest), path, r);
	while (r->status != 400) {
		line = span_line(&rest);
		if (!line.size)
			break;
		if (check_field(line, r) != 200)
			r->status = 400;
	}
	return true;
}

const char *http_reason(unsigned int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Service Unavailable";
	}
}

size_t http_answer(char answer[HTTP_ANSWER_MAX], unsigned int status,
		   const char *type, size_t body_bytes)
{
	int n = snprintf(answer, HTTP_ANSWER_MAX,
			 "HTTP/1.1 %u %s\r\n"
			 "Content-Type: %.200s\r\n"
			 "Content-Length: %zu\r\n"
			 "%s"
			 "Connection: close\r\n"
			 "\r\n",
			 status, http_reason(status), type, body_bytes,
			 status == 405 ? "Allow: GET, HEAD\r\n" : "");

	return (size_t)n;
}
