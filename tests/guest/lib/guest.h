/* SPDX-License-Identifier: MIT */
/*
 * What a micro-guest can use. A guest is one folder with a main.c that defines
 * guest_main(); it ends by success(), skip(), broken() or failure(), each of
 * which prints the one verdict line and shuts the domain down. Returning from
 * guest_main() or an unexpected trap is a verdict, too.
 *
 * The library is deliberately thin: hypercalls are direct `syscall`s with the
 * ABI's own structures, so that a guest can pass exactly the wrong thing.
 * Everything runs on vCPU 0 with events masked unless a guest unmasks them or
 * starts others (lib/smp.c).
 *
 * Memory: VA = GUEST_BASE + PFN * 4096 for all that the domain builder mapped.
 */
#ifndef GUEST_H
#define GUEST_H

#include "public/callback.h"
#include "public/errno.h"
#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/memory.h"
#include "public/sched.h"
#include "public/vcpu.h"
#include "public/version.h"
#include "public/xen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE     4096UL
#define PAGE_MASK     (~(PAGE_SIZE - 1))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NORETURN      __attribute__((noreturn))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))

/* ---- the guest's own part ---- */
void guest_main(void);

/* ---- core: lib/core.c ---- */
extern struct start_info *start_info;
extern char image_start[], image_end[];

bool is_dom0(void); /* run directly by the hypervisor under test */

/* Verdicts. The hypervisor did right; */
NORETURN void success(const char *fmt, ...) PRINTF(1, 2);
/* this guest cannot say anything here; */
NORETURN void skip(const char *fmt, ...) PRINTF(1, 2);
/* the test itself did not get as far as testing; */
NORETURN void broken(const char *fmt, ...) PRINTF(1, 2);
/* the hypervisor did wrong. */
NORETURN void failure(const char *fmt, ...) PRINTF(1, 2);

/* The hypervisor must have done this right; else FAILURE. */
#define expect(cond, ...)                                                      \
	do {                                                                   \
		if (!(cond))                                                   \
			failure(__VA_ARGS__);                                  \
	} while (0)
/* Needed before the test can begin; else ERROR. */
#define require(cond, ...)                                                     \
	do {                                                                   \
		if (!(cond))                                                   \
			broken(__VA_ARGS__);                                   \
	} while (0)

/* Run a hypercall and demand one exact result. */
#define expect_rc(expr, want)                                                  \
	do {                                                                   \
		long rc_ = (long)(expr);                                       \
		if (rc_ != (long)(want))                                       \
			failure("%s gave %ld instead of %ld", #expr, rc_,      \
				(long)(want));                                 \
	} while (0)
/* Any refusal will do, any kind of consent will not. */
#define expect_refused(expr)                                                   \
	do {                                                                   \
		long rc_ = (long)(expr);                                       \
		if (rc_ >= 0)                                                  \
			failure("%s gave %ld instead of an error", #expr,      \
				rc_);                                          \
	} while (0)
#define require_rc(expr, want)                                                 \
	do {                                                                   \
		long rc_ = (long)(expr);                                       \
		if (rc_ != (long)(want))                                       \
			broken("%s gave %ld instead of %ld", #expr, rc_,       \
			       (long)(want));                                  \
	} while (0)

/* ---- console: lib/console.c ---- */
void print(const char *fmt, ...) PRINTF(1, 2);
int format(char *out, size_t size, const char *fmt, ...) PRINTF(3, 4);
int vformat(char *out, size_t size, const char *fmt, __builtin_va_list args)
	PRINTF(3, 0);

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
bool str_has(const char *text, const char *part);
uint64_t str_to_u64(const char *digits);

/* A fixed sequence of numbers for a seed; never 0. */
uint64_t random_next(uint64_t *state);

/* ---- hypercalls ---- */
static inline long hypercall5(long nr, uint64_t a, uint64_t b, uint64_t c,
			      uint64_t d, uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	long rc = nr;

	__asm__ volatile("syscall"
			 : "+a"(rc), "+D"(a), "+S"(b), "+d"(c), "+r"(r10),
			   "+r"(r8)
			 :
			 : "rcx", "r11", "memory", "cc");
	return rc;
}

#define hypercall4(nr, a, b, c, d) hypercall5(nr, a, b, c, d, 0)
#define hypercall3(nr, a, b, c)	   hypercall5(nr, a, b, c, 0, 0)
#define hypercall2(nr, a, b)	   hypercall5(nr, a, b, 0, 0, 0)
#define hypercall1(nr, a)	   hypercall5(nr, a, 0, 0, 0, 0)
#define PTR(p)			   ((uint64_t)(uintptr_t)(p))

long do_memory_op(unsigned int cmd, void *arg);
long do_event_op(unsigned int cmd, void *arg);
long do_grant_op(unsigned int cmd, void *ops, unsigned int count);
long do_sched_op(unsigned int cmd, void *arg);
long do_vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg);
long do_mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2);
long do_mmu_update(uint64_t maddr, uint64_t val); /* maddr | MMU_* command */
long do_update_va(void *va, uint64_t pte, uint64_t flags);
long do_xen_version(unsigned int cmd, void *arg);

/* ---- traps: lib/trap.c ---- */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector; /* TRAP_* */
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* Entries that are not vectors. */
#define TRAP_EVENT    256
#define TRAP_SYSCALL  257
#define TRAP_FAILSAFE 258

#define TRAP_DE 0
#define TRAP_DB 1
#define TRAP_BP 3
#define TRAP_OF 4
#define TRAP_UD 6
#define TRAP_NM 7
#define TRAP_NP 11
#define TRAP_SS 12
#define TRAP_GP 13
#define TRAP_PF 14

/* #PF error bits. */
#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER	   4
#define PF_FETCH   16

