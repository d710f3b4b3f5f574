/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions under their usual names. A hosted build takes
 * libc's; the hypervisor links lib/string.c, and x86 may override memcpy and
 * memset, which are weak there. Test: tests/unit/hypervisor/lib/
 * test_string.c, which compiles string.c under other names.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
#endif

/*
 * Copies at most size - 1 characters and always terminates (size > 0).
 * Returns the length of `from`: >= size says that it was cut. libc has
 * strlcpy only since glibc 2.38, so the name is a macro for ours everywhere.
 */
static inline size_t string_copy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	if (size > 0) {
		size_t bytes = length < size ? length : size - 1;

		memcpy(to, from, bytes);
		to[bytes] = '\0';
	}
	return length;
}

#undef strlcpy
#define strlcpy string_copy

#endif
