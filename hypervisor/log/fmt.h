/* SPDX-License-Identifier: MIT */
/*
 * printf's formatting without a buffer, an allocation or floating point.
 * Conversions d i u x X o c s p %, lengths hh h l ll z t j, flags - + # 0
 * space, width and precision (also *). An unknown conversion is printed as it
 * stands and takes no argument. A NULL string prints as (null).
 * Test: tests/unit/hypervisor/log/test_fmt.c, against libc.
 */
#ifndef LOG_FMT_H
#define LOG_FMT_H

#include <stdarg.h>
#include <stddef.h>
#include "lib/macros.h"

/* Each character goes to put(ctx, c). Returns how many there were. */
int fmt_vformat(void (*put)(void *ctx, char c), void *ctx, const char *fmt,
		va_list args) PRINTF_FMT(3, 0);

/*
 * Writes at most size bytes, the terminator among them. Returns the length
 * that the whole text has.
 */
int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	PRINTF_FMT(3, 0);
int fmt_snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_FMT(3, 4);

#endif
