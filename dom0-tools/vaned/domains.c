/* SPDX-License-Identifier: MIT */
/*
 * The domains and what is done about them: facts are read, life_step() says
 * the step, the step is carried out.
 *
 * Only domains with a configuration or a record (record.h) are ours; any
 * other belongs to the toolstack that made it and is left alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/destroy.h"
#include "lib/daemon.h"
#include "lib/domname.h"
#include "lib/restarting.h"
#include "public/sched.h"
#include "vaned/aside.h"
#include "vaned/record.h"
#include "vaned/restart.h"

/* The longest pause between looks at a dying domain. */
#define LOOK_MS_MAX 500

struct domain *domains_find(struct vaned *v, uint16_t domid)
{
	for (struct domain *o = v->domains; o; o = o->next) {
		if (o->domid == domid)
			return o;
	}
	return NULL;
}

const char *domains_name(struct vaned *v, uint16_t domid)
{
	const struct domain *o = domains_find(v, domid);

	return o ? o->name : NULL;
}

static void look_again(void *arg)
{
	struct domain *o = arg;

	o->is_dirty = true;
}

static void touch_all(struct vaned *v)
{
	for (struct domain *o = v->domains; o; o = o->next)
		o->is_dirty = true;
}

void domains_touch(struct vaned *v, uint16_t domid)
{
	struct domain *o = domains_find(v, domid);

	if (o)
		o->is_dirty = true;
}

static struct event event_of(const struct domain *o, const char *kind)
{
	return (struct event){
		.kind = kind,
		.domid = o->domid,
		.name = o->name,
	};
}

/* The name as the store has it, or as the configuration does. */
static void learn_name(struct domain *o)
{
	char *name = domname_of(o->v->store, o->domid);
	struct err e = ERR_NONE;
	struct config c;

	if (name)
		snprintf(o->name, sizeof(o->name), "%s", name);
	free(name);
	if ((o->name[0] && !o->facts.wants_successor) ||
	    record_config(o, &c, &e))
		return;
	snprintf(o->life_name, sizeof(o->life_name), "%s", c.name);
	if (!o->name[0])
		snprintf(o->name, sizeof(o->name), "%s", c.name);
	config_free(&c);
}

/* What is written about it, which may come after the domain itself. */
static void learn(struct domain *o)
{
	if (o->is_ours)
		return;
	o->is_ours = record_read(o);
	if (o->is_ours || !o->name[0])
		learn_name(o);
	o->devices_unwanted = o->phase == LIFE_SUCCEEDED;
	if (o->devices_unwanted)
		aside_finish(o);
}

struct domain *domains_add(struct vaned *v, uint16_t domid)
{
	struct domain *o = domains_find(v, domid);

	if (o) {
		learn(o);
		return o;
	}
	o = calloc(1, sizeof(*o));
	if (!o) {
		daemon_log("domain %u: no memory to look after it", domid);
		return NULL;
	}
	o->v = v;
	o->domid = domid;
	o->phase = LIFE_RUNNING;
	o->timer.fn = look_again;
	o->timer.arg = o;
	o->is_dirty = true;
	o->next = v->domains;
	v->domains = o;
	if (!v->scan_is_first)
		o->started_ns = evloop_now_ns();
	learn(o);
	o->started_said = v->scan_is_first && o->phase != LIFE_STARTING;
	o->created_said = v->scan_is_first;
	o->phase_since_ns = evloop_now_ns();
	o->look_ms = 10;
	return o;
}

static void forget(struct domain *o)
{
	struct domain **at = &o->v->domains;

	worker_kill(&o->worker);
	evloop_timer_stop(&o->v->loop, &o->timer);
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	free(o);
}

void domains_scan(struct vaned *v)
{
	struct xen_domctl_getdomaininfo *infos;
	bool first = v->scan_is_first;
	size_t count;
	int rc;

	/*
	 * What the store says is read before the hypervisor's list: a domain
	 * exists before anything is written about it.
	 */
	if (first)
		sweep_store(v);
	rc = sysctl_list_all(v->privcmd, &infos, &count);
	if (rc) {
		daemon_log("cannot list the domains: %s", strerror(-rc));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (infos[i].domain)
			domains_add(v, infos[i].domain);
	}
	free(infos);
	v->scan_is_first = false;
	touch_all(v);
}

