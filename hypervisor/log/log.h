/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console: a ring that `vane dmesg` reads, and the serial
 * line. Levels as Xen's loglvl=.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* One line (the caller writes the \n). */
void log_print(enum log_level level, const char *fmt, ...) PRINTF_FMT(2, 3);
#define log_err(...)   log_print(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/* What guests write with console_io: to the ring and the line. */
void log_guest(unsigned int domid, const char *text, size_t bytes);

/*
 * Levels as the options loglvl= and guest_loglvl= give them: "none", "error",
 * "warning", "info", "debug" or "all"; after a slash, a second level up to
 * which lines are shown at a limited rate. NULL leaves a setting as it is.
 * -EINVAL: no such level; nothing has changed.
 */
MUST_CHECK int log_set_levels(const char *hypervisor, const char *guests);

/* A line about a guest's doing: guest_loglvl= decides. */
void log_print_guest(enum log_level level, const char *fmt, ...)
	PRINTF_FMT(2, 3);

/* console_to_ring: domain zero's console text goes to the ring as well. */
extern bool log_dom0_to_ring;

/*
 * The serial line: `write` sends all of the text before it returns. What has
 * been logged so far is sent at once.
 */
void log_attach_line(void (*write)(const char *text, size_t bytes));

/*
 * The machine is about to stop: from now on only this CPU's text is taken, no
 * lock is waited for, and every level is shown. panic() calls it when it has
 * stopped the others.
 */
void log_flush_sync(void);

/*
 * Copies ring text to `to` for sysctl readconsole. incremental: from position
 * *index on, else from the oldest byte; *index becomes the position behind
 * the last byte copied. Text that does not fit at once is had by calling
 * again with incremental and the index.
 */
size_t log_ring_read(char *to, size_t room, uint32_t *index, bool incremental);

/* What stands before position `index` is not shown again. */
void log_ring_forget(uint32_t index);

struct domain;

/* Our own invariant is broken: dump and stop the machine. */
void panic(const char *fmt, ...) PRINTF_FMT(1, 2) __attribute__((noreturn));

#define BUG_ON(cond)                                                           \
	do {                                                                   \
		if (unlikely(cond))                                            \
			panic("BUG: %s:%d: %s\n", __FILE__, __LINE__, #cond);  \
	} while (0)

#ifdef NDEBUG
#define ASSERT(cond) ((void)sizeof(cond))
#else
#define ASSERT(cond) BUG_ON(!(cond))
#endif

#endif
