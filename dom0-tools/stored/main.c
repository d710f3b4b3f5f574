/* SPDX-License-Identifier: MIT */
/*
 * vane-stored: the command line. Everything else is in server.c and below.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon.h"
#include "lib/store.h"
#include "stored/server.h"

#define DEFAULT_LOG "/var/log/vane/vane-stored.log"

static const char usage[] =
	"usage: vane-stored [-F] [--pid-file FILE] [--log FILE] [--socket "
	"PATH]\n"
	"                   [--no-domains]\n"
	"Serves the store to domain zero's kernel, to guests, and on a "
	"socket.\n"
	"\n"
	"  -F, --foreground   stay in the foreground and log to the terminal\n"
	"  --pid-file FILE    write the process id there\n"
	"  --log FILE         default in the background: " DEFAULT_LOG "\n"
	"  --socket PATH      default: " STORE_SOCKET_PATH "\n"
	"  --no-domains       serve the socket alone; needs no hypervisor\n";

enum { OPT_PID_FILE = 256, OPT_LOG, OPT_SOCKET, OPT_NO_DOMAINS, OPT_HELP };

static const struct option options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"pid-file", required_argument, NULL, OPT_PID_FILE},
	{"log", required_argument, NULL, OPT_LOG},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"no-domains", no_argument, NULL, OPT_NO_DOMAINS},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

/* 0, or the exit status that is due at once, plus one. */
static int parse(int argc, char **argv, struct daemon_options *d,
		 struct server_options *s)
{
	int c;

	while ((c = getopt_long(argc, argv, "F", options, NULL)) != -1) {
		switch (c) {
		case 'F':
			d->foreground = true;
			break;
		case OPT_PID_FILE:
			d->pid_file = optarg;
			break;
		case OPT_LOG:
			d->log_file = optarg;
			break;
		case OPT_SOCKET:
			s->socket_path = optarg;
			break;
		case OPT_NO_DOMAINS:
			s->no_domains = true;
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return 1;
		default:
			fputs(usage, stderr);
			return 3;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "vane-stored: unexpected argument '%s'; see --help\n",
		argv[optind]);
	return 3;
}

static void log_line(const char *line)
{
	daemon_log("%s", line);
}

static bool take_signal(int fd)
{
	int signal = daemon_signal_read(fd);

	if (signal == SIGHUP)
		daemon_log_reopen();
	return signal > 0 && signal != SIGHUP;
}

int main(int argc, char **argv)
{
	struct daemon_options d = {.name = "vane-stored"};
	struct server_options o = {
		.socket_path = STORE_SOCKET_PATH,
		.log = log_line,
	};
	char lock[256], why[512];
	struct server *server;
	int rc, signal_fd;

	rc = parse(argc, argv, &d, &o);
	if (rc)
		return rc - 1;
	if (!d.log_file && !d.foreground)
		d.log_file = DEFAULT_LOG;
	if (snprintf(lock, sizeof(lock), "%s.lock", o.socket_path) >=
		    (int)sizeof(lock) ||
	    o.socket_path[0] != '/') {
		fprintf(stderr,
			"vane-stored: the socket's path must be absolute and "
			"below 100 bytes: '%s'\n",
			o.socket_path);
		return 2;
	}
	d.lock_file = lock;
	if (daemon_begin(&d))
		return 1;

	rc = 1;
	signal_fd = daemon_signal_fd();
	if (signal_fd < 0) {
		daemon_log("cannot receive signals: %s", strerror(-signal_fd));
		goto out;
	}
	server = server_start(&o, why, sizeof(why));
	if (!server) {
		daemon_log("%s", why);
		goto out;
	}
	daemon_log("ready on %s%s", o.socket_path,
		   o.no_domains ? " (socket only)" : "");
	daemon_ready();
	rc = server_run(server, signal_fd, take_signal);
	if (rc)
		daemon_log("stopped: %s", strerror(-rc));
	else
		daemon_log("stopped");
	server_stop(server);
	rc = rc ? 1 : 0;
out:
	daemon_end();
	return rc;
}
