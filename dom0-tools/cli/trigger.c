/* SPDX-License-Identifier: MIT */
/*
 * `vane trigger` and `vane sysrq`: what a person would press on a machine. A
 * PV guest has neither buttons nor ACPI; each trigger does what comes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "public/sched.h"

static int trigger_nmi(struct cli *c, uint16_t domid, uint32_t vcpu)
{
	struct xen_domctl_getdomaininfo info = {0};
	int rc = domctl_send_nmi(c->privcmd, domid, vcpu);

	if (rc == 0)
		return CLI_OK;
	if (rc == -ESRCH && domctl_get_info(c->privcmd, domid, &info) == 0)
		err_set(&c->err, rc,
			"domain %u has no vCPU %u: there %s %u, counted from "
			"0",
			domid, vcpu, info.max_vcpu_id ? "are" : "is",
			info.max_vcpu_id + 1);
	else
		err_set(&c->err, rc, "cannot send an NMI to domain %u (%s)",
			domid, err_name(rc));
	return cli_fail(c);
}

/* The power button: a wish, that the guest's kernel may take its time for. */
static int trigger_power(struct cli *c, uint16_t domid, uint32_t vcpu)
{
	(void)vcpu;
	return shutdown_wish(c, domid, "poweroff");
}

/* The reset button: at once, and nothing is asked. */
static int trigger_reset(struct cli *c, uint16_t domid, uint32_t vcpu)
{
	int rc = sched_remote_shutdown(c->privcmd, domid, SHUTDOWN_reboot);

	(void)vcpu;
	if (rc == 0)
		return CLI_OK;
	err_set(&c->err, rc, "cannot reset domain %u (%s)", domid,
		err_name(rc));
	return cli_fail(c);
}

static int trigger_none(struct cli *c, uint16_t domid, uint32_t vcpu)
{
	(void)domid;
	(void)vcpu;
	err_set(&c->err, EOPNOTSUPP,
		"a PV guest has no such line or sleep button; there are nmi, "
		"power and reset");
	return cli_fail(c);
}

static const struct {
	const char *name;
	int (*run)(struct cli *c, uint16_t domid, uint32_t vcpu);
} triggers[] = {
	{"nmi", trigger_nmi},	  {"power", trigger_power},
	{"reset", trigger_reset}, {"sleep", trigger_none},
	{"init", trigger_none},	  {"s3resume", trigger_none},
};

static int trigger_run(struct cli *c, uint16_t domid, const char *name,
		       uint32_t vcpu)
{
	for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
		if (strcmp(triggers[i].name, name) == 0)
			return triggers[i].run(c, domid, vcpu);
	}
	err_set(&c->err, EINVAL,
		"there is no trigger '%s', but nmi, power and reset", name);
	cli_fail(c);
	return cli_is_xl() ? CLI_FAILURE : CLI_USAGE;
}

int cli_trigger(int argc, char **argv)
{
	unsigned long vcpu = 0;
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	char *end;
	int status = cli_parse(argc, argv, 2, 3, &a);

	if (status)
		return status;
	if (a.count == 3) {
		vcpu = strtoul(a.words[2], &end, 10);
		if (*end || end == a.words[2] || vcpu > UINT32_MAX)
			return cli_usage(argv[0]);
	}
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve_guest(&c, a.words[0],
				   "be triggered: it has its own machine's "
				   "buttons",
				   &domid);
	err_clear(&c.err);
	if (status == CLI_OK)
		status = trigger_run(&c, domid, a.words[1], (uint32_t)vcpu);
	cli_close(&c);
	return status;
}

int cli_sysrq(int argc, char **argv)
{
	char path[64];
	struct cli_args a;
	uint16_t domid;
	struct cli c;
	int status = cli_parse(argc, argv, 2, 2, &a);
	int rc;

	if (status)
		return status;
	if (strlen(a.words[1]) != 1)
		return cli_usage(argv[0]);
	status = cli_open(&c);
	if (status)
		return status;
	status = cli_resolve_guest(&c, a.words[0],
				   "be asked so: write to /proc/sysrq-trigger",
				   &domid);
	err_clear(&c.err);
	if (status == CLI_OK) {
		snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq",
			 domid);
		rc = store_writef(c.store, 0, path, "%s", a.words[1]);
		if (rc) {
			err_set(&c.err, rc, "cannot write %s (%s)", path,
				err_name(rc));
			status = cli_fail(&c);
		}
	}
	cli_close(&c);
	return status;
}
