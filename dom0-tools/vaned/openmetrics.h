/* SPDX-License-Identifier: MIT */
/*
 * A snapshot of meters as text for Prometheus and its kin: OpenMetrics 1.0, or
 * the older text format 0.0.4. Pure. Names of domains are hostile: what is not
 * UTF-8 becomes U+FFFD, other control characters '?', the rest is escaped.
 *
 * The metrics are a table, so that docs/metrics.md and the dashboard can be
 * compared with it. Test: tests/unit/dom0-tools/vaned/test_openmetrics.c.
 */
#ifndef DOM0_TOOLS_VANED_OPENMETRICS_H
#define DOM0_TOOLS_VANED_OPENMETRICS_H

#include <stddef.h>
#include <stdio.h>

#include "lib/meter.h"

enum openmetrics_format {
	METRICS_TEXT, /* 0.0.4 */
	METRICS_OPEN, /* OpenMetrics 1.0.0 */
	METRICS_FORMATS,
};

/* For the header Content-Type. */
const char *openmetrics_type(enum openmetrics_format format);

/* Malloc'd, *size bytes and a NUL; NULL: no memory. */
char *openmetrics_format(const struct meter_snapshot *s,
			 enum openmetrics_format format, size_t *size);

#endif
