/* SPDX-License-Identifier: MIT */
/*
 * `vane mem-set` and `vane mem-max`: how much memory a domain has, and may
 * have.
 *
 * mem-set raises or lowers the hypervisor's limit, writes the wish into the
 * store, and waits for what the guest's kernel makes of it: a guest may take
 * its time, stop half way or not listen at all. What can be known before is
 * refused before, with the numbers. Pure: mem_check_set(), mem_check_max().
 * Test: tests/unit/dom0-tools/cli/test_mem.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/room.h"
#include "cli/cli.h"
#include "cli/mem.h"
#include "lib/balloon.h"
#include "lib/domname.h"
#include "lib/hostconf.h"

struct mem_arguments {
	const char *domain;
	const char *size;
	uint64_t timeout_ms;
};

static volatile sig_atomic_t mem_stop;
static bool mem_line_is_shown;

static void mem_on_signal(int signal)
{
	mem_stop = signal;
}

void mem_show_progress(const char *name, uint64_t mib, uint64_t goal_mib)
{
	mem_line_is_shown = true;
	fprintf(stderr, "\r%s: %" PRIu64 " MiB, to be %" PRIu64 " \033[K", name,
		mib, goal_mib);
}

void mem_end_progress(void)
{
	if (mem_line_is_shown)
		fputs("\r\033[K", stderr);
	mem_line_is_shown = false;
}

int mem_check_set(const struct mem_facts *f, uint64_t kib, struct err *e)
{
	uint64_t more = kib > f->has_kib ? kib - f->has_kib : 0;

	if (f->static_max_kib && kib > f->static_max_kib)
		return err_set(e, ERANGE,
			       "%s: %" PRIu64 " MiB are more than its maximum "
			       "of %" PRIu64 "%s",
			       f->name, kib / 1024, f->static_max_kib / 1024,
			       f->is_zero ? " (dom0_mem= of the hypervisor)"
					  : "; 'vane mem-max' raises that");
	/* Below the floor already: then it may at least grow. */
	if (kib < f->min_kib && more == 0 && kib != f->has_kib)
		return err_set(
			e, ERANGE,
			"%s: %" PRIu64 " MiB are too few to run in: it "
			"keeps at least %" PRIu64 "%s",
			f->name, kib / 1024, (f->min_kib + 1023) / 1024,
			f->is_zero ? " (dom0_floor= in " HOSTCONF_PATH ")"
			: f->static_max_kib && f->min_kib >= f->static_max_kib
				? ", all it may have: so small a guest "
				  "gives none back"
				: "");
	if (more > f->free_kib)
		return err_set(e, ENOMEM,
			       "%s: needs %" PRIu64
			       " MiB more than its %" PRIu64 ": %" PRIu64
			       " free, missing %" PRIu64
			       "; take less, or end or shrink another domain",
			       f->name, (more + 1023) / 1024, f->has_kib / 1024,
			       f->free_kib / 1024,
			       (more + 1023) / 1024 - f->free_kib / 1024);
	return 0;
}

int mem_check_max(const struct mem_facts *f, uint64_t kib, struct err *e)
{
	uint64_t has = f->has_kib > f->target_kib ? f->has_kib : f->target_kib;

	if (kib == 0 || kib < has)
		return err_set(e, ERANGE,
			       "%s: its maximum cannot be %" PRIu64
			       " MiB, below the %" PRIu64
			       " that it has; lower those first with 'vane "
			       "mem-set'",
			       f->name, kib / 1024, (has + 1023) / 1024);
	return 0;
}

/* What the machine and the store say of the domain. */
static int mem_gather(struct cli *c, uint16_t domid, struct mem_facts *f,
		      struct xen_domctl_getdomaininfo *info)
{
	struct xen_sysctl_physinfo physical;
	struct balloon_limits limits;
	struct hostconf conf;
	uint64_t taken;
	int rc = domctl_get_info(c->privcmd, domid, info);

