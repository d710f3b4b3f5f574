/* SPDX-License-Identifier: MIT */
/*
 * The options of every verb; see args.h.
 * Test: tests/unit/dom0-tools/cli/test_args.c.
 */
#include <errno.h>
#include <string.h>

#include "cli/args.h"

/* clang-format off */
const struct cli_option cli_options[] = {
	{"create", 'c', "console", NULL, "attach to its console, from the first line on"},
	{"create", 'p', "paused", NULL, "leave it paused"},
	{"create", 'n', "dryrun", NULL, "only check, and print the configuration as it was understood"},
	{"create", 'v', "verbose", NULL, "show the time that each phase took"},
	{"create", 'q', "quiet", NULL, "neither warnings nor the domain's number"},
	{"create", 'j', "json", NULL, "print number, name and times as JSON"},
	{"create", 'F', "foreground", NULL, "return when the domain has ended"},
	{"create", 'f', "defconfig", "FILE", "the configuration, as xl also takes it"},
	{"create", 'e', "no-wait", NULL, "accepted for xl: nothing waits anyway"},
	{"create", 'd', "debug", NULL, "accepted for xl: without effect"},
	{"list", 'l', "long", NULL, "everything about each domain, as JSON"},
	{"list", 'v', "verbose", NULL, "also UUID, shutdown reason and label"},
	{"list", 'j', "json", NULL, "print JSON"},
	{"list", 'c', "cpupool", NULL, "also the pool of CPUs that each runs in"},
	{"info", 'j', "json", NULL, "print JSON"},
	{"shutdown", 'a', "all", NULL, "every domain but this one"},
	{"shutdown", 'w', "wait", NULL, "return when they are gone"},
	{"shutdown", 'F', "force", NULL, "stop from outside what does not answer within 10 s"},
	{"reboot", 'a', "all", NULL, "every domain but this one"},
	{"reboot", 'w', "wait", NULL, "return when they have started again"},
	{"reboot", 'F', "force", NULL, "restart from outside what does not answer within 10 s"},
	{"config-update", 'f', "defconfig", "FILE", "the new configuration"},
	{"config-update", 'n', "dryrun", NULL, "only check, and print what would be kept"},
	{"config-update", 'd', "debug", NULL, "accepted for xl: without effect"},
	{"dump-core", 'L', "live", NULL, "do not pause the domain meanwhile"},
	{"dump-core", 'q', "quiet", NULL, "no bar, no closing line"},
	{"uptime", 's', "short", NULL, "one sentence for each domain"},
	{"uptime", 'j', "json", NULL, "print JSON"},
	{"domid", 'j', "json", NULL, "print JSON"},
	{"domname", 'j', "json", NULL, "print JSON"},
	{"mem-set", 't', "timeout", "SECONDS", "wait no longer than this for the domain's answer"},
	{"sched", 'p', "pool", "POOL", "of the domains of a pool only, or its slice"},
	{"sched", 'j', "json", NULL, "print JSON"},
	{"sched-credit", 'd', "domain", "DOMAIN", "of one domain"},
	{"sched-credit", 'w', "weight", "N", "its weight, 1 to 65535"},
	{"sched-credit", 'c', "cap", "PERCENT", "its limit, in per cent of one CPU; 0: none"},
	{"sched-credit", 'p', "cpupool", "POOL", "of one pool"},
	{"sched-credit", 's', "schedparam", NULL, "the parameters of a pool, Pool-0 unless -p names one"},
	{"sched-credit", 't', "tslice_ms", "MS", "with -s: how long one runs before another, 1 to 1000"},
	{"sched-credit", 'r', "ratelimit_us", "US", "with -s: how long one runs at least, 100 to 500000; 0: no limit"},
	{"sched-credit", 'm', "migration_delay_us", "US", "accepted for xl: without effect"},
	{"vcpu-list", 'j', "json", NULL, "print JSON"},
	{"vcpu-pin", 'f', "force", NULL, "accepted for xl: without effect"},
	{"vcpu-set", 'w', "wait", NULL, "return when the guest has done it"},
	{"vcpu-set", 't', "timeout", "SECONDS", "wait, and no longer than this"},
	{"vcpu-set", 'i', "ignore-host", NULL, "more than the machine has CPUs (as vane, always)"},
	{"cpupool-list", 'c', "cpus", NULL, "which CPUs they have"},
	{"cpupool-list", 'j', "json", NULL, "print JSON"},
	{"cpupool-create", 'f', "defconfig", "FILE", "a configuration as xl takes it"},
	{"cpupool-create", 'n', "dryrun", NULL, "only check what is written"},
	{"top", 'b', "batch", NULL, "print lines, in the columns of xentop"},
	{"top", 'j', "json", NULL, "print everything as JSON, once unless -i says otherwise"},
	{"top", 'i', "iterations", "ROUNDS", "end after so many"},
	{"top", 'd', "delay", "SECONDS", "time between two rounds (3)"},
	{"top", 'f', "full-name", NULL, "do not cut names"},
	{"top", 'v', "vcpus", NULL, "-b: each virtual CPU's seconds, too"},
	{"top", 'n', "networks", NULL, "-b: each network card, too"},
	{"top", 'x', "vbds", NULL, "-b: each disk, too"},
	{"top", 'r', "repeat-header", NULL, "accepted for xentop: it always comes"},
	{"top", 'z', "dom0-first", NULL, "accepted for xentop: it always is"},
	{"console", 'f', "force", NULL, "type, although somebody else does"},
	{"console", 'r', "read-only", NULL, "only look"},
	{"console", 'w', "wait", NULL, "wait until there is a domain of that name"},
	{"console", 'R', "raw", NULL, "let all escape sequences through to this terminal"},
	{"console", 'l', "log", NULL, "show what was kept of it, also when it is gone"},
	{"console", 'F', "follow", NULL, "with -l: and what comes"},
	{"console", 't', "type", "pv", "accepted for xl: there is no other"},
	{"console", 'n', "num", "0", "accepted for xl: there is no other"},
	{"dmesg", 'c', "clear", NULL, "forget them once they are shown"},
	{"store", 'r', "recursive", NULL, "ls: everything below, with values"},
	{"store", 'f', "full-paths", NULL, "ls: everything below, a whole path a line"},
	{"store", 'p', "permissions", NULL, "ls: and who may do what"},
	{"store", 'n', "count", "EVENTS", "watch: end after so many"},
	{"store", 'j', "json", NULL, "ls, read, watch, quota: print JSON"},
	{"block-list", 'j', "json", NULL, "print JSON"},
	{"block-attach", 'n', "no-wait", NULL, "do not wait until the guest uses it"},
	{"block-attach", 't', "timeout", "SECONDS", "wait no longer for the guest (10)"},
	{"block-detach", 'F', "force", NULL, "take it, whatever the guest does with it"},
	{"block-detach", 'n', "no-wait", NULL, "ask, and do not wait"},
	{"block-detach", 't', "timeout", "SECONDS", "wait no longer for the guest (10)"},
	{"network-list", 'j', "json", NULL, "print JSON"},
	{"network-attach", 'n', "no-wait", NULL, "do not wait until the guest uses it"},
	{"network-attach", 't', "timeout", "SECONDS", "wait no longer for the guest (10)"},
	{"network-detach", 'F', "force", NULL, "take it, whatever the guest does with it"},
	{"network-detach", 'n', "no-wait", NULL, "ask, and do not wait"},
	{"network-detach", 't', "timeout", "SECONDS", "wait no longer for the guest (10)"},
	{"events", 'a', "all", NULL, "also what has happened"},
	{"events", 'n', "no-follow", NULL, "end, instead of waiting for more"},
	{"events", 'j', "json", NULL, "print an object a line"},
	{"help", 'n', "names", NULL, "only the names, of verbs or a verb's options"},
};
/* clang-format on */

