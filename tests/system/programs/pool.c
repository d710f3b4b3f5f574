/* SPDX-License-Identifier: MIT */
/*
 * pool: asks the hypervisor directly what the toolstack may about pools of
 * CPUs, also what no sane toolstack would ask.
 *
 *   pool create share|null          prints the new pool's number
 *   pool destroy POOL
 *   pool add POOL CPU               pool remove POOL CPU
 *   pool move POOL DOMID
 *   pool info POOL                  prints "domains N cpus MASK"
 *   pool tune POOL SLICE_MS RATELIMIT_US
 *
 * A refusal is printed as the name of its reason, and the exit status is 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/privcmd.h"
#include "public/domctl.h"
#include "public/sysctl.h"
#include "public/xen.h"

#define MASK_OFFSET 2048

static const struct {
	const char *name;
	uint32_t op;
	int words;
} verbs[] = {
	{"create", XEN_SYSCTL_CPUPOOL_OP_CREATE, 1},
	{"destroy", XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1},
	{"add", XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 2},
	{"remove", XEN_SYSCTL_CPUPOOL_OP_RMCPU, 2},
	{"move", XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 2},
	{"info", XEN_SYSCTL_CPUPOOL_OP_INFO, 1},
};

static char *page;

static long call(struct xen_sysctl *s)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	long rc;

	if (fd < 0)
		return -errno;
	s->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	memcpy(page, s, sizeof(*s));
	rc = privcmd_hypercall(fd, __HYPERVISOR_sysctl, (uintptr_t)page, 0, 0,
			       0, 0);
	memcpy(s, page, sizeof(*s));
	return rc;
}

static int answer(long rc)
{
	if (rc >= 0)
		return 0;
	printf("%s\n", strerrorname_np((int)-rc));
	return 1;
}

static uint32_t number(const char *word)
{
	return (uint32_t)strtoul(word, NULL, 10);
}

static int tune(char **words)
{
	struct xen_sysctl s = {.cmd = XEN_SYSCTL_scheduler_op};
	struct xen_sysctl_scheduler_op *op = &s.u.scheduler_op;

	op->cpupool_id = number(words[0]);
	op->sched_id = XEN_SCHEDULER_CREDIT;
	op->cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	op->u.sched_credit.tslice_ms = number(words[1]);
	op->u.sched_credit.ratelimit_us = number(words[2]);
	return answer(call(&s));
}

static int pool(uint32_t cmd, char **words)
{
	struct xen_sysctl s = {.cmd = XEN_SYSCTL_cpupool_op};
	struct xen_sysctl_cpupool_op *op = &s.u.cpupool_op;
	long rc;

	op->op = cmd;
	if (cmd == XEN_SYSCTL_CPUPOOL_OP_CREATE) {
		op->cpupool_id = XEN_SYSCTL_CPUPOOL_PAR_ANY;
		op->sched_id = strcmp(words[0], "null") ? XEN_SCHEDULER_CREDIT
							: XEN_SCHEDULER_NULL;
	} else {
		op->cpupool_id = number(words[0]);
	}
	if (cmd == XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN)
		op->domid = number(words[1]);
	else if (cmd == XEN_SYSCTL_CPUPOOL_OP_ADDCPU ||
		 cmd == XEN_SYSCTL_CPUPOOL_OP_RMCPU)
		op->cpu = number(words[1]);
	op->cpumap.bitmap = (uintptr_t)(page + MASK_OFFSET);
	op->cpumap.nr_bits = 8;
	rc = call(&s);
	/* What is asked about the next one is not about this one. */
	if (!rc && cmd == XEN_SYSCTL_CPUPOOL_OP_INFO &&
	    op->cpupool_id != number(words[0]))
		rc = -ENOENT;
	if (!rc && cmd == XEN_SYSCTL_CPUPOOL_OP_CREATE)
		printf("%u\n", op->cpupool_id);
	if (!rc && cmd == XEN_SYSCTL_CPUPOOL_OP_INFO)
		printf("domains %u cpus %u\n", op->n_dom,
		       (unsigned int)(unsigned char)page[MASK_OFFSET]);
	return answer(rc);
}

int main(int argc, char **argv)
{
	page = hcall_buf_alloc(PRIVCMD_PAGE_BYTES);
	if (page == NULL) {
		perror("pool");
		return 1;
	}
	if (argc == 5 && !strcmp(argv[1], "tune"))
		return tune(argv + 2);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc == 2 + verbs[i].words &&
		    !strcmp(argv[1], verbs[i].name))
			return pool(verbs[i].op, argv + 2);
	fprintf(stderr, "usage: pool VERB ...; see its head\n");
	return 2;
}
