/* SPDX-License-Identifier: MIT */
/* The pure part of vaned's devices; see the header. */
#include "vaned/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "public/io/xenbus.h"

#define BACKEND_PREFIX "/local/domain/0/backend/"
#define TAG_PREFIX     "vane:"

static bool must_close(const struct device_facts *f)
{
	if (!f->domain_alive)
		return true;
	/* A guest may close and open again; only "offline" means removal. */
	return !f->is_online && f->state >= XenbusStateClosing &&
	       f->state <= XenbusStateClosed;
}

enum device_step device_step(enum device_phase phase,
			     const struct device_facts *f)
{
	if (f->is_busy)
		return DEVICE_STEP_NONE;
	if (!f->dir_exists)
		return DEVICE_STEP_RELEASE;

	switch (phase) {
	case DEVICE_NEW:
		if (must_close(f))
			return DEVICE_STEP_CLOSE;
		return f->is_complete ? DEVICE_STEP_CONNECT : DEVICE_STEP_NONE;
	case DEVICE_WAITING:
		if (must_close(f))
			return DEVICE_STEP_CLOSE;
		return f->is_late ? DEVICE_STEP_FAIL : DEVICE_STEP_CONNECT;
	case DEVICE_CONNECTED:
		if (must_close(f))
			return DEVICE_STEP_CLOSE;
		return f->driver_waits ? DEVICE_STEP_CONNECT : DEVICE_STEP_NONE;
	case DEVICE_FAILED:
		return must_close(f) ? DEVICE_STEP_CLOSE : DEVICE_STEP_NONE;
	case DEVICE_CLOSING:
		if (f->state == XenbusStateClosed || !f->driver_bound)
			return DEVICE_STEP_RELEASE;
		/* A living guest may keep a disk that it has mounted. */
		if (f->is_late && !f->domain_alive)
			return DEVICE_STEP_RELEASE;
		return DEVICE_STEP_NONE;
	}
	return DEVICE_STEP_NONE;
}

const char *device_phase_name(enum device_phase phase)
{
	switch (phase) {
	case DEVICE_NEW:
		return "new";
	case DEVICE_WAITING:
		return "waiting";
	case DEVICE_CONNECTED:
		return "connected";
	case DEVICE_FAILED:
		return "failed";
	case DEVICE_CLOSING:
		return "closing";
	}
	return "?";
}

const char *device_kind_name(enum device_kind kind)
{
	switch (kind) {
	case DEVICE_VBD:
		return "vbd";
	case DEVICE_VIF:
		return "vif";
	}
	return "?";
}

/* Decimal digits up to `most`; moves *text behind them. */
static int take_number(const char **text, uint64_t most, uint64_t *value)
{
	const char *at = *text;
	uint64_t n = 0;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (n > most)
			return -EINVAL;
	}
	*text = at;
	*value = n;
	return 0;
}

static int take_kind(const char **text, enum device_kind *kind)
{
	if (!strncmp(*text, "vbd", 3))
		*kind = DEVICE_VBD;
	else if (!strncmp(*text, "vif", 3))
		*kind = DEVICE_VIF;
	else
		return -EINVAL;
	*text += 3;
	return 0;
}

/* "KIND<sep>DOMID<sep>DEVID"; moves *text behind it. */
static int take_key(const char **text, char sep, struct device_key *key)
{
	uint64_t domid, devid;

	if (take_kind(text, &key->kind) || *(*text)++ != sep)
		return -EINVAL;
	if (take_number(text, 0x7fef, &domid) || *(*text)++ != sep)
		return -EINVAL;
	if (take_number(text, UINT32_MAX, &devid))
		return -EINVAL;
	key->domid = (uint16_t)domid;
	key->devid = (uint32_t)devid;
	return 0;
}

int device_key_parse(const char *path, struct device_key *key,
		     const char **node)
{
	const char *at = path + strlen(BACKEND_PREFIX);

	if (strncmp(path, BACKEND_PREFIX, strlen(BACKEND_PREFIX)))
		return -EINVAL;
	if (take_key(&at, '/', key))
		return -EINVAL;
	if (*at == '/')
		at++;
	else if (*at)
		return -EINVAL;
	*node = at;
	return 0;
}

void device_tag_format(char *tag, size_t size, const struct device_key *key)
{
	snprintf(tag, size, TAG_PREFIX "%s:%u:%u", device_kind_name(key->kind),
		 key->domid, key->devid);
}

int device_tag_parse(const char *tag, struct device_key *key)
{
	const char *at = tag + strlen(TAG_PREFIX);

	if (strncmp(tag, TAG_PREFIX, strlen(TAG_PREFIX)))
		return -EINVAL;
	if (take_key(&at, ':', key) || *at)
		return -EINVAL;
	return 0;
}
