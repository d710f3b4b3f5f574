/* SPDX-License-Identifier: MIT */
/*
 * The domains and what is done about them.
 *
 * What was decided about a domain is written to the store, as
 * /tool/vaned/domain/ID = "STARTED SHORT_LIVES PHASE OWED", before it is
 * done; and while a restart is owed, the configuration stands aside as
 * ID.cfg.restart, where the cleaning up after the old domain does not find
 * it. A daemon that comes up in the middle reads both and goes on: a restart
 * that is owed is made, and the name that it takes makes a second one fail.
 *
 * Only domains with a configuration in CONFIG_DIR are ours; any other belongs
 * to the toolstack that made it and is left alone.
 */
#include "vaned/vaned.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/destroy.h"
#include "lib/daemon.h"
#include "lib/domname.h"
#include "public/sched.h"
#include "vaned/restart.h"

#define PATH_BYTES 160
#define ASIDE	   ".restart"
#define LOOK_MS_MAX                                                            \
	500 /* the longest pause between looks at a dying domain               \
	     */

static void config_path(const struct domain *o, char *out, size_t size)
{
	snprintf(out, size, "%s/%u.cfg", o->v->config_dir, o->domid);
	if (access(out, F_OK))
		snprintf(out, size, "%s/%u.cfg" ASIDE, o->v->config_dir,
			 o->domid);
}

/* Between the end of the old domain and the start of the new one. */
static void config_put_aside(const struct domain *o)
{
	char from[PATH_BYTES], to[PATH_BYTES + sizeof(ASIDE)];

	snprintf(from, sizeof(from), "%s/%u.cfg", o->v->config_dir, o->domid);
	snprintf(to, sizeof(to), "%s" ASIDE, from);
	if (rename(from, to) && errno != ENOENT)
		daemon_log("cannot rename %s to %s: %s", from, to,
			   strerror(errno));
}

/* Malloc'd, with a NUL; NULL and errno. */
static char *read_config_text(const struct domain *o, size_t *len)
{
	char path[PATH_BYTES], *text;
	struct stat st;
	ssize_t n;
	int fd;

	config_path(o, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || st.st_size > (1 << 20)) {
		close(fd);
		errno = EFBIG;
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*len = (size_t)n;
	return text;
}

/* The seed is for what a text leaves out; a canonical one leaves nothing. */
static int parse_config(const struct domain *o, const char *text, size_t len,
			struct config *c, struct err *e)
{
	static const uint8_t seed[16];
	char path[PATH_BYTES];

	config_path(o, path, sizeof(path));
	return config_parse(c, path, text, len, NULL, 0, seed, e);
}

static const char *const phase_words[] = {
	[LIFE_STARTING] = "starting",	[LIFE_RUNNING] = "running",
	[LIFE_PRESERVED] = "preserved", [LIFE_SUCCEEDED] = "succeeded",
	[LIFE_ENDING] = "ending",
};

static void record_path(uint16_t domid, char *out, size_t size)
{
	snprintf(out, size, VANED_STORE_DIR "/domain/%u", domid);
}

static void record_write(struct domain *o)
{
	char path[PATH_BYTES];
	int rc;

	record_path(o->domid, path, sizeof(path));
	rc = store_writef(o->v->store, 0, path, "%" PRIu64 " %u %s %d",
			  o->started_ns, o->storm.short_lives,
			  phase_words[o->phase], o->facts.wants_successor);
	if (rc)
		daemon_log("domain %u (%s): cannot note in the store what was "
			   "decided: %s",
			   o->domid, o->name, strerror(-rc));
}

static bool record_read(struct domain *o)
{
	char path[PATH_BYTES], word[16], *text;
	bool found = false;
	int owed;

	record_path(o->domid, path, sizeof(path));
	text = store_read(o->v->store, 0, path, NULL);
	if (text && sscanf(text, "%" SCNu64 " %u %15s %d", &o->started_ns,
			   &o->storm.short_lives, word, &owed) == 4) {
		for (size_t i = 0; i <= LIFE_ENDING; i++) {
			if (!strcmp(word, phase_words[i])) {
				o->phase = (enum life_phase)i;
				found = true;
			}
		}
		o->facts.wants_successor = owed;
		o->devices_unwanted = o->phase == LIFE_SUCCEEDED;
	}
	free(text);
	return found;
}

static struct domain *find(struct vaned *v, uint16_t domid)
{
	for (struct domain *o = v->domains; o; o = o->next) {
		if (o->domid == domid)
			return o;
	}
	return NULL;
}

static void look_again(void *arg)
{
	struct domain *o = arg;

	o->is_dirty = true;
}

/* The name as the store has it, or as the configuration does. */
static void learn_name(struct domain *o)
{
	char path[PATH_BYTES], *name, *text;
	struct err e = ERR_NONE;
	struct config c;
	size_t len;

	snprintf(path, sizeof(path), "/local/domain/%u/name", o->domid);
	name = store_read(o->v->store, 0, path, NULL);
	if (name)
		snprintf(o->name, sizeof(o->name), "%s", name);
	free(name);
	if (o->name[0])
		return;
	text = read_config_text(o, &len);
	if (text && !parse_config(o, text, len, &c, &e)) {
		snprintf(o->name, sizeof(o->name), "%s", c.name);
		config_free(&c);
	}
	free(text);
}

/* How many devices a restarted domain waits for. */
static void learn_devices(struct domain *o)
{
	struct err e = ERR_NONE;
	struct config c;
	size_t len;
	char *text = read_config_text(o, &len);

	if (text && !parse_config(o, text, len, &c, &e)) {
		o->devices_expected =
			(unsigned int)(c.disk_count + c.vif_count);
		config_free(&c);
	}
	free(text);
	evloop_timer_start(&o->v->loop, &o->timer, LIFE_START_MS);
}

static struct domain *add(struct vaned *v, uint16_t domid)
{
	struct domain *o = calloc(1, sizeof(*o));

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
	learn_name(o);
	if (!record_read(o) && !v->scan_is_first)
		o->started_ns = evloop_now_ns();
	o->phase_since_ns = evloop_now_ns();
	o->look_ms = 10;
	if (o->phase == LIFE_STARTING)
		learn_devices(o);
	return o;
}

static void forget(struct domain *o)
{
	struct domain **at = &o->v->domains;

	evloop_timer_stop(&o->v->loop, &o->timer);
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	free(o);
}

static bool has_config(const struct domain *o)
{
	char path[PATH_BYTES];

	config_path(o, path, sizeof(path));
	return access(path, R_OK) == 0;
}

static void scan_configs(struct vaned *v)
{
	DIR *dir = opendir(v->config_dir);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		unsigned int domid;
		int end = 0;

		if (sscanf(e->d_name, "%u.cfg%n", &domid, &end) != 1 || !end ||
		    (e->d_name[end] && strcmp(e->d_name + end, ASIDE)) ||
		    !domid || domid >= 0x7ff0)
			continue;
		if (!find(v, (uint16_t)domid))
			add(v, (uint16_t)domid);
	}
	closedir(dir);
}

