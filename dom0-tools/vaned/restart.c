/* SPDX-License-Identifier: MIT */
/* Restarting by the builder's own function; see the header. */
#include "vaned/restart.h"

#include "builder/create.h"

int restart_create(const struct config *c, uint16_t *domid, bool *is_paused,
		   struct err *e)
{
	struct create_options o = {.no_device_wait = true};
	struct create_result result;
	int rc;

	rc = domain_create(c, &o, &result, e);
	if (rc)
		return rc;
	*domid = result.domid;
	*is_paused = c->disk_count + c->vif_count > 0;
	return 0;
}
