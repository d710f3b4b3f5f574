/* SPDX-License-Identifier: MIT */
/* Test: tests/unit/dom0-tools/lib/test_json.c. */
#ifndef DOM0_TOOLS_LIB_UTF8_H
#define DOM0_TOOLS_LIB_UTF8_H

#include <stddef.h>

/* The length of the UTF-8 character at s, or 0 when it is none. */
size_t utf8_length(const unsigned char *s);

#endif
