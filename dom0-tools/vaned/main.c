/* SPDX-License-Identifier: MIT */
/*
 * vaned: looks after the guests' devices and lives.
 *
 * It binds disks and network cards for the kernel's back ends when the
 * toolstack has written them to the store, and does what on_poweroff,
 * on_reboot and on_crash say when a guest stops. One thread, one event loop,
 * no shell. It may be stopped and started at any time: at its start it brings
 * everything it finds into order.
 */
#include "vaned/vaned.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "builder/creating.h"
#include "lib/daemon.h"
#include "lib/domname.h"
#include "lib/privcmd.h"
#include "lib/restarting.h"
#include "vaned/metrics.h"

#define STORE_RETRY_MS 500

static const char help_text[] =
	"usage: vaned [options]\n"
	"Binds the guests' disks and network cards, and restarts or removes "
	"guests that stop.\n"
	"  -F, --foreground     stay at the terminal and log to it too\n"
	"      --wait           where one runs already, wait for its end\n"
	"      --metrics-port N also answer GET /metrics on that port of\n"
	"                       127.0.0.1 and ::1\n"
	"      --metrics-socket FILE\n"
	"                       default /run/vane/metrics.sock\n"
	"      --pid-file FILE  default /run/vane/vaned.pid\n"
	"      --log FILE       default /var/log/vane/vaned.log\n"
	"  -h, --help           this text\n";

static void store_lost(struct vaned *v)
{
	if (!v->store)
		return;
	evloop_fd_del(&v->loop, store_fd(v->store));
	store_close(v->store);
	v->store = NULL;
	v->store_said = true;
	daemon_log(
		"the connection to the store is lost; trying to get it back");
	evloop_timer_start(&v->loop, &v->store_timer, STORE_RETRY_MS);
}

static void store_event(struct vaned *v, const char *path, const char *token)
{
	if (!strcmp(token, "domains"))
		v->scan_domains = true;
	else if (!strcmp(token, "names"))
		v->names_changed = true;
	else if (!strcmp(token, "restarting"))
		/* The first event names the directory itself. */
		v->restarting_changed |= strcmp(path, RESTARTING_DIR) != 0;
	else
		backends_event(v, path);
}

static void store_ready(void *arg, int fd, short revents)
{
	struct vaned *v = arg;
	char *path, *token;
	int rc;

	(void)fd;
	(void)revents;
	while (v->store) {
		rc = store_read_watch(v->store, &path, &token);
		if (rc == -EAGAIN)
			return;
		if (rc) {
			store_lost(v);
			return;
		}
		store_event(v, path, token);
		free(path);
		free(token);
	}
}

static void store_connect(void *arg)
{
	static const struct {
		const char *path, *token;
	} watches[] = {
		{"@introduceDomain", "domains"},
		{"@releaseDomain", "domains"},
		{NAMES_DIR, "names"},
		{RESTARTING_DIR, "restarting"},
		{"/local/domain/0/backend/vbd", "devices"},
		{"/local/domain/0/backend/vif", "devices"},
	};
	struct vaned *v = arg;
	int rc;

	v->store = store_open();
	if (!v->store) {
		if (!v->store_said)
			daemon_log("cannot reach the store at %s: %s; is "
				   "vane-stored running? trying again",
				   STORE_SOCKET_PATH, strerror(errno));
		v->store_said = true;
		evloop_timer_start(&v->loop, &v->store_timer, STORE_RETRY_MS);
		return;
	}
	rc = evloop_fd_add(&v->loop, store_fd(v->store), POLLIN, store_ready,
			   v);
	for (size_t i = 0; !rc && i < sizeof(watches) / sizeof(watches[0]); i++)
		rc = store_watch(v->store, watches[i].path, watches[i].token);
	if (rc) {
		store_lost(v);
		return;
	}
	if (v->store_said)
		daemon_log("connected to the store");
	v->store_said = false;
	v->scan_is_first = true;
	v->scan_domains = true;
	v->scan_devices = true;
	v->scan_creating = true;
}

