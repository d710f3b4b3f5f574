/* SPDX-License-Identifier: MIT */
/*
 * `vane console`: the terminal here becomes the console of a guest, through
 * vane-consoled's socket. The terminal is raw meanwhile, and is given back as
 * it was however this ends; what the guest prints is filtered
 * (lib/termfilter.h) unless --raw was said.
 *
 * It ends when the guest does (status 0), when the person types Ctrl-] (0),
 * when the daemon goes away (1). The end of input, of a pipe or of /dev/null,
 * ends nothing: what the guest answers is what one wants to see.
 * `vane console -l` is in console_log.c.
 */
#include "cli/console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/consproto.h"
#include "lib/domname.h"
#include "lib/reach.h"
#include "lib/restarting.h"

#define CONSOLE_LEAVE 0x1d /* Ctrl-] */

static struct termios console_saved;
static bool console_is_raw;

/* What a signal handler may need of the filter. */
static struct console_output console_out;

static void console_restore(void)
{
	uint8_t text[TERMFILTER_RESTORE_MAX];
	size_t n = termfilter_restore(&console_out.filter, text);

	if (isatty(STDOUT_FILENO) && !console_out.is_raw)
		console_write(STDOUT_FILENO, text, n);
	console_out.filter.changed = 0;
	if (console_is_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &console_saved);
	console_is_raw = false;
}

static void console_on_signal(int number)
{
	console_restore();
	signal(number, SIG_DFL);
	raise(number);
}

static void console_make_raw(void)
{
	static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	struct termios raw;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], console_on_signal);
	atexit(console_restore);
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &console_saved))
		return;
	raw = console_saved;
	cfmakeraw(&raw);
	console_is_raw = true;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

