/* SPDX-License-Identifier: MIT */
/*
 * The life of a micro-guest: from the entry point to its one verdict line and
 * the shutdown. Invariant: exactly one line starts with "VERDICT: ", whatever
 * path leads to the end.
 */
#include "guest.h"

#include <stdarg.h>

struct start_info *start_info;

void console_init(void);
void console_verdict(const char *word, const char *fmt, va_list args);
void guest_start(struct start_info *si);

bool is_dom0(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

static NORETURN void finish(const char *word, const char *fmt, va_list args)
{
	struct sched_shutdown stop = {.reason = SHUTDOWN_poweroff};

	console_verdict(word, fmt, args);
	for (;;)
		do_sched_op(SCHEDOP_shutdown, &stop);
}

#define DEFINE_VERDICT(name, word)                                             \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list args;                                                  \
                                                                               \
		va_start(args, fmt);                                           \
		finish(word, fmt, args);                                       \
	}

DEFINE_VERDICT(success, "SUCCESS")
DEFINE_VERDICT(skip, "SKIP")
DEFINE_VERDICT(broken, "ERROR")
DEFINE_VERDICT(failure, "FAILURE")

/* Called by start.S on the boot stack. */
void guest_start(struct start_info *si)
{
	long rc;

	start_info = si;
	console_init();
	rc = traps_init();
	if (rc)
		print("set_trap_table gave %ld; going on without traps\n", rc);
	guest_main();
	broken("guest_main() returned");
}

uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state ? *state : 0x9e3779b97f4a7c15UL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

long do_memory_op(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_memory_op, cmd, PTR(arg));
}

long do_event_op(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, PTR(arg));
}

long do_grant_op(unsigned int cmd, void *ops, unsigned int count)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, PTR(ops), count);
}

long do_sched_op(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_sched_op, cmd, PTR(arg));
}

long do_vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
	return hypercall3(__HYPERVISOR_vcpu_op, cmd, vcpu, PTR(arg));
}

long do_mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
	struct mmuext_op op = {.cmd = cmd};

	op.arg1.mfn = arg1;
	op.arg2.vcpumask = arg2;
	return hypercall4(__HYPERVISOR_mmuext_op, PTR(&op), 1, 0, DOMID_SELF);
}

long do_mmu_update(uint64_t maddr, uint64_t val)
{
	struct mmu_update req = {.ptr = maddr, .val = val};

	return hypercall4(__HYPERVISOR_mmu_update, PTR(&req), 1, 0, DOMID_SELF);
}

long do_update_va(void *va, uint64_t pte, uint64_t flags)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, PTR(va), pte, flags);
}

long do_xen_version(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_xen_version, cmd, PTR(arg));
}
