/* SPDX-License-Identifier: MIT */
/* The machine's own logs; see the header. */
#include "consoled/hostlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/domctl.h"
#include "lib/logname.h"

#define POSITIONS_PATH "/run/vane/consoled.positions"
#define BOOT_ID_PATH   "/proc/sys/kernel/random/boot_id"
#define RECORD_BYTES   8192 /* the most that one read of /dev/kmsg gives */
#define RECORDS_MAX    64   /* in a row, before the guests' turn */
#define RING_STEP      16384
#define RING_STEPS_MAX 4
#define RING_PERIOD_MS 1000

int hostlog_kmsg_line(const char *record, size_t len, uint64_t *seq, char *out,
		      size_t size)
{
	const char *text = memchr(record, ';', len);
	const char *end = memchr(record, '\n', len);
	unsigned int priority;
	uint64_t us;
	char head[64];
	size_t n;

	if (!text || !end || end < text ||
	    (size_t)(text - record) >= sizeof(head))
		return -EINVAL;
	n = (size_t)(text - record);
	memcpy(head, record, n);
	head[n] = '\0';
	if (sscanf(head, "%u,%" SCNu64 ",%" SCNu64, &priority, seq, &us) != 3)
		return -EINVAL;
	text++;
	return snprintf(out, size, "[%5" PRIu64 ".%06" PRIu64 "] %.*s\n",
			us / 1000000, us % 1000000, (int)(end - text), text);
}

void hostlog_positions_print(const struct hostlog_positions *p,
			     char out[HOSTLOG_POSITIONS_BYTES + 1])
{
	char text[HOSTLOG_POSITIONS_BYTES];

	snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu32, p->boot_id,
		 p->kmsg_seq, p->ring_at);
	snprintf(out, HOSTLOG_POSITIONS_BYTES + 1, "%-*s\n",
		 HOSTLOG_POSITIONS_BYTES - 1, text);
}

bool hostlog_positions_parse(struct hostlog_positions *p, const char *text)
{
	char boot_id[HOSTLOG_BOOT_ID_BYTES];
	uint64_t kmsg_seq;
	uint32_t ring_at;

	if (sscanf(text, "%39s %" SCNu64 " %" SCNu32, boot_id, &kmsg_seq,
		   &ring_at) != 3 ||
	    strcmp(boot_id, p->boot_id))
		return false;
	p->kmsg_seq = kmsg_seq;
	p->ring_at = ring_at;
	return true;
}

static void positions_load(struct hostlog *h)
{
	char text[HOSTLOG_POSITIONS_BYTES + 1] = "";
	FILE *f = fopen(BOOT_ID_PATH, "re");

	if (!f || fscanf(f, "%39s", h->at.boot_id) != 1)
		strcpy(h->at.boot_id, "unknown");
	if (f)
		fclose(f);
	h->positions_fd = open(POSITIONS_PATH,
			       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->positions_fd < 0) {
		daemon_log("cannot open %s: %s; after a restart, lines of the "
			   "machine's own logs will be there twice",
			   POSITIONS_PATH, strerror(errno));
		return;
	}
	if (pread(h->positions_fd, text, HOSTLOG_POSITIONS_BYTES, 0) > 0)
		hostlog_positions_parse(&h->at, text);
}

static void positions_save(struct hostlog *h)
{
	char text[HOSTLOG_POSITIONS_BYTES + 1];

	if (h->positions_fd < 0)
		return;
	hostlog_positions_print(&h->at, text);
	if (pwrite(h->positions_fd, text, HOSTLOG_POSITIONS_BYTES, 0) !=
	    HOSTLOG_POSITIONS_BYTES) {
		daemon_log("cannot write %s: %s", POSITIONS_PATH,
			   strerror(errno));
		close(h->positions_fd);
		h->positions_fd = -1;
	}
}

/* A failure is counted in the log itself; see guestlog.h. */
static void write_log(struct guestlog *g, const void *bytes, size_t len)
{
	bool was_good = !g->lost;
	int rc = guestlog_write(g, bytes, len);

	if (rc && was_good)
		daemon_log("%s takes no more bytes: %s; make room", g->path,
			   strerror(-rc));
	else if (!rc && !was_good)
		daemon_log("%s takes bytes again", g->path);
}

