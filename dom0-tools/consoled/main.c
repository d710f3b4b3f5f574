/* SPDX-License-Identifier: MIT */
/*
 * vane-consoled: keeps what the guests print and lets people talk to them.
 *
 * Every guest's console ring is drained from its first byte into
 * /var/log/vane/NAME.log; `vane console` attaches through a Unix socket. The
 * messages of domain zero's kernel and of the hypervisor are kept beside them.
 * One thread, one event loop. When the store daemon goes away the consoles
 * work on, and the daemon connects again; when this daemon dies, the bytes
 * wait in the guests' rings for the next one.
 */
#include "consoled/consoled.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/logname.h"
#include "lib/privcmd.h"

#define STORE_RETRY_MS 500

static const char help_text[] =
	"usage: vane-consoled [options]\n"
	"Keeps every guest's console output and serves `vane console`.\n"
	"  -F, --foreground     stay at the terminal and log to it too\n"
	"      --wait           where one runs already, wait for its end\n"
	"      --pid-file FILE  default /run/vane/vane-consoled.pid\n"
	"      --log FILE       the daemon's own log, default "
	"/var/log/vane/vane-consoled.log\n"
	"      --log-dir DIR    where guests' logs go, default /var/log/vane\n"
	"      --log-bytes N    size at which a guest's log is turned over, "
	"default 1048576\n"
	"      --log-files N    files kept of a guest, the current one "
	"included, default 2\n"
	"      --log-raw        keep guests' bytes as they are: reading such a\n"
	"                       log with cat can harm your terminal\n"
	"  -t, --timestamps     begin each line of a log with the time (UTC)\n"
	"      --socket PATH    default " CONSPROTO_SOCKET "\n"
	"  -h, --help           this text\n";

static void store_lost(struct consoled *d)
{
	if (!d->store)
		return;
	evloop_fd_del(&d->loop, store_fd(d->store));
	store_close(d->store);
	d->store = NULL;
	for (struct console *c = d->consoles; c; c = c->next)
		c->watched = false;
	daemon_log(
		"the connection to the store is lost; trying to get it back");
	d->store_said = true;
	evloop_timer_start(&d->loop, &d->store_timer, STORE_RETRY_MS);
}

static void store_event(struct consoled *d, const char *token)
{
	char *end;
	unsigned long domid;

	if (*token != CONSOLE_WATCH_RING && *token != CONSOLE_WATCH_NAME) {
		d->scan_wanted = true;
		return;
	}
	domid = strtoul(token + 1, &end, 10);
	if (!*end && domid < 0x7ff0)
		console_changed(d, *token, (uint16_t)domid);
	/* A ring that was just found may hold bytes already. */
	evloop_timer_start(&d->loop, &d->window_timer, 0);
}

static void store_ready(void *arg, int fd, short revents)
{
	struct consoled *d = arg;
	char *path, *token;
	int rc;

	(void)fd;
	(void)revents;
	while (d->store) {
		rc = store_read_watch(d->store, &path, &token);
		if (rc == -EAGAIN)
			return;
		if (rc) {
			store_lost(d);
			return;
		}
		store_event(d, token);
		free(path);
		free(token);
	}
}

static void store_connect(void *arg)
{
	struct consoled *d = arg;
	int rc;

	d->store = store_open();
	if (!d->store) {
		if (!d->store_said)
			daemon_log("cannot reach the store at %s: %s; is "
				   "vane-stored running? trying again",
				   STORE_SOCKET_PATH, strerror(errno));
		d->store_said = true;
		evloop_timer_start(&d->loop, &d->store_timer, STORE_RETRY_MS);
		return;
	}
	rc = evloop_fd_add(&d->loop, store_fd(d->store), POLLIN, store_ready,
			   d);
	if (!rc)
		rc = store_watch(d->store, "@introduceDomain", "introduce");
	if (!rc)
		rc = store_watch(d->store, "@releaseDomain", "release");
	if (rc) {
		store_lost(d);
		return;
	}
	if (d->store_said)
		daemon_log("connected to the store");
	d->store_said = false;
	d->scan_wanted = true;
}