void domains_names_changed(struct vaned *v)
{
	for (struct domain *o = v->domains; o; o = o->next) {
		char old[sizeof(o->name)];
		struct event e;

		memcpy(old, o->name, sizeof(old));
		learn_name(o);
		if (!strcmp(old, o->name) || !old[0])
			continue;
		e = event_of(o, "renamed");
		e.old_name = old;
		event_say(&e, "domain %u (%s) is called '%s' now", o->domid,
			  old, o->name);
	}
}

void domains_restarting_changed(struct vaned *v)
{
	for (struct domain *o = v->domains; o; o = o->next) {
		struct event e;
		char *sentence;

		if (!o->facts.wants_successor || worker_is_busy(&o->worker))
			continue;
		sentence = restarting_read(v->store, 0, o->life_name);
		free(sentence);
		if (sentence)
			continue;
		e = event_of(o, "restart-cancelled");
		event_say(&e,
			  "domain %u (%s) is not restarted: somebody removed "
			  "its node below %s",
			  o->domid, o->name, RESTARTING_DIR);
		o->facts.wants_successor = false;
		record_save(o);
		o->is_dirty = true;
	}
}

bool domains_device_wanted(struct vaned *v, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	struct domain *o = domains_find(v, domid);

	if (o && (o->devices_unwanted || o->phase == LIFE_ENDING))
		return false;
	return !domctl_get_info(v->privcmd, domid, &info) &&
	       !(info.flags & XEN_DOMINF_dying);
}

/* How many devices a restarted domain waits for. */
static unsigned int count_devices(const struct domain *o)
{
	struct err e = ERR_NONE;
	struct config c;
	unsigned int count;

	if (record_config(o, &c, &e))
		return 0;
	count = (unsigned int)(c.disk_count + c.vif_count);
	config_free(&c);
	return count;
}

/* The old domain's debt is paid: the new one is whole. */
static void strike_out_debt(struct domain *old, struct domain *new)
{
	old->facts.wants_successor = false;
	old->is_dirty = true;
	if (old->phase == LIFE_ENDING) {
		record_forget(old);
		old->is_ours = false;
	} else {
		record_save(old);
	}
	if (new) {
		new->from = 0;
		record_save(new);
		new->phase_since_ns = evloop_now_ns();
		new->is_dirty = true;
	}
}

/*
 * What there is of its successor: one that is whole strikes out the debt;
 * one that is half made goes first, and so does any other that is taken back,
 * because its memory may be needed.
 */
static bool must_wait_for_others(struct domain *o)
{
	for (struct domain *p = o->v->domains; p; p = p->next) {
		if (p->is_unmade)
			return true;
		if (p == o || p->from != o->domid)
			continue;
		if (!record_has_config(p))
			return true;
		strike_out_debt(o, p);
		return false;
	}
	return false;
}

/* False when the hypervisor could not be asked. */
static bool refresh(struct domain *o)
{
	struct xen_domctl_getdomaininfo info;
	struct life_facts *f = &o->facts;
	int rc = domctl_get_info(o->v->privcmd, o->domid, &info);
	struct domain *maker;

	if (rc && rc != -ESRCH) {
		daemon_log("domain %u (%s): cannot ask for its state: %s",
			   o->domid, o->name, strerror(-rc));
		return false;
	}
	f->exists = !rc;
	f->is_dying = !rc && (info.flags & XEN_DOMINF_dying);
	f->has_shut_down = !rc && (info.flags & XEN_DOMINF_shutdown);
	f->reason = rc ? 0
		       : (info.flags >> XEN_DOMINF_shutdownshift) &
				    XEN_DOMINF_shutdownmask;
	f->has_devices = backends_any(o->v, o->domid);
	f->devices_failed = backends_error(o->v, o->domid) != NULL;
	o->pages = rc ? 0 : info.tot_pages;
	o->is_paused = !rc && (info.flags & XEN_DOMINF_paused);
	/* Whoever destroys a domain may remove its configuration first. */
	if (!o->is_ours && record_has_config(o)) {
		/* A record, if there is one, is older than the configuration.
		 */
		learn(o);
		o->is_ours = true;
	}

	f->is_busy = worker_is_busy(&o->worker);
	f->is_delayed = evloop_now_ns() < o->not_before_ns;
	if (f->wants_successor && !f->is_busy)
		f->is_busy = must_wait_for_others(o);
	if (o->phase != LIFE_STARTING)
		return true;
	maker = o->from ? domains_find(o->v, o->from) : NULL;
	f->is_being_made = maker && worker_is_busy(&maker->worker);
	f->is_half_made = !f->is_being_made && !record_has_config(o);
	f->devices_ready = !f->is_being_made && !f->is_half_made &&
			   backends_count(o->v, o->domid, DEVICE_CONNECTED) >=
				   count_devices(o);
	return true;
}

