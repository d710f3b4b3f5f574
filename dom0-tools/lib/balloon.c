/* SPDX-License-Identifier: MIT */
/* A domain's size, wished for and awaited; see balloon.h. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/balloon.h"
#include "lib/domctl.h"

#define BALLOON_LOOK_NS	    20000000 /* between two looks */
#define BALLOON_MIN_KIB	    (64 * 1024)
#define BALLOON_TABLES_PART 64

int balloon_parse_size(const char *text, uint64_t *kib)
{
	static const struct {
		char letter;
		int shift; /* from bytes */
	} suffixes[] = {{'b', 0},  {'k', 10}, {'m', 20},
			{'g', 30}, {'t', 40}, {'\0', 20}};
	unsigned long long n;
	char *end;

	/* strtoull() would take signs and blanks. */
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		int shift = suffixes[i].shift - 10;

		if (tolower((unsigned char)*end) != suffixes[i].letter)
			continue;
		if (*end && end[1])
			return -EINVAL;
		if (shift < 0) {
			*kib = n >> -shift;
			return 0;
		}
		if (n > UINT64_MAX >> 10 >> shift)
			return -ERANGE;
		*kib = (uint64_t)n << shift;
		return 0;
	}
	return -EINVAL;
}

uint64_t balloon_min_kib(uint64_t static_max_kib)
{
	uint64_t kib = BALLOON_MIN_KIB + static_max_kib / BALLOON_TABLES_PART;

	/* One that was made smaller than that runs in what it has. */
	return static_max_kib && static_max_kib < kib ? static_max_kib : kib;
}

static void balloon_path(uint16_t domid, const char *node, char path[64])
{
	snprintf(path, 64, "/local/domain/%u/memory/%s", domid, node);
}

static uint64_t balloon_read(struct store *store, uint16_t domid,
			     const char *node)
{
	uint64_t kib = 0;
	char path[64];

	balloon_path(domid, node, path);
	if (store_read_u64(store, 0, path, &kib))
		return 0;
	return kib;
}

/* Domain zero has what the hypervisor gave it, and may have its limit. */
static int balloon_make_zero(int privcmd, struct store *store,
			     struct balloon_limits *l)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_sysctl_physinfo physical;
	int rc = domctl_get_info(privcmd, 0, &info);
	char path[64];

	if (rc == 0)
		rc = sysctl_get_physinfo(privcmd, &physical);
	if (rc)
		return rc;
	if (info.max_pages > physical.total_pages)
		info.max_pages = physical.total_pages;
	if (l->static_max_kib == 0) {
		l->static_max_kib = info.max_pages * 4;
		balloon_path(0, "static-max", path);
		rc = store_writef(store, 0, path, "%" PRIu64,
				  l->static_max_kib);
	}
	/* Without the node its kernel keeps what it has. */
	if (l->target_kib == 0)
		l->target_kib = info.tot_pages * 4;
	return rc;
}

int balloon_get_limits(int privcmd, struct store *store, uint16_t domid,
		       struct balloon_limits *l)
{
	struct xen_domctl_getdomaininfo info;
	int rc = domctl_get_info(privcmd, domid, &info);

	if (rc)
		return rc;
	l->target_kib = balloon_read(store, domid, "target");
	l->static_max_kib = balloon_read(store, domid, "static-max");
	l->min_kib = balloon_read(store, domid, "dynamic-min");
	if (domid == 0 && (l->target_kib == 0 || l->static_max_kib == 0))
		rc = balloon_make_zero(privcmd, store, l);
	return rc;
}

int balloon_set_target(struct store *store, uint16_t domid, uint64_t kib)
{
	char path[64];

	balloon_path(domid, "target", path);
	return store_writef(store, 0, path, "%" PRIu64, kib);
}

void balloon_wait_begin(struct balloon_wait *w, uint64_t pages,
			uint64_t target_pages, uint64_t now_ms,
			uint64_t timeout_ms)
{
	*w = (struct balloon_wait){
		.target_pages = target_pages,
		.grows = target_pages > pages,
		.last_pages = pages,
		.moved_ms = now_ms,
		.end_ms = timeout_ms ? now_ms + timeout_ms : 0,
	};
}

enum balloon_state balloon_wait_look(struct balloon_wait *w, uint64_t pages,
				     uint64_t now_ms)
{
	if (w->grows ? pages >= w->target_pages : pages <= w->target_pages)
		return BALLOON_REACHED;
	if (pages != w->last_pages) {
		w->last_pages = pages;
		w->moved_ms = now_ms;
	}
	if (now_ms - w->moved_ms >= BALLOON_STUCK_MS)
		return BALLOON_STUCK;
	if (w->end_ms && now_ms >= w->end_ms)
		return BALLOON_LATE;
	return BALLOON_MOVING;
}

static uint64_t balloon_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

enum balloon_state balloon_await(struct balloon_watch *w)
{
	const struct timespec pause = {0, BALLOON_LOOK_NS};
	enum balloon_state state = BALLOON_MOVING;
	struct xen_domctl_getdomaininfo info;
	struct balloon_wait wait;
	uint64_t told = UINT64_MAX;
	bool first = true;

	while (state == BALLOON_MOVING) {
		/* The hypervisor has no event for it. */
		if (!first)
			nanosleep(&pause, NULL);
		if (domctl_get_info(w->privcmd, w->domid, &info) ||
		    info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))
			return BALLOON_GONE;
		if (first)
			balloon_wait_begin(&wait, info.tot_pages,
					   w->target_kib / 4, balloon_now_ms(),
					   w->timeout_ms);
		first = false;
		w->reached_kib = info.tot_pages * 4;
		state = balloon_wait_look(&wait, info.tot_pages,
					  balloon_now_ms());
		if (state == BALLOON_MOVING && w->stop && *w->stop)
			state = BALLOON_STOPPED;
		if (w->progress && info.tot_pages / 256 != told) {
			told = info.tot_pages / 256;
			w->progress(w->name, told, w->target_kib / 1024);
		}
	}
	return state;
}
