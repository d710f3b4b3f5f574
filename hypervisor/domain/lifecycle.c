/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain. Every subsystem has a row in one array, walked forward
 * on creation, backward on failure and destruction.
 *
 * Killing is resumable: kill_stage says how far it is. First the vCPUs stop
 * and are unloaded, then subsystems give back what they hold of other domains,
 * then page tables and descriptors are let go, then the pages. The structure
 * itself goes with its last reference: each page that somebody still maps
 * holds one. Domain zero is told of both, for what lingers is to be seen.
 *
 * Tests: tests/unit/hypervisor/domain/test_lifecycle.c.
 */
#include "domain/lifecycle.h"
#include "domain/list.h"
#include "event/event.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "irq/irq.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "pv/descriptor.h"
#include "pv/iret.h"
#include "pv/table.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/machine.h"

#define VCPU_ORDER 1

#define CR0_TS	  8u
#define DR6_RESET 0xffff0ff0u
#define DR7_RESET 0x400u

/* As vm_assist takes them (pv/callbacks.c). */
#define VM_ASSIST_VALID                                                        \
	(1u << VMASST_TYPE_4gb_segments |                                      \
	 1u << VMASST_TYPE_4gb_segments_notify |                               \
	 1u << VMASST_TYPE_writable_pagetables |                               \
	 1u << VMASST_TYPE_pae_extended_cr3 |                                  \
	 1u << VMASST_TYPE_runstate_update_flag)

_Static_assert(VCPU_BLOCK_BYTES == PAGE_SIZE << VCPU_ORDER, "");
_Static_assert(sizeof(struct vcpu) <= VCPU_BLOCK_BYTES - VCPU_NEST_BYTES,
	       "a vCPU and its spare bytes are two pages");
_Static_assert((offsetof(struct vcpu, arch.regs.es) & 15) == 0,
	       "the CPU aligns the stack that it pushes on");
_Static_assert((offsetof(struct vcpu, arch.fpu) & 15) == 0, "fxsave");

struct perdomain {
	uint64_t *l3, *l2, *l1[2];
};

static uint64_t table_pte(const void *page)
{
	return mfn_to_maddr(virt_to_mfn(page)).a | PTE_P | PTE_RW | PTE_A |
	       PTE_D;
}

static void perdomain_free(struct domain *d)
{
	struct perdomain *p = d->perdomain;

	if (!p)
		return;
	hv_page_free(p->l1[0], 0);
	hv_page_free(p->l1[1], 0);
	hv_page_free(p->l2, 0);
	hv_page_free(p->l3, 0);
	hv_free(p, sizeof(*p));
	d->perdomain = NULL;
}

/* Slot 257: 32 pages of descriptor tables for each vCPU. */
static int perdomain_init(struct domain *d)
{
	struct perdomain *p = hv_alloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	d->perdomain = p;
	p->l3 = hv_page_alloc(0);
	p->l2 = hv_page_alloc(0);
	p->l1[0] = hv_page_alloc(0);
	p->l1[1] = hv_page_alloc(0);
	if (!p->l3 || !p->l2 || !p->l1[0] || !p->l1[1]) {
		perdomain_free(d);
		return -ENOMEM;
	}
	p->l3[0] = table_pte(p->l2);
	p->l2[0] = table_pte(p->l1[0]);
	p->l2[1] = table_pte(p->l1[1]);
	d->perdomain_l3 = mfn_to_maddr(virt_to_mfn(p->l3)).a;
	return 0;
}

static int perdomain_vcpu_init(struct vcpu *v)
{
	struct perdomain *p = v->domain->perdomain;
	unsigned int first = v->id * (GDT_FRAMES + LDT_FRAMES), i;

	v->arch.tables_l1 = &p->l1[first / PT_ENTRIES][first % PT_ENTRIES];
	v->arch.gdt_va = PERDOMAIN_BASE + first * PAGE_SIZE;
	for (i = 0; i < GDT_FRAMES; i++)
		v->arch.tables_l1[i] =
			empty_page_maddr | PTE_P | PTE_NX | PTE_A;
	return 0;
}

