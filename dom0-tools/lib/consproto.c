/* SPDX-License-Identifier: MIT */
/* The consoles' protocol; see the header. */
#include "lib/consproto.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DOMIDS 0x7ff0u /* DOMID_FIRST_RESERVED */

static const struct {
	const char *word;
	enum consproto_mode mode;
} mode_words[] = {
	{"read ", CONSPROTO_READ},
	{"write ", CONSPROTO_WRITE},
	{"take ", CONSPROTO_TAKE},
};

static bool skip_word(const char **at, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*at, word, n))
		return false;
	*at += n;
	return true;
}

static bool parse_domid(const char *text, uint16_t *domid)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 5)
		return false;
	n = strtoul(text, &end, 10);
	*domid = (uint16_t)n;
	return !*end && n < DOMIDS;
}

static bool parse_name(const char *text, char *name)
{
	size_t n = strlen(text);

	if (!n || n > CONSPROTO_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	memcpy(name, text, n + 1);
	return true;
}

static bool parse_mode(const char **at, enum consproto_mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_words) / sizeof(mode_words[0]);
	     i++) {
		if (skip_word(at, mode_words[i].word)) {
			*mode = mode_words[i].mode;
			return true;
		}
	}
	return false;
}

int consproto_parse_request(const char *line, struct consproto_request *r)
{
	bool good;

	memset(r, 0, sizeof(*r));
	if (skip_word(&line, "sync ")) {
		r->verb = CONSPROTO_SYNC;
		good = parse_domid(line, &r->domid);
	} else if (skip_word(&line, "attach ")) {
		r->verb = CONSPROTO_ATTACH;
		good = parse_mode(&line, &r->mode) &&
		       parse_domid(line, &r->domid);
	} else if (skip_word(&line, "await ")) {
		r->verb = CONSPROTO_AWAIT;
		good = parse_mode(&line, &r->mode) && parse_name(line, r->name);
	} else {
		good = false;
	}
	return good ? 0 : -EINVAL;
}

void consproto_header(uint8_t *out, enum consproto_type type, size_t len)
{
	out[0] = (uint8_t)type;
	out[1] = (uint8_t)len;
	out[2] = (uint8_t)(len >> 8);
}

uint8_t *consproto_room(struct consproto_reader *r, size_t *room)
{
	*room = sizeof(r->bytes) - r->used;
	return r->bytes + r->used;
}

void consproto_received(struct consproto_reader *r, size_t n)
{
	r->used += n;
}

int consproto_next(struct consproto_reader *r, struct consproto_frame *f)
{
	size_t len;

	if (r->used < CONSPROTO_HEADER)
		return 0;
	len = r->bytes[1] | (size_t)r->bytes[2] << 8;
	if (!strchr("AONER", r->bytes[0]) || !r->bytes[0] ||
	    len > CONSPROTO_PAYLOAD_MAX)
		return -EPROTO;
	if (r->used < CONSPROTO_HEADER + len)
		return 0;
	f->type = r->bytes[0];
	f->payload = r->bytes + CONSPROTO_HEADER;
	f->len = len;
	return 1;
}

void consproto_consume(struct consproto_reader *r,
		       const struct consproto_frame *f)
{
	size_t n = CONSPROTO_HEADER + f->len;

	memmove(r->bytes, r->bytes + n, r->used - n);
	r->used -= n;
}

int consproto_connect(const char *path, const char *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(request);
	int fd, rc = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A line is far shorter than a socket's buffer: it goes at once. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		rc = -errno;
	else if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		rc = -EIO;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int consproto_sync(uint16_t domid)
{
	int64_t end = now_ms() + CONSPROTO_SYNC_MS;
	struct pollfd p = {.events = POLLIN};
	char line[32];
	uint8_t type;
	int rc;

	snprintf(line, sizeof(line), "sync %u\n", domid);
	p.fd = consproto_connect(CONSPROTO_SOCKET, line);
	if (p.fd < 0)
		return p.fd;
	do {
		int64_t left = end - now_ms();

		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR && now_ms() < end);
	if (rc <= 0)
		rc = -ETIMEDOUT;
	else if (read(p.fd, &type, 1) != 1)
		rc = -EPIPE;
	else
		rc = type == CONSPROTO_ATTACHED ? 0 : -ENODEV;
	close(p.fd);
	return rc;
}