void domain_set_phase(struct domain *o, enum life_phase phase)
{
	o->phase = phase;
	if (o->is_ours)
		record_save(o);
	o->phase_since_ns = evloop_now_ns();
	o->look_ms = 10;
	o->late_said = false;
	evloop_timer_stop(&o->v->loop, &o->timer);
	o->is_dirty = true;
	backends_touch(o->v, o->domid);
}

static void destroy(struct domain *o)
{
	int rc = domctl_destroy(o->v->privcmd, o->domid);

	if (rc && rc != -ESRCH)
		daemon_log(
			"domain %u (%s): cannot destroy it: %s; trying again",
			o->domid, o->name, strerror(-rc));
	backends_touch(o->v, o->domid);
}

static void say_lingers(struct domain *o)
{
	struct event e = event_of(o, "lingers");
	char devices[512], holders[256];

	if (o->late_said)
		return;
	o->late_said = true;
	backends_describe(o->v, o->domid, devices, sizeof(devices));
	domain_describe_holders(o->v->privcmd, o->v->store, o->domid, holders,
				sizeof(holders));
	event_say(&e,
		  "domain %u (%s) has been dying for %u s: %" PRIu64
		  " pages are still used: %s; back ends left: %s",
		  o->domid, o->name, LIFE_END_MS / 1000, o->pages, holders,
		  devices);
}

/* What failed after its record was made was taken back but for that. */
static void forget_failed(struct vaned *v, uint16_t domid)
{
	const struct domain next = {.v = v, .domid = domid};

	if (domid)
		record_forget(&next);
}

static void restart_done(void *arg, const struct worker_result *result)
{
	struct domain *o = arg, *next;
	char path[NAMES_PATH_BYTES];
	struct event e;

	if (!o->v->store)
		return; /* the scan at its return finds all this out */
	if (result->rc) {
		restarting_path(o->life_name, path);
		store_rm(o->v->store, 0, path);
		forget_failed(o->v, result->domid);
		e = event_of(o, "restart-failed");
		event_say(&e, "domain %u (%s) could not be restarted: %s",
			  o->domid, o->life_name, result->err.text);
		strike_out_debt(o, NULL);
		return;
	}
	domains_scan(o->v);
	/* Somebody may have destroyed it already: then it is cleaned up. */
	next = domains_add(o->v, result->domid);
	if (next && !next->name[0])
		snprintf(next->name, sizeof(next->name), "%s", o->life_name);
	e = event_of(o, "restarted");
	e.other = result->domid;
	event_say(&e, "domain %u (%s) was restarted as domain %u", o->domid,
		  o->life_name, result->domid);
	strike_out_debt(o, next);
}

static void restart(struct domain *o)
{
	struct worker_result result = {0};

	if (o->phase == LIFE_ENDING) {
		record_put_config_aside(o);
		domain_forget(o->v->store, o->domid);
	}
	result.rc = worker_start(&o->worker, &o->v->loop, restart_create,
				 restart_done, o);
	if (!result.rc)
		return;
	err_set(&result.err, result.rc, "no process could be started: %s",
		strerror(-result.rc));
	restart_done(o, &result);
}

static void dump_done(void *arg, const struct worker_result *result)
{
	struct domain *o = arg;
	struct event e = event_of(o, "core-dumped");

	if (!o->v->store)
		return;
	e.path = o->core_path;
	if (result->rc) {
		e.kind = "core-failed";
		event_say(&e, "domain %u (%s): no core was written: %s",
			  o->domid, o->name, result->err.text);
	} else {
		event_say(&e, "domain %u (%s): its core is %s", o->domid,
			  o->name, o->core_path);
	}
	domain_set_phase(o, LIFE_ENDING);
}

static void dump(struct domain *o)
{
	struct worker_result result = {0};

	restart_core_path(o->name, o->core_path, sizeof(o->core_path));
	result.rc = worker_start(&o->worker, &o->v->loop, restart_dump_core,
				 dump_done, o);
	if (!result.rc)
		return;
	err_set(&result.err, result.rc, "no process could be started: %s",
		strerror(-result.rc));
	dump_done(o, &result);
}

static void clean(struct domain *o)
{
	struct event e = event_of(o, "destroyed");
	struct vaned *v = o->v;

	if (o->is_ours) {
		domain_forget(v->store, o->domid);
		record_forget(o);
	}
	event_say(&e, "domain %u (%s) is gone", o->domid, o->name);
	forget(o);
	/* A restart may have waited for this one's memory or name. */
	touch_all(v);
}

