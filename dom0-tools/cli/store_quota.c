/* SPDX-License-Identifier: MIT */
/*
 * `vane store quota`: what a domain may use of the store, and does, and how
 * often it was refused; and other limits, which hold from now on. Without a
 * domain, the limits of all that have none of their own.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/store.h"
#include "lib/cfgfile.h"
#include "lib/domname.h"
#include "lib/json.h"

#define QUOTA_NAME_BYTES 32

/* One line of the daemon's answer, see stored/control.c. */
struct quota_line {
	char name[QUOTA_NAME_BYTES];
	uint64_t limit, used, refused;
	bool is_own, has_used;
};

static bool parse_line(const char *line, struct quota_line *q)
{
	const char *at;

	*q = (struct quota_line){0};
	if (sscanf(line, "%31s %" SCNu64, q->name, &q->limit) != 2)
		return false;
	q->is_own = strstr(line, "(its own)") != NULL;
	at = strstr(line, " used ");
	q->has_used = at && sscanf(at, " used %" SCNu64, &q->used) == 1;
	at = strstr(line, " refused ");
	if (at)
		sscanf(at, " refused %" SCNu64, &q->refused);
	return true;
}

static void show_json(struct json *j, const struct quota_line *q, bool domain)
{
	json_open_object(j, NULL);
	json_string(j, "name", q->name);
	json_uint(j, "limit", q->limit);
	if (domain) {
		json_bool(j, "own", q->is_own);
		if (q->has_used)
			json_uint(j, "used", q->used);
		json_uint(j, "refused", q->refused);
	}
	json_close_object(j);
}

static void show_line(const struct quota_line *q, bool domain)
{
	char used[24] = "-";

	if (!domain) {
		printf("%-18s %10" PRIu64 "\n", q->name, q->limit);
		return;
	}
	if (q->has_used)
		snprintf(used, sizeof(used), "%" PRIu64, q->used);
	printf("%-18s %10" PRIu64 " %-8s %10s %10" PRIu64 "\n", q->name,
	       q->limit, q->is_own ? "own" : "common", used, q->refused);
}

static int quota_show(struct cli *c, const char *domid, bool json)
{
	const char *const words[] = {"quota", domid};
	char *text = store_control(c->store, words, domid ? 2 : 1);
	char *rest = text, *line;
	struct quota_line q;
	struct json j;

	if (!text)
		return store_fail(c, "show the quotas of domain",
				  domid ? domid : "-", -errno);
	if (json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else if (domid) {
		printf("%-18s %10s %-8s %10s %10s\n", "Quota", "Limit", "Whose",
		       "Used", "Refused");
	} else {
		printf("%-18s %10s\n", "Quota", "Limit");
	}
	while ((line = strsep(&rest, "\n"))) {
		if (!parse_line(line, &q))
			continue;
		if (json)
			show_json(&j, &q, domid);
		else
			show_line(&q, domid);
	}
	if (json) {
		json_close_array(&j);
		json_end(&j);
	}
	free(text);
	return CLI_OK;
}

/*
 * The name in the daemon's list (which is taken apart) that is most like a
 * word, or ""; 0 when it is the word.
 */
static unsigned int quota_nearest(char *list, const char *word, char *nearest)
{
	unsigned int best = (unsigned int)strlen(word) / 4 + 1;
	struct quota_line q;
	char *line;

	nearest[0] = '\0';
	while ((line = strsep(&list, "\n"))) {
		unsigned int d = parse_line(line, &q)
					 ? cfg_distance(word, q.name)
					 : UINT_MAX;

		if (d > best || (d == best && nearest[0]))
			continue;
		best = d;
		strcpy(nearest, q.name);
	}
	return best;
}

/* The daemon says EINVAL to both: to a name it has not, and to no number. */
static void quota_refuse(struct cli *c, const char *name, const char *value,
			 const char *domid)
{
	char *list = store_control(c->store, (const char *[]){"quota"}, 1);
	char nearest[QUOTA_NAME_BYTES];

	if (quota_nearest(list, name, nearest) == 0)
		err_set(&c->err, EINVAL,
			"the quota '%s' takes a number up to %" PRIu32
			"%s, not '%s'",
			name, UINT32_MAX, domid ? " or 'inherit'" : "", value);
	else if (nearest[0])
		err_set(&c->err, EINVAL,
			"there is no quota '%s'; did you mean '%s'?", name,
			nearest);
	else
		err_set(&c->err, EINVAL,
			"there is no quota '%s'; 'vane store quota' lists "
			"those that are",
			name);
	free(list);
}

/* "NAME=VALUE" */
static int quota_set(struct cli *c, const char *domid, const char *word)
{
	const char *equals = strchr(word, '=');
	const char *words[5] = {"quota", "set"};
	char name[32], *text;
	size_t n = 2;

	snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	if (domid)
		words[n++] = domid;
	words[n++] = name;
	words[n++] = equals + 1;
	text = store_control(c->store, words, n);
	if (text) {
		free(text);
		return CLI_OK;
	}
	if (errno == EINVAL)
		quota_refuse(c, name, equals + 1, domid);
	else
		err_set(&c->err, -errno, "cannot set the quota '%s' (%s)", name,
			errno == ENOENT ? "the store does not know that domain"
					: err_name(-errno));
	return cli_fail(c);
}

/* The number of the domain that a word means, as text; gives a status. */
static int quota_domain(struct cli *c, const char *word, char domid[8])
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);
	uint16_t found;

	if (word[0] < '0' || word[0] > '9' || *end || n > 0x7fef) {
		if (domname_lookup(c->store, 0, word, &found)) {
			err_set(&c->err, -ENOENT,
				"there is no domain '%s'; 'vane list' shows "
				"them",
				word);
			cli_fail(c);
			return CLI_NO_DOMAIN;
		}
		n = found;
	}
	snprintf(domid, 8, "%lu", n);
	return CLI_OK;
}

int store_verb_quota(struct cli *c, const struct cli_args *a)
{
	char number[8];
	const char *domid = NULL;
	int i = 0, status = CLI_OK;

	if (a->count && !strchr(a->words[0], '=')) {
		status = quota_domain(c, a->words[i++], number);
		domid = number;
	}
	if (status)
		return status;
	if (i == a->count)
		return quota_show(c, domid, cli_has(a, 'j'));
	for (; i < a->count && !status; i++)
		status = strchr(a->words[i], '=')
				 ? quota_set(c, domid, a->words[i])
				 : cli_usage("store");
	return status;
}
