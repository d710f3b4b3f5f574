/* SPDX-License-Identifier: MIT */
/*
 * Those who are attached: readers and a writer, over real sockets, with
 * consoles that the fakes here stand for.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "consoled/consoled.h"

static char path[64];
static struct consoled d;
static struct console web, db;
static unsigned int scans;
static struct console *found_by_scan;

/* console.c, as far as clients know it. */

struct console *console_find(struct consoled *daemon, uint16_t domid)
{
	for (struct console *c = daemon->consoles; c; c = c->next) {
		if (c->domid == domid)
			return c;
	}
	return NULL;
}

struct console *console_find_name(struct consoled *daemon, const char *name)
{
	for (struct console *c = daemon->consoles; c; c = c->next) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

void console_scan(struct consoled *daemon)
{
	scans++;
	if (found_by_scan) {
		found_by_scan->next = daemon->consoles;
		daemon->consoles = found_by_scan;
	}
	found_by_scan = NULL;
}

bool console_is_kept(const struct console *c)
{
	return c->phase == CONSOLE_CONNECTED;
}

const char *console_ended_name(const struct consoled *daemon, uint16_t domid)
{
	(void)daemon;
	return domid == 9 ? "gone" : NULL;
}

size_t console_input_room(const struct console *c)
{
	return sizeof(c->input) - c->input_used;
}

void console_push_input(struct console *c)
{
	(void)c; /* The tests look at what has gathered. */
}

static void add(struct console *c, uint16_t domid, const char *name)
{
	memset(c, 0, sizeof(*c));
	c->d = &d;
	c->domid = domid;
	c->phase = CONSOLE_CONNECTED;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->log.path, sizeof(c->log.path), "/logs/%s.log", name);
}

static void begin(void)
{
	snprintf(path, sizeof(path), "/tmp/vane-client-%d.sock", getpid());
	memset(&d, 0, sizeof(d));
	evloop_init(&d.loop);
	d.socket_path = path;
	d.store = (struct store *)&d; /* "reachable"; never looked into */
	d.listener = client_listen(&d);
	cr_assert_geq(d.listener, 0);
	add(&web, 7, "web");
	add(&db, 8, "db");
	web.next = &db;
	d.consoles = &web;
}

static void end(void)
{
	client_free_all(&d);
	evloop_free(&d.loop);
	close(d.listener);
	unlink(path);
}

TestSuite(consoled_client, .init = begin, .fini = end);

/* Lets the daemon do all that it can do without waiting. */
static void settle(void)
{
	for (int idle = 0; idle < 3;) {
		int n = evloop_step(&d.loop, 0);

		cr_assert_geq(n, 0);
		idle = n ? 0 : idle + 1;
	}
}

/* One end of a connection, and what came through it. */
struct end {
	int fd;
	struct consproto_reader r;
	char seen[8192];
	size_t seen_used;
	bool is_over;
};

static struct end a, b, c;

static void dial(struct end *e, const char *request)
{
	memset(e, 0, sizeof(*e));
	e->fd = consproto_connect(path, request);
	cr_assert_geq(e->fd, 0);
	settle();
}

/* Everything since the last call, or the end of it, as "TYPE:TEXT ". */
static const char *see(struct end *e)
{
	struct consproto_frame f;
	size_t room;

	e->seen_used = 0;
	e->seen[0] = '\0';
	settle();
	for (;;) {
		uint8_t *at = consproto_room(&e->r, &room);
		ssize_t n = recv(e->fd, at, room, MSG_DONTWAIT);

		e->is_over = n == 0 || (n < 0 && errno != EAGAIN);
		if (n <= 0)
			return e->seen;
		consproto_received(&e->r, (size_t)n);
		while (consproto_next(&e->r, &f) > 0) {
			if (e->seen_used + f.len + 4 > sizeof(e->seen))
				e->seen_used = 0;
			e->seen_used += (size_t)sprintf(
				e->seen + e->seen_used, "%c:%.*s ", f.type,
				(int)f.len, (const char *)f.payload);
			consproto_consume(&e->r, &f);
		}
		settle();
	}
}

static void type(struct end *e, const char *text)
{
	cr_assert_eq(send(e->fd, text, strlen(text), MSG_NOSIGNAL),
		     (ssize_t)strlen(text));
	settle();
}

static void leave(struct end *e)
{
	close(e->fd);
	settle();
}

static void print(struct console *to, const char *text)
{
	client_broadcast(to, (const uint8_t *)text, strlen(text));
}

static const char *typed(struct console *to)
{
	to->input[to->input_used] = '\0';
	to->input_used = 0;
	return (const char *)to->input;
}

