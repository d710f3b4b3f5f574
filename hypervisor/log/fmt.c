/* SPDX-License-Identifier: MIT */
/*
 * The formatter behind every line that the hypervisor prints. It holds one
 * number's digits on the stack and nothing else, so that it works with any
 * stack and in any context. Test: tests/unit/hypervisor/log/test_fmt.c.
 */
#include <stdbool.h>
#include <stdint.h>
#include "log/fmt.h"

/* 64 bits in octal are 22 digits. */
#define DIGITS_MAX 24

struct out {
	void (*put)(void *ctx, char c);
	void *ctx;
	int count;
};

/* One conversion, as written between '%' and its letter. */
struct spec {
	bool left, plus, space, alternative, zero;
	int width;
	int precision; /* -1: not given */
	char letter;
};

static void out_char(struct out *o, char c)
{
	o->put(o->ctx, c);
	o->count++;
}

static void out_repeat(struct out *o, char c, int times)
{
	while (times-- > 0)
		out_char(o, c);
}

static void out_text(struct out *o, const char *text, int length,
		     const struct spec *s)
{
	int pad = s->width - length;

	if (!s->left)
		out_repeat(o, ' ', pad);
	for (int i = 0; i < length; i++)
		out_char(o, text[i]);
	if (s->left)
		out_repeat(o, ' ', pad);
}

static void out_number(struct out *o, uint64_t value, unsigned int base,
		       const char *prefix, const struct spec *s)
{
	const char *alphabet =
		s->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[DIGITS_MAX];
	int n = 0, prefix_length = 0, zeroes = 0, pad;

	for (; value != 0; value /= base)
		digits[n++] = alphabet[value % base];
	while (prefix[prefix_length] != '\0')
		prefix_length++;

	/* Zero prints as "0", unless a precision of 0 was asked for. */
	zeroes = s->precision < 0 ? (n == 0) : s->precision - n;
	if (zeroes < 0)
		zeroes = 0;
	/* "#o" wants a leading zero, however it comes about. */
	if (s->alternative && s->letter == 'o' && zeroes == 0)
		zeroes = 1;
	pad = s->width - prefix_length - zeroes - n;
	if (s->zero && !s->left && s->precision < 0 && pad > 0) {
		zeroes += pad;
		pad = 0;
	}

	if (!s->left)
		out_repeat(o, ' ', pad);
	for (int i = 0; i < prefix_length; i++)
		out_char(o, prefix[i]);
	out_repeat(o, '0', zeroes);
	while (n > 0)
		out_char(o, digits[--n]);
	if (s->left)
		out_repeat(o, ' ', pad);
}

static void out_signed(struct out *o, int64_t value, const struct spec *s)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	const char *sign = value < 0  ? "-"
			   : s->plus  ? "+"
			   : s->space ? " "
				      : "";

	out_number(o, magnitude, 10, sign, s);
}

static void out_unsigned(struct out *o, uint64_t value, const struct spec *s)
{
	const char *prefix = "";
	unsigned int base = s->letter == 'u' ? 10 : s->letter == 'o' ? 8 : 16;

	if (base == 16 && s->alternative && value != 0)
		prefix = s->letter == 'X' ? "0X" : "0x";
	out_number(o, value, base, prefix, s);
}

static void out_string(struct out *o, const char *text, const struct spec *s)
{
	int length = 0;

	if (text == NULL)
		text = "(null)";
	/* A precision bounds what is read, too. */
	while ((s->precision < 0 || length < s->precision) &&
	       text[length] != '\0')
		length++;
	out_text(o, text, length, s);
}

static const char *parse_count(const char *fmt, int *count)
{
	*count = 0;
	while (*fmt >= '0' && *fmt <= '9') {
		if (*count < 100000)
			*count = *count * 10 + (*fmt - '0');
		fmt++;
	}
	return fmt;
}

static const char *parse_flags(const char *fmt, struct spec *s)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			s->left = true;
			break;
		case '+':
			s->plus = true;
			break;
		case ' ':
			s->space = true;
			break;
		case '#':
			s->alternative = true;
			break;
		case '0':
			s->zero = true;
			break;
		default:
			return fmt;
		}
	}
}

/*
 * Length in bytes of the integer argument. Below int it is passed as int and
 * cut afterwards.
 */
