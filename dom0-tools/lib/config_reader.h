/* SPDX-License-Identifier: MIT */
/*
 * What the readers of keys share: where they are, how they fail and warn, and
 * values by type. Used by config*.c only.
 */
#ifndef DOM0_TOOLS_LIB_CONFIG_READER_H
#define DOM0_TOOLS_LIB_CONFIG_READER_H

#include "lib/cfgfile.h"
#include "lib/config.h"

#define CONFIG_MEMORY_MAX_MIB (16ULL * 1024 * 1024)

/* What is being read, and the pieces that only the end can put together. */
struct config_reader {
	struct config *c;
	struct err *err;
	const struct cfg_setting *s; /* the one being read */
	uint8_t seed[16];	     /* for what the text leaves out */
	const char *root;
	const char *extra;
	const char *bootloader;
	bool has_seed; /* by the key: MAC addresses come from it */
};

typedef int config_read_fn(struct config_reader *r, const struct cfg_value *v);

/* FILE:LINE:COLUMN: TEXT, for a value; -EINVAL. */
int config_fail(struct config_reader *r, const struct cfg_value *v,
		const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A line more for the person, about the setting that is being read. */
int config_warn(struct config_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int config_no_memory(struct config_reader *r);

/* Values by type: 0, or -errno with the error set. */
int config_get_string(struct config_reader *r, const struct cfg_value *v,
		      const char **text);
int config_get_number(struct config_reader *r, const struct cfg_value *v,
		      uint64_t min, uint64_t max, uint64_t *number);
/* MiB, or a string with a unit. */
int config_get_mib(struct config_reader *r, const struct cfg_value *v,
		   uint64_t *mib);
/* An absolute path; NULL for "". */
int config_get_path(struct config_reader *r, const struct cfg_value *v,
		    const char **path);
int config_get_action(struct config_reader *r, const struct cfg_value *v,
		      enum config_action *action);

/* Keys of xl.cfg that have no effect here, and why; a NULL name ends them. */
struct config_ignored {
	const char *name;
	const char *why;
};
extern const struct config_ignored config_ignored_keys[];

#endif