static int shared_info_init(struct domain *d)
{
	unsigned int i;

	d->shared = frame_alloc_shared(d);
	if (!d->shared)
		return -ENOMEM;
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		d->shared->vcpu_info[i].evtchn_upcall_mask = 1;
	time_update_wallclock(d);
	return 0;
}

static void shared_info_free(struct domain *d)
{
	struct shared_info *s = d->shared;

	time_end_wallclock(d);
	if (s)
		frame_free_shared(s);
}

static const struct subsystem subsystems[] = {
	{"perdomain", perdomain_init, perdomain_vcpu_init, NULL,
	 perdomain_free},
	{"shared-info", shared_info_init, NULL, NULL, NULL},
	{"event", event_domain_init, event_vcpu_init, event_kill, event_free},
	{"grant", grant_domain_init, NULL, grant_kill, grant_free},
	{"irq", irq_domain_init, NULL, irq_kill, irq_free},
	{"sched", sched_domain_init, sched_vcpu_init, sched_kill, NULL},
};

static void vcpu_free(struct vcpu *v)
{
	hv_page_free(v->arch.traps, 0);
	hv_page_free((char *)v - VCPU_NEST_BYTES, VCPU_ORDER);
}

/* Nobody refers to d any more. */
static void domain_free(struct domain *d)
{
	unsigned int i;
	bool listed;

	BUG_ON(d->page_count || d->frame_count);
	domain_find_remove(d);
	lock_acquire(&domain_list_lock);
	listed = !list_empty(&d->node);
	if (listed)
		meter_domain_end(d);
	list_del(&d->node);
	lock_release(&domain_list_lock);
	if (listed)
		event_send_global_virq(VIRQ_DOM_EXC);
	for (i = ARRAY_SIZE(subsystems); i-- > 0;)
		if (subsystems[i].free)
			subsystems[i].free(d);
	for (i = 0; i < MAX_VCPUS; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	hv_free(d, sizeof(*d));
}

void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
		domain_free(d);
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *config,
		  bool privileged, struct domain **out)
{
	struct domain *d, *other;
	unsigned int i = 0;
	int rc = 0;

	d = hv_alloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->id = id;
	d->privileged = privileged;
	d->refs = 2; /* for not being dead, and the caller's */
	list_init(&d->node);
	d->config = *config;
	d->page_max = ~0ull;
	memcpy(d->handle, config->handle, sizeof(d->handle));
	lock_init(&d->lock, LOCK_DOMAIN);
	lock_init(&d->page_lock, LOCK_PAGES);
	if (!privileged) {
		/* A new domain is paused by the tools until they unpause it. */
		d->paused_by_tools = true;
		d->page_max = 0;
	}
	for (i = 0; i < ARRAY_SIZE(subsystems); i++) {
		if (subsystems[i].domain_init)
			rc = subsystems[i].domain_init(d);
		if (rc)
			goto undo;
	}
	lock_acquire(&domain_list_lock);
	list_for_each_entry (other, &domain_list, node)
		if (other->id == id)
			rc = -EEXIST;
	if (!rc)
		list_add_tail(&domain_list, &d->node);
	lock_release(&domain_list_lock);
	if (rc)
		goto undo;
	domain_find_add(d);
	*out = d;
	return 0;
undo:
	while (i-- > 0) {
		if (subsystems[i].kill)
			(void)subsystems[i].kill(d);
	}
	shared_info_free(d);
	d->refs = 1;
	domain_put(d);
	return rc;
}

