/* SPDX-License-Identifier: MIT */
/* Room for a new domain; see room.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/room.h"
#include "lib/domctl.h"
#include "lib/domname.h"
#include "lib/hostconf.h"
#include "lib/hostmem.h"

/* Held from the first look at what is free until it is claimed. */
#define ROOM_LOCK "/run/vane/memory.lock"

/* What domain zero's programs are left beside what they use already. */
#define ROOM_ZERO_RESERVE_KIB (64 * 1024)
#define ROOM_TRIES	      8
#define ROOM_LOCK_MS	      60000
#define ROOM_LOCK_LOOK_MS     20

uint64_t room_missing(const struct room *r)
{
	uint64_t need = r->need + r->overhead;

	return need > r->free ? need - r->free : 0;
}

bool room_suffices(const struct room *r)
{
	uint64_t given = r->zero == ROOM_ZERO_GIVES ? r->zero_spare : 0;

	return room_missing(r) <= given;
}

uint64_t room_zero_spare_kib(uint64_t target_kib, uint64_t floor_kib,
			     uint64_t available_kib)
{
	uint64_t above = target_kib > floor_kib ? target_kib - floor_kib : 0;
	uint64_t unused = available_kib > ROOM_ZERO_RESERVE_KIB
				  ? available_kib - ROOM_ZERO_RESERVE_KIB
				  : 0;

	return above < unused ? above : unused;
}

struct room_writer {
	char *text;
	size_t size;
	size_t at;
};

__attribute__((format(printf, 2, 3))) static void
room_add(struct room_writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->at >= w->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->text + w->at, w->size - w->at, fmt, ap);
	va_end(ap);
	w->at += n > 0 ? (size_t)n : 0;
}

/*
 * What is needed is rounded up and what is there down, so that the numbers of
 * the line add up.
 */
void room_text(const struct room *r, char *text, size_t size)
{
	struct room_writer w = {text, size, 0};
	uint64_t need = (r->need + r->overhead + 255) / 256;
	uint64_t there = r->free / 256;

	room_add(&w,
		 "needs %" PRIu64 " MiB (%" PRIu64
		 " of it for the hypervisor): %" PRIu64 " free",
		 need, need - r->need / 256, there);
	if (r->claimed)
		room_add(&w,
			 " (and %" PRIu64
			 " promised to domains that are being created)",
			 r->claimed / 256);
	switch (r->zero) {
	case ROOM_ZERO_GIVES:
		there += r->zero_spare / 256;
		room_add(&w, ", domain 0 can give %" PRIu64,
			 r->zero_spare / 256);
		break;
	case ROOM_ZERO_OFF:
		room_add(&w,
			 ", domain 0 keeps its %" PRIu64
			 " (autoballoon=\"off\")",
			 r->zero_pages / 256);
		break;
	case ROOM_ZERO_DOM0_MEM:
		room_add(&w,
			 ", domain 0 keeps its %" PRIu64
			 " (dom0_mem= was given)",
			 r->zero_pages / 256);
		break;
	}
	room_add(&w, ", missing %" PRIu64, need > there ? need - there : 0);
	if (r->holder)
		room_add(&w, "; %" PRIu64 " held by '%s'", r->held / 256,
			 r->holder);
	if (r->holder && r->held_min && r->held_min < r->held)
		room_add(&w, ", which can balloon to %" PRIu64,
			 r->held_min / 256);
	room_add(&w, "; lower memory= or end a guest");
	if (r->zero != ROOM_ZERO_GIVES && r->zero_spare >= 256)
		room_add(&w,
			 ", or allow domain 0 to give up to %" PRIu64
			 " (autoballoon=\"on\" in " HOSTCONF_PATH ")",
			 r->zero_spare / 256);
}

static int room_look_at_zero(const struct room_request *q, struct room *r,
			     struct err *e)
{
	char cmdline[1024 + 1] = "";
	struct balloon_limits limits;
	struct hostconf conf;
	int rc = hostconf_read(&conf, e);

	if (rc)
		return rc;
	rc = balloon_get_limits(q->privcmd, q->store, 0, &limits);
	if (rc)
		return err_set(e, rc, "cannot ask for domain 0's memory (%s)",
			       err_name(rc));
	r->zero_pages = limits.target_kib / 4;
	r->zero_spare = room_zero_spare_kib(limits.target_kib,
					    conf.dom0_floor_mib * 1024,
					    hostmem_available_kib()) /
			4;
	if (conf.autoballoon == AUTOBALLOON_OFF) {
		r->zero = ROOM_ZERO_OFF;
	} else if (conf.autoballoon == AUTOBALLOON_AUTO) {
		xen_version_get(q->privcmd, XENVER_commandline, cmdline,
				sizeof(cmdline) - 1);
		if (hostconf_has_dom0_mem(cmdline))
			r->zero = ROOM_ZERO_DOM0_MEM;
	}
	return 0;
}

static int room_look(const struct room_request *q, uint64_t overhead,
		     struct room *r, struct err *e)
{
	struct xen_sysctl_physinfo info;
	int rc = sysctl_get_physinfo(q->privcmd, &info);

	if (rc)
		return err_set(e, rc, "cannot ask for free memory (%s)",
			       err_name(rc));
	*r = (struct room){
		.need = q->pages,
		.overhead = overhead,
		.claimed = info.outstanding_pages,
		.zero = ROOM_ZERO_GIVES,
	};
	/* What is being scrubbed is counted among the free pages. */
	if (info.free_pages > info.outstanding_pages)
		r->free = info.free_pages - info.outstanding_pages;
	return room_look_at_zero(q, r, e);
}

