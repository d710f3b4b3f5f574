/* SPDX-License-Identifier: MIT */
/*
 * vane-stored: the command line. Everything else is in server.c and below.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/store.h"
#include "stored/server.h"

#define DEFAULT_LOG "/var/log/vane/vane-stored.log"

#define DEFAULT_STATE "/run/vane/stored.state"

static const char usage[] =
	"usage: vane-stored [-F] [--wait] [--pid-file FILE] [--log FILE]\n"
	"                   [--socket PATH] [--state FILE | --no-state]\n"
	"                   [--no-domains]\n"
	"Serves the store to domain zero's kernel, to guests, and on a "
	"socket.\n"
	"\n"
	"  -F, --foreground   stay in the foreground and log to the terminal\n"
	"  --wait             where one runs already, wait for its end\n"
	"  --pid-file FILE    write the process id there\n"
	"  --log FILE         default in the background: " DEFAULT_LOG "\n"
	"  --socket PATH      default: " STORE_SOCKET_PATH "\n"
	"  --state FILE       default, unless --no-domains: " DEFAULT_STATE "\n"
	"  --no-state         forget everything at the end\n"
	"  --no-domains       serve the socket alone; needs no hypervisor\n";

enum {
	OPT_PID_FILE = 256,
	OPT_LOG,
	OPT_SOCKET,
	OPT_LISTEN_FD,
	OPT_STATE,
	OPT_NO_STATE,
	OPT_WAIT,
	OPT_NO_DOMAINS,
	OPT_HELP
};

static const struct option options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"pid-file", required_argument, NULL, OPT_PID_FILE},
	{"log", required_argument, NULL, OPT_LOG},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"listen-fd", required_argument, NULL, OPT_LISTEN_FD},
	{"state", required_argument, NULL, OPT_STATE},
	{"no-state", no_argument, NULL, OPT_NO_STATE},
	{"wait", no_argument, NULL, OPT_WAIT},
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
		case OPT_WAIT:
			d->waits = true;
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
		/* Only for start_anew(), so it is not in the usage. */
		case OPT_LISTEN_FD:
			s->listen_fd = atoi(optarg);
			break;
		case OPT_STATE:
			s->state_path = optarg;
			break;
		case OPT_NO_STATE:
			s->no_state = true;
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

/*
 * Puts the new program in this one's place: the same process, so that whoever
 * waits for it sees no end, and as it was told, but in the foreground, because
 * it is in the background already.
 */
static int start_anew(const char *program, int listen_fd, char *name,
		      const struct daemon_options *d,
		      const struct server_options *s)
{
	char number[16];
	const char *args[16] = {name,		"--foreground", "--socket",
				s->socket_path, "--listen-fd",	number};
	int n = 6;

	snprintf(number, sizeof(number), "%d", listen_fd);
	if (d->log_file) {
		args[n++] = "--log";
		args[n++] = d->log_file;
	}
	if (d->pid_file) {
		args[n++] = "--pid-file";
		args[n++] = d->pid_file;
	}
	if (s->state_path) {
		args[n++] = "--state";
		args[n++] = s->state_path;
	}
	if (s->no_domains)
		args[n++] = "--no-domains";
	execv(program ? program : "/proc/self/exe", (char *const *)args);
	return -errno;
}

/* Only without domains does it make sense to remember nothing. */
static void default_paths(struct daemon_options *d, struct server_options *o)
{
	if (!d->log_file && !d->foreground)
		d->log_file = DEFAULT_LOG;
	if (!o->state_path && !o->no_domains)
		o->state_path = DEFAULT_STATE;
	if (o->no_state)
		o->state_path = NULL;
}

int main(int argc, char **argv)
{
	struct daemon_options d = {.name = "vane-stored"};
	struct server_options o = {
		.socket_path = STORE_SOCKET_PATH,
		.log = log_line,
	};
	char lock[256], why[512], program_path[256];
	const char *program;
	struct server *server;
	int rc, signal_fd, listen_fd = -1;
	bool anew;

	rc = parse(argc, argv, &d, &o);
	if (rc)
		return rc - 1;
	default_paths(&d, &o);
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

	if (o.state_path)
		daemon_mkdirs_for(o.state_path, 0755);
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
	anew = server_wants_restart(server, &program);
	if (program)
		program = strcpy(program_path, program);
	if (rc)
		daemon_log("stopped: %s", strerror(-rc));
	else
		daemon_log(anew ? "starting anew" : "stopped");
	if (anew)
		listen_fd = server_give_listener(server);
	server_stop(server);
	if (anew) {
		daemon_end();
		rc = start_anew(program, listen_fd, argv[0], &d, &o);
		daemon_log("cannot start anew: %s", strerror(-rc));
		return 1;
	}
	rc = rc ? 1 : 0;
out:
	daemon_end();
	return rc;
}