int domain_make_vcpu(struct domain *d, unsigned int id)
{
	char *block;
	struct vcpu *v;
	unsigned int i;
	int rc = 0;

	if (id >= MAX_VCPUS || d->vcpu[id])
		return -EINVAL;
	block = hv_page_alloc(VCPU_ORDER);
	if (!block)
		return -ENOMEM;
	v = (struct vcpu *)(block + VCPU_NEST_BYTES);
	v->id = id;
	v->domain = d;
	v->info = &d->shared->vcpu_info[id];
	v->state = VCPU_OFFLINE;
	v->arch.traps = hv_page_alloc(0);
	if (!v->arch.traps)
		goto free;
	vcpu_timers_init(v);
	v->arch.kernel_mode = 1;
	v->arch.loaded_on = -1;
	v->arch.debugreg[6] = DR6_RESET;
	v->arch.debugreg[7] = DR7_RESET;
	v->arch.cr4 = 0x660;
	for (i = 0; i < ARRAY_SIZE(subsystems); i++) {
		if (subsystems[i].vcpu_init)
			rc = subsystems[i].vcpu_init(v);
		if (rc)
			goto free;
	}
	if (d->paused_by_tools)
		v->pause_count++;
	d->vcpu[id] = v;
	return 0;
free:
	hv_page_free(v->arch.traps, 0);
	hv_page_free(block, VCPU_ORDER);
	return rc ? rc : -ENOMEM;
}

domid_t domain_free_id(void)
{
	static unsigned int last;
	unsigned int tries;

	for (tries = 0; tries < DOMID_FIRST_RESERVED; tries++) {
		struct domain *d;
		bool free;

		last = last + 1 < DOMID_FIRST_RESERVED ? last + 1 : 1;
		/* The dead keep theirs, too. */
		d = domain_next((domid_t)last);
		free = !d || d->id != last;
		if (d)
			domain_put(d);
		if (free)
			return (domid_t)last;
	}
	return 0;
}

/*
 * What v's context holds of page tables and descriptors goes. It counts as
 * having no context from the start on: while this is not finished, v must not
 * be run with what is left of it.
 */
static int context_release(struct vcpu *v)
{
	uint64_t *roots[] = {&v->arch.kernel_cr3, &v->arch.user_cr3};
	unsigned int i;
	int rc;

	v->initialised = false;
	vcpu_unload(v);
	if (!demote_pending_finish(v))
		return -ERESTART;
	for (i = 0; i < ARRAY_SIZE(roots); i++) {
		if (!*roots[i])
			continue;
		rc = frame_put_type(
			frame_of(maddr_to_mfn((maddr_t){*roots[i]})));
		if (rc)
			return rc;
		*roots[i] = 0;
	}
	gdt_clear(v);
	ldt_clear(v);
	v->arch.ldt_entries = 0;
	return 0;
}

/* One at a time: false: another vCPU, or the toolstack, is at it. */
static bool context_claim(struct vcpu *v)
{
	return !__atomic_exchange_n(&v->context_busy, true, __ATOMIC_ACQUIRE);
}

static void context_unclaim(struct vcpu *v)
{
	__atomic_store_n(&v->context_busy, false, __ATOMIC_RELEASE);
}

int vcpu_reset(struct vcpu *v)
{
	int rc;

	if (!context_claim(v))
		return -ERESTART;
	rc = context_release(v);
	context_unclaim(v);
	if (rc)
		return rc;
	/* Its addresses meant something in those page tables only. */
	v->runstate_va = 0;
	if (v->info_frame) {
		__atomic_store_n(&v->info, &v->domain->shared->vcpu_info[v->id],
				 __ATOMIC_RELEASE);
		event_vcpu_info_left(v);
		frame_put_writable(v->info_frame);
		v->info_frame = NULL;
	}
	v->up = false;
	vcpu_kick(v); /* it waits for nothing any more */
	vcpu_sleep(v);
	return 0;
}

int page_release_types(struct frame *f)
{
	if (frame_load(f) & FRAME_PINNED) {
		int rc = table_unpin(f);

		/* -EINVAL: another CPU has just undone the pin. */
		if (rc && rc != -EINVAL)
			return rc;
	}
	return frame_forget_type(f);
}