/* Once its name is known, which comes with all that is written about it. */
static void say_created(struct domain *o)
{
	struct event e = event_of(o, "created");

	if (o->created_said || !o->name[0])
		return;
	o->created_said = true;
	event_say(&e, "domain %u (%s) was created", o->domid, o->name);
}

static void say_started(struct domain *o)
{
	struct event e = event_of(o, "started");

	if (o->started_said || !o->is_ours || !o->facts.exists ||
	    o->is_paused || o->phase != LIFE_RUNNING)
		return;
	o->started_said = true;
	event_say(&e, "domain %u (%s) was started", o->domid, o->name);
}

static void start(struct domain *o)
{
	int rc = domctl_unpause(o->v->privcmd, o->domid);

	if (rc && rc != -ESRCH)
		daemon_log("domain %u (%s): cannot unpause it: %s", o->domid,
			   o->name, strerror(-rc));
	domain_set_phase(o, LIFE_RUNNING);
}

static void abandon(struct domain *o)
{
	const char *error = backends_error(o->v, o->domid);
	struct event e = event_of(o, "restart-failed");

	event_say(
		&e, "domain %u (%s) is destroyed, for it cannot be started: %s",
		o->domid, o->name, error ? error : "its devices did not come");
	domain_set_phase(o, LIFE_ENDING);
}

static void unmake(struct domain *o)
{
	daemon_log("domain %u (%s) was left half made: taken back", o->domid,
		   o->name);
	o->is_unmade = true;
	domain_set_phase(o, LIFE_ENDING);
}

static void end(struct domain *o)
{
	domain_set_phase(o, LIFE_ENDING);
}

static bool is_late(const struct domain *o)
{
	uint64_t ms = (evloop_now_ns() - o->phase_since_ns) / 1000000;

	switch (o->phase) {
	case LIFE_STARTING:
		return ms >= LIFE_START_MS;
	case LIFE_ENDING:
		return ms >= LIFE_END_MS;
	case LIFE_RUNNING:
	case LIFE_PRESERVED:
	case LIFE_SUCCEEDED:
	case LIFE_DUMPING:
		return false;
	}
	return false;
}

/*
 * The end of a dying domain is announced by nobody, nor is the passing of
 * time, nor that a decision can be written down now: look again.
 */
static void arm_timer(struct domain *o)
{
	uint64_t now = evloop_now_ns();
	bool undecided = o->is_ours &&
			 life_step(o->phase, &o->facts) == LIFE_STEP_DECIDE;
	bool waits = o->phase == LIFE_ENDING || o->phase == LIFE_STARTING ||
		     o->facts.wants_successor || undecided;

	if (!waits || o->timer.armed)
		return;
	if (o->facts.wants_successor && !o->facts.exists &&
	    now < o->not_before_ns) {
		evloop_timer_start(&o->v->loop, &o->timer,
				   (o->not_before_ns - now) / 1000000 + 1);
		return;
	}
	evloop_timer_start(&o->v->loop, &o->timer, o->look_ms);
	if (o->look_ms < LOOK_MS_MAX)
		o->look_ms *= 2;
}

static void reconcile(struct domain *o)
{
	static void (*const steps[])(struct domain * o) = {
		[LIFE_STEP_START] = start,
		[LIFE_STEP_ABANDON] = abandon,
		[LIFE_STEP_UNMAKE] = unmake,
		[LIFE_STEP_DECIDE] = decide,
		[LIFE_STEP_DUMP] = dump,
		[LIFE_STEP_END] = end,
		[LIFE_STEP_DESTROY] = destroy,
		[LIFE_STEP_LINGERS] = say_lingers,
		[LIFE_STEP_RESTART] = restart,
	};
	enum life_step step;

	learn(o);
	if (!refresh(o))
		return;
	say_created(o);
	o->facts.is_late = is_late(o);
	step = life_step(o->phase, &o->facts);
	if (step == LIFE_STEP_CLEAN) {
		clean(o);
		return;
	}
	if (steps[step])
		steps[step](o);
	say_started(o);
	arm_timer(o);
}

bool domains_reconcile(struct vaned *v)
{
	bool any = false;

	for (struct domain *o = v->domains, *next; o && v->store; o = next) {
		next = o->next;
		if (!o->is_dirty)
			continue;
		o->is_dirty = false;
		any = true;
		reconcile(o);
	}
	return any;
}

/* At the daemon's end: the domains live on. */
void domains_free_all(struct vaned *v)
{
	while (v->domains)
		forget(v->domains);
}