struct trap_catch {
	uint64_t rip, rsp, rbx, rbp, r12, r13, r14, r15;
	struct trap_frame frame; /* what happened */
	uint64_t cr2;		 /* for TRAP_PF */
};

int trap_catch_raw(struct trap_catch *c) __attribute__((returns_twice));
void trap_arm(struct trap_catch *c);
void trap_disarm(void);

/*
 * if (trap_try(&c)) { it trapped: look at c.frame } else { do it;
 * trap_disarm(); }. The disarming is the caller's.
 */
#define trap_try(c) (trap_arm(c), trap_catch_raw(c))

typedef bool (*trap_handler_t)(struct trap_frame *frame, uint64_t cr2);
/* Called first for every trap; true means handled, go back. */
extern trap_handler_t trap_handler;

long traps_init(void);	   /* the trap table; done before guest_main() */
void callbacks_init(void); /* event, failsafe and syscall callbacks */
uint64_t cr2_get(void);

extern char trap_stubs[], event_callback[], syscall_callback[];
extern char failsafe_callback[], boot_stack_top[];
void trap_dispatch(struct trap_frame *frame);
NORETURN void iret_raw(const struct iret_context *frame);

/* Do one access; true if it trapped, and then how. */
bool load_traps(const volatile void *va, struct trap_catch *c);
bool store_traps(volatile void *va, uint64_t value, struct trap_catch *c);

/* ---- memory: lib/mm.c ---- */
#define PTE_P	 0x001UL
#define PTE_W	 0x002UL
#define PTE_U	 0x004UL
#define PTE_A	 0x020UL
#define PTE_D	 0x040UL
#define PTE_PS	 0x080UL
#define PTE_NX	 (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL
#define PTE_RW	 (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_RO	 (PTE_P | PTE_U | PTE_A | PTE_D)

uint64_t va_base(void);
void *page_alloc(void); /* zeroed, mapped writable; never freed */
uint64_t pfn_of(const void *va);
uint64_t mfn_of(const void *va); /* by the p2m */
uint64_t maddr_of(const void *va);
void *va_of_mfn(uint64_t mfn); /* NULL if not ours */
uint64_t *p2m(void);
/* The entry that maps va at this level (4..1), read only; NULL if none. */
uint64_t *pte_of(const void *va, int level);
uint64_t pte_maddr(const void *va, int level);
static inline uint64_t pte_make(uint64_t mfn, uint64_t flags)
{
	return (mfn << 12) | flags;
}
void page_set_ro(void *va); /* or ERROR */
void page_set_rw(void *va);
/* 2 MiB of unused address space with an L1 table of its own. */
void *window_alloc(void);

extern struct shared_info *shared_info;
void shared_info_map(void);

/* ---- events: lib/event.c ---- */
void events_init(void); /* shared_info, callbacks, all ports masked */
void events_on(void);
void events_off(void);
extern volatile uint32_t event_count[4096];
extern volatile uint32_t event_upcalls;
void event_unmask(evtchn_port_t port);
void event_mask(evtchn_port_t port);
bool event_pending(evtchn_port_t port);
evtchn_port_t event_bind_virq(uint32_t virq);
evtchn_port_t event_alloc_unbound(domid_t remote);
void event_send(evtchn_port_t port);
/* Until the port is pending or some time has passed; takes the event. */
void event_poll(evtchn_port_t port, uint64_t ns);
void event_wait(evtchn_port_t port); /* until event_count[port] grows */

/* ---- time: lib/event.c ---- */
uint64_t time_ns(void); /* system time */
void time_spin(uint64_t ns);

/* The same from a vCPU's clock page: of the vCPU that reads it. */
uint64_t time_ns_of(const volatile struct vcpu_time_info *t);

/* ---- other vCPUs: lib/smp.c ---- */
#define SMP_MAX 32
unsigned int smp_count(void); /* that there are, up or not */
/* Runs it on that vCPU, which must not be initialised. */
void smp_start(unsigned int id, void (*function)(unsigned int id));
/* Domain zero only: that vCPU of ours runs on that CPU alone. */
long smp_pin(unsigned int id, unsigned int cpu);
/* Domain zero only: where it runs or was last. */
unsigned int smp_cpu(unsigned int id);

/* ---- grants: lib/grant.c ---- */
extern struct grant_entry_v1 *grant_table;
void grants_init(void);
grant_ref_t grant_give(domid_t to, const void *page, bool readonly);
bool grant_end(grant_ref_t ref); /* false: still in use */
domid_t self_domid(void);

/* ---- the store: lib/store.c (domU only) ---- */
void store_init(void);
/* Returns 0 and the payload, or -errno (EIO for names we do not know). */
int store_read(const char *path, char *out, size_t size);
/* The names in a directory, each with its NUL: their bytes, or -errno. */
int store_list(const char *path, char *out, size_t size);
void store_wait(void); /* a moment, when something else must happen first */
int store_write(const char *path, const char *value);
int store_printf(const char *path, const char *fmt, ...) PRINTF(2, 3);

/* ---- user mode: lib/user.c ---- */
#define USER_CODE  0x400000UL
#define USER_STACK 0x402000UL /* top; the page below it */
void user_init(const void *code, size_t bytes);
/* Run user code from frame->rip; returns what brought it back. */
void user_run(struct trap_frame *frame, struct trap_catch *back);
/* The next entry from user mode comes back where trap_catch_raw() was. */
void user_expect(struct trap_catch *back);
int user_switch(struct trap_catch *back, struct trap_frame *frame)
	__attribute__((returns_twice));
bool user_entry(struct trap_frame *frame, uint64_t cr2);
extern uint64_t user_l4_mfn;

#endif /* GUEST_H */
