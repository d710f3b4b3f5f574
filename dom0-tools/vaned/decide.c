/* SPDX-License-Identifier: MIT */
/*
 * A domain has shut down or crashed: what its configuration says about that,
 * damped, written down in one transaction, and only then done by domains.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon.h"
#include "lib/restarting.h"
#include "public/sched.h"
#include "vaned/aside.h"
#include "vaned/record.h"
#include "vaned/restart.h"

/* Domain zero goes down: nothing is restarted any more. */
#define STOPPING_NODE VANED_STORE_DIR "/stopping"

static bool restarts(enum config_action action)
{
	action = life_base_action(action);
	return action == ACTION_RESTART || action == ACTION_RENAME_RESTART;
}

static uint64_t lived_ns(const struct domain *o)
{
	return o->started_ns ? evloop_now_ns() - o->started_ns : LIFE_SHORT_NS;
}

static bool is_stopping(const struct domain *o)
{
	char *value = store_read(o->v->store, 0, STOPPING_NODE, NULL);
	bool is = value != NULL;

	free(value);
	return is;
}

/* Says what happened, once; gives what the configuration wants about it. */
static enum config_action look_up(struct domain *o)
{
	struct event e = {
		.kind = "shutdown",
		.domid = o->domid,
		.name = o->name,
		.reason = life_reason_word(o->facts.reason),
	};
	enum config_action action = ACTION_DESTROY;
	struct err err = ERR_NONE;
	const char *setting;
	struct config c;
	char what[sizeof(err.text) + 64];

	if (life_reason_is_crash(o->facts.reason))
		e.kind = "crashed";
	if (record_config(o, &c, &err)) {
		snprintf(what, sizeof(what), "; %s, so it is destroyed",
			 err.text);
	} else {
		action = life_action(&c, o->facts.reason, &setting);
		snprintf(o->life_name, sizeof(o->life_name), "%s", c.name);
		snprintf(what, sizeof(what), ": %s=%s", setting,
			 config_action_name(action));
		config_free(&c);
	}
	e.action = config_action_name(action);
	if (!o->shutdown_said)
		event_say(&e, "domain %u (%s) %s%s", o->domid, o->name,
			  life_reason_name(o->facts.reason), what);
	o->shutdown_said = true;
	return action;
}

/* A restart, unless there were too many short lives in a row. */
static enum config_action damp(struct domain *o, enum config_action action,
			       uint64_t *delay_ms)
{
	struct event e = {.domid = o->domid, .name = o->name};
	enum config_action instead = life_action_dumps(action)
					     ? ACTION_COREDUMP_DESTROY
					     : ACTION_DESTROY;

	*delay_ms = 0;
	if (!restarts(action))
		return action;
	if (is_stopping(o)) {
		daemon_log("domain %u (%s) is not restarted: domain zero goes "
			   "down",
			   o->domid, o->name);
		return instead;
	}
	if (!life_storm_restart_ok(&o->storm, lived_ns(o), delay_ms)) {
		e.kind = "gave-up";
		e.short_lives = o->storm.short_lives;
		event_say(&e,
			  "domain %u (%s) is not restarted once more: %u lives "
			  "of less than %llu s each in a row; its output is in "
			  "/var/log/vane/%s.log",
			  o->domid, o->name, o->storm.short_lives,
			  LIFE_SHORT_NS / 1000000000ull, o->life_name);
		return instead;
	}
	if (*delay_ms) {
		e.kind = "restart-delayed";
		e.short_lives = o->storm.short_lives;
		e.delay_ms = *delay_ms;
		event_say(&e,
			  "domain %u (%s) is restarted in %" PRIu64
			  " s: %u lives of less than %llu s each in a row, "
			  "after %d it stays down",
			  o->domid, o->name, *delay_ms / 1000,
			  o->storm.short_lives, LIFE_SHORT_NS / 1000000000ull,
			  LIFE_SHORT_MAX);
	}
	return action;
}

/* The name is kept for the successor; what a person is told stands there. */
static int write_restarting(struct domain *o, struct store *store, uint32_t txn)
{
	char path[NAMES_PATH_BYTES];

	restarting_path(o->life_name, path);
	if (o->storm.short_lives > 1)
		return store_writef(store, txn, path,
				    "'%s' is being restarted by vaned: domain "
				    "%u %s, short life %u in a row of %d at "
				    "most",
				    o->life_name, o->domid,
				    life_reason_name(o->facts.reason),
				    o->storm.short_lives, LIFE_SHORT_MAX);
	return store_writef(store, txn, path,
			    "'%s' is being restarted by vaned: domain %u %s",
			    o->life_name, o->domid,
			    life_reason_name(o->facts.reason));
}

static int write_decision(struct domain *o, struct store *store, uint32_t txn)
{
	int rc = 0;

	if (o->facts.wants_successor)
		rc = write_restarting(o, store, txn);
	if (!rc && o->phase == LIFE_SUCCEEDED)
		rc = aside_write(o, store, txn);
	return rc ? rc : record_write(o, store, txn);
}

static enum life_phase phase_after(enum config_action action)
{
	switch (action) {
	case ACTION_DESTROY:
	case ACTION_RESTART:
		return LIFE_ENDING;
	case ACTION_COREDUMP_DESTROY:
	case ACTION_COREDUMP_RESTART:
		return LIFE_DUMPING;
	case ACTION_RENAME_RESTART:
		return LIFE_SUCCEEDED;
	case ACTION_PRESERVE:
		return LIFE_PRESERVED;
	}
	return LIFE_ENDING;
}

void decide(struct domain *o)
{
	struct life_storm before = o->storm;
	enum config_action action;
	uint64_t delay_ms;

	/* Nothing is written down, so a configuration may yet come. */
	if (!o->is_ours)
		return;
	action = damp(o, look_up(o), &delay_ms);
	o->phase = phase_after(action);
	o->facts.wants_successor = restarts(action);
	o->not_before_ns = evloop_now_ns() + delay_ms * 1000000;
	if (record_in_txn(o, write_decision)) {
		/* Decided anew, see arm_timer(). */
		o->storm = before;
		o->phase = LIFE_RUNNING;
		o->facts.wants_successor = false;
		return;
	}
	if (o->phase == LIFE_SUCCEEDED) {
		o->devices_unwanted = true;
		aside_finish(o);
	}
	if (o->phase == LIFE_DUMPING)
		restart_core_path(o->name, o->core_path, sizeof(o->core_path));
	domain_set_phase(o, o->phase);
	if (o->phase == LIFE_SUCCEEDED) {
		domains_names_changed(o->v);
		event_say(&(struct event){.kind = "preserved",
					  .domid = o->domid,
					  .name = o->name,
					  .old_name = o->life_name},
			  "domain %u (%s) is kept as '%s'; remove it with: "
			  "vane destroy %u",
			  o->domid, o->life_name, o->name, o->domid);
	} else if (o->phase == LIFE_PRESERVED) {
		event_say(&(struct event){.kind = "preserved",
					  .domid = o->domid,
					  .name = o->name},
			  "domain %u (%s) is kept as it is; remove it with: "
			  "vane destroy %u",
			  o->domid, o->name, o->domid);
	}
}
