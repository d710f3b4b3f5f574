/* SPDX-License-Identifier: MIT */
/*
 * What a domain's child process does (worker.h): creating its successor, by
 * the function that `vane create` uses, and writing its core.
 */
#ifndef DOM0_TOOLS_VANED_RESTART_H
#define DOM0_TOOLS_VANED_RESTART_H

#include "vaned/vaned.h"
#include "vaned/worker.h"

#define RESTART_DUMP_DIR "/var/lib/vane/dump"

/*
 * Both take a struct domain. The successor is left paused, with its record
 * in the store; see record.h.
 */
worker_job restart_create;
worker_job restart_dump_core;

/* RESTART_DUMP_DIR/NAME-TIME.core; '/' in a name becomes '_'. */
void restart_core_path(const char *name, char *path, size_t size);

#endif