const size_t cli_option_count = sizeof(cli_options) / sizeof(cli_options[0]);

static const struct cli_option *args_find(const char *verb, char letter,
					  const char *name, size_t length)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];

		if (strcmp(o->verb, verb) != 0)
			continue;
		if (name ? strlen(o->name) == length &&
				    strncmp(o->name, name, length) == 0
			 : o->letter == letter)
			return o;
	}
	return NULL;
}

static int args_unknown(const char *verb, const char *word, int length,
			struct err *e)
{
	return err_set(e, EINVAL,
		       "there is no option '%.*s'; 'vane help %s' shows those "
		       "that are",
		       length, word, verb);
}

/* `rest`: what stands behind the option in its own word; NULL: nothing. */
static int args_take(struct cli_args *a, const struct cli_option *o,
		     const char *rest, int argc, char **argv, int *i,
		     struct err *e)
{
	unsigned char letter = (unsigned char)o->letter;

	a->is_set[letter] = true;
	if (o->value == NULL) {
		if (rest)
			return err_set(e, EINVAL, "option '--%s' has no value",
				       o->name);
		return 0;
	}
	if (rest == NULL && *i + 1 < argc)
		rest = argv[++*i];
	if (rest == NULL)
		return err_set(e, EINVAL, "option '--%s' needs a value, %s",
			       o->name, o->value);
	a->value[letter] = rest;
	return 0;
}

/* "--name" or "--name=value". */
static int args_long(struct cli_args *a, int argc, char **argv, int *i,
		     struct err *e)
{
	const char *word = argv[*i];
	size_t length = strcspn(word + 2, "=");
	const struct cli_option *o = args_find(a->verb, '\0', word + 2, length);

	if (o == NULL)
		return args_unknown(a->verb, word, (int)length + 2, e);
	return args_take(a, o, word[2 + length] ? word + 3 + length : NULL,
			 argc, argv, i, e);
}

/* "-abc", where the rest of the word may be c's value. */
static int args_short(struct cli_args *a, int argc, char **argv, int *i,
		      struct err *e)
{
	const char *p = argv[*i] + 1;
	int rc = 0;

	while (*p && rc == 0) {
		const struct cli_option *o = args_find(a->verb, *p, NULL, 0);
		char shown[3] = {'-', *p++, '\0'};

		if (o == NULL)
			return args_unknown(a->verb, shown, 2, e);
		if (o->value) {
			rc = args_take(a, o, *p ? p : NULL, argc, argv, i, e);
			break;
		}
		rc = args_take(a, o, NULL, argc, argv, i, e);
	}
	return rc;
}

int cli_args_parse(int argc, char **argv, struct cli_args *a, struct err *e)
{
	bool ended = false;
	int rc = 0;

	memset(a, 0, sizeof(*a));
	a->verb = argv[0];
	a->words = argv + 1;
	for (int i = 1; i < argc && rc == 0; i++) {
		char *word = argv[i];

		if (ended || word[0] != '-' || word[1] == '\0')
			a->words[a->count++] = word;
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			rc = args_long(a, argc, argv, &i, e);
		else
			rc = args_short(a, argc, argv, &i, e);
	}
	return rc;
}
