/* SPDX-License-Identifier: MIT */
/* Names, sets of CPUs, uuids and actions, from and to text; see config.h. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"

int config_check_name(const char *name, struct err *e)
{
	size_t length = strlen(name);
	bool number = length > 0;

	if (length == 0 || length > CONFIG_NAME_MAX)
		return err_set(e, EINVAL,
			       "a domain's name has 1 to %d characters, '%s' "
			       "has %zu",
			       CONFIG_NAME_MAX, name, length);
	for (const char *p = name; *p; p++) {
		if (!isdigit((unsigned char)*p))
			number = false;
		if (!isalnum((unsigned char)*p) && !strchr("-_.+:@", *p))
			return err_set(e, EINVAL,
				       "'%s' cannot be a domain's name: only "
				       "letters, digits and - _ . + : @ can "
				       "stand in it",
				       name);
	}
	if (number)
		return err_set(e, EINVAL,
			       "'%s' cannot be a domain's name: it would be "
			       "taken for a domain number",
			       name);
	if (strcmp(name, "Domain-0") == 0)
		return err_set(e, EINVAL,
			       "'%s' cannot be a domain's name: it is domain "
			       "zero's",
			       name);
	if (*name == '-')
		return err_set(e, EINVAL,
			       "'%s' cannot be a domain's name: it would be "
			       "taken for an option",
			       name);
	return 0;
}

/* Parts of "0-3,^1": a number, two with a dash, or "all" of `count`. */
static int config_cpu_range(const char **p, uint32_t count, unsigned long *from,
			    unsigned long *to)
{
	char *end;

	if (strncmp(*p, "all", 3) == 0) {
		*p += 3;
		*from = 0;
		*to = count - 1;
		return 0;
	}
	if (!isdigit((unsigned char)**p))
		return -EINVAL;
	*from = *to = strtoul(*p, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return -EINVAL;
		*to = strtoul(end + 1, &end, 10);
	}
	*p = end;
	return *to < *from ? -EINVAL : 0;
}

int config_cpus(const char *text, uint8_t *bitmap, uint32_t count)
{
	const char *p = text;
	uint32_t left = 0;

	memset(bitmap, 0, (count + 7) / 8);
	for (;;) {
		unsigned long from, to;
		bool without = *p == '^';

		p += without;
		if (config_cpu_range(&p, count, &from, &to))
			return -EINVAL;
		if (to >= count)
			return -ERANGE;
		for (unsigned long i = from; i <= to; i++) {
			if (without)
				bitmap[i / 8] &= ~(1U << (i % 8));
			else
				bitmap[i / 8] |= 1U << (i % 8);
		}
		if (*p == '\0')
			break;
		if (*p++ != ',')
			return -EINVAL;
	}
	for (uint32_t i = 0; i < (count + 7) / 8; i++)
		left |= bitmap[i];
	return left ? 0 : -EINVAL;
}

int config_parse_uuid(const char *text, uint8_t uuid[16])
{
	int digits = 0;

	for (const char *p = text; *p; p++) {
		int value;

		if (*p == '-') {
			if (digits != 8 && digits != 12 && digits != 16 &&
			    digits != 20)
				return -EINVAL;
			continue;
		}
		if (!isxdigit((unsigned char)*p) || digits == 32)
			return -EINVAL;
		value = isdigit((unsigned char)*p) ? *p - '0'
						   : (*p | 32) - 'a' + 10;
		if (digits % 2 == 0)
			uuid[digits / 2] = (uint8_t)(value << 4);
		else
			uuid[digits / 2] |= (uint8_t)value;
		digits++;
	}
	return digits == 32 ? 0 : -EINVAL;
}

void config_format_uuid(const uint8_t uuid[16], char *text)
{
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", uuid[i]);
	}
}

const char *config_action_name(enum config_action action)
{
	switch (action) {
	case ACTION_DESTROY:
		return "destroy";
	case ACTION_RESTART:
		return "restart";
	case ACTION_RENAME_RESTART:
		return "rename-restart";
	case ACTION_PRESERVE:
		return "preserve";
	case ACTION_COREDUMP_DESTROY:
		return "coredump-destroy";
	case ACTION_COREDUMP_RESTART:
		return "coredump-restart";
	}
	return "destroy";
}
