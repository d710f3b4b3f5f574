/* SPDX-License-Identifier: MIT */
/*
 * Text out of a micro-guest, and the few string functions it needs. As domain
 * zero the text goes to the hypervisor's console; as an ordinary guest into
 * the console ring of start_info, and a console_io write beside it, which a
 * hypervisor may refuse. A ring that nobody drains must not hang the guest:
 * after a bounded number of yields the rest of a line is dropped.
 */
#include "guest.h"

#include "public/io/console.h"

#include <stdarg.h>

#define PATIENCE 20000

static struct xencons_interface *ring;
static bool ring_is_drained = true;

void console_init(void);
void console_verdict(const char *word, const char *fmt, va_list args);

void console_init(void)
{
	if (!is_dom0() && start_info->console.domU.mfn)
		ring = va_of_mfn(start_info->console.domU.mfn);
}

static void ring_notify(void)
{
	struct evtchn_send send = {.port = start_info->console.domU.evtchn};

	do_event_op(EVTCHNOP_send, &send);
}

static void ring_write(const char *text, size_t n)
{
	uint32_t prod = ring->out_prod;
	unsigned int waited = 0;

	for (size_t i = 0; i < n; i++) {
		while (prod - __atomic_load_n(&ring->out_cons,
					      __ATOMIC_ACQUIRE) >=
		       sizeof(ring->out)) {
			ring_notify();
			if (!ring_is_drained || waited++ == PATIENCE) {
				ring_is_drained = false;
				return;
			}
			do_sched_op(SCHEDOP_yield, NULL);
		}
		ring->out[MASK_XENCONS_IDX(prod, ring->out)] = text[i];
		__atomic_store_n(&ring->out_prod, ++prod, __ATOMIC_RELEASE);
	}
	ring_notify();
}

static void write_text(const char *text, size_t n)
{
	hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, n, PTR(text));
	if (ring)
		ring_write(text, n);
}

struct sink {
	char *out;
	size_t size, used;
};

static void put(struct sink *s, char c)
{
	if (s->used + 1 < s->size)
		s->out[s->used] = c;
	s->used++;
}

static void put_number(struct sink *s, uint64_t value, unsigned int radix,
		       int width, char fill, bool minus)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % radix];
		value /= radix;
	} while (value);
	if (minus)
		digits[n++] = '-';
	for (int i = n; i < width; i++)
		put(s, fill);
	while (n)
		put(s, digits[--n]);
}

/* %c %s %d %u %x %p with l and a width; nothing else. */
int vformat(char *out, size_t size, const char *fmt, va_list args)
{
	struct sink s = {.out = out, .size = size};

	for (; *fmt; fmt++) {
		char fill = ' ';
		bool is_long = false;
		int width = 0;

		if (*fmt != '%') {
			put(&s, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			fill = '0';
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			is_long = true;
		switch (*fmt) {
		case 'c':
			put(&s, (char)va_arg(args, int));
			break;
		case 's': {
			const char *text = va_arg(args, const char *);

			for (; *text; text++, width--)
				put(&s, *text);
			for (; width > 0; width--)
				put(&s, ' ');
			break;
		}
		case 'd': {
			long v = is_long ? va_arg(args, long)
					 : va_arg(args, int);

			put_number(&s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10,
				   width, fill, v < 0);
			break;
		}
		case 'u':
			put_number(&s,
				   is_long ? va_arg(args, unsigned long)
					   : va_arg(args, unsigned int),
				   10, width, fill, false);
			break;
		case 'p':
			put_number(&s, PTR(va_arg(args, void *)), 16, 16, '0',
				   false);
			break;
		case 'x':
			put_number(&s,
				   is_long ? va_arg(args, unsigned long)
					   : va_arg(args, unsigned int),
				   16, width, fill, false);
			break;
		default:
			put(&s, *fmt);
			break;
		}
	}
	if (s.size)
		s.out[s.used < s.size ? s.used : s.size - 1] = 0;
	return (int)s.used;
}

int format(char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vformat(out, size, fmt, args);
	va_end(args);
	return n;
}

void print(const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vformat(line, sizeof(line), fmt, args);
	va_end(args);
	write_text(line, strlen(line));
}

void console_verdict(const char *word, const char *fmt, va_list args)
{
	char reason[400], line[450];

	vformat(reason, sizeof(reason), fmt, args);
	format(line, sizeof(line), "\nVERDICT: %s %s\n", word, reason);
	write_text(line, strlen(line));
}

void *memset(void *to, int byte, size_t n)
{
	char *p = to;

	while (n--)
		*p++ = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
	const char *f = from;
	char *t = to;

	if (t <= f)
		while (n--)
			*t++ = *f++;
	else
		while (n--)
			t[n] = f[n];
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

bool str_has(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; strlen(text) >= n; text++)
		if (!memcmp(text, part, n))
			return true;
	return false;
}

uint64_t str_to_u64(const char *digits)
{
	uint64_t v = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		v = v * 10 + (uint64_t)(*digits - '0');
	return v;
}
