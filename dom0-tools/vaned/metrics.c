/* SPDX-License-Identifier: MIT */
/* See metrics.h. */
#include "vaned/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/domname.h"
#include "lib/meter.h"
#include "vaned/httpd.h"
#include "vaned/openmetrics.h"
#include "vaned/vaned.h"

static struct {
	struct httpd server;
	struct vaned *v;
	const char *file;
	bool failure_said;
	/* The last pages, by format. */
	struct httpd_page *pages[METRICS_FORMATS];
	uint64_t made_ns[METRICS_FORMATS];
} metrics;

/* As this daemon knows them; the store is asked for those that it does not. */
static void metrics_name_domains(struct meter_snapshot *s)
{
	for (size_t i = 0; i < s->domain_count; i++) {
		uint16_t domid = s->domains[i].info.domain;
		const char *name =
			domid ? domains_name(metrics.v, domid) : "Domain-0";

		if (name && *name)
			s->domains[i].name = strdup(name);
		else if (metrics.v->store)
			s->domains[i].name =
				domname_of(metrics.v->store, domid);
	}
}

static struct httpd_page *metrics_make(enum openmetrics_format format)
{
	struct meter_snapshot s;
	char *text;
	size_t size = 0;
	int rc = meter_take(metrics.v->privcmd, NULL,
			    METER_DEVICES | METER_FRAMES, &s);

	if (rc) {
		if (!metrics.failure_said)
			daemon_log("the meters cannot be read: %s",
				   strerror(-rc));
		metrics.failure_said = true;
		return NULL;
	}
	metrics.failure_said = false;
	metrics_name_domains(&s);
	text = openmetrics_format(&s, format, &size);
	meter_free(&s);
	return text ? httpd_page_make(openmetrics_type(format), text, size)
		    : NULL;
}

static struct httpd_page *metrics_page(void *arg, bool wants_openmetrics)
{
	enum openmetrics_format f =
		wants_openmetrics ? METRICS_OPEN : METRICS_TEXT;
	uint64_t now = evloop_now_ns();

	(void)arg;
	if (metrics.pages[f] == NULL ||
	    now - metrics.made_ns[f] > METRICS_KEEP_MS * 1000000ull) {
		httpd_page_put(metrics.pages[f]);
		metrics.pages[f] = metrics_make(f);
		metrics.made_ns[f] = now;
	}
	if (metrics.pages[f])
		metrics.pages[f]->refs++;
	return metrics.pages[f];
}

int metrics_start(struct vaned *v, const char *file, uint16_t port)
{
	int rc;

	metrics.v = v;
	httpd_init(&metrics.server, &v->loop, "/metrics", metrics_page, NULL);
	rc = daemon_mkdirs_for(file, 0755);
	if (rc == 0)
		rc = httpd_listen_unix(&metrics.server, file);
	if (rc) {
		daemon_log("cannot listen on %s: %s", file, strerror(-rc));
		return rc;
	}
	metrics.file = file;
	if (port == 0)
		return 0;
	rc = httpd_listen_loopback(&metrics.server, port);
	if (rc)
		daemon_log("cannot listen on port %u of the loopback "
			   "addresses: %s",
			   port, strerror(-rc));
	return rc;
}

void metrics_stop(void)
{
	httpd_free(&metrics.server);
	for (size_t i = 0; i < METRICS_FORMATS; i++) {
		httpd_page_put(metrics.pages[i]);
		metrics.pages[i] = NULL;
	}
	if (metrics.file)
		unlink(metrics.file);
	metrics.file = NULL;
}
