/* SPDX-License-Identifier: MIT */
/* The server of one page: real sockets, and clients of all kinds. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vaned/httpd.h"

static struct evloop loop;
static struct httpd h;
static char dir[] = "/tmp/test-httpd-XXXXXX";
static char file[64];
static size_t body_bytes = 5;
static unsigned int pages; /* that were asked for */
static bool is_out_of_order;
static struct httpd_page *kept;

#define ASK "GET /metrics HTTP/1.1\r\n\r\n"

static struct httpd_page *make_page(void *arg, bool wants_openmetrics)
{
	char *text = malloc(body_bytes);

	(void)arg;
	pages++;
	if (is_out_of_order) {
		free(text);
		return NULL;
	}
	memset(text, 'x', body_bytes);
	return httpd_page_make(wants_openmetrics ? "open" : "plain", text,
			       body_bytes);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/sock", dir);
	evloop_init(&loop);
	httpd_init(&h, &loop, "/metrics", make_page, NULL);
	cr_assert_eq(httpd_listen_unix(&h, file), 0);
}

static void teardown(void)
{
	httpd_page_put(kept);
	httpd_free(&h);
	evloop_free(&loop);
	unlink(file);
	rmdir(dir);
}

TestSuite(httpd, .init = setup, .fini = teardown, .timeout = 60);

static int dial(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(a.sun_path, file);
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Rounds until nothing is due any more. */
static void settle(void)
{
	while (evloop_step(&loop, 0) > 0)
		;
}

/* Everything up to the end; the length. */
static size_t take(int fd, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = recv(fd, out + n, size - 1 - n, 0);

		if (got > 0) {
			n += (size_t)got;
			continue;
		}
		if (got == 0)
			break;
		cr_assert_eq(errno, EAGAIN, "%s", strerror(errno));
		/* A client that waits for ever would be a test that hangs. */
		cr_assert_geq(evloop_step(&loop, 1000), 0);
	}
	out[n] = '\0';
	return n;
}

static size_t ask(const char *request, char *out, size_t size)
{
	int fd = dial();
	size_t n;

	cr_assert_eq(send(fd, request, strlen(request), 0),
		     (ssize_t)strlen(request));
	n = take(fd, out, size);
	close(fd);
	settle();
	return n;
}

static unsigned int connections(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < HTTPD_CLIENTS; i++)
		n += h.clients[i].state != HTTPD_FREE;
	return n;
}

Test(httpd, answers_and_closes)
{
	char out[1024];

	ask(ASK, out, sizeof(out));
	cr_assert_eq(strncmp(out, "HTTP/1.1 200 OK\r\n", 17), 0, "%s", out);
	cr_assert_not_null(strstr(out, "Content-Type: plain\r\n"));
	cr_assert_not_null(strstr(out, "Content-Length: 5\r\n"));
	cr_assert_not_null(strstr(out, "\r\n\r\nxxxxx"));
	cr_assert_eq(connections(), 0);
}

Test(httpd, the_socket_is_its_owners_and_groups)
{
	struct stat s;

	cr_assert_eq(stat(file, &s), 0);
	cr_assert_eq(s.st_mode & 0777, 0660);
}

Test(httpd, head_says_the_length_and_no_more)
{
	char out[1024];

	ask("HEAD /metrics HTTP/1.1\r\n\r\n", out, sizeof(out));
	cr_assert_not_null(strstr(out, "Content-Length: 5\r\n"));
	cr_assert_str_eq(out + strlen(out) - 4, "\r\n\r\n");
}

Test(httpd, errors_say_what_they_are)
{
	char out[1024];

	ask("GET /nothing HTTP/1.1\r\n\r\n", out, sizeof(out));
	cr_assert_not_null(strstr(out, " 404 "));
	cr_assert_not_null(strstr(out, "\r\n\r\nNot Found"));
	ask("DELETE /metrics HTTP/1.1\r\n\r\n", out, sizeof(out));
	cr_assert_not_null(strstr(out, "Allow: GET, HEAD"));
	ask("nonsense\r\n\r\n", out, sizeof(out));
	cr_assert_not_null(strstr(out, " 400 "));
	cr_assert_eq(pages, 0);
	is_out_of_order = true;
	ask(ASK, out, sizeof(out));
	cr_assert_not_null(strstr(out, " 503 "));
}

/* More than it reads, in one piece: the answer still comes through. */
Test(httpd, a_huge_request_is_answered_and_not_kept)
{
	static char request[60000], out[1024];
	int fd = dial();

	memset(request, 'a', sizeof(request));
	cr_assert_gt(send(fd, request, sizeof(request), 0), HTTP_HEAD_MAX);
	take(fd, out, sizeof(out));
	cr_assert_not_null(strstr(out, " 431 "));
	close(fd);
	settle();
	cr_assert_eq(connections(), 0);
}

