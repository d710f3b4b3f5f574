/* SPDX-License-Identifier: MIT */
/* The states of a domain's life, a row for each move; storms. */
#include <criterion/criterion.h>
#include <string.h>

#include "public/sched.h"
#include "vaned/life.h"

TestSuite(vaned_life);

struct row {
	const char *what;
	enum life_phase phase;
	struct life_facts facts;
	enum life_step step;
};

static const struct row rows[] = {
	{"a restarted domain waits for its devices",
	 LIFE_STARTING,
	 {.exists = true, .has_devices = true},
	 LIFE_STEP_NONE},
	{"and starts when it has them",
	 LIFE_STARTING,
	 {.exists = true, .has_devices = true, .devices_ready = true},
	 LIFE_STEP_START},
	{"having none, it starts at once",
	 LIFE_STARTING,
	 {.exists = true, .devices_ready = true},
	 LIFE_STEP_START},
	{"one device fails",
	 LIFE_STARTING,
	 {.exists = true, .has_devices = true, .devices_failed = true},
	 LIFE_STEP_ABANDON},
	{"a device never comes",
	 LIFE_STARTING,
	 {.exists = true, .is_late = true},
	 LIFE_STEP_ABANDON},
	{"the last device comes late",
	 LIFE_STARTING,
	 {.exists = true,
	  .is_late = true,
	  .has_devices = true,
	  .devices_ready = true},
	 LIFE_STEP_START},
	{"while it is being made, nothing is done",
	 LIFE_STARTING,
	 {.exists = true, .is_being_made = true, .is_late = true},
	 LIFE_STEP_NONE},
	{"its maker died half-way",
	 LIFE_STARTING,
	 {.exists = true, .is_half_made = true, .devices_failed = true},
	 LIFE_STEP_UNMAKE},
	{"it is destroyed before it started",
	 LIFE_STARTING,
	 {.exists = true, .is_dying = true, .devices_ready = true},
	 LIFE_STEP_END},
	{"it is gone before it started",
	 LIFE_STARTING,
	 {.devices_failed = true},
	 LIFE_STEP_END},

	{"a running domain is left in peace",
	 LIFE_RUNNING,
	 {.exists = true, .has_devices = true},
	 LIFE_STEP_NONE},
	{"a domain that powered off",
	 LIFE_RUNNING,
	 {.exists = true, .has_shut_down = true, .reason = SHUTDOWN_poweroff},
	 LIFE_STEP_DECIDE},
	{"a domain that crashed",
	 LIFE_RUNNING,
	 {.exists = true, .has_shut_down = true, .reason = SHUTDOWN_crash},
	 LIFE_STEP_DECIDE},
	{"a suspended domain is its saver's",
	 LIFE_RUNNING,
	 {.exists = true, .has_shut_down = true, .reason = SHUTDOWN_suspend},
	 LIFE_STEP_NONE},
	{"somebody destroys a running domain",
	 LIFE_RUNNING,
	 {.exists = true, .is_dying = true},
	 LIFE_STEP_END},
	{"somebody destroyed it so fast that it is gone",
	 LIFE_RUNNING,
	 {.has_devices = true},
	 LIFE_STEP_END},
	{"dying counts more than having shut down",
	 LIFE_RUNNING,
	 {.exists = true,
	  .is_dying = true,
	  .has_shut_down = true,
	  .reason = SHUTDOWN_reboot},
	 LIFE_STEP_END},

	{"a preserved domain stays",
	 LIFE_PRESERVED,
	 {.exists = true, .has_shut_down = true, .reason = SHUTDOWN_crash},
	 LIFE_STEP_NONE},
	{"a preserved domain is destroyed",
	 LIFE_PRESERVED,
	 {.exists = true, .is_dying = true},
	 LIFE_STEP_END},
	{"a preserved domain is gone", LIFE_PRESERVED, {0}, LIFE_STEP_END},

	{"its core is to be written",
	 LIFE_DUMPING,
	 {.exists = true, .has_shut_down = true, .reason = SHUTDOWN_crash},
	 LIFE_STEP_DUMP},
	{"its core is being written",
	 LIFE_DUMPING,
	 {.exists = true, .has_shut_down = true, .is_busy = true},
	 LIFE_STEP_NONE},
	{"it is destroyed before its core is written",
	 LIFE_DUMPING,
	 {.exists = true, .is_dying = true},
	 LIFE_STEP_END},

	{"gone, its successor is being made",
	 LIFE_ENDING,
	 {.wants_successor = true, .is_busy = true},
	 LIFE_STEP_NONE},
	{"gone, its restart is damped",
	 LIFE_ENDING,
	 {.wants_successor = true, .is_delayed = true},
	 LIFE_STEP_NONE},
	{"held by somebody, its restart is damped",
	 LIFE_ENDING,
	 {.exists = true,
	  .is_dying = true,
	  .wants_successor = true,
	  .is_late = true,
	  .is_delayed = true},
	 LIFE_STEP_NONE},
	{"a delay does not keep it alive",
	 LIFE_ENDING,
	 {.exists = true, .wants_successor = true, .is_delayed = true},
	 LIFE_STEP_DESTROY},
	{"a successor beside it is damped, too",
	 LIFE_SUCCEEDED,
	 {.exists = true, .wants_successor = true, .is_delayed = true},
	 LIFE_STEP_NONE},
	{"or being made",
	 LIFE_SUCCEEDED,
	 {.exists = true, .wants_successor = true, .is_busy = true},
	 LIFE_STEP_NONE},

	{"a successor waits for the disks",
	 LIFE_SUCCEEDED,
	 {.exists = true,
	  .has_shut_down = true,
	  .has_devices = true,
	  .wants_successor = true},
	 LIFE_STEP_NONE},
	{"a successor is made once the disks are free",
	 LIFE_SUCCEEDED,
	 {.exists = true, .has_shut_down = true, .wants_successor = true},
	 LIFE_STEP_RESTART},
	{"and only once",
	 LIFE_SUCCEEDED,
	 {.exists = true, .has_shut_down = true},
	 LIFE_STEP_NONE},
	{"the succeeded one is destroyed before that",
	 LIFE_SUCCEEDED,
	 {.exists = true,
	  .is_dying = true,
	  .has_devices = true,
	  .wants_successor = true},
	 LIFE_STEP_END},
	{"the succeeded one is destroyed after that",
	 LIFE_SUCCEEDED,
	 {.exists = true, .is_dying = true},
	 LIFE_STEP_END},

	{"what is to end is destroyed",
	 LIFE_ENDING,
	 {.exists = true, .has_shut_down = true, .has_devices = true},
	 LIFE_STEP_DESTROY},
	{"and destroyed again, if that failed",
	 LIFE_ENDING,
	 {.exists = true, .has_devices = true, .is_late = true},
	 LIFE_STEP_DESTROY},
	{"a dying domain takes its time",
	 LIFE_ENDING,
	 {.exists = true, .is_dying = true},
	 LIFE_STEP_NONE},
	{"too much of it",
	 LIFE_ENDING,
	 {.exists = true, .is_dying = true, .is_late = true},
	 LIFE_STEP_LINGERS},
	{"a domain that is gone, but its devices are not",
	 LIFE_ENDING,
	 {.has_devices = true},
	 LIFE_STEP_NONE},
	{"nor are they after a while",
	 LIFE_ENDING,
	 {.has_devices = true, .is_late = true, .wants_successor = true},
	 LIFE_STEP_LINGERS},
	{"all is gone", LIFE_ENDING, {0}, LIFE_STEP_CLEAN},
	{"all is gone and a restart is owed",
	 LIFE_ENDING,
	 {.wants_successor = true},
	 LIFE_STEP_RESTART},
	{"a restart does not wait for a held page for ever",
	 LIFE_ENDING,
	 {.exists = true,
	  .is_dying = true,
	  .is_late = true,
	  .wants_successor = true},
	 LIFE_STEP_RESTART},
	{"but it waits at first",
	 LIFE_ENDING,
	 {.exists = true, .is_dying = true, .wants_successor = true},
	 LIFE_STEP_NONE},
};