/*
 * Nobody changes the list of a dying domain before pages_free(), so it can be
 * walked in pieces.
 */
static int pages_release_types(struct domain *d)
{
	unsigned int count = 0;

	while (d->kill_page) {
		struct frame *f = frame_of(mfn(d->kill_page));
		uint64_t w = frame_load(f);

		if ((w & FRAME_PINNED) ||
		    (!frame_word_tcnt(w) && frame_progress(f))) {
			int rc = page_release_types(f);

			if (rc)
				return rc;
			count += 64;
		}
		d->kill_page = f->next;
		if (++count >= 1024) {
			if (hypercall_preempt_check())
				return -ERESTART;
			count = 0;
		}
	}
	return 0;
}

static int pages_free(struct domain *d)
{
	unsigned int count = 0;

	while (d->page_head) {
		struct frame *f = frame_of(mfn(d->page_head));
		int rc = frame_unassign_dying(d, f);

		if (rc == -EBUSY) {
			/* Domain zero was about to pin it when we passed. */
			rc = page_release_types(f);
			if (rc)
				return rc;
			continue;
		}
		BUG_ON(rc);
		if (!(++count & 255) && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

enum kill_stage {
	KILL_VCPUS,
	KILL_SUBSYSTEMS,
	KILL_CONTEXTS,
	KILL_TYPES,
	KILL_PAGES,
	KILL_LAST,
	KILL_DONE,
};

static int kill_step(struct domain *d)
{
	unsigned int i;
	int rc = 0;

	switch ((enum kill_stage)d->kill_stage) {
	case KILL_VCPUS:
		for (i = 0; i < d->max_vcpus; i++) {
			struct vcpu *v = d->vcpu[i];

			if (!v)
				continue;
			timer_end(&v->singleshot);
			timer_end(&v->periodic);
			timer_end(&v->poll_timer);
			vcpu_unload(v);
		}
		break;
	case KILL_SUBSYSTEMS:
		for (i = ARRAY_SIZE(subsystems); i-- > 0 && !rc;)
			if (subsystems[i].kill)
				rc = subsystems[i].kill(d);
		break;
	case KILL_CONTEXTS:
		for (i = 0; i < d->max_vcpus && !rc; i++)
			if (d->vcpu[i])
				rc = vcpu_reset(d->vcpu[i]);
		d->kill_page = d->page_head;
		break;
	case KILL_TYPES:
		rc = pages_release_types(d);
		break;
	case KILL_PAGES:
		rc = pages_free(d);
		break;
	case KILL_LAST:
		shared_info_free(d);
		break;
	case KILL_DONE:
		break;
	}
	return rc;
}

static void life_set(struct domain *d, enum domain_life life)
{
	__atomic_store_n(&d->life, life, __ATOMIC_RELAXED);
}

int domain_kill(struct domain *d)
{
	int rc;

	BUG_ON(d == domain_zero);
	/* It stops first: what it asks for is not refused because it dies. */
	if (domain_is_alive(d))
		domain_pause_wait(d);
	lock_acquire(&d->lock);
	if (d->life == DOMAIN_ALIVE)
		life_set(d, DOMAIN_DYING);
	lock_release(&d->lock);
	/* From here on nobody else changes its list of pages. */
	rc = frame_claim(d, 0);
	BUG_ON(rc);
	while (d->kill_stage != KILL_DONE) {
		rc = kill_step(d);
		if (rc)
			return rc;
		d->kill_stage++;
	}
	if (d->life == DOMAIN_DYING) {
		life_set(d, DOMAIN_DEAD);
		domain_put(d);
		event_send_global_virq(VIRQ_DOM_EXC);
	}
	return 0;
}

static uint64_t cr3_to_mfn(uint64_t cr3)
{
	/* The ABI's form: frame number << 12. */
	return cr3 >> PAGE_SHIFT;
}

static int context_check(const struct vcpu_guest_context *c)
{
	unsigned int i;

	if (!va_is_guest(c->kernel_sp - 1) ||
	    !va_is_guest((c->kernel_sp & ~15ull) - 128) ||
	    !va_is_guest(c->event_callback_eip) ||
	    !va_is_guest(c->failsafe_callback_eip) ||
	    !va_is_guest(c->syscall_callback_eip) ||
	    !va_is_canonical(c->fs_base) ||
	    !va_is_canonical(c->gs_base_kernel) ||
	    !va_is_canonical(c->gs_base_user))
		return -EINVAL;
	for (i = 0; i < 256; i++)
		if (!va_is_guest(c->trap_ctxt[i].address))
			return -EINVAL;
	for (i = 0; i < 4; i++)
		if (c->debugreg[i] && !va_is_guest(c->debugreg[i]))
			return -EINVAL;
	if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY || c->ldt_ents > 8192)
		return -EINVAL;
	/* User mode needs page tables of its own. */
	if (!(c->flags & VGCF_in_kernel) && !cr3_to_mfn(c->ctrlreg[1]))
		return -EINVAL;
	return 0;
}

/* An fxsave image: the guest's, or the state after reset. */
static void fpu_set(uint8_t fpu[512], const void *image)
{
	uint32_t mxcsr = 0x1f80, valid;

	memset(fpu, 0, 512);
	if (image)
		memcpy(fpu, image, 512);
	else
		fpu[0] = 0x7f, fpu[1] = 0x03;
	memcpy(&valid, fpu + 24, 4);
	/* Reserved MXCSR bits would fault when it is loaded. */
	valid = image ? valid & 0xffff : mxcsr;
	memcpy(fpu + 24, &valid, 4);
}

/*
 * As set_debugreg would take them. What it would refuse stays as after reset,
 * which lets no breakpoint be anywhere but in the guest.
 */
static void debugregs_set(struct vcpu *v, const uint64_t values[8])
{
	unsigned int i;

	memset(v->arch.debugreg, 0, sizeof(v->arch.debugreg));
	v->arch.debugreg[6] = DR6_RESET;
	v->arch.debugreg[7] = DR7_RESET;
	for (i = 0; i < 8; i++) {
		uint64_t args[6] = {i, values[i]};

		(void)hypercall_set_debugreg(v, args);
	}
}

/*
 * The page tables come last: of what an error gives back, only they may take
 * long, and so at most one is left for later.
 */
static int context_take(struct vcpu *v, const struct vcpu_guest_context *c,
			uint64_t root, uint64_t user)
{
	struct frame *f, *uf;
	int rc;

	rc = gdt_set(v, c->gdt_frames, c->gdt_ents);
	if (rc)
		return rc;
	rc = ldt_set(v, c->ldt_base, c->ldt_ents);
	if (rc)
		goto clear_gdt;
	rc = frame_get_type(mfn(root), v->domain, FRAME_L4, &f);
	if (rc)
		goto clear_ldt;
	if (user) {
		rc = frame_get_type(mfn(user), v->domain, FRAME_L4, &uf);
		if (rc)
			goto put_root;
	}
	v->arch.kernel_cr3 = root << PAGE_SHIFT;
	v->arch.user_cr3 = user << PAGE_SHIFT;
	return 0;
put_root:
	frame_put_type_later(v, f);
clear_ldt:
	v->arch.ldt_entries = 0;
clear_gdt:
	gdt_clear(v);
	return rc;
}

static int context_set(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct arch_vcpu *a = &v->arch;
	const struct cpu_user_regs *u = &c->user_regs;
	int rc = context_release(v);

	if (rc)
		return rc;
	rc = context_take(v, c, cr3_to_mfn(c->ctrlreg[3]),
			  cr3_to_mfn(c->ctrlreg[1]));
	if (rc)
		return rc;
	memcpy(&a->regs, u, sizeof(a->regs));
	a->regs.cs |= 3;
	a->regs.ss |= 3;
	a->iopl = a->regs.rflags >> 12 & 3;
	a->regs.rflags = rflags_for_guest(a->regs.rflags);
	a->kernel_mode = (c->flags & VGCF_in_kernel) != 0;
	a->kernel_ss = c->kernel_ss | 3;
	a->kernel_sp = c->kernel_sp & ~15ull;
	a->event_eip = c->event_callback_eip;
	a->failsafe_eip = c->failsafe_callback_eip;
	a->failsafe_masks = (c->flags & VGCF_failsafe_disables_events) != 0;
	a->syscall_eip = c->syscall_callback_eip;
	a->syscall_masks = (c->flags & VGCF_syscall_disables_events) != 0;
	memcpy(a->traps, c->trap_ctxt, 256 * sizeof(struct trap_info));
	a->fs_base = c->fs_base;
	a->gs_base_kernel = c->gs_base_kernel;
	a->gs_base_user = c->gs_base_user;
	debugregs_set(v, c->debugreg);
	fpu_set(a->fpu, c->flags & VGCF_i387_valid ? &c->fpu_ctxt : NULL);
	a->ts = (c->ctrlreg[0] & CR0_TS) != 0;
	if (v->id == 0)
		v->domain->vm_assist = c->vm_assist & VM_ASSIST_VALID;
	/* Whoever built the domain may have cleared the page before. */
	time_stamp_vcpu(v);
	v->initialised = true;
	v->up = v->id == 0 || (c->flags & VGCF_online);
	return 0;
}

static int context_set_claimed(struct vcpu *v,
			       const struct vcpu_guest_context *c, bool fresh)
{
	int rc = context_check(c);

	if (rc)
		return rc;
	if (!context_claim(v))
		return -ERESTART;
	rc = fresh && v->initialised ? -EEXIST : context_set(v, c);
	context_unclaim(v);
	return rc;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	return context_set_claimed(v, c, false);
}

int vcpu_initialise(struct vcpu *v, const struct vcpu_guest_context *c)
{
	return context_set_claimed(v, c, true);
}

void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	struct arch_vcpu *a = &v->arch;
	unsigned int i;

	memset(c, 0, sizeof(*c));
	vcpu_unload(v);
	memcpy(&c->fpu_ctxt, a->fpu, sizeof(c->fpu_ctxt));
	c->flags = VGCF_i387_valid | (a->kernel_mode ? VGCF_in_kernel : 0) |
		   (v->up ? VGCF_online : 0) |
		   (a->failsafe_masks ? VGCF_failsafe_disables_events : 0) |
		   (a->syscall_masks ? VGCF_syscall_disables_events : 0);
	memcpy(&c->user_regs, &a->regs, sizeof(a->regs));
	if (a->kernel_mode)
		c->user_regs.cs &= ~3;
	c->user_regs.rflags |= (uint64_t)a->iopl << 12;
	memcpy(c->trap_ctxt, a->traps, sizeof(c->trap_ctxt));
	c->ldt_base = a->ldt_base;
	c->ldt_ents = a->ldt_entries;
	for (i = 0; i < ARRAY_SIZE(a->gdt_frames); i++)
		c->gdt_frames[i] = a->gdt_frames[i];
	c->gdt_ents = a->gdt_entries;
	c->kernel_ss = a->kernel_ss;
	c->kernel_sp = a->kernel_sp;
	c->ctrlreg[0] = 0x80050033 | (a->ts ? CR0_TS : 0);
	c->ctrlreg[1] = a->user_cr3;
	c->ctrlreg[3] = a->kernel_cr3;
	c->ctrlreg[4] = a->cr4;
	memcpy(c->debugreg, a->debugreg, sizeof(c->debugreg));
	c->event_callback_eip = a->event_eip;
	c->failsafe_callback_eip = a->failsafe_eip;
	c->syscall_callback_eip = a->syscall_eip;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = vcpu_get_fs_base(v);
	c->gs_base_kernel = vcpu_get_gs_base_kernel(v);
	c->gs_base_user = vcpu_get_gs_base_user(v);
}