Test(httpd, a_slow_reader_gets_it_all_and_hinders_nobody)
{
	static char out[4 << 20], other[1024];
	int slow = dial();

	body_bytes = 3 << 20;
	cr_assert_gt(send(slow, ASK, strlen(ASK), 0), 0);
	settle();
	cr_assert_eq(connections(), 1);
	body_bytes = 5;
	ask(ASK, other, sizeof(other));
	cr_assert_not_null(strstr(other, "\r\n\r\nxxxxx"));
	cr_assert_gt(take(slow, out, sizeof(out)), 3 << 20);
	close(slow);
	settle();
	cr_assert_eq(connections(), 0);
}

Test(httpd, one_that_goes_away_in_the_middle)
{
	int fd = dial();

	body_bytes = 3 << 20;
	cr_assert_gt(send(fd, ASK, strlen(ASK), 0), 0);
	settle();
	close(fd);
	settle();
	cr_assert_eq(connections(), 0);
	fd = dial();
	cr_assert_gt(send(fd, "GET /m", 6, 0), 0);
	settle();
	close(fd);
	settle();
	cr_assert_eq(connections(), 0);
}

/* Those that only sit there give way to those that ask. */
Test(httpd, many_connections_are_bounded)
{
	int fds[3 * HTTPD_CLIENTS];
	char out[1024];

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = dial();
		settle();
		cr_assert_leq(connections(), HTTPD_CLIENTS);
	}
	ask(ASK, out, sizeof(out));
	cr_assert_not_null(strstr(out, " 200 "));
	/* The first ones have been sent away. */
	cr_assert_eq(recv(fds[0], out, sizeof(out), 0), 0);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
	settle();
	cr_assert_eq(connections(), 0);
}

/* Who is being answered stays before who has said nothing. */
Test(httpd, an_answer_under_way_is_not_cut_by_the_silent)
{
	static char out[4 << 20];
	int fds[2 * HTTPD_CLIENTS], slow = dial();

	body_bytes = 3 << 20;
	cr_assert_gt(send(slow, ASK, strlen(ASK), 0), 0);
	settle();
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = dial();
		settle();
	}
	cr_assert_gt(take(slow, out, sizeof(out)), 3 << 20);
	close(slow);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
}

Test(httpd, one_that_says_nothing_is_dropped_in_the_end)
{
	char out[16];
	int fd = dial();

	settle();
	cr_assert_eq(connections(), 1);
	/* As if its time were over. */
	for (size_t i = 0; i < HTTPD_CLIENTS; i++)
		if (h.clients[i].timer.armed)
			h.clients[i].timer.due_ns = 0;
	settle();
	cr_assert_eq(connections(), 0);
	cr_assert_eq(recv(fd, out, sizeof(out), 0), 0);
	close(fd);
}

Test(httpd, a_page_lives_as_long_as_somebody_gets_it)
{
	kept = httpd_page_make("t", strdup("abc"), 3);
	kept->refs++;
	httpd_page_put(kept);
	cr_assert_str_eq(kept->text, "abc");
}

Test(httpd, a_socket_of_before_is_replaced)
{
	char long_name[200];
	struct httpd other;

	httpd_init(&other, &loop, "/metrics", make_page, NULL);
	cr_assert_eq(httpd_listen_unix(&other, file), 0);
	httpd_free(&other);
	cr_assert_eq(httpd_listen_unix(&other, "/nonexistent/x"), -ENOENT);
	cr_assert_eq(httpd_listen_unix(&other, dir), -EISDIR);
	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	cr_assert_eq(httpd_listen_unix(&other, long_name), -ENAMETOOLONG);
}

/* On a free port that the kernel gives. */
Test(httpd, loopback_only_and_a_port_that_is_taken_is_an_error)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct httpd other;
	uint16_t port;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	port = ntohs(a.sin_port);
	httpd_init(&other, &loop, "/metrics", make_page, NULL);
	cr_assert_eq(httpd_listen_loopback(&other, port), -EADDRINUSE);
	cr_assert_eq(other.listener_count, 0);
	close(fd);
	cr_assert_eq(httpd_listen_loopback(&other, port), 0);
	cr_assert_gt(other.listener_count, 0);
	for (size_t i = 0; i < other.listener_count; i++) {
		struct sockaddr_in6 b;

		size = sizeof(b);
		cr_assert_eq(getsockname(other.listeners[i],
					 (struct sockaddr *)&b, &size),
			     0);
		if (b.sin6_family == AF_INET6)
			cr_assert(IN6_IS_ADDR_LOOPBACK(&b.sin6_addr));
		else
			cr_assert_eq(
				((struct sockaddr_in *)&b)->sin_addr.s_addr,
				htonl(INADDR_LOOPBACK));
	}
	httpd_free(&other);
}