Test(consoled_client, only_root_may_connect)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
}

Test(consoled_client, output_goes_to_all_who_are_attached_to_that_console)
{
	dial(&a, "attach write 7\n");
	dial(&b, "attach read 7\n");
	dial(&c, "attach write 8\n");
	print(&web, "hello");
	cr_assert_str_eq(see(&a), "A:7 web O:hello ");
	cr_assert_str_eq(see(&b), "A:7 web O:hello ");
	cr_assert_str_eq(see(&c), "A:8 db ");
}

Test(consoled_client, who_comes_later_sees_the_last_whole_lines)
{
	static char line[100];

	console_tail_push(&web.tail, (const uint8_t *)"one\n", 4);
	dial(&a, "attach read 7\n");
	cr_assert_str_eq(see(&a), "A:7 web O:one\n ");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 100; i++)
		console_tail_push(&web.tail, (const uint8_t *)line,
				  sizeof(line));
	dial(&b, "attach read 7\n");
	/* 4096 bytes, less the 96 of a line that was cut. */
	cr_assert_eq(strlen(see(&b)), strlen("A:7 web O: ") + 4000);
}

Test(consoled_client, the_second_who_wants_to_type_is_told_who_does)
{
	char wanted[256];

	dial(&a, "attach write 7\n");
	dial(&b, "attach write 7\n");
	snprintf(wanted, sizeof(wanted),
		 "A:7 web N:read-only: process %d of user %u types here; to "
		 "take over: vane console -f web ",
		 getpid(), getuid());
	cr_assert_str_eq(see(&b), wanted);
	type(&a, "from a\n");
	type(&b, "from b\n");
	type(&b, "again\n");
	cr_assert_str_eq(typed(&web), "from a\n");
	cr_assert_str_eq(see(&b), "N:read-only: what you type is lost ");
}

Test(consoled_client, who_takes_over_types_and_the_other_is_told)
{
	dial(&a, "attach write 7\n");
	dial(&b, "attach take 7\n");
	cr_assert_str_eq(see(&b), "A:7 web ");
	cr_assert_not_null(strstr(see(&a), "N:read-only from now on: process"));
	type(&a, "from a\n");
	type(&b, "from b\n");
	cr_assert_str_eq(typed(&web), "from b\n");
	cr_assert_str_eq(see(&a), "");
}

Test(consoled_client, when_the_writer_leaves_the_one_who_waited_longest_types)
{
	dial(&a, "attach write 7\n");
	dial(&b, "attach read 7\n");
	dial(&c, "attach write 7\n");
	see(&b);
	see(&c);
	leave(&a);
	cr_assert_str_eq(see(&b), "");
	cr_assert_not_null(strstr(see(&c), "N:whoever typed here has left"));
	type(&c, "mine");
	type(&b, "not mine");
	cr_assert_str_eq(typed(&web), "mine");
	leave(&c);
	cr_assert_null(web.writer);
}

Test(consoled_client, input_waits_while_the_guest_takes_none)
{
	static char much[3000];

	memset(much, 'i', sizeof(much) - 1);
	dial(&a, "attach write 7\n");
	type(&a, much);
	type(&a, much);
	cr_assert_eq(web.input_used, sizeof(web.input));
	cr_assert(web.writer->in_blocked);
	web.input_used = 0;
	client_input_resume(&web);
	settle();
	cr_assert_eq(web.input_used, 2 * 2999 - sizeof(web.input));
	cr_assert_not(web.writer->in_blocked);
}

Test(consoled_client, who_is_pushed_aside_does_not_stay_blocked)
{
	static char much[CONSOLE_INPUT_BYTES + 1];

	memset(much, 'i', sizeof(much) - 1);
	dial(&a, "attach write 7\n");
	type(&a, much);
	type(&a, "more");
	cr_assert(web.writer->in_blocked);
	dial(&b, "attach take 7\n");
	web.input_used = 0;
	settle();
	type(&b, "b's");
	cr_assert_str_eq(typed(&web), "b's");
	leave(&a);
	cr_assert_eq(d.client_count, 1);
}

Test(consoled_client, at_a_domains_end_all_is_delivered_and_closed)
{
	dial(&a, "attach write 7\n");
	dial(&b, "attach read 7\n");
	print(&web, "last words");
	client_console_ended(&web);
	cr_assert_str_eq(see(&a),
			 "A:7 web O:last words E:domain 7 (web) has "
			 "ended; its output is kept in /logs/web.log ");
	cr_assert(a.is_over);
	see(&b);
	cr_assert(b.is_over);
	cr_assert_eq(d.client_count, 0);
}

