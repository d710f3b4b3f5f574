/* SPDX-License-Identifier: MIT */
/*
 * The store's protocol carries an error as its C name ("ENOENT"); this is the
 * closed list of names that both ends know. Test:
 * tests/unit/dom0-tools/stored/test_wire.c.
 */
#ifndef DOM0_TOOLS_LIB_STORE_ERRORS_H
#define DOM0_TOOLS_LIB_STORE_ERRORS_H

#include <stddef.h>

/* The name of a positive errno; one outside of the list becomes "EIO". */
const char *store_error_name(int err);
/* The positive errno of a name of `len` bytes without NUL; else EIO. */
int store_error_number(const char *name, size_t len);

#endif