void domains_scan(struct vaned *v)
{
	struct xen_domctl_getdomaininfo *infos;
	size_t count;
	int rc;

	rc = sysctl_list_all(v->privcmd, &infos, &count);
	if (rc) {
		daemon_log("cannot list the domains: %s", strerror(-rc));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (infos[i].domain && !find(v, infos[i].domain))
			add(v, infos[i].domain);
	}
	free(infos);
	if (v->scan_is_first)
		scan_configs(v);
	v->scan_is_first = false;
	for (struct domain *o = v->domains; o; o = o->next)
		o->is_dirty = true;
}

void domains_touch(struct vaned *v, uint16_t domid)
{
	struct domain *o = find(v, domid);

	if (o)
		o->is_dirty = true;
}

bool domains_device_wanted(struct vaned *v, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	struct domain *o = find(v, domid);

	if (o && (o->devices_unwanted || o->phase == LIFE_ENDING))
		return false;
	return !domctl_get_info(v->privcmd, domid, &info) &&
	       !(info.flags & XEN_DOMINF_dying);
}

/* False when the hypervisor could not be asked. */
static bool refresh(struct domain *o)
{
	struct xen_domctl_getdomaininfo info;
	int rc = domctl_get_info(o->v->privcmd, o->domid, &info);

	if (rc && rc != -ESRCH) {
		daemon_log("domain %u (%s): cannot ask for its state: %s",
			   o->domid, o->name, strerror(-rc));
		return false;
	}
	o->facts.exists = !rc;
	o->facts.is_dying = !rc && (info.flags & XEN_DOMINF_dying);
	o->facts.has_shut_down = !rc && (info.flags & XEN_DOMINF_shutdown);
	o->facts.reason = rc ? 0
			     : (info.flags >> XEN_DOMINF_shutdownshift) &
					  XEN_DOMINF_shutdownmask;
	o->facts.has_devices = backends_any(o->v, o->domid);
	o->facts.devices_failed = backends_error(o->v, o->domid) != NULL;
	o->facts.devices_ready =
		backends_count(o->v, o->domid, DEVICE_CONNECTED) >=
		o->devices_expected;
	o->pages = rc ? 0 : info.tot_pages;
	/* Whoever destroys a domain may remove its configuration first. */
	if (has_config(o))
		o->is_ours = true;
	return true;
}