int console_write(int fd, const uint8_t *p, size_t length)
{
	while (length) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

void console_output_init(struct console_output *o, bool is_raw)
{
	*o = (struct console_output){.is_raw = is_raw};
}

int console_show(struct console_output *o, const uint8_t *bytes, size_t len)
{
	static uint8_t text[TERMFILTER_ROOM(CONSPROTO_PAYLOAD_MAX)];
	time_t now = time(NULL);

	if (o->is_raw)
		return console_write(STDOUT_FILENO, bytes, len);
	/* One bell a second is a signal, more are noise. */
	if (now != o->bell_time)
		o->filter.bells = 1;
	o->bell_time = now;
	while (len) {
		size_t step = len < CONSPROTO_PAYLOAD_MAX
				      ? len
				      : CONSPROTO_PAYLOAD_MAX;
		size_t n = termfilter_run(&o->filter, bytes, step, text);

		if (console_write(STDOUT_FILENO, text, n))
			return -1;
		bytes += step;
		len -= step;
	}
	return 0;
}

/* A line for the person; names in it come from the store: filtered. */
static void console_say(const struct consproto_frame *f)
{
	struct termfilter filter = {.kind = FILTER_TEXT};
	uint8_t text[TERMFILTER_ROOM(CONSPROTO_PAYLOAD_MAX)];
	size_t n = termfilter_run(&filter, f->payload, f->len, text);

	fprintf(stderr, "%s%s console: %.*s%s", console_is_raw ? "\r\n" : "",
		cli_program(), (int)n, (const char *)text,
		console_is_raw ? "\r\n" : "\n");
}

enum console_next { CONSOLE_GO_ON, CONSOLE_LEFT, CONSOLE_ENDED, CONSOLE_BROKE };

static enum console_next console_take_frame(struct cli *c,
					    const struct consproto_frame *f)
{
	switch (f->type) {
	case CONSPROTO_ATTACHED:
		return CONSOLE_GO_ON;
	case CONSPROTO_OUTPUT:
		return console_show(&console_out, f->payload, f->len)
			       ? CONSOLE_LEFT
			       : CONSOLE_GO_ON;
	case CONSPROTO_NOTICE:
		console_say(f);
		return CONSOLE_GO_ON;
	case CONSPROTO_ENDED:
		console_restore();
		if (!cli_is_xl())
			console_say(f);
		return CONSOLE_ENDED;
	case CONSPROTO_REFUSED:
		err_set(&c->err, EIO, "%.*s", (int)f->len,
			(const char *)f->payload);
		return CONSOLE_BROKE;
	}
	return CONSOLE_GO_ON;
}

/* Reads once and takes all frames that are whole; *taken counts them. */
static enum console_next console_receive(struct cli *c, int fd,
					 struct consproto_reader *r,
					 unsigned int *taken)
{
	struct consproto_frame f;
	size_t room;
	uint8_t *at = consproto_room(r, &room);
	ssize_t n = read(fd, at, room);
	int rc;

	if (n < 0 && errno == EINTR)
		return CONSOLE_GO_ON;
	if (n <= 0) {
		err_set(&c->err, EPIPE,
			"vane-consoled went away; the guest runs on: start "
			"vane-consoled and attach again");
		return CONSOLE_BROKE;
	}
	consproto_received(r, (size_t)n);
	while ((rc = consproto_next(r, &f)) > 0) {
		enum console_next next = console_take_frame(c, &f);

		if (next != CONSOLE_GO_ON)
			return next;
		consproto_consume(r, &f);
		++*taken;
	}
	if (rc == 0)
		return CONSOLE_GO_ON;
	err_set(&c->err, rc,
		"what vane-consoled says is not understood; are `vane` and "
		"vane-consoled of one version?");
	return CONSOLE_BROKE;
}

/* What was typed, on its way to the daemon, which may take its time. */
struct console_input {
	bool is_open, may_write;
	uint8_t bytes[1024];
	size_t used;
};

static void console_send(int fd, struct console_input *in)
{
	ssize_t n = send(fd, in->bytes, in->used, MSG_DONTWAIT | MSG_NOSIGNAL);

	/* A daemon that is gone is noticed, and told, where it is read from. */
	if (n <= 0)
		return;
	in->used -= (size_t)n;
	memmove(in->bytes, in->bytes + n, in->used);
}

/* What is typed goes to the guest, up to the character that leaves. */
static enum console_next console_type(int fd, struct console_input *in)
{
	ssize_t n = read(STDIN_FILENO, in->bytes, sizeof(in->bytes));
	uint8_t *leave;

	if (n < 0 && errno == EINTR)
		return CONSOLE_GO_ON;
	in->is_open = n > 0;
	if (n <= 0)
		return CONSOLE_GO_ON;
	leave = memchr(in->bytes, CONSOLE_LEAVE, (size_t)n);
	if (in->may_write)
		in->used = leave ? (size_t)(leave - in->bytes) : (size_t)n;
	console_send(fd, in);
	return leave ? CONSOLE_LEFT : CONSOLE_GO_ON;
}

static enum console_next
console_loop(struct cli *c, int fd, struct consproto_reader *r, bool may_write)
{
	struct console_input in = {.is_open = true, .may_write = may_write};
	enum console_next next = CONSOLE_GO_ON;
	unsigned int taken = 0;

	while (next == CONSOLE_GO_ON) {
		bool typing = in.is_open && !in.used;
		struct pollfd p[2] = {
			{fd, in.used ? POLLIN | POLLOUT : POLLIN, 0},
			{typing ? STDIN_FILENO : -1, POLLIN, 0},
		};

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents & POLLOUT)
			console_send(fd, &in);
		if (p[0].revents & ~POLLOUT)
			next = console_receive(c, fd, r, &taken);
		if (next == CONSOLE_GO_ON && p[1].revents)
			next = console_type(fd, &in);
	}
	return next;
}

/* Starts the domain; -1: there is none to start. */
static enum console_next console_unpause(struct cli *c, int domid)
{
	int rc = domid < 0 ? 0 : unpause_domain(c, (uint16_t)domid);

	if (rc == 0)
		return CONSOLE_GO_ON;
	err_set(&c->err, rc, "cannot start domain %d (%s)", domid,
		err_name(rc));
	return CONSOLE_BROKE;
}

/* Attached, or told to wait, before anything else is done. */
static enum console_next console_open(struct cli *c, const char *request,
				      struct consproto_reader *r, int *fd)
{
	enum console_next next = CONSOLE_GO_ON;
	unsigned int answers = 0;

	*fd = consproto_connect(CONSPROTO_SOCKET, request);
	if (*fd < 0) {
		reach_daemon_failed("vane-consoled", CONSPROTO_SOCKET, *fd,
				    &c->err);
		return CONSOLE_BROKE;
	}
	while (next == CONSOLE_GO_ON && answers == 0)
		next = console_receive(c, *fd, r, &answers);
	return next;
}

