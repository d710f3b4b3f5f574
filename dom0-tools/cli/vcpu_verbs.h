/* SPDX-License-Identifier: MIT */
/* What the verbs about virtual CPUs share. */
#ifndef DOM0_TOOLS_CLI_VCPU_VERBS_H
#define DOM0_TOOLS_CLI_VCPU_VERBS_H

#include "cli/cli.h"
#include "cli/vcpu.h"

/*
 * Asks the machine for all of *f but the names; 0, or -errno with the line in
 * c->err. A domain that has ended is refused.
 */
int vcpu_gather(struct cli *c, uint16_t domid, struct vcpu_facts *f,
		struct xen_domctl_getdomaininfo *info);

#endif
