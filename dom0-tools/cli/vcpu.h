/* SPDX-License-Identifier: MIT */
/*
 * What `vane vcpu-list`, `vcpu-pin` and `vcpu-set` can know before they do
 * anything: pure, the facts in, a wish or the refusal out.
 * Test: tests/unit/dom0-tools/cli/test_vcpu.c.
 */
#ifndef DOM0_TOOLS_CLI_VCPU_H
#define DOM0_TOOLS_CLI_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/cpumap.h"
#include "lib/err.h"
#include "public/domctl.h"

struct vcpu_facts {
	const char *name; /* the domain's */
	uint32_t count;	  /* of its virtual CPUs, online or not */
	const char *pool; /* the name of its pool */
	struct cpumap pool_cpus;
	struct cpumap online; /* all CPUs of the machine */
	bool is_zero;
};

struct vcpu_pin {
	bool is_all;
	uint32_t vcpu; /* unless it is all of them */
	bool has_hard, has_soft;
	struct cpumap hard, soft;
};

/*
 * The words of vcpu-pin: a number or "all"; sets of CPUs, or "-" for as it is.
 * soft may be NULL. -EINVAL for words that say nothing, -ERANGE for what is
 * not there.
 */
int vcpu_check_pin(const struct vcpu_facts *f, const char *vcpu,
		   const char *hard, const char *soft, struct vcpu_pin *p,
		   struct err *e);

/* How many shall be online; *count is what the word says. As above. */
int vcpu_check_set(const struct vcpu_facts *f, const char *word,
		   uint32_t *count, struct err *e);

#define VCPU_LIST_HEADER                                                       \
	"Name                                ID  VCPU   CPU State   Time(s) "  \
	"Affinity (Hard / Soft)"

/* One row without its newline, as xl has it; `name` NULL gives "(null)". */
void vcpu_format_row(const char *name, uint16_t domid,
		     const struct xen_domctl_getvcpuinfo *info,
		     const char *hard, const char *soft, char *row,
		     size_t size);

/*
 * The setting "cpus=[...]" (or cpus_soft) of a configuration, with one set
 * changed as a pin says; false when `size` is too small.
 */
bool vcpu_format_pin(const struct config *c, const struct vcpu_pin *p,
		     bool is_soft, char *setting, size_t size);

#endif