/* From the request to the end; `unpause` is a domain to start, or -1. */
static int console_session(struct cli *c, const struct console_options *o,
			   const char *request, int unpause)
{
	static struct consproto_reader reader;
	enum console_next next;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	console_output_init(&console_out, o->is_raw);
	next = console_open(c, request, &reader, &fd);
	if (next == CONSOLE_GO_ON) {
		console_make_raw();
		next = console_unpause(c, unpause);
		if (next == CONSOLE_GO_ON)
			next = console_loop(c, fd, &reader,
					    o->mode != CONSPROTO_READ);
	} else if (unpause >= 0 && unpause_domain(c, (uint16_t)unpause) == 0) {
		/* It was to be created and started: that it shall be. */
		err_prefix(&c->err, "domain %d runs, but not attached to",
			   unpause);
	}
	if (fd >= 0)
		close(fd);
	if (next == CONSOLE_LEFT && console_is_raw)
		fputs("\r\n", stderr);
	console_restore();
	return next == CONSOLE_BROKE ? cli_fail(c) : CLI_OK;
}

int console_run(struct cli *c, uint16_t domid, bool unpause)
{
	const struct console_options o = {.mode = CONSPROTO_WRITE};
	char request[CONSPROTO_LINE_MAX];

	snprintf(request, sizeof(request), "attach write %u\n", domid);
	return console_session(c, &o, request, unpause ? domid : -1);
}

static const char *const console_modes[] = {
	[CONSPROTO_READ] = "read",
	[CONSPROTO_WRITE] = "write",
	[CONSPROTO_TAKE] = "take",
};

/* A guest that is gone has left its output, and that may be what is wanted. */
static int console_find(struct cli *c, const char *name, uint16_t *domid)
{
	char *restarts = c->store ? restarting_read(c->store, 0, name) : NULL;
	bool is_gone =
		c->store && !restarts && console_has_log(name) &&
		domname_resolve(c->privcmd, c->store, name, domid) == -ENOENT;

	free(restarts);
	if (!is_gone)
		return cli_resolve(c, name, domid);
	err_set(&c->err, ESRCH,
		"there is no domain '%s' any more; what it printed is kept: "
		"'vane console -l %s'",
		name, name);
	cli_fail(c);
	return CLI_NO_DOMAIN;
}

/* Whether somebody is there; or the line is printed and the status given. */
static int console_check_alive(struct cli *c, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	char *name;

	if (cli_is_xl() || domctl_get_info(c->privcmd, domid, &info) ||
	    !(info.flags & XEN_DOMINF_shutdown))
		return CLI_OK;
	name = cli_domain_name(c, domid);
	err_set(&c->err, ESRCH,
		"domain %u has shut down, so nobody answers there; what it "
		"printed: 'vane console -l %s'",
		domid, name ? name : "NAME");
	free(name);
	return cli_fail(c);
}

static int console_attach(const struct console_options *o)
{
	char request[CONSPROTO_LINE_MAX];
	uint16_t domid;
	struct cli c;
	int status = cli_open_hypervisor(&c);

	if (status)
		return status;
	if (o->wait) {
		snprintf(request, sizeof(request), "await %s %.*s\n",
			 console_modes[o->mode], CONSPROTO_NAME_MAX, o->name);
	} else {
		status = console_find(&c, o->name, &domid);
		if (status == CLI_OK)
			status = console_check_alive(&c, domid);
		snprintf(request, sizeof(request), "attach %s %u\n",
			 console_modes[o->mode], domid);
	}
	if (status == CLI_OK)
		status = console_session(&c, o, request, -1);
	cli_close(&c);
	return status;
}

int cli_console(int argc, char **argv)
{
	struct console_options o = {.mode = CONSPROTO_WRITE};
	struct cli_args a;
	int status = cli_parse(argc, argv, 1, 1, &a);

	if (status)
		return status;
	/* What xl's users write: there is one kind, and one of it. */
	if ((cli_has(&a, 't') && strcmp(cli_value(&a, 't'), "pv") != 0) ||
	    (cli_has(&a, 'n') && strcmp(cli_value(&a, 'n'), "0") != 0)) {
		status = cli_usage("console");
		return cli_is_xl() ? CLI_FAILURE : status;
	}
	if (cli_has(&a, 'r'))
		o.mode = CONSPROTO_READ;
	if (cli_has(&a, 'f'))
		o.mode = CONSPROTO_TAKE;
	o.wait = cli_has(&a, 'w');
	o.follow = cli_has(&a, 'F');
	o.log = cli_has(&a, 'l') || o.follow;
	o.is_raw = cli_has(&a, 'R');
	o.name = a.words[0];
	return o.log ? console_print_log(&o) : console_attach(&o);
}
