/* SPDX-License-Identifier: MIT */
/*
 * From a configuration to a running domain; see create.h.
 *
 * The phases are a table, walked once. What they hold is in one struct and is
 * given back by one function, whether all went well or not; the domain itself
 * is taken back by domain_destroy(), which needs to know its number only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/bootdisk.h"
#include "builder/check.h"
#include "builder/create.h"
#include "builder/creating.h"
#include "builder/destroy.h"
#include "builder/diskuse.h"
#include "builder/image.h"
#include "builder/nodes.h"
#include "builder/room.h"
#include "lib/consproto.h"
#include "lib/domctl.h"
#include "lib/domname.h"
#include "lib/privcmd.h"
#include "lib/reach.h"
#include "lib/restarting.h"

#define CREATE_DEVICE_TIMEOUT_MS 20000
#define CREATE_TXN_TRIES	 100

/* Limits that libxl gives by default too. */
#define CREATE_EVTCHN_PORT_MAX 1023
#define CREATE_GRANT_FRAMES    64
#define CREATE_MAPTRACK_FRAMES 1024
#define CREATE_GRANT_VERSION   1

struct creation {
	const struct config *c;
	const struct create_options *o;
	struct create_result *result;
	struct err *err;
	int privcmd;
	struct store *store;
	int creating; /* the lock that says so; see creating.h */
	struct kernel kernel;
	struct bootdisk bootdisk; /* of kernel="disk:" */
	char *cmdline;		  /* put together with the disk's */
	int ramdisk;
	uint64_t ramdisk_bytes;
	struct layout layout;
	uint64_t *p2m;
	size_t p2m_bytes;
	bool *disk_is_device;
	struct room_request room;
	struct sched_pool_info pool;
	bool has_domain;
	uint16_t domid;
	uint32_t store_port;
	uint32_t console_port;
	struct image image;
	struct bootstate boot;
};

static uint64_t create_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool create_is_stopped(const struct creation *n)
{
	return n->o->stop && *n->o->stop;
}

static int create_fail(struct creation *n, int rc, const char *what)
{
	return err_set(n->err, rc, "cannot %s (%s)", what, err_name(rc));
}

static bool create_is_alive(const struct creation *n)
{
	struct xen_domctl_getdomaininfo info;

	return domctl_get_info(n->privcmd, n->domid, &info) == 0 &&
	       !(info.flags & XEN_DOMINF_dying);
}

/* CREATE_CHECK */

static int create_open(struct creation *n)
{
	n->privcmd = reach_hypervisor(n->err);
	if (n->privcmd < 0)
		return n->privcmd;
	n->store = store_open();
	return n->store ? 0 : reach_store_failed(errno, n->err);
}

