/* SPDX-License-Identifier: MIT */
/* Strings, numbers and paths of the store's messages; see the header. */
#include "stored/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *wire_string(struct wire_text *t)
{
	const char *s = t->at;
	const char *nul = t->len ? memchr(s, '\0', t->len) : NULL;

	if (!nul)
		return NULL;
	t->len -= (size_t)(nul - s) + 1;
	t->at = nul + 1;
	return s;
}

bool wire_number(struct wire_text *t, uint64_t max, uint64_t *value)
{
	const char *s = wire_string(t);
	uint64_t v = 0;

	if (!s || !*s)
		return false;
	for (; *s; s++) {
		unsigned int digit = (unsigned int)(*s - '0');

		if (*s < '0' || *s > '9' || digit > max ||
		    v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

static const char *const type_names[XS_TYPE_COUNT] = {
	[XS_CONTROL] = "CONTROL",
	[XS_DIRECTORY] = "DIRECTORY",
	[XS_READ] = "READ",
	[XS_GET_PERMS] = "GET_PERMS",
	[XS_WATCH] = "WATCH",
	[XS_UNWATCH] = "UNWATCH",
	[XS_TRANSACTION_START] = "TRANSACTION_START",
	[XS_TRANSACTION_END] = "TRANSACTION_END",
	[XS_INTRODUCE] = "INTRODUCE",
	[XS_RELEASE] = "RELEASE",
	[XS_GET_DOMAIN_PATH] = "GET_DOMAIN_PATH",
	[XS_WRITE] = "WRITE",
	[XS_MKDIR] = "MKDIR",
	[XS_RM] = "RM",
	[XS_SET_PERMS] = "SET_PERMS",
	[XS_WATCH_EVENT] = "WATCH_EVENT",
	[XS_ERROR] = "ERROR",
	[XS_IS_DOMAIN_INTRODUCED] = "IS_DOMAIN_INTRODUCED",
	[XS_RESUME] = "RESUME",
	[XS_SET_TARGET] = "SET_TARGET",
	[XS_RESET_WATCHES] = "RESET_WATCHES",
	[XS_DIRECTORY_PART] = "DIRECTORY_PART",
};

const char *wire_type_name(uint32_t type)
{
	if (type >= XS_TYPE_COUNT || !type_names[type])
		return "?";
	return type_names[type];
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '_' ||
	       c == '@';
}

size_t wire_domain_path(uint16_t domid, char out[WIRE_PATH_BYTES])
{
	return (size_t)snprintf(out, WIRE_PATH_BYTES, "/local/domain/%u",
				domid);
}

int wire_path(const char *path, uint16_t domid, char out[WIRE_PATH_BYTES],
	      bool *relative)
{
	bool absolute = path[0] == '/';
	size_t len = strlen(path);
	size_t prefix = 0;

	if (relative)
		*relative = !absolute;
	if (len > (absolute ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX))
		return -E2BIG;
	/* Names with '@' in front are not nodes. */
	if (!len || path[0] == '@')
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!is_path_char(path[i]))
			return -EINVAL;
		if (path[i] == '/' && path[i + 1] == '/')
			return -EINVAL;
	}
	if (len > 1 && path[len - 1] == '/')
		return -EINVAL;

	if (!absolute) {
		prefix = wire_domain_path(domid, out);
		out[prefix++] = '/';
	}
	if (prefix + len > XENSTORE_ABS_PATH_MAX)
		return -E2BIG;
	memcpy(out + prefix, path, len + 1);
	return 0;
}

void wire_parent(const char *path, char out[WIRE_PATH_BYTES])
{
	size_t len = (size_t)(strrchr(path, '/') - path);

	if (!len)
		len = 1;
	memcpy(out, path, len);
	out[len] = '\0';
}

const char *wire_leaf(const char *path)
{
	return strrchr(path, '/') + 1;
}
