/* SPDX-License-Identifier: MIT */
/* What domctl and sysctl tell about a domain. */
#ifndef DOMAIN_INFO_H
#define DOMAIN_INFO_H

#include "domain/domain.h"

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* XEN_DOMINF_* */
uint32_t domain_info_flags(const struct domain *d);

#endif
