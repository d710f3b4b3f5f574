/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain, as far as vaned has to act in it. Pure.
 *
 * Level-triggered like device.h: a step follows from the phase and the facts.
 *
 *   STARTING --its devices are connected-----> RUNNING    (unpaused)
 *      |  \--one failed, or none of it in time> ENDING
 *      |   \-its maker died half-way ---------> ENDING
 *   RUNNING --it shut down: its on_* action--> ENDING     (destroy, restart)
 *      |                                 |\--> PRESERVED  (preserve)
 *      |                                 | \-> SUCCEEDED  (rename-restart)
 *      |                                 \---> DUMPING    (coredump-*)
 *      +--dying or gone, by whoever it was --> ENDING
 *   DUMPING --its core is written -----------> ENDING
 *   PRESERVED, SUCCEEDED, DUMPING --dying or gone --> ENDING
 *   ENDING --gone, its devices released -----> (cleaned up, restarted if that
 *                                               was the action, forgotten)
 *   SUCCEEDED --its devices released --------> its successor is created once
 *
 * STARTING is what a restart makes; a domain that somebody else creates is
 * RUNNING from the start, for its creator waits for the devices himself.
 * A domain that suspended itself belongs to whoever saves it: no step.
 * Restarts and core dumps take seconds; a child process does them (worker.h),
 * and its domain takes no step meanwhile.
 * Test: tests/unit/dom0-tools/vaned/test_life.c, a row for each move.
 */
#ifndef DOM0_TOOLS_VANED_LIFE_H
#define DOM0_TOOLS_VANED_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config.h"

enum life_phase {
	LIFE_STARTING,
	LIFE_RUNNING,
	LIFE_PRESERVED,
	LIFE_SUCCEEDED,
	LIFE_DUMPING,
	LIFE_ENDING,
};

struct life_facts {
	bool exists; /* the hypervisor lists it */
	bool is_dying;
	bool has_shut_down;
	unsigned int reason;  /* SHUTDOWN_*, if it has */
	bool has_devices;     /* back ends that are not yet released */
	bool wants_successor; /* a restart was decided and is still owed */
	bool is_busy;	      /* a child process works for it */
	bool is_delayed;      /* its restart is damped, and not due yet */
	bool is_half_made;    /* and nobody is there to go on making it */
	bool is_being_made;   /* by a child process */
	bool devices_ready;   /* all that it shall have are connected */
	bool devices_failed;  /* at least one cannot be */
	bool is_late; /* STARTING or ENDING has lasted longer than it should */
};

enum life_step {
	LIFE_STEP_NONE,
	LIFE_STEP_START,   /* unpause it */
	LIFE_STEP_ABANDON, /* it cannot be started */
	LIFE_STEP_UNMAKE,  /* what its maker left of it goes */
	LIFE_STEP_DECIDE,  /* it shut down: look up what to do */
	LIFE_STEP_DUMP,	   /* write its core */
	LIFE_STEP_END,	   /* somebody else destroyed it: go to ENDING */
	LIFE_STEP_DESTROY, /* (again) */
	LIFE_STEP_LINGERS, /* say who holds it, and go on waiting */
	LIFE_STEP_RESTART, /* create its successor */
	LIFE_STEP_CLEAN,   /* remove what is left, and forget it */
};

enum life_step life_step(enum life_phase phase, const struct life_facts *f);

/* What the configuration wants for a reason; *name becomes "on_…". */
enum config_action life_action(const struct config *c, unsigned int reason,
			       const char **name);
const char *life_reason_name(unsigned int reason);

/* The name of a reason for programs: "poweroff", "crash". */
const char *life_reason_word(unsigned int reason);
/* It did not end as it wanted to: a crash, a watchdog, an unknown reason. */
bool life_reason_is_crash(unsigned int reason);

/* What follows a core dump, and whether there is one. */
enum config_action life_base_action(enum config_action action);
bool life_action_dumps(enum config_action action);

/*
 * Damping of restart storms. A life shorter than LIFE_SHORT_NS counts, a
 * longer one ends the count. The first short life is followed by the next at
 * once, the others after 1, 2, 4, ... seconds; after LIFE_SHORT_MAX short
 * lives in a row comes none.
 */
#define LIFE_SHORT_NS  (30 * 1000000000ull)
#define LIFE_SHORT_MAX 5

struct life_storm {
	unsigned int short_lives; /* in a row, up to now */
};

/*
 * A life of this length is over. May there be another one? If so, *delay_ms
 * says how long it has to wait.
 */
bool life_storm_restart_ok(struct life_storm *s, uint64_t lived_ns,
			   uint64_t *delay_ms);

#endif
