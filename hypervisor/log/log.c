/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's log: which lines are shown, what they look like, and where
 * they go (the ring that `vane dmesg` reads, and the serial line).
 *
 * Everything here works from the first instruction on: no allocation, and
 * without a serial line the ring alone is filled, which the line is given
 * later. Lines of ours begin with "(PV) ", a guest's with "(dN) "; domain
 * zero's console is passed through as it is, since it is an operator's
 * terminal.
 *
 * A guest's text is made of lines before it is shown, so that the output of
 * two does not mix, has its control characters removed (it ends up on an
 * administrator's terminal), and is rationed.
 *
 * Lock: LOCK_CONSOLE guards all of it. Tested by
 * tests/unit/hypervisor/log/test_log.c.
 */
#include <stdarg.h>
#include "log/log.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "log/fmt.h"
#include "log/ring.h"
#include "time/time.h"
#include "x86/machine.h"

#define RING_BYTES 65536u

static char ring_text[RING_BYTES];
static struct text_ring ring = {.text = ring_text, .bytes = RING_BYTES};
static struct spinlock log_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static void (*line_write)(const char *text, size_t bytes);
static int32_t last_cpu = -1; /* log_flush_sync(): only this one writes */
static bool line_is_open;     /* the serial line is not in column 0 */
static bool message_is_open;  /* our own last text had no newline */

bool log_dom0_to_ring;

/*
 * A ration of lines: a bucket that holds BURST and gains one every
 * REFILL_NS.
 */
#define RATION_BURST	 200u
#define RATION_REFILL_NS 20000000ull

struct ration {
	uint32_t used;
	uint32_t left_out;
	uint64_t refilled_ns;
};

/* Levels below `always` are shown, those below `rationed` at the rate. */
struct thresholds {
	uint8_t always, rationed;
	struct ration ration;
};

static struct thresholds own = {LOG_INFO + 1, LOG_INFO + 1, {0}};
static struct thresholds guests = {0, LOG_INFO + 1, {0}};

/* Lines that guests have begun. The least recently used makes room. */
#define GUEST_LINES	 16
#define GUEST_LINE_BYTES 160

struct guest_line {
	bool used;
	unsigned int domid;
	uint32_t last_use;
	size_t bytes;
	struct ration ration;
	char text[GUEST_LINE_BYTES];
};

static struct guest_line guest_lines[GUEST_LINES];
static uint32_t guest_line_clock;

static bool stopping(void)
{
	return __atomic_load_n(&last_cpu, __ATOMIC_ACQUIRE) >= 0;
}

/* false: another CPU has the last word. */
static bool log_acquire(void)
{
	/* Whoever holds it will not run again. */
	if (stopping())
		return last_cpu == (int32_t)this_cpu_id();
	lock_acquire(&log_lock);
	return true;
}

static void log_release(void)
{
	if (!stopping())
		lock_release(&log_lock);
}

static bool ration_take(struct ration *r)
{
	uint64_t now = time_now_ns();
	uint64_t gained = (now - r->refilled_ns) / RATION_REFILL_NS;

	if (gained) {
		r->used = gained >= r->used ? 0 : r->used - (uint32_t)gained;
		r->refilled_ns += gained * RATION_REFILL_NS;
	}
	if (r->used >= RATION_BURST) {
		r->left_out++;
		return false;
	}
	r->used++;
	return true;
}

/* To the ring and the line, as it is. */
static void emit(const char *text, size_t n, bool to_ring)
{
	if (!n)
		return;
	if (to_ring)
		text_ring_put(&ring, text, n);
	if (line_write) {
		line_write(text, n);
		line_is_open = text[n - 1] != '\n';
	}
}

/* Text of ours or of a guest's: whole lines with a prefix each. */
static void emit_lines(const char *prefix, const char *text, size_t n)
{
	while (n) {
		size_t len = 0;

		while (len < n && text[len] != '\n')
			len++;
		if (len < n)
			len++;
		if (!message_is_open) {
			/* Domain zero's prompt stays a line of its own. */
			if (line_is_open && line_write)
				line_write("\n", 1);
			emit(prefix, strlen(prefix), true);
		}
		emit(text, len, true);
		message_is_open = text[len - 1] != '\n';
		text += len;
		n -= len;
	}
}

static void print_left_out(const char *prefix, struct ration *r)
{
	char text[64];
	int n;

	if (!r->left_out)
		return;
	n = fmt_snprintf(text, sizeof(text), "%u lines left out: too many\n",
			 r->left_out);
	r->left_out = 0;
	emit_lines(prefix, text, (size_t)n);
}

static void print_level(struct thresholds *t, enum log_level level,
			const char *fmt, va_list args) PRINTF_FMT(3, 0);

static void print_level(struct thresholds *t, enum log_level level,
			const char *fmt, va_list args)
{
	char text[512];
	int n;

	if (level >= t->rationed && level >= t->always && !stopping())
		return;
	n = fmt_vsnprintf(text, sizeof(text), fmt, args);
	if (n <= 0)
		return;
	if ((size_t)n >= sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}

	if (!log_acquire())
		return;
	if (level < t->always || stopping() || ration_take(&t->ration)) {
		print_left_out("(PV) ", &t->ration);
		emit_lines("(PV) ", text, (size_t)n);
	}
	log_release();
}

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_level(&own, level, fmt, args);
	va_end(args);
}

