/* SPDX-License-Identifier: MIT */
/*
 * What is typed on the serial line. It goes to domain zero's console, until
 * Ctrl-A is typed three times: then each key is a command to the hypervisor,
 * and three more switch back.
 *
 * Pure; tested by tests/unit/hypervisor/log/test_console.c.
 */
#ifndef LOG_CONSOLE_H
#define LOG_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* A byte has come in (the serial line's interrupt). */
void console_receive(char c);

/* Takes up to n bytes of what was typed for domain zero (console_io read). */
size_t console_input_read(char *to, size_t n);

/*
 * A debug key: its function runs with interrupts off, prints with log_info and
 * changes nothing. A key that is taken already keeps its first function.
 */
void debug_key_register(char key, const char *text, void (*function)(void));

/* Runs a key's function (also sysctl debug_keys). false: no such key. */
bool debug_key_press(char key);

#endif