static void take_record(struct hostlog *h, const char *record, size_t len)
{
	char line[RECORD_BYTES + 64];
	uint64_t seq;
	int n = hostlog_kmsg_line(record, len, &seq, line, sizeof(line));

	if (n < 0 || seq < h->at.kmsg_seq)
		return;
	if (seq > h->at.kmsg_seq && h->at.kmsg_seq)
		guestlog_note(&h->kernel,
			      "%" PRIu64 " messages of the kernel are missing "
			      "here: overwritten before they were read",
			      seq - h->at.kmsg_seq);
	h->at.kmsg_seq = seq + 1;
	write_log(&h->kernel, line, (size_t)n);
}

static void kmsg_ready(void *arg, int fd, short revents)
{
	struct hostlog *h = arg;
	char record[RECORD_BYTES];

	(void)revents;
	for (int i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, sizeof(record));

		/* Overwritten while we looked: the next read goes on. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		take_record(h, record, (size_t)n);
	}
	positions_save(h);
}

/* False when the ring has no more. */
static bool ring_step(struct hostlog *h)
{
	static uint8_t text[RING_STEP], out[LOGTEXT_ROOM(RING_STEP)];
	uint32_t from = h->at.ring_at, missed;
	struct timespec now;
	long n;

	n = sysctl_read_console(h->privcmd, (char *)text, sizeof(text),
				&h->at.ring_at, false);
	if (n <= 0)
		return false;
	missed = h->at.ring_at - (uint32_t)n - from;
	if (missed && from)
		guestlog_note(&h->hypervisor,
			      "%" PRIu32 " bytes are missing here: overwritten "
			      "or cleared before they were read",
			      missed);
	clock_gettime(CLOCK_REALTIME, &now);
	write_log(&h->hypervisor, out,
		  logtext_run(&h->hypervisor_text, now, text, (size_t)n, out));
	return n == sizeof(text);
}

static void ring_due(void *arg)
{
	struct hostlog *h = arg;
	uint32_t before = h->at.ring_at;

	for (int i = 0; i < RING_STEPS_MAX && ring_step(h); i++)
		;
	if (h->at.ring_at != before)
		positions_save(h);
	evloop_timer_start(h->loop, &h->timer, RING_PERIOD_MS);
}

static void open_log(struct guestlog *g, const struct guestlog_policy *policy,
		     const char *name)
{
	int rc = guestlog_open(g, policy, name);

	if (rc)
		daemon_log("cannot open %s: %s", g->path, strerror(-rc));
}

void hostlog_start(struct hostlog *h, struct evloop *loop, int privcmd,
		   const struct guestlog_policy *policy, bool has_stamps)
{
	int rc;

	*h = (struct hostlog){.loop = loop, .privcmd = privcmd};
	h->timer.fn = ring_due;
	h->timer.arg = h;
	h->hypervisor_text = logtext_make(false, has_stamps);
	positions_load(h);
	open_log(&h->kernel, policy, LOGNAME_DOM0);
	open_log(&h->hypervisor, policy, LOGNAME_HYPERVISOR);
	h->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	rc = h->kmsg < 0 ? -errno
			 : evloop_fd_add(loop, h->kmsg, POLLIN, kmsg_ready, h);
	if (rc)
		daemon_log("cannot read /dev/kmsg: %s; %s is not kept",
			   strerror(-rc), h->kernel.path);
	evloop_timer_start(loop, &h->timer, 0);
}

void hostlog_reopen(struct hostlog *h)
{
	guestlog_reopen(&h->kernel);
	guestlog_reopen(&h->hypervisor);
}

void hostlog_stop(struct hostlog *h)
{
	if (!h->loop)
		return;
	ring_due(h);
	evloop_timer_stop(h->loop, &h->timer);
	guestlog_close(&h->kernel);
	guestlog_close(&h->hypervisor);
	if (h->kmsg >= 0)
		close(h->kmsg);
	if (h->positions_fd >= 0)
		close(h->positions_fd);
}
