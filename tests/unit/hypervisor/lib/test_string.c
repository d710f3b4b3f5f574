/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's memory and string functions, compiled here under other
 * names, against libc's: every length and alignment around the 8-byte steps.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define memcpy	own_memcpy
#define memmove own_memmove
#define memset	own_memset
#define memcmp	own_memcmp
#define strlen	own_strlen
#define strcmp	own_strcmp
#define strncmp own_strncmp
#define strchr	own_strchr
/* Their prototypes, for string.h gives none in a hosted build. */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
#include "hypervisor/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr

#define AREA 64

TestSuite(lib_string);

static void fill(unsigned char *p)
{
	for (unsigned int i = 0; i < AREA; i++)
		p[i] = (unsigned char)(i * 37 + 11);
}

Test(lib_string, memmove_agrees_with_libc_for_every_overlap)
{
	for (size_t n = 0; n <= 24; n++) {
		for (size_t to = 0; to < 32; to++) {
			for (size_t from = 0; from < 32; from++) {
				unsigned char a[AREA], b[AREA];

				fill(a);
				fill(b);
				cr_assert_eq(own_memmove(a + to, a + from, n),
					     a + to);
				memmove(b + to, b + from, n);
				cr_assert_eq(memcmp(a, b, AREA), 0,
					     "%zu bytes %zu -> %zu", n, from,
					     to);
			}
		}
	}
}

Test(lib_string, memcpy_and_memset_write_exactly_their_bytes)
{
	for (size_t n = 0; n <= 40; n++) {
		for (size_t at = 0; at < 9; at++) {
			unsigned char a[AREA], b[AREA], from[AREA];

			fill(a);
			fill(b);
			memset(from, 0x5a, sizeof(from));
			own_memcpy(a + at, from + 8 - at, n);
			memcpy(b + at, from + 8 - at, n);
			cr_assert_eq(memcmp(a, b, AREA), 0, "copy %zu", n);
			own_memset(a + at, 0x1c3, n);
			memset(b + at, 0xc3, n);
			cr_assert_eq(memcmp(a, b, AREA), 0, "set %zu", n);
		}
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

Test(lib_string, memcmp_finds_the_first_difference_at_every_place)
{
	unsigned char a[AREA], b[AREA];

	for (size_t at = 0; at < 30; at++) {
		fill(a);
		fill(b);
		b[at] ^= 0x80;
		b[at + 1] ^= 0xff;
		for (size_t n = 0; n < 32; n++)
			cr_assert_eq(sign(own_memcmp(a, b, n)),
				     sign(memcmp(a, b, n)));
	}
}

Test(lib_string, string_comparisons_agree_with_libc)
{
	static const char *const s[] = {"",    "a",    "ab",	    "abc",
					"abd", "\xff", "a\xff\xff", "b"};

	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		for (size_t j = 0; j < sizeof(s) / sizeof(s[0]); j++) {
			cr_assert_eq(sign(own_strcmp(s[i], s[j])),
				     sign(strcmp(s[i], s[j])));
			for (size_t n = 0; n < 5; n++)
				cr_assert_eq(sign(own_strncmp(s[i], s[j], n)),
					     sign(strncmp(s[i], s[j], n)));
		}
		cr_assert_eq(own_strlen(s[i]), strlen(s[i]));
		for (int c = 0; c < 256; c++)
			cr_assert_eq(own_strchr(s[i], c), strchr(s[i], c));
	}
}

Test(lib_string, string_copy_cuts_terminates_and_tells)
{
	char to[4] = "###";

	cr_assert_eq(string_copy(to, "ab", sizeof(to)), 2);
	cr_assert_str_eq(to, "ab");
	cr_assert_eq(string_copy(to, "abcdef", sizeof(to)), 6);
	cr_assert_str_eq(to, "abc");
	cr_assert_eq(string_copy(to, "x", 1), 1);
	cr_assert_str_eq(to, "");
	cr_assert_eq(string_copy(NULL, "xyz", 0), 3);
}
