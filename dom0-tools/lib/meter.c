/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of the hypervisor's meters; see meter.h. What is pure is in
 * meter_rates.c, the devices are in meter_devices.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/domctl.h"
#include "lib/domname.h"
#include "lib/meter.h"
#include "lib/privcmd.h"

/* Records of one call, so that they fit hypercall memory. */
#define METER_STEP 32
/* How often to begin anew because a domain ended meanwhile. */
#define METER_TRIES 5
/* What a census may cost one snapshot. */
#define METER_CENSUS_STEP 16384
#define METER_CENSUS_NS	  20000000ull

static uint64_t meter_clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* All records of a kind, malloc'd. */
static int meter_get(int fd, uint32_t what, uint32_t bytes, void **records,
		     size_t *count)
{
	struct paravane_meter_read q = {.what = what};
	char *all = NULL, *more;
	size_t n = 0;
	int rc;

	do {
		more = realloc(all, (n + METER_STEP) * bytes);
		if (more == NULL) {
			free(all);
			return -ENOMEM;
		}
		all = more;
		q.record_bytes = bytes;
		q.capacity = METER_STEP;
		rc = paravane_meter_read(fd, &q, all + n * bytes);
		if (rc) {
			free(all);
			return rc;
		}
		n += q.count;
	} while (q.count);
	*records = all;
	*count = n;
	return 0;
}

static int meter_get_machine(int fd, struct paravane_meter_machine *m)
{
	struct paravane_meter_read q = {
		.what = PARAVANE_METER_machine,
		.record_bytes = sizeof(*m),
		.capacity = 1,
	};
	int rc = paravane_meter_read(fd, &q, m);

	return rc == 0 && q.count != 1 ? -EIO : rc;
}

/* The domains' array, as records. */
static int meter_get_domains(int fd, struct meter_snapshot *s)
{
	struct paravane_meter_domain *infos = NULL;
	void *records;
	int rc = meter_get(fd, PARAVANE_METER_domain, sizeof(*infos), &records,
			   &s->domain_count);

	if (rc)
		return rc;
	infos = records;
	s->domains = calloc(s->domain_count + 1, sizeof(*s->domains));
	for (size_t i = 0; s->domains && i < s->domain_count; i++)
		s->domains[i].info = infos[i];
	free(infos);
	return s->domains ? 0 : -ENOMEM;
}

/* One attempt. -EAGAIN: a domain came to its end meanwhile. */
static int meter_get_all(int fd, struct meter_snapshot *s)
{
	struct paravane_meter_machine before;
	void *vcpus = NULL, *cpus = NULL;
	int rc = meter_get_machine(fd, &before);

	if (rc == 0)
		rc = meter_get_domains(fd, s);
	if (rc == 0)
		rc = meter_get(fd, PARAVANE_METER_vcpu, sizeof(*s->vcpus),
			       &vcpus, &s->vcpu_count);
	s->vcpus = vcpus;
	if (rc == 0)
		rc = meter_get(fd, PARAVANE_METER_cpu, sizeof(*s->cpus), &cpus,
			       &s->cpu_count);
	s->cpus = cpus;
	if (rc == 0)
		rc = meter_get_machine(fd, &s->machine);
	if (rc == 0 && before.domains_ended != s->machine.domains_ended)
		rc = -EAGAIN;
	return rc;
}

/* As far as the time goes; that there is none is no error. */
static void meter_go_on_with_census(int fd)
{
	uint64_t until = meter_clock_ns(CLOCK_MONOTONIC) + METER_CENSUS_NS;
	struct paravane_meter_census c = {0};
	uint64_t passes;

	if (paravane_meter_census(fd, &c))
		return;
	passes = c.passes;
	do {
		c.frames = METER_CENSUS_STEP;
		if (paravane_meter_census(fd, &c))
			return;
	} while (c.passes == passes && meter_clock_ns(CLOCK_MONOTONIC) < until);
}

int meter_take(int fd, struct store *store, unsigned int flags,
	       struct meter_snapshot *s)
{
	int rc = -EAGAIN;

	memset(s, 0, sizeof(*s));
	if (flags & METER_FRAMES)
		meter_go_on_with_census(fd);
	/* On a machine that never rests, the last one has to do. */
	for (int i = 0; i < METER_TRIES && rc == -EAGAIN; i++) {
		meter_free(s);
		rc = meter_get_all(fd, s);
	}
	if (rc == -EAGAIN)
		rc = 0;
	if (rc == 0 && (flags & METER_DEVICES))
		rc = meter_read_devices(METER_SYSFS, s);
	if (rc) {
		meter_free(s);
		return rc;
	}
	s->at_ns = s->machine.at_ns;
	s->wall_ns = meter_clock_ns(CLOCK_REALTIME);
	meter_assign(s);
	for (size_t i = 0; store && i < s->domain_count; i++)
		s->domains[i].name =
			domname_of(store, s->domains[i].info.domain);
	return 0;
}

void meter_free(struct meter_snapshot *s)
{
	for (size_t i = 0; s->domains && i < s->domain_count; i++)
		free(s->domains[i].name);
	free(s->domains);
	free(s->vcpus);
	free(s->cpus);
	free(s->disks);
	free(s->cards);
	memset(s, 0, sizeof(*s));
}
