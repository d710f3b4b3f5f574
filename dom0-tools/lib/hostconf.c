/* SPDX-License-Identifier: MIT */
/* What holds for all domains; see hostconf.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/cfgfile.h"
#include "lib/hostconf.h"

#define HOSTCONF_BYTES_MAX 65536

static int hostconf_bad(const struct cfg_setting *s, const char *want,
			struct err *e)
{
	return err_set(e, EINVAL, "%s:%u:%u: %s is %s", s->file, s->value.line,
		       s->value.column, s->name, want);
}

static int hostconf_set_autoballoon(struct hostconf *h,
				    const struct cfg_setting *s, struct err *e)
{
	/* The numbers are as old as the word. */
	static const struct {
		const char *word;
		enum hostconf_autoballoon means;
	} words[] = {{"auto", AUTOBALLOON_AUTO},
		     {"on", AUTOBALLOON_ON},
		     {"off", AUTOBALLOON_OFF},
		     {"1", AUTOBALLOON_ON},
		     {"0", AUTOBALLOON_OFF}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (s->value.kind != CFG_LIST &&
		    strcmp(s->value.string, words[i].word) == 0) {
			h->autoballoon = words[i].means;
			return 0;
		}
	}
	return hostconf_bad(s, "\"auto\", \"on\" or \"off\"", e);
}

static int hostconf_set_floor(struct hostconf *h, const struct cfg_setting *s,
			      struct err *e)
{
	if (s->value.kind != CFG_NUMBER ||
	    s->value.number < HOSTCONF_FLOOR_MIN_MIB ||
	    s->value.number > UINT64_MAX >> 20)
		return hostconf_bad(s, "a number of MiB, 64 or more", e);
	h->dom0_floor_mib = s->value.number;
	return 0;
}

static const struct hostconf_key {
	const char *name;
	int (*set)(struct hostconf *h, const struct cfg_setting *s,
		   struct err *e);
} hostconf_keys[] = {
	{"autoballoon", hostconf_set_autoballoon},
	{"dom0_floor", hostconf_set_floor},
};

static int hostconf_set(struct hostconf *h, const struct cfg_setting *s,
			struct err *e)
{
	const size_t count = sizeof(hostconf_keys) / sizeof(*hostconf_keys);
	size_t nearest = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(s->name, hostconf_keys[i].name) == 0)
			return hostconf_keys[i].set(h, s, e);
		if (cfg_distance(s->name, hostconf_keys[i].name) <
		    cfg_distance(s->name, hostconf_keys[nearest].name))
			nearest = i;
	}
	return err_set(e, EINVAL,
		       "%s:%u:%u: there is no setting '%s'; did you mean %s?",
		       s->file, s->line, s->column, s->name,
		       hostconf_keys[nearest].name);
}

int hostconf_parse(struct hostconf *h, const char *file, const char *text,
		   size_t length, struct err *e)
{
	struct arena arena = {0};
	struct cfg_file f = {0};
	int rc;

	*h = (struct hostconf){AUTOBALLOON_AUTO, HOSTCONF_FLOOR_MIB};
	rc = cfg_parse(&arena, &f, file, text, length, e);
	for (const struct cfg_setting *s = f.first; s && rc == 0; s = s->next)
		rc = hostconf_set(h, s, e);
	arena_free(&arena);
	return rc;
}

int hostconf_read(struct hostconf *h, struct err *e)
{
	char text[HOSTCONF_BYTES_MAX];
	size_t length = 0;
	ssize_t n = 0;
	int fd = open(HOSTCONF_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return hostconf_parse(h, HOSTCONF_PATH, "", 0, e);
	while (fd >= 0 && length < sizeof(text)) {
		n = read(fd, text + length, sizeof(text) - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	if (fd < 0 || n < 0) {
		int rc = errno;

		if (fd >= 0)
			close(fd);
		return err_set(e, rc, "%s: %s", HOSTCONF_PATH, strerror(rc));
	}
	close(fd);
	if (length == sizeof(text))
		return err_set(e, EFBIG, "%s: more than %d bytes",
			       HOSTCONF_PATH, HOSTCONF_BYTES_MAX);
	return hostconf_parse(h, HOSTCONF_PATH, text, length, e);
}

bool hostconf_has_dom0_mem(const char *cmdline)
{
	const char option[] = "dom0_mem=";

	for (const char *p = cmdline; (p = strstr(p, option)); p++) {
		if (p == cmdline || p[-1] == ' ')
			return true;
	}
	return false;
}
