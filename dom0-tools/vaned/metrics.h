/* SPDX-License-Identifier: MIT */
/*
 * GET /metrics: what is told of the meters, to whom. A page is at most
 * METRICS_KEEP_MS old, so that many who ask at once cost one snapshot.
 * docs/metrics.md; tests/system/test_metrics.c.
 */
#ifndef DOM0_TOOLS_VANED_METRICS_H
#define DOM0_TOOLS_VANED_METRICS_H

#include <stdint.h>

#define METRICS_SOCKET	"/run/vane/metrics.sock"
#define METRICS_KEEP_MS 500

struct vaned;

/*
 * file: of the Unix socket; port: 0: none. What cannot be done is logged. 0 or
 * -errno.
 */
int metrics_start(struct vaned *v, const char *file, uint16_t port);
void metrics_stop(void);

#endif