static void set_phase(struct domain *o, enum life_phase phase)
{
	o->phase = phase;
	if (o->is_ours)
		record_write(o);
	o->phase_since_ns = evloop_now_ns();
	o->look_ms = 10;
	o->late_said = false;
	evloop_timer_stop(&o->v->loop, &o->timer);
	o->is_dirty = true;
	backends_touch(o->v, o->domid);
}

static uint64_t lived_ns(const struct domain *o)
{
	return o->started_ns ? evloop_now_ns() - o->started_ns : LIFE_SHORT_NS;
}

/* A restart, unless there were too many short lives in a row. */
static enum config_action damp(struct domain *o, enum config_action action)
{
	if (action != ACTION_RESTART && action != ACTION_RENAME_RESTART)
		return action;
	if (life_storm_restart_ok(&o->storm, lived_ns(o)))
		return action;
	daemon_log("domain %u (%s): %u lives of less than %llu s each in a "
		   "row; destroyed instead of restarted once more; its output "
		   "is in /var/log/vane",
		   o->domid, o->name, o->storm.short_lives,
		   LIFE_SHORT_NS / 1000000000ull);
	return ACTION_DESTROY;
}

/* The old domain keeps its memory for whoever looks, under another name. */
static void rename_aside(struct domain *o)
{
	char path[NAMES_PATH_BYTES], name[CONFIG_NAME_MAX + 1], stamp[32];
	char node[64];
	time_t now = time(NULL);
	uint64_t owner;
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name, sizeof(name), "%.*s-%s",
		 (int)(CONFIG_NAME_MAX - 1 - strlen(stamp)), o->name, stamp);

	domname_path(name, path);
	store_writef(o->v->store, 0, path, "%u", o->domid);
	domname_path(o->name, path);
	snprintf(node, sizeof(node), "/local/domain/%u/name", o->domid);
	store_write(o->v->store, 0, node, name, strlen(name));
	if (!store_read_u64(o->v->store, 0, path, &owner) && owner == o->domid)
		store_rm(o->v->store, 0, path);
	daemon_log("domain %u (%s) is kept as '%s'; remove it with: vane "
		   "destroy %u",
		   o->domid, o->name, name, o->domid);
}

static enum config_action look_up_action(struct domain *o)
{
	enum config_action action = ACTION_DESTROY, base;
	struct err e = ERR_NONE;
	const char *setting;
	struct config c;
	size_t len;
	char *text;

	text = read_config_text(o, &len);
	if (!text || parse_config(o, text, len, &c, &e)) {
		daemon_log("domain %u (%s) %s; its configuration cannot be "
			   "read (%s), so it is destroyed",
			   o->domid, o->name, life_reason_name(o->facts.reason),
			   text ? e.text : strerror(errno));
		free(text);
		return ACTION_DESTROY;
	}
	action = life_action(&c, o->facts.reason, &setting);
	base = life_base_action(action);
	daemon_log("domain %u (%s) %s: %s=%s%s", o->domid, o->name,
		   life_reason_name(o->facts.reason), setting,
		   config_action_name(action),
		   base != action ? " (no core dump is written)" : "");
	config_free(&c);
	free(text);
	return base;
}

static void destroy(struct domain *o)
{
	int rc = domctl_destroy(o->v->privcmd, o->domid);

	if (rc && rc != -ESRCH)
		daemon_log(
			"domain %u (%s): cannot destroy it: %s; trying again",
			o->domid, o->name, strerror(-rc));
}

static void decide(struct domain *o)
{
	if (!o->is_ours) {
		/* Nothing is written down, so a configuration may yet come. */
		return;
	}
	switch (damp(o, look_up_action(o))) {
	case ACTION_DESTROY:
	case ACTION_COREDUMP_DESTROY:
		set_phase(o, LIFE_ENDING);
		return;
	case ACTION_RESTART:
	case ACTION_COREDUMP_RESTART:
		o->facts.wants_successor = true;
		set_phase(o, LIFE_ENDING);
		return;
	case ACTION_RENAME_RESTART:
		o->facts.wants_successor = true;
		o->devices_unwanted = true;
		rename_aside(o);
		set_phase(o, LIFE_SUCCEEDED);
		return;
	case ACTION_PRESERVE:
		set_phase(o, LIFE_PRESERVED);
		return;
	}
}