static int create_open_ramdisk(struct creation *n)
{
	const char *path = n->c->ramdisk;
	struct stat st;

	if (path == NULL)
		return 0;
	n->ramdisk = open(path, O_RDONLY | O_CLOEXEC);
	if (n->ramdisk < 0)
		return err_set(n->err, errno, "ramdisk %s: %s", path,
			       strerror(errno));
	if (fstat(n->ramdisk, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0)
		return err_set(n->err, EINVAL,
			       "ramdisk %s: not a file with content", path);
	n->ramdisk_bytes = (uint64_t)st.st_size;
	return 0;
}

/* The kernel, from domain zero's files or from the guest's own disk. */
static int create_open_kernel(struct creation *n)
{
	const struct config *c = n->c;
	struct bootdisk *b = &n->bootdisk;
	struct bootdisk_request r;
	int rc;

	if (config_boot_entry(c) == NULL)
		return kernel_open(&n->kernel, c->kernel, n->err);
	r = bootdisk_request(c);
	r.stop = n->o->stop;
	rc = bootdisk_load(&r, b, n->err);
	if (rc)
		return rc;
	n->ramdisk = b->ramdisk;
	n->ramdisk_bytes = b->ramdisk_bytes;
	b->ramdisk = -1;
	if (c->cmdline_added &&
	    asprintf(&n->cmdline, "%s%s%s", b->options, *c->cmdline ? " " : "",
		     c->cmdline) < 0) {
		n->cmdline = NULL;
		return create_fail(n, -ENOMEM, "hold its command line");
	}
	if (n->cmdline && strlen(n->cmdline) > CONFIG_CMDLINE_MAX)
		return err_set(n->err, E2BIG,
			       "the command line of the disk's entry '%.80s' "
			       "has, with extra=, %zu characters; a guest can "
			       "be given %d",
			       b->title, strlen(n->cmdline),
			       CONFIG_CMDLINE_MAX);
	return kernel_open_fd(&n->kernel, b->kernel, b->kernel_path, n->err);
}

static int create_check_devices(struct creation *n)
{
	const struct config *c = n->c;
	int rc;

	n->disk_is_device = calloc(c->disk_count + 1, sizeof(bool));
	if (n->disk_is_device == NULL)
		return create_fail(n, -ENOMEM, "remember the disks");
	rc = check_disks(c, n->disk_is_device, n->err);
	if (rc == 0)
		rc = diskuse_check(n->privcmd, n->store, c, n->err);
	if (rc == 0)
		rc = check_vifs(c, n->err);
	if (rc)
		return rc;
	n->result->no_vaned = !n->o->no_device_wait && !check_vaned(n->store);
	if (n->result->no_vaned && c->disk_count + c->vif_count)
		return err_set(n->err, ESRCH,
			       "vaned does not run, so nobody would bind its "
			       "disks (%zu) and network cards (%zu); start it: "
			       "'%svaned'",
			       c->disk_count, c->vif_count, reach_starter());
	return 0;
}

static int create_check_memory(struct creation *n)
{
	n->room = (struct room_request){
		.privcmd = n->privcmd,
		.store = n->store,
		.pages = n->c->memory_mib * 256,
		.stop = n->o->stop,
		.progress = n->o->progress,
	};
	return room_check(&n->room, n->c->maxvcpus, n->err);
}

static int create_check(struct creation *n)
{
	const struct config *c = n->c;
	int rc = create_open(n);

	if (rc == 0)
		rc = check_name(n->privcmd, n->store, c->name, n->err);
	if (rc == 0 && n->o->in_txn == NULL)
		rc = restarting_check(n->store, 0, c->name, n->err);
	if (rc == 0)
		rc = create_open_ramdisk(n);
	if (rc == 0)
		rc = create_check_devices(n);
	if (rc == 0)
		rc = check_pool(n->privcmd, n->store, c, &n->pool, n->err);
	if (rc == 0)
		rc = check_cpus(n->privcmd, c, &n->pool, n->err);
	if (rc == 0)
		rc = create_check_memory(n);
	/* Last, because unpacking takes longest. */
	if (rc == 0)
		rc = create_open_kernel(n);
	if (rc == 0)
		rc = layout_make(&n->kernel.place, c->memory_mib * 256,
				 n->ramdisk_bytes, &n->layout, n->err);
	return rc;
}

/* CREATE_DOMAIN */

/* sets: one for all vCPUs, or one for each and the last for all that follow. */
static int create_set_affinity(struct creation *n, const char **sets,
			       size_t set_count, bool is_soft)
{
	uint32_t count = 4096;
	uint8_t bitmap[512];

	for (uint32_t vcpu = 0; set_count && vcpu < n->c->maxvcpus; vcpu++) {
		size_t at = vcpu < set_count ? vcpu : set_count - 1;
		int rc;

		config_cpus(sets[at], bitmap, count);
		rc = domctl_set_affinity(n->privcmd, n->domid, vcpu, is_soft,
					 bitmap, count);
		if (rc)
			return create_fail(n, rc,
					   is_soft ? "set cpus_soft="
						   : "set cpus=");
	}
	return 0;
}

static int create_set_cpus(struct creation *n)
{
	const struct config *c = n->c;
	int rc = create_set_affinity(n, c->cpus, c->cpus_count, false);

	if (rc == 0)
		rc = create_set_affinity(n, c->cpus_soft, c->cpus_soft_count,
					 true);
	if (rc)
		return rc;
	if (c->cpu_weight || c->cap) {
		rc = domctl_set_share(n->privcmd, n->domid, c->cpu_weight,
				      c->cap ? c->cap : 0xffff);

		if (rc)
			return create_fail(n, rc, "set cpu_weight= or cap=");
	}
	return 0;
}

/*
 * It may have what it is told to have, and no more until it is told again
 * (vane mem-set); but its kernel makes tables for all that it may ever have.
 */
static int create_set_memory(struct creation *n)
{
	const struct config *c = n->c;
	int rc = domctl_set_max_mem(n->privcmd, n->domid,
				    c->memory_mib * 1024 + BALLOON_SLACK_KIB);

	if (rc)
		return create_fail(n, rc, "set its memory limit");
	rc = memory_set_map(n->privcmd, n->domid, c->maxmem_mib << 20);
	if (rc)
		return create_fail(n, rc, "set its memory map");
	return 0;
}

static int create_make_domain(struct creation *n)
{
	const struct config *c = n->c;
	struct xen_domctl_createdomain what = {
		.max_vcpus = c->maxvcpus,
		.max_evtchn_port = CREATE_EVTCHN_PORT_MAX,
		.max_grant_frames = CREATE_GRANT_FRAMES,
		.max_maptrack_frames = CREATE_MAPTRACK_FRAMES,
		.grant_opts = XEN_DOMCTL_GRANT_version(CREATE_GRANT_VERSION),
		.cpupool_id = n->pool.id,
	};
	int rc;

	n->creating = creating_begin(CREATING_DIR, c->uuid, n->err);
	if (n->creating < 0)
		return n->creating;
	memcpy(what.handle, c->uuid, sizeof(what.handle));
	n->domid = 0;
	rc = domctl_create(n->privcmd, &what, &n->domid);
	if (rc)
		return create_fail(n, rc, "create an empty domain");
	n->has_domain = true;
	rc = domctl_set_max_vcpus(n->privcmd, n->domid, c->maxvcpus);
	if (rc)
		return create_fail(n, rc, "give it its virtual CPUs");
	rc = create_set_memory(n);
	if (rc)
		return rc;
	rc = evtchn_alloc_unbound(n->privcmd, n->domid, 0);
	if (rc < 0)
		return create_fail(n, rc, "make its store's event channel");
	n->store_port = (uint32_t)rc;
	rc = evtchn_alloc_unbound(n->privcmd, n->domid, 0);
	if (rc < 0)
		return create_fail(n, rc, "make its console's event channel");
	n->console_port = (uint32_t)rc;
	return create_set_cpus(n);
}

/* CREATE_MEMORY */

static int create_get_memory(struct creation *n)
{
	int rc = room_take(&n->room, n->domid, n->err);

	if (rc)
		return rc;
	n->p2m_bytes = n->layout.total_pages * sizeof(*n->p2m);
	n->p2m = mmap(NULL, n->p2m_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (n->p2m == MAP_FAILED) {
		n->p2m = NULL;
		return create_fail(n, -ENOMEM, "hold the list of its frames");
	}
	n->image = (struct image){
		.privcmd = n->privcmd,
		.domid = n->domid,
		.kernel = &n->kernel,
		.ramdisk = n->ramdisk,
		.ramdisk_bytes = n->ramdisk_bytes,
		.layout = &n->layout,
		.p2m = n->p2m,
		.stop = n->o->stop,
	};
	return image_populate(&n->image, n->err);
}

/* CREATE_IMAGE */

static int create_write_image(struct creation *n)
{
	struct xen_domctl_getdomaininfo info;
	int rc = domctl_get_info(n->privcmd, n->domid, &info);

	if (rc)
		return create_fail(n, rc, "ask for its shared page");
	n->boot = (struct bootstate){
		.layout = &n->layout,
		.p2m = n->p2m,
		.entry = n->kernel.elf.entry,
		.shared_info_mfn = info.shared_info_frame,
		.store_port = n->store_port,
		.console_port = n->console_port,
		.ramdisk_bytes = n->ramdisk_bytes,
		.cmdline = n->cmdline ? n->cmdline : n->c->cmdline,
	};
	return image_write(&n->image, &n->boot, n->err);
}

/* CREATE_VCPU */

/*
 * localtime= and rtc_timeoffset=; a guest that asks for neither is in UTC. Also
 * without an offset: the hypervisor writes the time into the shared page then,
 * which was cleared with the rest of it.
 */
static int create_set_clock(struct creation *n)
{
	int64_t offset = n->c->rtc_timeoffset;
	time_t now = time(NULL);
	struct tm local;
	int rc;

	if (n->c->localtime && localtime_r(&now, &local))
		offset += local.tm_gmtoff;
	rc = domctl_set_time_offset(n->privcmd, n->domid, offset);
	return rc ? create_fail(n, rc,
				"set its clock (localtime=, "
				"rtc_timeoffset=)")
		  : 0;
}

static int create_set_vcpu(struct creation *n)
{
	struct vcpu_guest_context context;
	int rc = mmuext_pin_l4(n->privcmd, n->domid,
			       n->p2m[n->layout.tables.pfn]);

	if (rc)
		return create_fail(n, rc, "pin its page tables");
	bootstate_fill_vcpu(&n->boot, &context);
	rc = domctl_set_vcpu(n->privcmd, n->domid, 0, &context);
	if (rc)
		return create_fail(n, rc, "set its first virtual CPU");
	rc = create_set_clock(n);
	if (rc)
		return rc;
	return image_seed_grants(&n->image, n->err);
}

/* CREATE_STORE */

/* Looks again, for another creation may have had the same idea. */
static int create_take_name(struct creation *n, uint32_t txn)
{
	struct xen_domctl_getdomaininfo info;
	char path[NAMES_PATH_BYTES];
	uint16_t other;

	if (domname_lookup(n->store, txn, n->c->name, &other) == 0 &&
	    domctl_get_info(n->privcmd, other, &info) == 0)
		return err_set(n->err, EEXIST,
			       "a domain named '%s' was created meanwhile "
			       "(domain %u)",
			       n->c->name, other);
	if (n->o->in_txn == NULL) {
		int rc = restarting_check(n->store, txn, n->c->name, n->err);

		if (rc)
			return rc;
	}
	domname_path(n->c->name, path);
	return store_writef(n->store, txn, path, "%u", n->domid);
}

static int create_write_store(struct creation *n)
{
	struct nodes_domain d = {
		.domid = n->domid,
		.store_mfn = n->p2m[n->layout.store_pfn],
		.store_port = n->store_port,
		.console_mfn = n->p2m[n->layout.console_pfn],
		.console_port = n->console_port,
		.start_time_cs = create_clock_ns(CLOCK_REALTIME) / 10000000,
		.disk_is_device = n->disk_is_device,
	};
	struct nodes nodes;
	uint32_t txn;
	int rc = nodes_make(n->c, &d, &nodes);

	if (rc)
		return create_fail(n, rc, "list its nodes");
	for (int i = 0; i < CREATE_TXN_TRIES; i++) {
		rc = store_txn_start(n->store, &txn);
		if (rc)
			break;
		rc = create_take_name(n, txn);
		if (rc == 0)
			rc = nodes_write(n->store, txn, n->domid, &nodes);
		if (rc == 0 && n->o->in_txn)
			rc = n->o->in_txn(n->o->in_txn_arg, n->store, txn,
					  n->domid);
		/* Also within it, if the store's daemon began anew. */
		if (rc)
			store_txn_abort(n->store, txn);
		else
			rc = store_txn_commit(n->store, txn);
		if (rc != -EAGAIN || create_is_stopped(n))
			break;
	}
	nodes_free(&nodes);
	if (rc == 0)
		rc = store_introduce(n->store, n->domid, d.store_mfn,
				     n->store_port);
	return rc ? create_fail(n, rc, "write its nodes into the store") : 0;
}

/* CREATE_DEVICES */

/* One back end: 1 when it is bound, 0 when not yet, or -errno with a line. */
static int create_look_at_device(struct creation *n, const char *dir,
				 const char *what)
{
	char path[160];
	char *text;
	bool bound;

	snprintf(path, sizeof(path), "%s/hotplug-error", dir);
	text = store_read(n->store, 0, path, NULL);
	if (text) {
		int rc = err_set(n->err, EIO, "%s: %s", what, text);

		free(text);
		return rc;
	}
	snprintf(path, sizeof(path), "%s/hotplug-status", dir);
	text = store_read(n->store, 0, path, NULL);
	bound = text && strcmp(text, "connected") == 0;
	free(text);
	return bound;
}

static void create_device_path(const struct creation *n, size_t i, char *dir,
			       size_t size, char *what, size_t what_size)
{
	const struct config *c = n->c;

	if (i < c->disk_count) {
		snprintf(dir, size, "/local/domain/0/backend/vbd/%u/%u",
			 n->domid, c->disks[i].device);
		snprintf(what, what_size, "disk %s", c->disks[i].vdev);
	} else {
		snprintf(dir, size, "/local/domain/0/backend/vif/%u/%zu",
			 n->domid, i - c->disk_count);
		snprintf(what, what_size, "vif %zu", i - c->disk_count);
	}
}

/* Sleeps until the store says something, or a while (for `stop`). */
static void create_await_store(struct creation *n)
{
	struct pollfd p = {store_fd(n->store), POLLIN, 0};
	char *path, *token;
	bool got = false;

	while (store_read_watch(n->store, &path, &token) == 0) {
		free(path);
		free(token);
		got = true;
	}
	if (!got)
		poll(&p, 1, 200);
}

static int create_await_device(struct creation *n, size_t i, uint64_t end_ns)
{
	char dir[128], what[64];
	int rc;

	create_device_path(n, i, dir, sizeof(dir), what, sizeof(what));
	rc = store_watch(n->store, dir, "create");
	if (rc)
		return create_fail(n, rc, "watch its devices");
	for (;;) {
		rc = create_look_at_device(n, dir, what);
		if (rc)
			break;
		if (create_is_stopped(n)) {
			rc = err_set(n->err, EINTR,
				     "interrupted; everything was undone");
			break;
		}
		if (create_clock_ns(CLOCK_MONOTONIC) > end_ns) {
			rc = err_set(n->err, ETIMEDOUT,
				     "%s: vaned did not bind it in time; its "
				     "log is /var/log/vane/vaned.log",
				     what);
			break;
		}
		create_await_store(n);
	}
	store_unwatch(n->store, dir, "create");
	return rc < 0 ? rc : 0;
}

static int create_await_devices(struct creation *n)
{
	uint64_t timeout_ms = n->o->device_timeout_ms
				      ? n->o->device_timeout_ms
				      : CREATE_DEVICE_TIMEOUT_MS;
	uint64_t end = create_clock_ns(CLOCK_MONOTONIC) + timeout_ms * 1000000;

	if (n->o->no_device_wait)
		return 0;
	for (size_t i = 0; i < n->c->disk_count + n->c->vif_count; i++) {
		int rc = create_await_device(n, i, end);

		if (rc)
			return rc;
	}
	return 0;
}

/* CREATE_START */

static int create_keep_fail(struct creation *n, const char *path, int rc)
{
	bool is_full = rc == -ENOSPC || rc == -EDQUOT;

	return err_set(n->err, rc, "cannot keep the configuration: %s: %s%s",
		       path, strerror(-rc),
		       is_full ? "; make room in " CREATE_CONFIG_DIR : "");
}

static int create_keep_config(struct creation *n)
{
	char path[64], temporary[72];
	FILE *f;
	int fd;

	mkdir("/run/vane", 0755);
	mkdir(CREATE_CONFIG_DIR, 0700);
	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", n->domid);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL) {
		int rc = -errno;

		if (fd >= 0)
			close(fd);
		return create_keep_fail(n, temporary, rc);
	}
	config_print(n->c, f);
	if (fclose(f) || rename(temporary, path) < 0) {
		int rc = -errno;

		unlink(temporary);
		return create_keep_fail(n, path, rc);
	}
	return 0;
}

static int create_start(struct creation *n)
{
	bool waits = n->o->no_device_wait && n->c->disk_count + n->c->vif_count;
	int rc = create_keep_config(n);

	/* So that nothing is lost of a guest that lives for milliseconds. */
	if (rc)
		return rc;
	rc = consproto_sync(n->domid);
	n->result->no_console = rc == -ENOENT || rc == -ECONNREFUSED;
	/* Destroyed before it was kept, it would leave that behind. */
	if (n->o->paused || waits)
		return create_is_alive(n) ? 0 : -ESRCH;
	rc = domctl_unpause(n->privcmd, n->domid);
	return rc ? create_fail(n, rc, "start it") : 0;
}

static const struct create_step {
	const char *name;
	int (*run)(struct creation *n);
} create_steps[CREATE_PHASES] = {
	[CREATE_CHECK] = {"check", create_check},
	[CREATE_DOMAIN] = {"domain", create_make_domain},
	[CREATE_MEMORY] = {"memory", create_get_memory},
	[CREATE_IMAGE] = {"image", create_write_image},
	[CREATE_VCPU] = {"vcpu", create_set_vcpu},
	[CREATE_STORE] = {"store", create_write_store},
	[CREATE_DEVICES] = {"devices", create_await_devices},
	[CREATE_START] = {"start", create_start},
};

const char *create_phase_name(enum create_phase phase)
{
	return create_steps[phase].name;
}

/* What explains a failure of any phase comes before what the phase says. */
static int create_explain(struct creation *n, int phase, int rc)
{
	if (rc == -EINTR && create_is_stopped(n)) {
		err_clear(n->err);
		return err_set(n->err, rc,
			       "interrupted in its phase '%s'; everything was "
			       "undone",
			       create_steps[phase].name);
	}
	if (n->has_domain && !create_is_alive(n)) {
		err_clear(n->err);
		return err_set(n->err, ESRCH,
			       "domain %u was destroyed while it was being "
			       "created",
			       n->domid);
	}
	return rc;
}

static void create_undo_domain(struct creation *n)
{
	struct err e = ERR_NONE;

	if (!n->has_domain)
		return;
	/* The reason of the failure is told; this could only hide it. */
	domain_destroy(n->privcmd, n->store, n->domid, &e);
	room_give_back(&n->room);
}

static void create_close(struct creation *n)
{
	if (n->p2m)
		munmap(n->p2m, n->p2m_bytes);
	kernel_close(&n->kernel);
	free(n->disk_is_device);
	creating_end(CREATING_DIR, n->c->uuid, n->creating);
	if (n->ramdisk >= 0)
		close(n->ramdisk);
	bootdisk_close(&n->bootdisk);
	free(n->cmdline);
	if (n->store)
		store_close(n->store);
	if (n->privcmd >= 0)
		close(n->privcmd);
}

int domain_create(const struct config *c, const struct create_options *o,
		  struct create_result *result, struct err *e)
{
	struct creation n = {
		.c = c,
		.o = o,
		.result = result,
		.err = e,
		.privcmd = -1,
		.creating = -1,
		.ramdisk = -1,
		.bootdisk = {.kernel = -1, .ramdisk = -1},
	};
	uint64_t cpu = create_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	int rc = 0;

	memset(result, 0, sizeof(*result));
	for (int i = 0; i < CREATE_PHASES && rc == 0; i++) {
		uint64_t start = create_clock_ns(CLOCK_MONOTONIC);

		rc = create_steps[i].run(&n);
		if (rc == 0 && create_is_stopped(&n))
			rc = -EINTR;
		result->phase_ns[i] = create_clock_ns(CLOCK_MONOTONIC) - start;
		if (rc)
			rc = create_explain(&n, i, rc);
	}
	if (rc)
		create_undo_domain(&n);
	result->domid = n.domid;
	create_close(&n);
	result->cpu_ns = create_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	return rc;
}
