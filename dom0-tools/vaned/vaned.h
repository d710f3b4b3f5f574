/* SPDX-License-Identifier: MIT */
/*
 * The parts of vaned and what they owe each other.
 *
 * main.c     options, start, the event loop, the store's watches
 * device.c   pure: what to do about a back end        (device.h)
 * backends.c the back ends in the store, and their reconciliation
 * vbd.c      a disk: file to loop device, checks, nodes
 * vif.c      a network card: its interface, its bridge
 * life.c     pure: what to do about a domain          (life.h)
 * domains.c  the domains, and their reconciliation
 * decide.c   what to do about a domain that shut down
 * aside.c    one that is kept beside its successor
 * record.c   what is known still after a kill
 * restart.c  what a child process does: a domain's successor, its core
 * worker.c   child processes
 * sweep.c    what is left of what nobody is making or using any more
 * event.c    what happened, for `vane events`
 * script.c   hotplug scripts of the user
 * metrics.c  GET /metrics, by httpd.c, http.c and openmetrics.c
 *
 * All state here is a cache. The truth is in the hypervisor (domains), the
 * kernel (loop devices, interfaces), the store (devices, and under
 * /tool/vaned what this daemon has decided) and CONFIG_DIR.
 */
#ifndef DOM0_TOOLS_VANED_VANED_H
#define DOM0_TOOLS_VANED_VANED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>

#include "builder/nodes.h"
#include "lib/blockdev.h"
#include "lib/domctl.h"
#include "lib/evloop.h"
#include "lib/loopdev.h"
#include "lib/rtnetlink.h"
#include "lib/store.h"
#include "vaned/device.h"
#include "vaned/event.h"
#include "vaned/life.h"
#include "vaned/worker.h"

#define VANED_CONFIG_DIR "/run/vane/domains"
#define VANED_STORE_DIR	 "/tool/vaned"

#define DEVICE_WAIT_MS	10000u /* for a netdev, or for a disk to be let go */
#define DEVICE_CLOSE_MS 10000u /* for the driver to let go */
#define LIFE_START_MS	20000u /* for a restarted domain's devices */
#define LIFE_END_MS	10000u /* for a dying domain to be gone */

#define DEVICE_ERROR_BYTES ERR_TEXT_BYTES

struct device {
	struct device *next;
	struct vaned *v;
	struct device_key key;
	enum device_phase phase;
	bool is_dirty; /* to be reconciled */
	bool is_late;
	bool is_foreign; /* another toolstack's scripts serve it */
	struct evloop_timer timer;

	/* vbd */
	bool has_disk; /* disk and mode are valid, and count against others */
	struct blockdev_id disk;
	enum disk_mode mode;
	char path[256]; /* of the file, device or interface, for messages */
	bool has_loop;
	struct loopdev loop;

	/* A script of the user binds it, see script.c; empty: none does. */
	char script[NODES_SCRIPT_BYTES];
	bool script_comes, script_undone;
	char vif[IFNAMSIZ]; /* for it */
	struct worker worker;

	char error[DEVICE_ERROR_BYTES]; /* one line, of the last attempt */
};

struct domain {
	struct domain *next;
	struct vaned *v;
	uint16_t domid;
	char name[CONFIG_NAME_MAX + 1]; /* may be empty */
	/* The one that its successor gets; known while one is owed. */
	char life_name[CONFIG_NAME_MAX + 1];
	enum life_phase phase;
	struct life_facts facts;
	bool is_dirty;
	bool is_ours;		       /* has a configuration in CONFIG_DIR */
	unsigned int devices_expected; /* LIFE_STARTING */
	bool devices_unwanted;	       /* its devices go although it exists */
	uint64_t pages;		       /* still held */
	uint64_t started_ns;	       /* 0: before this daemon */
	struct life_storm storm;
	uint64_t not_before_ns; /* the restart that is owed */
	uint16_t from;	/* LIFE_STARTING: whose successor; 0: nobody's */
	bool is_unmade; /* its creator died, and it goes */
	bool is_paused;
	bool created_said, started_said, shutdown_said;
	struct worker worker; /* creates its successor, or writes its core */
	char core_path[192];