static void monitor_ready(void *arg, int fd, short revents)
{
	struct vaned *v = arg;
	struct rtnl_event ev;
	bool any = false;

	(void)revents;
	for (;;) {
		int rc = rtnl_monitor_read(fd, &ev);

		if (rc == -ENOBUFS) {
			any = true; /* some were lost: look */
			continue;
		}
		if (rc)
			break;
		any |= !ev.removed;
	}
	if (any)
		backends_netdev_event(v);
}

/* A creator has ended, by itself or not. */
static void creating_ready(void *arg, int fd, short revents)
{
	char events[4096];
	struct vaned *v = arg;

	(void)revents;
	while (read(fd, events, sizeof(events)) > 0)
		;
	v->scan_creating = true;
	/* And a domain may have been started. */
	v->scan_domains = true;
}

static void creating_again(void *arg)
{
	struct vaned *v = arg;

	v->scan_creating = true;
}

static void signal_ready(void *arg, int fd, short revents)
{
	struct vaned *v = arg;
	int signo;

	(void)revents;
	while ((signo = daemon_signal_read(fd)) > 0) {
		if (signo == SIGHUP)
			daemon_log_reopen();
		else
			evloop_stop(&v->loop);
	}
}

/*
 * Before each wait: all that is known to be due. A step may make others due
 * (a device that is gone lets its domain be forgotten), hence the loop; it
 * ends because each step moves a device or a domain forward.
 */
static void prepare(void *arg)
{
	struct vaned *v = arg;
	bool more, came_up = false;

	do {
		more = false;
		store_ready(v, -1, 0);
		if (v->store && v->scan_domains) {
			v->scan_domains = false;
			domains_scan(v);
		}
		if (v->store && v->scan_creating) {
			v->scan_creating = false;
			sweep_creating(v);
		}
		if (v->store && v->names_changed) {
			v->names_changed = false;
			domains_names_changed(v);
		}
		if (v->store && v->restarting_changed) {
			v->restarting_changed = false;
			domains_restarting_changed(v);
		}
		if (v->store && v->scan_devices) {
			v->scan_devices = false;
			came_up = true;
			backends_scan(v);
		}
		more |= domains_reconcile(v);
		more |= backends_reconcile(v);
	} while (more && v->store);

	if (came_up && v->store)
		store_write(v->store, 0, VANED_STORE_DIR "/ready", "1", 1);
}

static int open_devices(struct vaned *v)
{
	v->privcmd = privcmd_open();
	if (v->privcmd < 0) {
		daemon_log("cannot open /dev/xen/privcmd: %s; is this domain "
			   "zero, and is the module xen-privcmd loaded?",
			   strerror(-v->privcmd));
		return v->privcmd;
	}
	v->rtnl = rtnl_open();
	v->monitor = rtnl_monitor_open();
	if (v->rtnl < 0 || v->monitor < 0) {
		int rc = v->rtnl < 0 ? v->rtnl : v->monitor;

		daemon_log("cannot open a netlink socket: %s", strerror(-rc));
		return rc;
	}
	v->signals = daemon_signal_fd();
	return v->signals < 0 ? v->signals : 0;
}

static int make_dirs(struct vaned *v)
{
	const char *const dirs[] = {v->config_dir, CREATING_DIR};

	for (size_t i = 0; i < 2; i++) {
		int rc = daemon_mkdirs(dirs[i], 0755);

		if (rc) {
			daemon_log("cannot make the directory %s: %s", dirs[i],
				   strerror(-rc));
			return rc;
		}
	}
	v->creating = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (v->creating < 0 ||
	    inotify_add_watch(v->creating, CREATING_DIR, IN_CLOSE_WRITE) < 0) {
		daemon_log("cannot watch %s: %s", CREATING_DIR,
			   strerror(errno));
		return -errno;
	}
	return 0;
}

