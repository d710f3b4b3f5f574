/* SPDX-License-Identifier: MIT */
/*
 * What vaned must still know after it was killed: for each domain that it
 * acts on, a record in the store and the configuration in a file.
 *
 * /tool/vaned/domain/ID = "STARTED SHORT_LIVES PHASE OWED FROM NOT_BEFORE",
 * written before what it says is done. While a restart is owed the name has
 * its node in lib/restarting.h, and once the old domain is gone its
 * configuration stands aside as ID.cfg.restart, where the cleaning up after
 * the domain does not find it.
 *
 * The debt is paid when the new domain is whole, which its configuration,
 * written last, says. Its record, made in the transaction that makes its
 * nodes, names the old one (FROM). So after a kill at any point either the
 * old domain's debt stands and what there is of a new one is taken back, or
 * the new one is whole and the debt is struck out.
 */
#ifndef DOM0_TOOLS_VANED_RECORD_H
#define DOM0_TOOLS_VANED_RECORD_H

#include "vaned/vaned.h"

/* The configuration, wherever it stands. 0 or -errno with the reason. */
int record_config(const struct domain *o, struct config *c, struct err *e);
bool record_has_config(const struct domain *o);
/* Between the end of the old domain and the start of the new one. */
void record_put_config_aside(const struct domain *o);

/* As part of a transaction (0: of none). */
int record_write(const struct domain *o, struct store *store, uint32_t txn);
/* By itself; a failure is logged. */
void record_save(const struct domain *o);
/* Fills what a record says; false when there is none. */
bool record_read(struct domain *o);
/* Removes the record and the configuration. */
void record_forget(const struct domain *o);

/* Runs `fn` in a transaction, again as long as somebody comes between. */
int record_in_txn(struct domain *o,
		  int (*fn)(struct domain *o, struct store *store,
			    uint32_t txn));

/* Adds every domain that has a record or a configuration. */
void record_scan(struct vaned *v);

#endif
