/* SPDX-License-Identifier: MIT */
/*
 * The life of one split device's back end, as vaned sees it. Pure.
 *
 * Level-triggered: a step follows from the phase and from what is the case
 * now, never from which event came. So a missed event, a daemon that was
 * restarted in the middle, and a state found at the start are all one case.
 *
 *            connect            connect
 *   NEW ---------------> CONNECTED <------ WAITING (vif without its netdev,
 *    |  \--- wait --------------------------^  |    disk still being released)
 *    |   \-- fail --> FAILED <---- fail, late -/
 *    |                  |         |
 *    +------ close -----+---------+-----> CLOSING -- release --> (forgotten)
 *    +------ release, when the directory is gone, from any phase -^
 *
 * A back-end driver may be unloaded and loaded again while a guest lives: then
 * a CONNECTED one is connected once more.
 *
 * CLOSING ends when the driver has let go. A dead domain's driver gets a
 * limited time for that; a guest that lives may take as long as it uses the
 * device, unless somebody removes the directory.
 *
 * Test: tests/unit/dom0-tools/vaned/test_device.c, a row for each move.
 */
#ifndef DOM0_TOOLS_VANED_DEVICE_H
#define DOM0_TOOLS_VANED_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/blockdev.h"

enum device_kind { DEVICE_VBD, DEVICE_VIF };

enum device_phase {
	DEVICE_NEW,
	DEVICE_WAITING,
	DEVICE_CONNECTED,
	DEVICE_FAILED,
	DEVICE_CLOSING,
};

struct device_facts {
	bool dir_exists;    /* the back end's directory, in the store */
	bool is_complete;   /* the toolstack has written all we need */
	bool is_online;	    /* the toolstack wants the device */
	unsigned int state; /* the back end's, an enum xenbus_state */
	bool domain_alive;  /* it exists and is not dying */
	bool driver_bound;  /* the kernel's back-end driver has the device */
	bool driver_waits;  /* for what we have to do, having come anew */
	bool is_busy;	    /* a script is run for it: it takes no step */
	bool is_late;	    /* the phase has lasted longer than it may */
};

enum device_step {
	DEVICE_STEP_NONE,
	DEVICE_STEP_CONNECT, /* try; ends in CONNECTED, WAITING or FAILED */
	DEVICE_STEP_FAIL,    /* waiting took too long */
	DEVICE_STEP_CLOSE,   /* tell the driver; then CLOSING */
	DEVICE_STEP_RELEASE, /* give everything back and forget the device */
};

enum device_step device_step(enum device_phase phase,
			     const struct device_facts *f);

const char *device_phase_name(enum device_phase phase);

/* "vbd/5/51712" and such, as in a path below a backend directory. */
struct device_key {
	enum device_kind kind;
	uint16_t domid;
	uint32_t devid;
};

const char *device_kind_name(enum device_kind kind);
/*
 * Reads what a watch reported: "/local/domain/0/backend/KIND/DOMID/DEVID" and
 * perhaps a node below, which *node then points at ("" for the directory
 * itself). -EINVAL for any other path.
 */
int device_key_parse(const char *path, struct device_key *key,
		     const char **node);

/* The tag of a loop device that belongs to a disk, and back; see loopdev.h. */
void device_tag_format(char *tag, size_t size, const struct device_key *key);
int device_tag_parse(const char *tag, struct device_key *key);

#endif