	if (rc == 0)
		rc = sysctl_get_physinfo(c->privcmd, &physical);
	if (rc == 0)
		rc = balloon_get_limits(c->privcmd, c->store, domid, &limits);
	if (rc)
		return err_set(&c->err, rc,
			       "%s: cannot ask for its memory (%s)", f->name,
			       err_name(rc));
	if (info->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
		return err_set(&c->err, ESRCH,
			       "%s has ended; its memory comes back when it is "
			       "destroyed",
			       f->name);
	f->is_zero = domid == 0;
	f->has_kib = info->tot_pages * 4;
	f->target_kib = limits.target_kib;
	f->static_max_kib = limits.static_max_kib;
	f->min_kib = balloon_min_kib(limits.static_max_kib);
	taken = physical.outstanding_pages + ROOM_KEPT_PAGES;
	if (physical.free_pages > taken)
		f->free_kib = (physical.free_pages - taken) * 4;
	if (!f->is_zero)
		return 0;
	rc = hostconf_read(&conf, &c->err);
	if (rc == 0)
		f->min_kib = conf.dom0_floor_mib * 1024;
	return rc;
}

/* The store remembers that it listens, for those who look for memory. */
static void mem_note_min(struct cli *c, uint16_t domid, uint64_t kib)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/memory/dynamic-min",
		 domid);
	store_writef(c->store, 0, path, "%" PRIu64, kib);
}

static const char *mem_why_stuck(const struct mem_facts *f, uint64_t kib,
				 uint64_t reached_kib)
{
	if (kib > f->has_kib)
		return "its kernel takes no more (above the maxmem= that it "
		       "was created with it must have memory hotplug)";
	if (reached_kib == f->has_kib)
		return "its kernel does not answer (busy, or without a balloon "
		       "driver)";
	return "its kernel stopped there (it may need what it holds)";
}

static int mem_tell(struct cli *c, const struct mem_facts *f, uint64_t kib,
		    const struct balloon_watch *w, enum balloon_state state)
{
	uint64_t reached = w->reached_kib / 1024;

	switch (state) {
	case BALLOON_MOVING:
	case BALLOON_REACHED:
		printf("%s: %" PRIu64 " MiB\n", f->name, reached);
		return CLI_OK;
	case BALLOON_GONE:
		err_set(&c->err, ESRCH, "%s ended meanwhile", f->name);
		break;
	case BALLOON_STUCK:
		err_set(&c->err, ETIMEDOUT,
			"%s: has %" PRIu64 " MiB, not %" PRIu64
			": %s; it is still asked for %" PRIu64,
			f->name, reached, kib / 1024,
			mem_why_stuck(f, kib, w->reached_kib), kib / 1024);
		break;
	case BALLOON_LATE:
	case BALLOON_STOPPED:
		err_set(&c->err, state == BALLOON_LATE ? ETIMEDOUT : EINTR,
			"%s: has %" PRIu64 " MiB, %son its way to %" PRIu64
			"; %s",
			f->name, reached,
			w->reached_kib == f->has_kib ? "not yet " : "",
			kib / 1024,
			state == BALLOON_LATE ? "time is up" : "interrupted");
		break;
	}
	return cli_fail(c);
}

/* The wish is in the store; what does its kernel make of it? */
static int mem_await(struct cli *c, uint16_t domid, const struct mem_facts *f,
		     uint64_t kib, uint64_t timeout_ms)
{
	struct sigaction sa = {.sa_handler = mem_on_signal};
	struct balloon_watch w = {
		.privcmd = c->privcmd,
		.domid = domid,
		.target_kib = kib,
		.timeout_ms = timeout_ms,
		.stop = &mem_stop,
		.progress = cli_is_terminal(stderr) ? mem_show_progress : NULL,
		.name = f->name,
		.reached_kib = f->has_kib,
	};
	enum balloon_state state;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	state = balloon_await(&w);
	mem_end_progress();
	if (state == BALLOON_REACHED && !f->is_zero && kib < f->has_kib)
		mem_note_min(c, domid, f->min_kib);
	return mem_tell(c, f, kib, &w, state);
}

/* The hypervisor's limit as it was, and the line. */
static int mem_undo(struct cli *c, const struct xen_domctl_getdomaininfo *info,
		    const struct mem_facts *f, int rc)
{
	err_set(&c->err, rc, "%s: cannot set its memory (%s)", f->name,
		err_name(rc));
	if (!f->is_zero)
		domctl_set_max_mem(c->privcmd, info->domain,
				   info->max_pages * 4);
	return cli_fail(c);
}

