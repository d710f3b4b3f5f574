/* SPDX-License-Identifier: MIT */
/*
 * `vane vcpu-set`: how many virtual CPUs of a domain are online. The wish
 * stands in the store, cpu/N/availability in the domain's directory, one node
 * for each CPU that it may ever have; its kernel watches them, and takes CPUs
 * down or makes them ready. -w waits for what comes of it: how many are up, the
 * hypervisor knows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "builder/kept.h"
#include "cli/cli.h"
#include "cli/vcpu.h"
#include "cli/vcpu_verbs.h"
#include "lib/balloon.h"

#define SET_TXN_TRIES 100
#define SET_LOOK_NS   50000000

struct set_request {
	uint16_t domid;
	const char *word;
	uint32_t count;
	uint64_t timeout_ms; /* 0: until nothing moves any more */
	bool is_waited_for;
	bool is_host_ignored;
};

static int set_in_txn(struct cli *c, uint32_t txn, uint16_t domid,
		      uint32_t count, uint32_t max)
{
	char path[64];
	int rc = 0;

	/* All of them: a wish that is repeated reaches the guest again. */
	for (uint32_t i = 0; i < max && rc == 0; i++) {
		snprintf(path, sizeof(path),
			 "/local/domain/%u/cpu/%u/availability", domid, i);
		rc = store_writef(c->store, txn, path, "%s",
				  i < count ? "online" : "offline");
	}
	return rc;
}

/* In one transaction: a guest never sees a half of it. */
static int set_write(struct cli *c, uint16_t domid, uint32_t count,
		     uint32_t max)
{
	uint32_t txn;
	int rc = -EAGAIN;

	for (int i = 0; i < SET_TXN_TRIES && rc == -EAGAIN; i++) {
		rc = store_txn_start(c->store, &txn);
		if (rc)
			break;
		rc = set_in_txn(c, txn, domid, count, max);
		if (rc)
			store_txn_abort(c->store, txn);
		else
			rc = store_txn_commit(c->store, txn);
	}
	return rc;
}

static int set_keep(struct config *config, void *arg, struct err *e)
{
	const struct set_request *r = arg;
	char setting[32];

	snprintf(setting, sizeof(setting), "vcpus=%u", r->count);
	/* It may be about to restart with fewer: config-update said so. */
	if (r->count > config->maxvcpus)
		return 0;
	return config_override(config, setting, e);
}

static uint64_t set_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * Looks until as many are online; *online is how many are. Waiting for a number
 * to get somewhere is what the balloon's wait does.
 */
static enum balloon_state set_look(struct cli *c, const struct set_request *r,
				   uint32_t *online)
{
	const struct timespec pause = {0, SET_LOOK_NS};
	enum balloon_state state = BALLOON_MOVING;
	struct xen_domctl_getdomaininfo info;
	struct balloon_wait w;

	balloon_wait_begin(&w, *online, r->count, set_now_ms(), r->timeout_ms);
	while (state == BALLOON_MOVING) {
		if (domctl_get_info(c->privcmd, r->domid, &info) ||
		    info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))
			return BALLOON_GONE;
		*online = info.nr_online_vcpus;
		state = balloon_wait_look(&w, *online, set_now_ms());
		/* The hypervisor has no event for it. */
		if (state == BALLOON_MOVING)
			nanosleep(&pause, NULL);
	}
	return state;
}

