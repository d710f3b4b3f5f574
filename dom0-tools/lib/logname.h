/* SPDX-License-Identifier: MIT */
/*
 * The names of the files below LOGNAME_DIR in which vane-consoled keeps what
 * guests, domain zero's kernel and the hypervisor print.
 * Test: tests/unit/dom0-tools/lib/test_logname.c.
 */
#ifndef DOM0_TOOLS_LIB_LOGNAME_H
#define DOM0_TOOLS_LIB_LOGNAME_H

#include <stddef.h>

#define LOGNAME_DIR	   "/var/log/vane"
#define LOGNAME_DOM0	   "Domain-0"
#define LOGNAME_HYPERVISOR "hypervisor"

/*
 * The file name, without ".log", for a guest's name: what is no letter, digit,
 * '-', '_', '+', '@', ':' or inner '.' becomes '_'; names that the toolstack
 * uses itself get "guest-" in front. An empty name gives "domain-DOMID".
 */
void logname_of_guest(char *out, size_t size, const char *name,
		      unsigned int domid);

#endif