static int mem_set(struct cli *c, uint16_t domid, struct mem_facts *f,
		   uint64_t kib, uint64_t timeout_ms)
{
	struct xen_domctl_getdomaininfo info;
	int rc = mem_gather(c, domid, f, &info);

	if (rc == 0)
		rc = mem_check_set(f, kib, &c->err);
	if (rc)
		return cli_fail(c);
	/* Domain zero's limit is the hypervisor's command line. */
	if (domid)
		rc = domctl_set_max_mem(c->privcmd, domid,
					kib + BALLOON_SLACK_KIB);
	if (rc == 0)
		rc = balloon_set_target(c->store, domid, kib);
	if (rc)
		return mem_undo(c, &info, f, rc);
	/* xl tells the guest, and does not wait. */
	if (cli_is_xl() && timeout_ms == 0)
		return CLI_OK;
	if (info.flags & XEN_DOMINF_paused) {
		fprintf(stderr,
			"%s mem-set: %s is paused with %" PRIu64
			" MiB; it is asked for %" PRIu64 " when it goes on\n",
			cli_program(), f->name, f->has_kib / 1024, kib / 1024);
		return CLI_OK;
	}
	return mem_await(c, domid, f, kib, timeout_ms);
}

static int mem_max(struct cli *c, uint16_t domid, struct mem_facts *f,
		   uint64_t kib, uint64_t timeout_ms)
{
	struct xen_domctl_getdomaininfo info;
	char path[64];
	int rc = mem_gather(c, domid, f, &info);

	(void)timeout_ms;
	if (rc == 0)
		rc = mem_check_max(f, kib, &c->err);
	if (rc)
		return cli_fail(c);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max",
		 domid);
	rc = domctl_set_max_mem(c->privcmd, domid,
				kib + (domid ? BALLOON_SLACK_KIB : 0));
	if (rc == 0)
		rc = store_writef(c->store, 0, path, "%" PRIu64, kib);
	return rc ? mem_undo(c, &info, f, rc) : CLI_OK;
}

typedef int mem_fn(struct cli *c, uint16_t domid, struct mem_facts *f,
		   uint64_t kib, uint64_t timeout_ms);

static int mem_run(const struct mem_arguments *a, mem_fn *fn)
{
	struct mem_facts f = {.name = a->domain};
	struct cli c;
	uint16_t domid;
	uint64_t kib;
	char *name;
	int status = cli_open(&c), rc;

	if (status)
		return status;
	rc = balloon_parse_size(a->size, &kib);
	if (rc) {
		err_set(&c.err, rc,
			"'%s' is no amount of memory; write MiB as 512, or "
			"512m, 2g, 1t, 524288k",
			a->size);
		status = cli_fail(&c);
		cli_close(&c);
		return cli_is_xl() ? status : CLI_USAGE;
	}
	status = cli_resolve(&c, a->domain, &domid);
	if (status == CLI_OK) {
		name = domname_of(c.store, domid);
		if (name)
			f.name = name;
		err_clear(&c.err);
		status = fn(&c, domid, &f, kib, a->timeout_ms);
		free(name);
	}
	cli_close(&c);
	return status;
}

static bool mem_parse_seconds(const char *text, uint64_t *ms)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > 86400)
		return false;
	*ms = n * 1000;
	return true;
}

static int mem_parse(int argc, char **argv, struct mem_arguments *a)
{
	struct cli_args args;
	const char *timeout;
	int status = cli_parse(argc, argv, 2, 2, &args);

	if (status)
		return status;
	timeout = cli_value(&args, 't');
	if (timeout && !mem_parse_seconds(timeout, &a->timeout_ms))
		return cli_usage(argv[0]);
	a->domain = args.words[0];
	a->size = args.words[1];
	return CLI_OK;
}

int cli_mem_set(int argc, char **argv)
{
	struct mem_arguments a = {NULL, NULL, 0};

	if (mem_parse(argc, argv, &a))
		return CLI_USAGE;
	return mem_run(&a, mem_set);
}

int cli_mem_max(int argc, char **argv)
{
	struct mem_arguments a = {NULL, NULL, 0};

	if (mem_parse(argc, argv, &a))
		return CLI_USAGE;
	return mem_run(&a, mem_max);
}
