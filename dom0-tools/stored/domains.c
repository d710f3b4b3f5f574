/* SPDX-License-Identifier: MIT */
/*
 * The requests about domains, all but two for the toolstack only.
 * Test: tests/unit/dom0-tools/stored/test_domains.c.
 */
#include <errno.h>
#include <string.h>

#include "stored/request.h"

/* A domain that has been introduced, and is not domain 0. */
static struct domain *request_guest(struct request *rq, int *rc)
{
	struct domain *d;
	uint16_t domid;

	*rc = -EINVAL;
	if (!request_domid(rq, &domid) || !domid)
		return NULL;
	*rc = -ENOENT;
	d = rq->core->domains[domid];
	return d && d->introduced ? d : NULL;
}

/* Once more for the same domain: it has a new port, and forgets the old. */
int request_introduce(struct request *rq)
{
	struct core *core = rq->core;
	struct domain *d;
	uint64_t mfn, port;
	uint16_t domid;
	bool is_new;
	int rc;

	if (!request_domid(rq, &domid) || !domid ||
	    !wire_number(&rq->text, UINT64_MAX, &mfn) ||
	    !wire_number(&rq->text, UINT32_MAX, &port) || !port)
		return -EINVAL;
	d = core_domain(core, domid);
	if (!d)
		return -ENOMEM;
	if (!core->host.introduce)
		return -ENOSYS;
	rc = core->host.introduce(core->host.arg, domid, mfn, (uint32_t)port);
	if (rc)
		return rc;
	is_new = !d->introduced;
	d->ring_mfn = mfn;
	d->ring_port = (uint32_t)port;
	d->introduced = true;
	d->shutdown = false;
	if (is_new)
		watch_fire_special(core,
				   core->specials[SPECIAL_INTRODUCE].name);
	return reply_ok(rq);
}

int request_release(struct request *rq)
{
	struct domain *d;
	uint16_t domid;
	int rc;

	d = request_guest(rq, &rc);
	if (!d)
		return rc;
	domid = d->domid; /* d is freed with it */
	core_domains_gone(rq->core, &domid, 1);
	return reply_ok(rq);
}

int request_resume(struct request *rq)
{
	struct domain *d;
	int rc;

	d = request_guest(rq, &rc);
	if (!d)
		return rc;
	d->shutdown = false;
	return reply_ok(rq);
}

/* A device model acts for its guest: it gets that guest's rights too. */
int request_set_target(struct request *rq)
{
	struct domain *d, *target;
	int rc;

	d = request_guest(rq, &rc);
	target = d ? request_guest(rq, &rc) : NULL;
	if (!target)
		return rc;
	d->target = target->domid;
	return reply_ok(rq);
}

int request_get_domain_path(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	uint16_t domid;

	if (!request_domid(rq, &domid))
		return -EINVAL;
	wire_domain_path(domid, path);
	return reply_string(rq, path);
}

int request_is_domain_introduced(struct request *rq)
{
	const struct domain *d;
	uint64_t domid;

	if (!wire_number(&rq->text, DOMID_SELF, &domid))
		return -EINVAL;
	if (domid == DOMID_SELF)
		return reply_string(rq, "T");
	if (domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	d = rq->core->domains[domid];
	return reply_string(rq, d && d->introduced ? "T" : "F");
}
