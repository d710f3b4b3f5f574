/* SPDX-License-Identifier: MIT */
/*
 * Small macros that every folder uses. Nothing here has a state or a type of
 * its own, and nothing here needs the machine.
 */
#ifndef LIB_MACROS_H
#define LIB_MACROS_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A name that no other use of the same macro has, however it is nested. */
#define MACRO_GLUE2(a, b) a##b
#define MACRO_GLUE(a, b)  MACRO_GLUE2(a, b)
#define MACRO_NAME(stem)  MACRO_GLUE(stem, __COUNTER__)

#define MACRO_PICK(a, b, op, name_a, name_b)                                   \
	({                                                                     \
		__typeof__(a) name_a = (a);                                    \
		__typeof__(b) name_b = (b);                                    \
		name_a op name_b ? name_a : name_b;                            \
	})

/* Both sides must have one type; each is evaluated once. */
#define MIN(a, b) MACRO_PICK(a, b, <, MACRO_NAME(min_a_), MACRO_NAME(min_b_))
#define MAX(a, b) MACRO_PICK(a, b, >, MACRO_NAME(max_a_), MACRO_NAME(max_b_))

/* `to` is a power of two; ALIGN_UP wraps at the type's end. */
#define ALIGN_DOWN(x, to) ((x) & ~((__typeof__(x))(to)-1))
#define ALIGN_UP(x, to)	  ALIGN_DOWN((x) + ((__typeof__(x))(to)-1), to)

#define DIV_ROUND_UP(n, by) (((n) + (by)-1) / (by))

#define container_of(member_ptr, type, member)                                 \
	((type *)((char *)(member_ptr)-offsetof(type, member)))

#define likely(cond)   __builtin_expect(!!(cond), 1)
#define unlikely(cond) __builtin_expect(!!(cond), 0)

/* Not the usual way: kept out of its callers, so that they stay short. */
#define NOINLINE      __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_FMT(fmt_arg, first_arg)                                         \
	__attribute__((format(printf, fmt_arg, first_arg)))

#endif