static const char *parse_length(const char *fmt, size_t *bytes)
{
	*bytes = sizeof(int);
	switch (*fmt) {
	case 'h':
		if (fmt[1] == 'h') {
			*bytes = sizeof(char);
			return fmt + 2;
		}
		*bytes = sizeof(short);
		return fmt + 1;
	case 'l':
		*bytes = sizeof(long);
		return fmt[1] == 'l' ? fmt + 2 : fmt + 1;
	case 'z':
	case 't':
	case 'j':
		*bytes = sizeof(size_t);
		return fmt + 1;
	default:
		return fmt;
	}
}

/* va_list may be an array type: behind a pointer it needs a struct. */
struct args {
	va_list list;
};

static const char *parse_spec(const char *fmt, struct spec *s, size_t *bytes,
			      struct args *args)
{
	*s = (struct spec){.precision = -1};
	fmt = parse_flags(fmt, s);
	if (*fmt == '*') {
		s->width = va_arg(args->list, int);
		fmt++;
		if (s->width < 0) {
			s->left = true;
			s->width = s->width == INT32_MIN ? 0 : -s->width;
		}
	} else {
		fmt = parse_count(fmt, &s->width);
	}
	if (*fmt == '.') {
		fmt++;
		if (*fmt == '*') {
			s->precision = va_arg(args->list, int);
			fmt++;
		} else {
			fmt = parse_count(fmt, &s->precision);
		}
	}
	fmt = parse_length(fmt, bytes);
	s->letter = *fmt;
	return fmt;
}

static uint64_t take_unsigned(struct args *args, size_t bytes)
{
	if (bytes == 8)
		return va_arg(args->list, uint64_t);
	if (bytes == 4)
		return va_arg(args->list, unsigned int);
	if (bytes == 2)
		return (unsigned short)va_arg(args->list, unsigned int);
	return (unsigned char)va_arg(args->list, unsigned int);
}

static int64_t take_signed(struct args *args, size_t bytes)
{
	if (bytes == 8)
		return va_arg(args->list, int64_t);
	if (bytes == 4)
		return va_arg(args->list, int);
	if (bytes == 2)
		return (short)va_arg(args->list, int);
	return (signed char)va_arg(args->list, int);
}

/* Returns false if the letter is none of ours; no argument was taken then. */
static bool out_conversion(struct out *o, struct spec *s, size_t bytes,
			   struct args *args)
{
	char c;

	switch (s->letter) {
	case 'd':
	case 'i':
		out_signed(o, take_signed(args, bytes), s);
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		out_unsigned(o, take_unsigned(args, bytes), s);
		return true;
	case 'p':
		s->alternative = true;
		s->letter = 'x';
		out_unsigned(o, (uintptr_t)va_arg(args->list, void *), s);
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		out_text(o, &c, 1, s);
		return true;
	case 's':
		out_string(o, va_arg(args->list, const char *), s);
		return true;
	case '%':
		out_char(o, '%');
		return true;
	default:
		return false;
	}
}

int fmt_vformat(void (*put)(void *ctx, char c), void *ctx, const char *fmt,
		va_list list)
{
	struct out o = {.put = put, .ctx = ctx};
	struct args args;

	va_copy(args.list, list);
	while (*fmt != '\0') {
		const char *start = fmt;
		struct spec s;
		size_t bytes;

		if (*fmt != '%') {
			out_char(&o, *fmt++);
			continue;
		}
		fmt = parse_spec(fmt + 1, &s, &bytes, &args);
		if (out_conversion(&o, &s, bytes, &args)) {
			fmt++;
			continue;
		}
		/* Show what we do not know, letter included if there is one. */
		if (*fmt != '\0')
			fmt++;
		while (start < fmt)
			out_char(&o, *start++);
	}
	va_end(args.list);
	return o.count;
}

struct buffer {
	char *at, *last; /* *last is kept for the terminator */
};

static void buffer_put(void *ctx, char c)
{
	struct buffer *b = ctx;

	if (b->at < b->last)
		*b->at++ = c;
}

int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	/* Without room for a terminator nothing is written at all. */
	struct buffer b = {.at = buf, .last = size ? buf + size - 1 : buf};
	int count = fmt_vformat(buffer_put, &b, fmt, args);

	if (size > 0)
		*b.at = '\0';
	return count;
}

int fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int count;

	va_start(args, fmt);
	count = fmt_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return count;
}