static int set_await(struct cli *c, const struct vcpu_facts *f,
		     const struct set_request *r, uint32_t online)
{
	enum balloon_state state = set_look(c, r, &online);

	if (state == BALLOON_REACHED) {
		printf("%s: %u of %u virtual CPUs online\n", f->name, online,
		       f->count);
		return 0;
	}
	if (state == BALLOON_GONE)
		return err_set(&c->err, ESRCH, "%s ended meanwhile", f->name);
	if (state == BALLOON_LATE)
		return err_set(&c->err, ETIMEDOUT,
			       "%s: %u virtual CPUs are online, not yet %u; "
			       "time is up, it is still asked for %u",
			       f->name, online, r->count, r->count);
	return err_set(&c->err, ETIMEDOUT,
		       "%s: %u virtual CPUs are online, not %u: its kernel "
		       "does not answer%s; it is still asked for %u",
		       f->name, online, r->count,
		       r->count > online
			       ? ", or nothing in it brings them online (udev; "
				 "/sys/devices/system/cpu/cpuN/online)"
			       : "",
		       r->count);
}

/* As xl: more than the machine has only for those who say so. */
static int set_check_host(struct cli *c, const struct vcpu_facts *f,
			  const struct set_request *r, uint32_t online)
{
	uint32_t cpus = cpumap_count(&f->online);

	if (!cli_is_xl() || r->is_host_ignored || r->count <= cpus ||
	    r->count <= online)
		return 0;
	return err_set(&c->err, ERANGE,
		       "%s: %u virtual CPUs on %u CPUs; --ignore-host does it",
		       f->name, r->count, cpus);
}

static int set_run(struct cli *c, struct vcpu_facts *f, struct set_request *r)
{
	struct xen_domctl_getdomaininfo info;
	int rc = vcpu_gather(c, r->domid, f, &info);

	if (rc == 0)
		rc = vcpu_check_set(f, r->word, &r->count, &c->err);
	if (rc == 0)
		rc = set_check_host(c, f, r, info.nr_online_vcpus);
	if (rc)
		return rc;
	rc = set_write(c, r->domid, r->count, f->count);
	if (rc)
		return err_set(&c->err, rc,
			       "%s: cannot write the wish into the store (%s)",
			       f->name, err_name(rc));
	/* -EINVAL is for the words of the command alone. */
	if (r->domid && kept_edit(r->domid, set_keep, r, &c->err)) {
		err_prefix(&c->err, "%s is asked for %u, but not for a restart",
			   f->name, r->count);
		return -EIO;
	}
	if (!r->is_waited_for)
		return 0;
	if (info.flags & XEN_DOMINF_paused) {
		fprintf(stderr,
			"%s vcpu-set: %s is paused with %u virtual CPUs "
			"online; it is asked for %u when it goes on\n",
			cli_program(), f->name, info.nr_online_vcpus, r->count);
		return 0;
	}
	return set_await(c, f, r, info.nr_online_vcpus);
}

static bool set_parse(const struct cli_args *a, struct set_request *r)
{
	const char *timeout = cli_value(a, 't');
	char *end;
	unsigned long n;

	r->word = a->words[1];
	r->is_host_ignored = cli_has(a, 'i');
	r->is_waited_for = cli_has(a, 'w') || timeout;
	if (timeout == NULL)
		return true;
	n = strtoul(timeout, &end, 10);
	if (*timeout < '0' || *timeout > '9' || *end || n > 86400)
		return false;
	r->timeout_ms = n * 1000;
	return true;
}

int cli_vcpu_set(int argc, char **argv)
{
	struct set_request r = {0};
	struct vcpu_facts f = {0};
	struct cli_args a;
	struct cli c;
	char *name = NULL;
	int status = cli_parse(argc, argv, 2, 2, &a), rc;

	if (status)
		return status;
	if (!set_parse(&a, &r))
		return cli_usage(argv[0]);
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve(&c, a.words[0], &r.domid);
	if (status == CLI_OK) {
		err_clear(&c.err);
		name = cli_domain_name(&c, r.domid);
		f.name = name ? name : a.words[0];
		rc = set_run(&c, &f, &r);
		if (rc) {
			cli_fail(&c);
			status = rc == -EINVAL && !cli_is_xl() ? CLI_USAGE
							       : CLI_FAILURE;
		}
	}
	free(name);
	cli_close(&c);
	return status;
}
