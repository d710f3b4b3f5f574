/* SPDX-License-Identifier: MIT */
/* The list of include/public/io/xs_wire.h's protocol, see the header. */
#include "lib/store_errors.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"EINVAL", EINVAL},	  {"EACCES", EACCES},	{"EEXIST", EEXIST},
	{"EISDIR", EISDIR},	  {"ENOENT", ENOENT},	{"ENOMEM", ENOMEM},
	{"ENOSPC", ENOSPC},	  {"EIO", EIO},		{"ENOSYS", ENOSYS},
	{"ENOTEMPTY", ENOTEMPTY}, {"EROFS", EROFS},	{"EBUSY", EBUSY},
	{"EAGAIN", EAGAIN},	  {"EISCONN", EISCONN}, {"E2BIG", E2BIG},
	{"EPERM", EPERM},
};

#define ERROR_COUNT (sizeof(errors) / sizeof(errors[0]))

const char *store_error_name(int err)
{
	for (size_t i = 0; i < ERROR_COUNT; i++) {
		if (errors[i].number == err)
			return errors[i].name;
	}
	return "EIO";
}

int store_error_number(const char *name, size_t len)
{
	for (size_t i = 0; i < ERROR_COUNT; i++) {
		if (strlen(errors[i].name) == len &&
		    !memcmp(errors[i].name, name, len))
			return errors[i].number;
	}
	return EIO;
}