static void evtchn_ready(void *arg, int fd, short revents)
{
	struct consoled *d = arg;

	(void)revents;
	for (;;) {
		int port = evtchn_pending(fd);

		if (port < 0)
			break;
		console_event(d, (uint32_t)port);
	}
	console_serve(d);
}

static void window_due(void *arg)
{
	console_serve(arg);
}

static void signal_ready(void *arg, int fd, short revents)
{
	struct consoled *d = arg;
	int signo;

	(void)revents;
	while ((signo = daemon_signal_read(fd)) > 0) {
		if (signo != SIGHUP) {
			evloop_stop(&d->loop);
			continue;
		}
		daemon_log_reopen();
		console_reopen_logs(d);
		hostlog_reopen(&d->host);
	}
}

static void prepare(void *arg)
{
	struct consoled *d = arg;

	/* A request may have brought events that poll() does not know of. */
	store_ready(d, -1, 0);
	if (d->scan_wanted && d->store) {
		d->scan_wanted = false;
		console_scan(d);
		console_serve(d);
		/* And so may the scan itself. */
		evloop_timer_start(&d->loop, &d->window_timer, 0);
	}
}

static int open_devices(struct consoled *d)
{
	d->evtchn = evtchn_open();
	if (d->evtchn < 0) {
		daemon_log("cannot open /dev/xen/evtchn: %s; is this domain "
			   "zero, and is the module xen-evtchn loaded?",
			   strerror(-d->evtchn));
		return d->evtchn;
	}
	d->privcmd = privcmd_open();
	if (d->privcmd < 0) {
		daemon_log("cannot open /dev/xen/privcmd: %s; is this domain "
			   "zero, and is the module xen-privcmd loaded?",
			   strerror(-d->privcmd));
		return d->privcmd;
	}
	d->gntdev = gntdev_open();
	if (d->gntdev < 0)
		daemon_log("cannot open /dev/xen/gntdev: %s; rings are mapped "
			   "as foreign memory instead",
			   strerror(-d->gntdev));
	return 0;
}

static int start(struct consoled *d)
{
	int rc;

	d->signals = daemon_signal_fd();
	if (d->signals < 0)
		return d->signals;
	rc = open_devices(d);
	if (rc)
		return rc;
	rc = daemon_mkdirs(d->policy.dir, 0755);
	if (rc) {
		daemon_log("cannot make the directory %s: %s", d->policy.dir,
			   strerror(-rc));
		return rc;
	}
	d->listener = client_listen(d);
	if (d->listener < 0) {
		daemon_log("cannot listen at %s: %s", d->socket_path,
			   strerror(-d->listener));
		return d->listener;
	}
	rc = evloop_fd_add(&d->loop, d->evtchn, POLLIN, evtchn_ready, d);
	if (!rc)
		rc = evloop_fd_add(&d->loop, d->signals, POLLIN, signal_ready,
				   d);
	if (rc)
		return rc;
	evloop_set_prepare(&d->loop, prepare, d);
	hostlog_start(&d->host, &d->loop, d->privcmd, &d->policy,
		      d->has_stamps);
	store_connect(d);
	return 0;
}

static void finish(struct consoled *d)
{
	console_free_all(d);
	client_free_all(d);
	hostlog_stop(&d->host);
	if (d->store)
		store_close(d->store);
	if (d->listener >= 0) {
		unlink(d->socket_path);
		close(d->listener);
	}
	evloop_free(&d->loop);
}

static bool number_option(const char *text, uint64_t least, uint64_t most,
			  uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && end != text && !*end && *text != '-' &&
	       *out >= least && *out <= most;
}

enum {
	OPT_PID = 256,
	OPT_LOG,
	OPT_LOG_DIR,
	OPT_BYTES,
	OPT_FILES,
	OPT_RAW,
	OPT_WAIT,
	OPT_SOCKET,
};