Test(vaned_life, each_move_is_as_the_picture_in_the_header_says)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(life_step(rows[i].phase, &rows[i].facts),
			     rows[i].step, "%s", rows[i].what);
}

Test(vaned_life, nothing_is_cleaned_up_while_it_exists_or_has_devices)
{
	for (unsigned int p = 0; p <= LIFE_ENDING; p++) {
		for (unsigned int bits = 0; bits < 1 << 12; bits++) {
			enum life_phase phase = (enum life_phase)p;
			struct life_facts f = {
				.exists = bits & 1,
				.is_dying = bits & 2,
				.has_shut_down = bits & 4,
				.has_devices = bits & 8,
				.wants_successor = bits & 16,
				.is_late = bits & 32,
				.devices_ready = bits & 64,
				.devices_failed = bits & 128,
				.is_busy = bits & 256,
				.is_delayed = bits & 512,
				.is_half_made = bits & 1024,
				.is_being_made = bits & 2048,
			};
			enum life_step s = life_step(phase, &f);

			if (f.exists || f.has_devices)
				cr_assert_neq(s, LIFE_STEP_CLEAN);
			if (f.has_devices)
				cr_assert_neq(s, LIFE_STEP_RESTART);
			if (!f.wants_successor || f.is_delayed)
				cr_assert_neq(s, LIFE_STEP_RESTART);
			if (s == LIFE_STEP_START)
				cr_assert(f.devices_ready && f.exists &&
					  !f.is_dying && !f.devices_failed &&
					  !f.is_half_made && !f.is_being_made);
			/* One child process at a time, and it is used. */
			if (f.is_busy)
				cr_assert(s != LIFE_STEP_RESTART &&
					  s != LIFE_STEP_DUMP &&
					  s != LIFE_STEP_CLEAN);
			if (phase != LIFE_ENDING)
				cr_assert_neq(s, LIFE_STEP_DESTROY);
		}
	}
}

