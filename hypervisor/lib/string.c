/* SPDX-License-Identifier: MIT */
/*
 * The memory and string functions that the compiler and the sources expect
 * of a C library. Eight bytes a step, without machine code; memcpy and memset
 * are weak, for x86 may have better ones.
 *
 * Compilers recognize such loops and replace them by a call of the very
 * function that they are in: NO_IDIOM forbids it, function by function.
 * Test: tests/unit/hypervisor/lib/test_string.c.
 */
#include <stdint.h>
#include "lib/string.h"

#ifdef __clang__
#define NO_IDIOM __attribute__((no_builtin))
#else
#define NO_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/* Eight bytes anywhere, of whatever type the object has. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

NO_IDIOM __attribute__((weak)) void *memcpy(void *to, const void *from,
					    size_t bytes)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	for (; bytes >= 8; bytes -= 8, t += 8, f += 8)
		*(word_t *)t = *(const word_t *)f;
	for (; bytes > 0; bytes--)
		*t++ = *f++;
	return to;
}

NO_IDIOM __attribute__((weak)) void *memset(void *to, int byte, size_t bytes)
{
	unsigned char *t = to;
	uint64_t word = (unsigned char)byte * UINT64_C(0x0101010101010101);

	for (; bytes >= 8; bytes -= 8, t += 8)
		*(word_t *)t = word;
	for (; bytes > 0; bytes--)
		*t++ = (unsigned char)byte;
	return to;
}

NO_IDIOM void *memmove(void *to, const void *from, size_t bytes)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	/*
	 * Forwards, a step writes only what was read before, if `to` is below
	 * `from`; backwards, if it is above.
	 */
	if ((uintptr_t)to < (uintptr_t)from) {
		for (; bytes >= 8; bytes -= 8, t += 8, f += 8)
			*(word_t *)t = *(const word_t *)f;
		for (; bytes > 0; bytes--)
			*t++ = *f++;
	} else {
		t += bytes;
		f += bytes;
		for (; bytes >= 8; bytes -= 8) {
			t -= 8;
			f -= 8;
			*(word_t *)t = *(const word_t *)f;
		}
		for (; bytes > 0; bytes--)
			*--t = *--f;
	}
	return to;
}

NO_IDIOM int memcmp(const void *a, const void *b, size_t bytes)
{
	const unsigned char *x = a, *y = b;

	while (bytes >= 8 && *(const word_t *)x == *(const word_t *)y) {
		bytes -= 8;
		x += 8;
		y += 8;
	}
	for (; bytes > 0; bytes--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

NO_IDIOM size_t strlen(const char *s)
{
	size_t length = 0;

	while (s[length] != '\0')
		length++;
	return length;
}

NO_IDIOM int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

NO_IDIOM int strncmp(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

NO_IDIOM char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (*s == '\0')
			return NULL;
	}
	return (char *)s;
}