static void say_lingers(struct domain *o)
{
	char devices[512];

	if (o->late_said)
		return;
	o->late_said = true;
	backends_describe(o->v, o->domid, devices, sizeof(devices));
	daemon_log("domain %u (%s) has been dying for %u s: %" PRIu64
		   " pages are still held; back ends left: %s; with none left, "
		   "a process in domain zero has its pages mapped "
		   "(vane-consoled, vane-stored, a debugger)",
		   o->domid, o->name, LIFE_END_MS / 1000, o->pages, devices);
}

static void forget_records(struct domain *o)
{
	char path[PATH_BYTES];

	config_path(o, path, sizeof(path));
	if (unlink(path) && errno != ENOENT)
		daemon_log("cannot remove %s: %s", path, strerror(errno));
	record_path(o->domid, path, sizeof(path));
	store_rm(o->v->store, 0, path);
}

/* Notes the successor before anything else can happen to it. */
static void note_successor(struct domain *o, uint16_t domid, bool is_paused)
{
	struct domain successor = {
		.v = o->v,
		.domid = domid,
		.phase = is_paused ? LIFE_STARTING : LIFE_RUNNING,
		.started_ns = evloop_now_ns(),
		.storm = o->storm,
	};

	record_write(&successor);
	o->v->scan_domains = true;
}

static int create_successor(struct domain *o, struct err *e)
{
	uint16_t domid;
	struct config c;
	bool is_paused;
	size_t len;
	char *text;
	int rc;

	text = read_config_text(o, &len);
	if (!text)
		return err_set(e, errno, "its configuration cannot be read: %s",
			       strerror(errno));
	rc = parse_config(o, text, len, &c, e);
	free(text);
	if (rc)
		return rc;
	rc = restart_create(&c, &domid, &is_paused, e);
	config_free(&c);
	if (rc)
		return rc;
	note_successor(o, domid, is_paused);
	daemon_log("domain %u (%s) was restarted as domain %u", o->domid,
		   o->name, domid);
	return 0;
}

static void restart(struct domain *o)
{
	struct err e = ERR_NONE;

	if (o->phase == LIFE_ENDING) {
		config_put_aside(o);
		domain_forget(o->v->store, o->domid);
	}
	if (create_successor(o, &e))
		daemon_log("domain %u (%s) could not be restarted: %s",
			   o->domid, o->name, e.text);
	o->facts.wants_successor = false;
	if (o->phase == LIFE_ENDING) {
		forget_records(o);
		o->is_ours = false;
	} else {
		record_write(o);
	}
	o->is_dirty = true;
}

static void clean(struct domain *o)
{
	if (o->is_ours) {
		domain_forget(o->v->store, o->domid);
		forget_records(o);
		daemon_log("domain %u (%s) is gone", o->domid, o->name);
	}
	forget(o);
}

static void start(struct domain *o)
{
	int rc = domctl_unpause(o->v->privcmd, o->domid);

	if (rc && rc != -ESRCH)
		daemon_log("domain %u (%s): cannot unpause it: %s", o->domid,
			   o->name, strerror(-rc));
	set_phase(o, LIFE_RUNNING);
}

static void abandon(struct domain *o)
{
	const char *error = backends_error(o->v, o->domid);

	daemon_log("domain %u (%s) is destroyed, for it cannot be started: %s",
		   o->domid, o->name,
		   error ? error : "its devices did not come");
	set_phase(o, LIFE_ENDING);
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
		return false;
	}
	return false;
}

static void reconcile(struct domain *o)
{
	if (!refresh(o))
		return;
	o->facts.is_late = is_late(o);
	switch (life_step(o->phase, &o->facts)) {
	case LIFE_STEP_NONE:
		break;
	case LIFE_STEP_START:
		start(o);
		break;
	case LIFE_STEP_ABANDON:
		abandon(o);
		break;
	case LIFE_STEP_DECIDE:
		decide(o);
		break;
	case LIFE_STEP_END:
		set_phase(o, LIFE_ENDING);
		break;
	case LIFE_STEP_DESTROY:
		destroy(o);
		backends_touch(o->v, o->domid);
		break;
	case LIFE_STEP_LINGERS:
		say_lingers(o);
		break;
	case LIFE_STEP_RESTART:
		restart(o);
		break;
	case LIFE_STEP_CLEAN:
		clean(o);
		return;
	}
	/* The end of a dying domain is announced by nobody: look for it. */
	if (o->phase == LIFE_ENDING && !o->timer.armed) {
		evloop_timer_start(&o->v->loop, &o->timer, o->look_ms);
		if (o->look_ms < LOOK_MS_MAX)
			o->look_ms *= 2;
	}
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