void log_print_guest(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_level(&guests, level, fmt, args);
	va_end(args);
}

static void guest_line_flush(struct guest_line *g)
{
	char prefix[16];

	if (!g->bytes)
		return;
	fmt_snprintf(prefix, sizeof(prefix), "(d%u) ", g->domid);
	/* A line of ours that waits for its end must not swallow this. */
	if (message_is_open)
		emit("\n", 1, true);
	message_is_open = false;
	if (LOG_INFO < guests.always || ration_take(&g->ration)) {
		print_left_out(prefix, &g->ration);
		g->text[g->bytes++] = '\n';
		emit_lines(prefix, g->text, g->bytes);
	}
	g->bytes = 0;
}

static struct guest_line *guest_line_of(unsigned int domid)
{
	struct guest_line *oldest = &guest_lines[0];
	unsigned int i;

	for (i = 0; i < GUEST_LINES; i++) {
		struct guest_line *g = &guest_lines[i];

		if (g->used && g->domid == domid) {
			oldest = g;
			goto found;
		}
		if (!g->used || (oldest->used &&
				 guest_line_clock - g->last_use >
					 guest_line_clock - oldest->last_use))
			oldest = g;
	}
	guest_line_flush(oldest);
	*oldest = (struct guest_line){.used = true, .domid = domid};
found:
	oldest->last_use = ++guest_line_clock;
	return oldest;
}

void log_guest(unsigned int domid, const char *text, size_t bytes)
{
	struct guest_line *g;

	if (!log_acquire())
		return;
	if (domid == 0) {
		emit(text, bytes, log_dom0_to_ring);
		goto out;
	}
	if (LOG_INFO >= guests.always && LOG_INFO >= guests.rationed)
		goto out;

	g = guest_line_of(domid);
	for (; bytes; bytes--, text++) {
		if (*text == '\n') {
			guest_line_flush(g);
			continue;
		}
		if ((*text < ' ' && *text != '\t') || *text > '~')
			continue;
		g->text[g->bytes++] = *text;
		/* One byte stays free for the newline. */
		if (g->bytes == GUEST_LINE_BYTES - 1)
			guest_line_flush(g);
	}
out:
	log_release();
}

static const struct {
	const char *name;
	uint8_t threshold;
} level_names[] = {
	{"none", 0},
	{"error", LOG_ERR + 1},
	{"warning", LOG_WARN + 1},
	{"info", LOG_INFO + 1},
	{"debug", LOG_DEBUG + 1},
	{"all", LOG_DEBUG + 1},
};

/* The level that the n bytes at `word` name; -EINVAL: none. */
static int level_parse(const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strlen(level_names[i].name) == n &&
		    memcmp(level_names[i].name, word, n) == 0)
			return level_names[i].threshold;
	}
	return -EINVAL;
}

/* LEVEL or LEVEL/LEVEL; NULL: the setting stays. */
static int thresholds_parse(const char *option, struct thresholds *t)
{
	int always, rationed;
	size_t n = 0;

	if (!option)
		return 0;
	while (option[n] && option[n] != '/')
		n++;
	always = level_parse(option, n);
	rationed = always;
	if (option[n])
		rationed = level_parse(option + n + 1, strlen(option + n + 1));
	if (always < 0 || rationed < 0)
		return -EINVAL;
	t->always = (uint8_t)always;
	t->rationed = (uint8_t)rationed;
	return 0;
}

int log_set_levels(const char *hypervisor, const char *guest)
{
	struct thresholds new_own = own, new_guests = guests;
	int rc;

	rc = thresholds_parse(hypervisor, &new_own);
	if (rc)
		return rc;
	rc = thresholds_parse(guest, &new_guests);
	if (rc)
		return rc;
	own = new_own;
	guests = new_guests;
	return 0;
}

void log_attach_line(void (*write)(const char *text, size_t bytes))
{
	uint32_t at = ring.start;
	char text[256];
	size_t n;

	(void)log_acquire();
	while ((n = text_ring_copy(&ring, &at, text, sizeof(text))) > 0)
		write(text, n);
	line_write = write;
	log_release();
}

void log_flush_sync(void)
{
	__atomic_store_n(&last_cpu, (int32_t)this_cpu_id(), __ATOMIC_RELEASE);
	/* It may be in the middle of anybody's line. */
	line_is_open = true;
	message_is_open = false;
}

size_t log_ring_read(char *to, size_t room, uint32_t *index, bool incremental)
{
	uint32_t at;
	size_t n;

	if (!log_acquire())
		return 0;
	at = incremental ? *index : ring.start;
	n = text_ring_copy(&ring, &at, to, room);
	log_release();
	*index = at;
	return n;
}

void log_ring_forget(uint32_t index)
{
	if (!log_acquire())
		return;
	text_ring_forget(&ring, index);
	log_release();
}