	/* LIFE_STARTING and LIFE_ENDING */
	uint64_t phase_since_ns;
	uint64_t look_ms; /* until the next look; grows */
	bool late_said;
	struct evloop_timer timer;
};

struct vaned {
	struct evloop loop;
	struct store *store; /* NULL: not reachable now */
	struct evloop_timer store_timer, creating_timer;
	bool store_said;
	int privcmd, rtnl, monitor, signals, creating;
	bool scan_domains, scan_devices, scan_creating;
	bool names_changed, restarting_changed;
	bool scan_is_first; /* what it finds is older than this daemon */
	struct device *devices;
	struct domain *domains;
	const char *config_dir;
};

/* The outcome of an attempt to connect a device. */
enum connect_result { CONNECT_OK, CONNECT_WAIT, CONNECT_FAIL };

/* backends.c */

/*
 * Finds all back ends in the store; those that it does not find are looked at
 * too, and released. Releases
 * loop devices without one.
 */
void backends_scan(struct vaned *v);
/* A watch below the backend directory fired. */
void backends_event(struct vaned *v, const char *path);
/* An interface appeared: those that wait look again. */
void backends_netdev_event(struct vaned *v);
/* Carries out every step that is due; true when something was done. */
bool backends_reconcile(struct vaned *v);
/* All devices of a domain are to be looked at again. */
void backends_touch(struct vaned *v, uint16_t domid);
bool backends_any(const struct vaned *v, uint16_t domid);
unsigned int backends_count(const struct vaned *v, uint16_t domid,
			    enum device_phase phase);
/* The line of a device that failed, or NULL. */
const char *backends_error(const struct vaned *v, uint16_t domid);
/* "vbd/51712 closing, vif/0 closing" for a message. */
void backends_describe(const struct vaned *v, uint16_t domid, char *out,
		       size_t size);
void backends_free_all(struct vaned *v);

/* The back end's directory, and a node in it. */
void device_dir(const struct device *d, char *out, size_t size);
/* Malloc'd, or NULL. */
char *device_read(const struct device *d, uint32_t txn, const char *node);
int device_write(const struct device *d, uint32_t txn, const char *node,
		 const char *value);

/* vbd.c */

/* Fills d->error on CONNECT_FAIL, and on CONNECT_WAIT with what it waits for.
 */
enum connect_result vbd_connect(struct device *d);
/* Lets the loop device go. Safe to repeat. */
void vbd_release(struct device *d);
/* Gives loop devices back that carry our tag and that no device owns. */
void vbd_release_orphans(struct vaned *v);

/* script.c */

/* Fills d->script if the device has one and is of our own toolstack. */
void script_learn(struct device *d);
/*
 * Runs it, in a child process; `done` is called in the end, with the device
 * as its argument. 0 or -errno.
 */
int script_start(struct device *d, bool comes, worker_done *done);

/* vif.c */

/* The device's interface: 0, -ENODEV, or another -errno. */
int vif_find(struct device *d, struct rtnl_link *link);
enum connect_result vif_connect(struct device *d);

/* domains.c */

void domains_scan(struct vaned *v);
/* Of a domain that is known; else NULL. */
const char *domains_name(struct vaned *v, uint16_t domid);
struct domain *domains_find(struct vaned *v, uint16_t domid);
/* That one, looked after from now on; NULL: no memory. */
struct domain *domains_add(struct vaned *v, uint16_t domid);
/* A name changed, or a restart that is owed is not wanted any more. */
void domains_names_changed(struct vaned *v);
void domains_restarting_changed(struct vaned *v);
void domain_set_phase(struct domain *o, enum life_phase phase);
bool domains_reconcile(struct vaned *v);
/* For devices: the domain exists, is not dying, and is to keep them. */
bool domains_device_wanted(struct vaned *v, uint16_t domid);
void domains_touch(struct vaned *v, uint16_t domid);
void domains_free_all(struct vaned *v);

/* decide.c */

/* What its configuration says about its shutdown; goes to the next phase. */
void decide(struct domain *o);

/* sweep.c */

/* Domains whose creator died are taken back. */
void sweep_creating(struct vaned *v);
/* Nodes in the store about domains that are not there any more go. */
void sweep_store(struct vaned *v);

#endif