static const struct option options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"pid-file", required_argument, NULL, OPT_PID},
	{"log", required_argument, NULL, OPT_LOG},
	{"log-dir", required_argument, NULL, OPT_LOG_DIR},
	{"log-bytes", required_argument, NULL, OPT_BYTES},
	{"log-files", required_argument, NULL, OPT_FILES},
	{"log-raw", no_argument, NULL, OPT_RAW},
	{"wait", no_argument, NULL, OPT_WAIT},
	{"timestamps", no_argument, NULL, 't'},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* False after the line that says what is wrong. */
static bool count_option(const char *name, uint64_t least, uint64_t most,
			 uint64_t *out)
{
	if (number_option(optarg, least, most, out))
		return true;
	fprintf(stderr,
		"vane-consoled: --%s %s: must be a number from %" PRIu64
		" to %" PRIu64 "\n",
		name, optarg, least, most);
	return false;
}

/* -1: go on; else the exit status. */
static int take_option(int c, struct consoled *d, struct daemon_options *o)
{
	uint64_t n;

	switch (c) {
	case 'F':
		o->foreground = true;
		return -1;
	case 't':
		d->has_stamps = true;
		return -1;
	case OPT_WAIT:
		o->waits = true;
		return -1;
	case OPT_RAW:
		d->is_raw = true;
		return -1;
	case OPT_PID:
		o->pid_file = optarg;
		return -1;
	case OPT_LOG:
		o->log_file = optarg;
		return -1;
	case OPT_LOG_DIR:
		d->policy.dir = optarg;
		return -1;
	case OPT_SOCKET:
		d->socket_path = optarg;
		return -1;
	case OPT_BYTES:
		if (!count_option("log-bytes", 4096, 1ull << 40, &n))
			return 2;
		d->policy.limit_bytes = n;
		return -1;
	case OPT_FILES:
		if (!count_option("log-files", 1, 1000, &n))
			return 2;
		d->policy.files = (unsigned int)n;
		return -1;
	case 'h':
		fputs(help_text, stdout);
		return 0;
	default:
		fputs("vane-consoled: see vane-consoled --help\n", stderr);
		return 2;
	}
}

static int parse_options(int argc, char **argv, struct consoled *d,
			 struct daemon_options *o)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "Fth", options, NULL)) != -1) {
		status = take_option(c, d, o);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fprintf(stderr,
			"vane-consoled: unexpected argument '%s'; see "
			"vane-consoled --help\n",
			argv[optind]);
		return 2;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct consoled d = {
		.evtchn = -1,
		.gntdev = -1,
		.privcmd = -1,
		.listener = -1,
		.socket_path = CONSPROTO_SOCKET,
		.policy = {LOGNAME_DIR, GUESTLOG_LIMIT_BYTES, GUESTLOG_FILES},
	};
	struct daemon_options o = {
		.name = "vane-consoled",
		.lock_file = "/run/vane/vane-consoled.lock",
		.pid_file = "/run/vane/vane-consoled.pid",
		.log_file = "/var/log/vane/vane-consoled.log",
	};
	int rc;

	rc = parse_options(argc, argv, &d, &o);
	if (rc >= 0)
		return rc;
	d.store_timer.fn = store_connect;
	d.window_timer.fn = window_due;
	d.store_timer.arg = d.window_timer.arg = &d;
	evloop_init(&d.loop);
	if (daemon_begin(&o))
		return 1;
	rc = start(&d);
	if (!rc) {
		prepare(&d);
		daemon_log("ready: guests' logs in %s, socket %s", d.policy.dir,
			   d.socket_path);
		daemon_ready();
		rc = evloop_run(&d.loop);
		daemon_log("%s", rc ? strerror(-rc) : "ended by a signal");
	}
	finish(&d);
	daemon_end();
	return rc ? 1 : 0;
}