static int start(struct vaned *v)
{
	int rc;

	rc = open_devices(v);
	if (rc)
		return rc;
	rc = make_dirs(v);
	if (rc)
		return rc;
	rc = evloop_fd_add(&v->loop, v->monitor, POLLIN, monitor_ready, v);
	if (!rc)
		rc = evloop_fd_add(&v->loop, v->creating, POLLIN,
				   creating_ready, v);
	if (!rc)
		rc = evloop_fd_add(&v->loop, v->signals, POLLIN, signal_ready,
				   v);
	if (rc)
		return rc;
	evloop_set_prepare(&v->loop, prepare, v);
	store_connect(v);
	return 0;
}

static void finish(struct vaned *v)
{
	if (v->store) {
		store_rm(v->store, 0, VANED_STORE_DIR "/ready");
		store_close(v->store);
		v->store = NULL;
	}
	metrics_stop();
	backends_free_all(v);
	domains_free_all(v);
	evloop_free(&v->loop);
}

enum { OPT_PID = 256, OPT_LOG, OPT_WAIT, OPT_PORT, OPT_SOCKET };

static const struct option options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"pid-file", required_argument, NULL, OPT_PID},
	{"log", required_argument, NULL, OPT_LOG},
	{"wait", no_argument, NULL, OPT_WAIT},
	{"metrics-port", required_argument, NULL, OPT_PORT},
	{"metrics-socket", required_argument, NULL, OPT_SOCKET},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct where {
	const char *file; /* of the metrics' socket */
	uint16_t port;	  /* 0: none */
};

static int parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < 1 ||
	    n > UINT16_MAX) {
		fprintf(stderr,
			"vaned: --metrics-port is a number from 1 to 65535, "
			"not '%s'\n",
			text);
		return -EINVAL;
	}
	*port = (uint16_t)n;
	return 0;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct daemon_options *o,
			 struct where *metrics)
{
	int c;

	while ((c = getopt_long(argc, argv, "Fh", options, NULL)) != -1) {
		switch (c) {
		case 'F':
			o->foreground = true;
			break;
		case OPT_PID:
			o->pid_file = optarg;
			break;
		case OPT_LOG:
			o->log_file = optarg;
			break;
		case OPT_PORT:
			if (parse_port(optarg, &metrics->port))
				return 1;
			break;
		case OPT_SOCKET:
			metrics->file = optarg;
			break;
		case OPT_WAIT:
			o->waits = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 0;
		default:
			fputs("vaned: see vaned --help\n", stderr);
			return 1;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"vaned: unexpected argument '%s'; see vaned --help\n",
			argv[optind]);
		return 1;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct vaned v = {
		.privcmd = -1,
		.rtnl = -1,
		.monitor = -1,
		.signals = -1,
		.creating = -1,
		.config_dir = VANED_CONFIG_DIR,
	};
	struct daemon_options o = {
		.name = "vaned",
		.lock_file = "/run/vane/vaned.lock",
		.pid_file = "/run/vane/vaned.pid",
		.log_file = "/var/log/vane/vaned.log",
	};
	struct where metrics = {.file = METRICS_SOCKET};
	int rc;

	rc = parse_options(argc, argv, &o, &metrics);
	if (rc >= 0)
		return rc;
	v.store_timer.fn = store_connect;
	v.store_timer.arg = &v;
	v.creating_timer.fn = creating_again;
	v.creating_timer.arg = &v;
	evloop_init(&v.loop);
	if (daemon_begin(&o))
		return 1;
	rc = start(&v);
	if (!rc)
		rc = metrics_start(&v, metrics.file, metrics.port);
	if (!rc) {
		/* Whoever waits for us to be ready wants all in order. */
		prepare(&v);
		daemon_log("ready");
		daemon_ready();
		rc = evloop_run(&v.loop);
		daemon_log("%s", rc ? strerror(-rc) : "ended by a signal");
	}
	finish(&v);
	daemon_end();
	return rc ? 1 : 0;
}