/* The guest that holds most, with a malloc'd name. */
static char *room_find_holder(const struct room_request *q, struct room *r)
{
	struct xen_domctl_getdomaininfo *infos, *most = NULL;
	struct balloon_limits limits;
	size_t count;
	char *name = NULL;

	if (sysctl_list_all(q->privcmd, &infos, &count))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (infos[i].domain && infos[i].tot_pages &&
		    (!most || infos[i].tot_pages > most->tot_pages))
			most = &infos[i];
	}
	if (most) {
		r->held = most->tot_pages;
		name = domname_of(q->store, most->domain);
		if (name == NULL &&
		    asprintf(&name, "domain %u", most->domain) < 0)
			name = NULL;
		if (balloon_get_limits(q->privcmd, q->store, most->domain,
				       &limits) == 0)
			r->held_min = limits.min_kib / 4;
	}
	free(infos);
	return name;
}

static int room_refuse(const struct room_request *q, struct room *r,
		       struct err *e)
{
	char *name = room_find_holder(q, r);
	char text[ERR_TEXT_BYTES];

	r->holder = name;
	room_text(r, text, sizeof(text));
	free(name);
	return err_set(e, ENOMEM, "%s", text);
}

int room_check(const struct room_request *q, uint32_t vcpus, struct err *e)
{
	uint64_t overhead = ROOM_KEPT_PAGES + ROOM_DOMAIN_PAGES +
			    (uint64_t)vcpus * ROOM_VCPU_PAGES;
	struct room r;
	int rc = room_look(q, overhead, &r, e);

	if (rc || room_suffices(&r))
		return rc;
	return room_refuse(q, &r, e);
}

static int room_interrupted(struct err *e)
{
	return err_set(e, EINTR, "interrupted; everything was undone");
}

/*
 * Gives a descriptor to close. The other one may have been stopped by its
 * terminal, so nobody waits for ever; `stop` may be NULL.
 */
static int room_lock(const volatile sig_atomic_t *stop, struct err *e)
{
	const struct timespec pause = {0, ROOM_LOCK_LOOK_MS * 1000000};
	int fd, rc = 0;

	mkdir("/run/vane", 0755);
	fd = open(ROOM_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno, "%s: %s", ROOM_LOCK, strerror(errno));
	for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0;
	     nanosleep(&pause, 0)) {
		ms += ROOM_LOCK_LOOK_MS;
		if (errno != EWOULDBLOCK && errno != EINTR)
			rc = err_set(e, errno, "%s: %s", ROOM_LOCK,
				     strerror(errno));
		else if (stop && *stop)
			rc = room_interrupted(e);
		else if (ms >= ROOM_LOCK_MS)
			rc = err_set(
				e, EBUSY,
				"another creation has been making room for "
				"%d s (it holds %s); end it or wait for "
				"it",
				ROOM_LOCK_MS / 1000, ROOM_LOCK);
		if (rc) {
			close(fd);
			return rc;
		}
	}
	return fd;
}

/* Domain zero shall have so much less, and is waited for. */
static int room_ask_zero(struct room_request *q, uint64_t pages, struct err *e)
{
	struct balloon_limits limits;
	uint64_t kib = pages * 4;
	struct balloon_watch w = {
		.privcmd = q->privcmd,
		.stop = q->stop,
		.progress = q->progress,
		.name = "domain 0 makes room",
	};
	int rc = balloon_get_limits(q->privcmd, q->store, 0, &limits);

	if (rc == 0) {
		w.target_kib = limits.target_kib - kib;
		w.reached_kib = limits.target_kib;
		rc = balloon_set_target(q->store, 0, w.target_kib);
	}
	if (rc)
		return err_set(e, rc, "cannot set domain 0's memory (%s)",
			       err_name(rc));
	q->given_kib += kib;
	switch (balloon_await(&w)) {
	case BALLOON_REACHED:
		return 0;
	case BALLOON_STOPPED:
		return room_interrupted(e);
	default:
		return err_set(e, ENOMEM,
			       "domain 0 was to give %" PRIu64
			       " MiB to make room, and stopped %" PRIu64
			       " MiB short of it; end programs in it, or lower "
			       "memory=",
			       (kib + 1023) / 1024,
			       (w.reached_kib - w.target_kib + 1023) / 1024);
	}
}

int room_take(struct room_request *q, uint16_t domid, struct err *e)
{
	int lock = room_lock(q->stop, e), rc = 0;

	if (lock < 0)
		return lock;
	/* A frame may go to somebody else's balloon between look and claim. */
	for (int i = 0; i < ROOM_TRIES; i++) {
		struct room r;

		rc = memory_claim(q->privcmd, domid, q->pages);
		if (rc != -ENOMEM)
			break;
		rc = room_look(q, ROOM_KEPT_PAGES, &r, e);
		if (rc)
			break;
		rc = -ENOMEM;
		if (room_missing(&r) == 0)
			continue;
		if (!room_suffices(&r)) {
			rc = room_refuse(q, &r, e);
			break;
		}
		rc = room_ask_zero(q, room_missing(&r), e);
		if (rc)
			break;
		rc = -ENOMEM;
	}
	close(lock);
	if (rc)
		err_set(e, rc,
			"the hypervisor does not promise %" PRIu64
			" MiB (%s); lower memory= or end a guest",
			(q->pages + 255) / 256, err_name(rc));
	return rc;
}

void room_give_back(struct room_request *q)
{
	struct err e = ERR_NONE;
	struct balloon_limits limits;
	int lock;

	if (q->given_kib == 0)
		return;
	/* Without the lock, if need be: better than not at all. */
	lock = room_lock(NULL, &e);
	if (balloon_get_limits(q->privcmd, q->store, 0, &limits) == 0)
		balloon_set_target(q->store, 0,
				   limits.target_kib + q->given_kib);
	if (lock >= 0)
		close(lock);
	q->given_kib = 0;
}
