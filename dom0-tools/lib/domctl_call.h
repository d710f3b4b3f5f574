/* SPDX-License-Identifier: MIT */
/*
 * What domctl.c and schedctl.c share: the calls by themselves, and the page
 * that their arguments lie in. Used by those two only.
 */
#ifndef DOM0_TOOLS_LIB_DOMCTL_CALL_H
#define DOM0_TOOLS_LIB_DOMCTL_CALL_H

#include "public/domctl.h"
#include "public/sysctl.h"

/* Where in the page a small buffer may lie that an operation points to. */
#define DOMCTL_DATA_OFFSET 2048

/* This thread's page of hypercall memory; NULL: out of memory. */
char *domctl_get_page(void);
/* `op` is updated with what the hypervisor wrote back. */
long domctl_do(int fd, struct xen_domctl *op);
long sysctl_do(int fd, struct xen_sysctl *op);

#endif
