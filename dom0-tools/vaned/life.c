/* SPDX-License-Identifier: MIT */
/* The pure part of a domain's life; see the header. */
#include "vaned/life.h"

#include "public/sched.h"

static enum life_step step_ending(const struct life_facts *f)
{
	bool may_restart = f->wants_successor && !f->has_devices;

	if (f->exists && !f->is_dying)
		return LIFE_STEP_DESTROY;
	if (f->is_busy)
		return LIFE_STEP_NONE;
	if (!f->exists && !f->has_devices && !f->wants_successor)
		return LIFE_STEP_CLEAN;
	/*
	 * A dying domain that somebody keeps a page of is no reason to keep
	 * its successor waiting, once no device of it is left.
	 */
	if (may_restart && (!f->exists || f->is_late))
		return f->is_delayed ? LIFE_STEP_NONE : LIFE_STEP_RESTART;
	return f->is_late ? LIFE_STEP_LINGERS : LIFE_STEP_NONE;
}

static enum life_step step_starting(const struct life_facts *f)
{
	if (!f->exists || f->is_dying)
		return LIFE_STEP_END;
	if (f->is_being_made)
		return LIFE_STEP_NONE;
	if (f->is_half_made)
		return LIFE_STEP_UNMAKE;
	if (f->devices_failed)
		return LIFE_STEP_ABANDON;
	if (f->devices_ready)
		return LIFE_STEP_START;
	return f->is_late ? LIFE_STEP_ABANDON : LIFE_STEP_NONE;
}

enum life_step life_step(enum life_phase phase, const struct life_facts *f)
{
	switch (phase) {
	case LIFE_STARTING:
		return step_starting(f);
	case LIFE_RUNNING:
		if (!f->exists || f->is_dying)
			return LIFE_STEP_END;
		if (f->has_shut_down && f->reason != SHUTDOWN_suspend)
			return LIFE_STEP_DECIDE;
		return LIFE_STEP_NONE;
	case LIFE_PRESERVED:
		return !f->exists || f->is_dying ? LIFE_STEP_END
						 : LIFE_STEP_NONE;
	case LIFE_SUCCEEDED:
		if (f->is_busy)
			return LIFE_STEP_NONE;
		if (f->wants_successor && !f->has_devices && !f->is_delayed)
			return LIFE_STEP_RESTART;
		return !f->exists || f->is_dying ? LIFE_STEP_END
						 : LIFE_STEP_NONE;
	case LIFE_DUMPING:
		if (f->is_busy)
			return LIFE_STEP_NONE;
		return !f->exists || f->is_dying ? LIFE_STEP_END
						 : LIFE_STEP_DUMP;
	case LIFE_ENDING:
		return step_ending(f);
	}
	return LIFE_STEP_NONE;
}

enum config_action life_action(const struct config *c, unsigned int reason,
			       const char **name)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		*name = "on_poweroff";
		return c->on_poweroff;
	case SHUTDOWN_reboot:
	case SHUTDOWN_soft_reset:
		*name = "on_reboot";
		return c->on_reboot;
	default:
		/* Crash, watchdog, and reasons that a guest made up. */
		*name = "on_crash";
		return c->on_crash;
	}
}

const char *life_reason_name(unsigned int reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "powered off",
		[SHUTDOWN_reboot] = "asked for a reboot",
		[SHUTDOWN_suspend] = "suspended itself",
		[SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "was stopped by its watchdog",
		[SHUTDOWN_soft_reset] = "asked for a soft reset",
	};

	if (reason >= sizeof(names) / sizeof(names[0]))
		return "stopped for an unknown reason";
	return names[reason];
}

const char *life_reason_word(unsigned int reason)
{
	static const char *const words[] = {
		[SHUTDOWN_poweroff] = "poweroff",
		[SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspend",
		[SHUTDOWN_crash] = "crash",
		[SHUTDOWN_watchdog] = "watchdog",
		[SHUTDOWN_soft_reset] = "soft-reset",
	};

	return reason < sizeof(words) / sizeof(words[0]) ? words[reason]
							 : "unknown";
}

bool life_reason_is_crash(unsigned int reason)
{
	return reason != SHUTDOWN_poweroff && reason != SHUTDOWN_reboot &&
	       reason != SHUTDOWN_suspend && reason != SHUTDOWN_soft_reset;
}

enum config_action life_base_action(enum config_action action)
{
	switch (action) {
	case ACTION_COREDUMP_DESTROY:
		return ACTION_DESTROY;
	case ACTION_COREDUMP_RESTART:
		return ACTION_RESTART;
	case ACTION_DESTROY:
	case ACTION_RESTART:
	case ACTION_RENAME_RESTART:
	case ACTION_PRESERVE:
		return action;
	}
	return ACTION_DESTROY;
}

bool life_action_dumps(enum config_action action)
{
	return life_base_action(action) != action;
}

bool life_storm_restart_ok(struct life_storm *s, uint64_t lived_ns,
			   uint64_t *delay_ms)
{
	*delay_ms = 0;
	if (lived_ns >= LIFE_SHORT_NS) {
		s->short_lives = 0;
		return true;
	}
	if (s->short_lives > LIFE_SHORT_MAX)
		return false;
	s->short_lives++;
	if (s->short_lives > 1)
		*delay_ms = 1000ull << (s->short_lives - 2);
	return s->short_lives <= LIFE_SHORT_MAX;
}