Test(consoled_client, who_waits_is_attached_when_the_domain_comes)
{
	static struct console mail;

	dial(&a, "await write mail\n");
	cr_assert_str_eq(see(&a), "N:waiting for a domain 'mail' ");
	type(&a, "early\n");
	client_console_named(&web);
	cr_assert_str_eq(see(&a), "");
	add(&mail, 9, "mail");
	client_console_named(&mail);
	print(&mail, "first byte");
	cr_assert_str_eq(see(&a), "A:9 mail O:first byte ");
	cr_assert_str_eq(typed(&mail), "early\n");
	leave(&a);
	dial(&b, "await read web\n");
	cr_assert_str_eq(see(&b), "A:7 web ");
}

Test(consoled_client, who_waits_may_leave)
{
	dial(&a, "await write mail\n");
	leave(&a);
	cr_assert_eq(d.client_count, 0);
}

Test(consoled_client, sync_answers_once_the_ring_is_mapped)
{
	static struct console mail;

	add(&mail, 5, "mail");
	found_by_scan = &mail;
	scans = 0;
	dial(&a, "sync 5\n");
	cr_assert_eq(scans, 1);
	cr_assert_str_eq(see(&a), "A:5 mail ");
	cr_assert(a.is_over);
	mail.phase = CONSOLE_WAITING;
	dial(&b, "sync 5\n");
	cr_assert_eq(see(&b)[0], 'R');
	cr_assert(b.is_over);
}

Test(consoled_client, what_cannot_be_done_is_refused_in_one_line)
{
	static const struct {
		const char *request, *part;
	} rows[] = {
		{"attach write 6\n", "there is no domain 6"},
		{"attach write 9\n", "vane console -l gone"},
		{"attach write 0\n", "vane console -l Domain-0"},
		{"attach write 99999\n", "not understood"},
		{"attach\n", "not understood"},
		{"\n", "not understood"},
		{"\xff\x01\x1b]0;x\n", "not understood"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dial(&a, rows[i].request);
		cr_expect_eq(see(&a)[0], 'R', "row %zu: %s", i, a.seen);
		cr_expect_not_null(strstr(a.seen, rows[i].part), "row %zu: %s",
				   i, a.seen);
		cr_expect(a.is_over);
		close(a.fd);
	}
	cr_assert_eq(d.client_count, 0);
}

Test(consoled_client, a_request_without_an_end_is_refused)
{
	char request[1000];

	memset(request, 'a', sizeof(request) - 1);
	request[sizeof(request) - 1] = '\0';
	dial(&a, request);
	cr_assert_eq(see(&a)[0], 'R');
	leave(&a);
	cr_assert_eq(d.client_count, 0);
}

Test(consoled_client, who_hangs_up_in_the_midst_of_anything_is_forgotten)
{
	static const char *const requests[] = {"", "att", "attach write 7\n",
					       "await read x\n"};

	for (int i = 0; i < 100; i++) {
		dial(&a, requests[i % 4]);
		if (i % 3)
			send(a.fd, "x", 1, MSG_NOSIGNAL);
		print(&web, "to nobody, perhaps");
		leave(&a);
	}
	cr_assert_eq(d.client_count, 0);
	cr_assert_null(web.writer);
}

Test(consoled_client, one_who_does_not_read_costs_a_bounded_buffer)
{
	static char chunk[2049];

	memset(chunk, 'o', sizeof(chunk) - 1);
	dial(&a, "attach read 7\n");
	for (int i = 0; i < 2000; i++) {
		print(&web, chunk);
		settle();
	}
	cr_assert_leq(d.clients->queue.used, CONSOLE_QUEUE_BYTES);
	/* The queue's own end comes whole, behind the word about the loss. */
	print(&web, "the end");
	see(&a);
	cr_assert_str_eq(a.seen + strlen(a.seen) - 8, "the end ");
	cr_assert_eq(d.clients->queue.skipped, 0);
}

Test(consoled_client, one_too_many_is_told_so)
{
	static int fds[CONSOLE_CLIENTS_MAX];

	for (int i = 0; i < CONSOLE_CLIENTS_MAX; i++) {
		fds[i] = consproto_connect(path, "attach read 7\n");
		settle();
	}
	dial(&a, "attach read 7\n");
	cr_assert_not_null(strstr(see(&a), "R:64 consoles are attached"));
	close(a.fd);
	close(fds[0]);
	settle();
	dial(&a, "attach read 7\n");
	cr_assert_str_eq(see(&a), "A:7 web ");
}
