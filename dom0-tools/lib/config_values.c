/* SPDX-License-Identifier: MIT */
/* Values of a configuration by type; see config_reader.h. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_reader.h"

int config_fail(struct config_reader *r, const struct cfg_value *v,
		const char *fmt, ...)
{
	char text[ERR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->err, EINVAL, "%s:%u:%u: %s", r->s->file, v->line,
		       v->column, text);
}

int config_no_memory(struct config_reader *r)
{
	return err_set(r->err, ENOMEM, "out of memory");
}

int config_warn(struct config_reader *r, const char *fmt, ...)
{
	struct config *c = r->c;
	char text[ERR_TEXT_BYTES];
	const char **more;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	more = arena_alloc(&c->arena, (c->warning_count + 1) * sizeof(*more));
	if (more == NULL)
		return config_no_memory(r);
	if (c->warning_count)
		memcpy(more, c->warnings, c->warning_count * sizeof(*more));
	more[c->warning_count] =
		arena_printf(&c->arena, "%s:%u:%u: %s", r->s->file, r->s->line,
			     r->s->column, text);
	if (more[c->warning_count] == NULL)
		return config_no_memory(r);
	c->warnings = more;
	c->warning_count++;
	return 0;
}

/* Values by type */

int config_get_string(struct config_reader *r, const struct cfg_value *v,
		      const char **text)
{
	*text = "";
	if (v->kind == CFG_LIST)
		return config_fail(r, v, "%s takes a string, not a list",
				   r->s->name);
	*text = v->string;
	return 0;
}

int config_get_number(struct config_reader *r, const struct cfg_value *v,
		      uint64_t min, uint64_t max, uint64_t *number)
{
	char *end;

	if (v->kind == CFG_LIST)
		return config_fail(r, v, "%s takes a number, not a list",
				   r->s->name);
	*number = v->number;
	if (v->kind == CFG_STRING) {
		errno = 0;
		*number = strtoull(v->string, &end, 10);
		if (!isdigit((unsigned char)v->string[0]) || *end || errno)
			return config_fail(r, v, "%s takes a number, not '%s'",
					   r->s->name, v->string);
	}
	if (*number < min || *number > max)
		return config_fail(r, v,
				   "%s=%" PRIu64 " is out of range: %" PRIu64
				   " to %" PRIu64,
				   r->s->name, *number, min, max);
	return 0;
}

/* MiB, or a string with a unit. */
int config_get_mib(struct config_reader *r, const struct cfg_value *v,
		   uint64_t *mib)
{
	struct cfg_value plain = *v;
	uint64_t scale = 1;
	size_t length;
	int rc;

	if (v->kind == CFG_STRING && (length = strlen(v->string)) > 1) {
		char unit = v->string[length - 1];

		if (unit == 'M' || unit == 'm' || unit == 'G' || unit == 'g') {
			plain.string = arena_strndup(&r->c->arena, v->string,
						     length - 1);
			if (plain.string == NULL)
				return config_no_memory(r);
			if (unit == 'G' || unit == 'g')
				scale = 1024;
		}
	}
	rc = config_get_number(r, &plain, 0, UINT64_MAX, mib);
	if (rc)
		return rc;
	if (*mib == 0 || *mib > CONFIG_MEMORY_MAX_MIB / scale)
		return config_fail(r, v,
				   "%s=%" PRIu64 "%s is out of range: 1 to "
				   "%llu MiB, as in 512, \"512M\" or \"2G\"",
				   r->s->name, *mib, scale == 1 ? "" : "G",
				   CONFIG_MEMORY_MAX_MIB);
	*mib *= scale;
	return 0;
}

/* An absolute path. */
int config_get_path(struct config_reader *r, const struct cfg_value *v,
		    const char **path)
{
	int rc = config_get_string(r, v, path);

	if (rc)
		return rc;
	if (**path == '\0') {
		*path = NULL; /* kernel="" says: none */
		return 0;
	}
	if (**path != '/')
		return config_fail(r, v, "%s='%s' is no absolute path",
				   r->s->name, *path);
	return 0;
}

int config_get_action(struct config_reader *r, const struct cfg_value *v,
		      enum config_action *action)
{
	const char *text;
	int rc = config_get_string(r, v, &text);

	if (rc)
		return rc;
	for (int i = ACTION_DESTROY; i <= ACTION_COREDUMP_RESTART; i++) {
		if (strcmp(text, config_action_name(i)) == 0) {
			*action = i;
			return 0;
		}
	}
	return config_fail(r, v,
			   "%s='%s' is none of destroy, restart, "
			   "rename-restart, preserve, coredump-destroy, "
			   "coredump-restart",
			   r->s->name, text);
}