Test(vaned_life, each_reason_has_its_setting)
{
	struct config c = {
		.on_poweroff = ACTION_PRESERVE,
		.on_reboot = ACTION_RESTART,
		.on_crash = ACTION_RENAME_RESTART,
	};
	static const struct {
		unsigned int reason;
		const char *name;
		enum config_action action;
	} reasons[] = {
		{SHUTDOWN_poweroff, "on_poweroff", ACTION_PRESERVE},
		{SHUTDOWN_reboot, "on_reboot", ACTION_RESTART},
		{SHUTDOWN_soft_reset, "on_reboot", ACTION_RESTART},
		{SHUTDOWN_crash, "on_crash", ACTION_RENAME_RESTART},
		{SHUTDOWN_watchdog, "on_crash", ACTION_RENAME_RESTART},
		{200, "on_crash", ACTION_RENAME_RESTART},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const char *name;

		cr_expect_eq(life_action(&c, reasons[i].reason, &name),
			     reasons[i].action);
		cr_expect_str_eq(name, reasons[i].name);
		cr_expect_gt(strlen(life_reason_name(reasons[i].reason)), 0);
	}
}

Test(vaned_life, an_action_with_a_core_dump_is_its_base)
{
	cr_assert_eq(life_base_action(ACTION_COREDUMP_DESTROY), ACTION_DESTROY);
	cr_assert_eq(life_base_action(ACTION_COREDUMP_RESTART), ACTION_RESTART);
	cr_assert_eq(life_base_action(ACTION_RENAME_RESTART),
		     ACTION_RENAME_RESTART);
	cr_assert_eq(life_base_action(ACTION_PRESERVE), ACTION_PRESERVE);
}

Test(vaned_life, only_actions_with_a_core_dump_dump)
{
	cr_assert(life_action_dumps(ACTION_COREDUMP_DESTROY));
	cr_assert(life_action_dumps(ACTION_COREDUMP_RESTART));
	cr_assert_not(life_action_dumps(ACTION_DESTROY));
	cr_assert_not(life_action_dumps(ACTION_RENAME_RESTART));
}

Test(vaned_life, a_reason_that_no_guest_should_give_is_a_crash)
{
	cr_assert(life_reason_is_crash(SHUTDOWN_crash));
	cr_assert(life_reason_is_crash(SHUTDOWN_watchdog));
	cr_assert(life_reason_is_crash(200));
	cr_assert_not(life_reason_is_crash(SHUTDOWN_poweroff));
	cr_assert_not(life_reason_is_crash(SHUTDOWN_reboot));
	cr_assert_str_eq(life_reason_word(SHUTDOWN_poweroff), "poweroff");
	cr_assert_str_eq(life_reason_word(200), "unknown");
}

Test(vaned_life, five_short_lives_wait_longer_and_longer_and_no_sixth_comes)
{
	static const uint64_t delays[LIFE_SHORT_MAX] = {0, 1000, 2000, 4000,
							8000};
	struct life_storm s = {0};
	uint64_t delay;

	for (int i = 0; i < LIFE_SHORT_MAX; i++) {
		cr_assert(life_storm_restart_ok(&s, LIFE_SHORT_NS - 1, &delay));
		cr_assert_eq(delay, delays[i], "the %d. waits %lu ms", i + 1,
			     delay);
	}
	cr_assert_not(life_storm_restart_ok(&s, 0, &delay));
	for (int i = 0; i < 100; i++)
		cr_assert_not(life_storm_restart_ok(&s, 0, &delay));
}

Test(vaned_life, one_long_life_ends_the_storm)
{
	struct life_storm s = {0};
	uint64_t delay;

	for (int i = 0; i < LIFE_SHORT_MAX; i++)
		cr_assert(life_storm_restart_ok(&s, 1, &delay));
	cr_assert(life_storm_restart_ok(&s, LIFE_SHORT_NS, &delay));
	cr_assert_eq(delay, 0);
	for (int i = 0; i < LIFE_SHORT_MAX; i++)
		cr_assert(life_storm_restart_ok(&s, 1, &delay));
	cr_assert_not(life_storm_restart_ok(&s, 1, &delay));
}
