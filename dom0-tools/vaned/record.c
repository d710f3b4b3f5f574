/* SPDX-License-Identifier: MIT */
/* What vaned must still know after it was killed; see record.h. */
#include "vaned/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon.h"

#define PATH_BYTES   160
#define ASIDE	     ".restart"
#define CONFIG_BYTES (1 << 20)
#define TXN_TRIES    100
#define DOMID_LIMIT  0x7ff0

static void config_path(const struct domain *o, char *out, size_t size)
{
	snprintf(out, size, "%s/%u.cfg", o->v->config_dir, o->domid);
	if (access(out, F_OK))
		snprintf(out, size, "%s/%u.cfg" ASIDE, o->v->config_dir,
			 o->domid);
}

bool record_has_config(const struct domain *o)
{
	char path[PATH_BYTES];

	config_path(o, path, sizeof(path));
	return access(path, R_OK) == 0;
}

void record_put_config_aside(const struct domain *o)
{
	char from[PATH_BYTES], to[PATH_BYTES + sizeof(ASIDE)];

	snprintf(from, sizeof(from), "%s/%u.cfg", o->v->config_dir, o->domid);
	snprintf(to, sizeof(to), "%s" ASIDE, from);
	if (rename(from, to) && errno != ENOENT)
		daemon_log("cannot rename %s to %s: %s", from, to,
			   strerror(errno));
}

/* Malloc'd; NULL and errno. */
static char *read_file(const char *path, size_t *len)
{
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size <= CONFIG_BYTES) {
		text = malloc((size_t)st.st_size + 1);
		n = text ? read(fd, text, (size_t)st.st_size) : -1;
	} else {
		errno = EFBIG;
	}
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*len = (size_t)n;
	return text;
}

int record_config(const struct domain *o, struct config *c, struct err *e)
{
	/* For what a text leaves out; a canonical one leaves nothing. */
	static const uint8_t seed[16];
	char path[PATH_BYTES], *text;
	size_t len;
	int rc;

	config_path(o, path, sizeof(path));
	text = read_file(path, &len);
	if (!text)
		return err_set(e, errno,
			       "its configuration %s cannot be read: %s", path,
			       strerror(errno));
	rc = config_parse(c, path, text, len, NULL, 0, seed, e);
	free(text);
	return rc;
}

static const char *const phase_words[] = {
	[LIFE_STARTING] = "starting",	[LIFE_RUNNING] = "running",
	[LIFE_PRESERVED] = "preserved", [LIFE_SUCCEEDED] = "succeeded",
	[LIFE_DUMPING] = "dumping",	[LIFE_ENDING] = "ending",
};

static void record_path(uint16_t domid, char *out, size_t size)
{
	snprintf(out, size, VANED_STORE_DIR "/domain/%u", domid);
}

int record_write(const struct domain *o, struct store *store, uint32_t txn)
{
	char path[PATH_BYTES];

	record_path(o->domid, path, sizeof(path));
	return store_writef(
		store, txn, path, "%" PRIu64 " %u %s %d %u %" PRIu64,
		o->started_ns, o->storm.short_lives, phase_words[o->phase],
		o->facts.wants_successor, o->from, o->not_before_ns);
}

static void say_failure(const struct domain *o, int rc)
{
	daemon_log("domain %u (%s): cannot note in the store what was decided: "
		   "%s",
		   o->domid, o->name, strerror(-rc));
}

void record_save(const struct domain *o)
{
	int rc = record_write(o, o->v->store, 0);

	if (rc)
		say_failure(o, rc);
}

bool record_read(struct domain *o)
{
	char path[PATH_BYTES], word[16], *text;
	unsigned int short_lives, from;
	uint64_t started, not_before;
	bool found = false;
	int owed;

	record_path(o->domid, path, sizeof(path));
	text = store_read(o->v->store, 0, path, NULL);
	if (!text)
		return false;
	if (sscanf(text, "%" SCNu64 " %u %15s %d %u %" SCNu64, &started,
		   &short_lives, word, &owed, &from, &not_before) == 6) {
		for (size_t i = 0; i <= LIFE_ENDING; i++) {
			if (!strcmp(word, phase_words[i])) {
				o->phase = (enum life_phase)i;
				found = true;
			}
		}
	}
	free(text);
	if (!found)
		return false;
	o->started_ns = started;
	o->storm.short_lives = short_lives;
	o->facts.wants_successor = owed;
	o->from = (uint16_t)from;
	o->not_before_ns = not_before;
	return true;
}

void record_forget(const struct domain *o)
{
	char path[PATH_BYTES];

	config_path(o, path, sizeof(path));
	if (unlink(path) && errno != ENOENT)
		daemon_log("cannot remove %s: %s", path, strerror(errno));
	record_path(o->domid, path, sizeof(path));
	store_rm(o->v->store, 0, path);
}

int record_in_txn(struct domain *o,
		  int (*fn)(struct domain *o, struct store *store,
			    uint32_t txn))
{
	struct store *store = o->v->store;
	uint32_t txn;
	int rc = -EAGAIN;

	for (int i = 0; i < TXN_TRIES && rc == -EAGAIN; i++) {
		rc = store_txn_start(store, &txn);
		if (rc)
			break;
		rc = fn(o, store, txn);
		if (rc)
			store_txn_abort(store, txn);
		else
			rc = store_txn_commit(store, txn);
	}
	if (rc)
		say_failure(o, rc);
	return rc;
}

void record_scan(struct vaned *v)
{
	DIR *dir = opendir(v->config_dir);
	struct dirent *e;
	size_t count = 0;
	char **nodes;

	while (dir && (e = readdir(dir))) {
		unsigned int domid;
		int end = 0;

		if (sscanf(e->d_name, "%u.cfg%n", &domid, &end) != 1 || !end ||
		    (e->d_name[end] && strcmp(e->d_name + end, ASIDE)))
			continue;
		if (domid && domid < DOMID_LIMIT)
			domains_add(v, (uint16_t)domid);
	}
	if (dir)
		closedir(dir);
	nodes = store_ls(v->store, 0, VANED_STORE_DIR "/domain", &count);
	for (size_t i = 0; nodes && i < count; i++) {
		unsigned long domid = strtoul(nodes[i], NULL, 10);

		if (domid && domid < DOMID_LIMIT)
			domains_add(v, (uint16_t)domid);
	}
	free(nodes);
}
