/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's back ends say of the guests' disks and cards; see meter.h.
 * A device is a directory KIND-DOMID-DEVID; a disk's counts are files in its
 * `statistics`, a card's are in that of its interface, below `net`.
 * Test: tests/unit/dom0-tools/lib/test_meter.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/meter.h"

/* More than a domain zero has; what is above is left out. */
#define METER_DEVICES_MAX 65536
#define METER_VALUE_BYTES 32

/* Digits only, and it fits. */
static bool meter_number(const char **text, uint64_t limit, uint64_t *value)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (limit - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*text = p;
	*value = n;
	return true;
}

/* "vbd-5-51712" */
static bool meter_device_name(const char *name, const char *kind,
			      uint16_t *domid, uint32_t *devid)
{
	size_t n = strlen(kind);
	uint64_t d, v;

	if (strncmp(name, kind, n) != 0 || name[n] != '-')
		return false;
	name += n + 1;
	if (!meter_number(&name, UINT16_MAX, &d) || *name++ != '-' ||
	    !meter_number(&name, UINT32_MAX, &v) || *name != '\0')
		return false;
	*domid = (uint16_t)d;
	*devid = (uint32_t)v;
	return true;
}

/* A file with one number; 0 when there is none. */
static uint64_t meter_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[METER_VALUE_BYTES];
	const char *p = text;
	uint64_t value;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (!meter_number(&p, UINT64_MAX, &value) || (*p != '\0' && *p != '\n'))
		return 0;
	return value;
}

struct meter_field {
	const char *file;
	size_t offset;
};

#define DISK(file, member)                                                     \
	{                                                                      \
		file, offsetof(struct meter_disk, member)                      \
	}
static const struct meter_field disk_fields[] = {
	DISK("rd_req", read_requests), DISK("wr_req", write_requests),
	DISK("f_req", flush_requests), DISK("ds_req", discard_requests),
	DISK("rd_sect", read_sectors), DISK("wr_sect", write_sectors),
	DISK("oo_req", no_memory),
};

/* What the interface sends, the guest receives. */
#define CARD(file, member)                                                     \
	{                                                                      \
		file, offsetof(struct meter_card, member)                      \
	}
static const struct meter_field card_fields[] = {
	CARD("tx_bytes", received_bytes),
	CARD("tx_packets", received_packets),
	CARD("tx_errors", received_errors),
	CARD("tx_dropped", received_drops),
	CARD("rx_bytes", sent_bytes),
	CARD("rx_packets", sent_packets),
	CARD("rx_errors", sent_errors),
	CARD("rx_dropped", sent_drops),
};

static void meter_fields(int at, const char *path,
			 const struct meter_field *fields, size_t count,
			 void *out)
{
	int dir = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = meter_file(dir, fields[i].file);

		memcpy((char *)out + fields[i].offset, &value, sizeof(value));
	}
	close(dir);
}

/* The one interface below the device's `net`. */
static void meter_interface(int at, const char *device, struct meter_card *c)
{
	char path[320];
	struct dirent *e;
	DIR *net;
	int fd;

	snprintf(path, sizeof(path), "%.255s/net", device);
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	net = fd < 0 ? NULL : fdopendir(fd);
	if (net == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(net)) != NULL) {
		size_t n = strlen(e->d_name);

		if (e->d_name[0] == '.' || n >= sizeof(c->interface))
			continue;
		memcpy(c->interface, e->d_name, n + 1);
		snprintf(path, sizeof(path), "%s/statistics", c->interface);
		meter_fields(dirfd(net), path, card_fields,
			     sizeof(card_fields) / sizeof(card_fields[0]), c);
		break;
	}
	closedir(net);
}

/* Room for one more; the array doubles. */
static int meter_room(void **array, size_t count, size_t size)
{
	void *more;

	if (count & (count - 1))
		return 0;
	more = realloc(*array, (count ? count * 2 : 1) * size);
	if (more == NULL)
		return -ENOMEM;
	*array = more;
	return 0;
}

static int meter_add_disk(int dir, const char *name, struct meter_snapshot *s)
{
	struct meter_disk d = {0};
	void *array = s->disks;
	char path[320];

	if (!meter_device_name(name, "vbd", &d.domid, &d.devid) ||
	    s->disk_count >= METER_DEVICES_MAX)
		return 0;
	if (meter_room(&array, s->disk_count, sizeof(d)))
		return -ENOMEM;
	s->disks = array;
	snprintf(path, sizeof(path), "%.255s/statistics", name);
	meter_fields(dir, path, disk_fields,
		     sizeof(disk_fields) / sizeof(disk_fields[0]), &d);
	s->disks[s->disk_count++] = d;
	return 0;
}

static int meter_add_card(int dir, const char *name, struct meter_snapshot *s)
{
	struct meter_card c = {0};
	void *array = s->cards;

	if (!meter_device_name(name, "vif", &c.domid, &c.devid) ||
	    s->card_count >= METER_DEVICES_MAX)
		return 0;
	if (meter_room(&array, s->card_count, sizeof(c)))
		return -ENOMEM;
	s->cards = array;
	meter_interface(dir, name, &c);
	s->cards[s->card_count++] = c;
	return 0;
}

static int meter_order(uint16_t domid_a, uint32_t devid_a, uint16_t domid_b,
		       uint32_t devid_b)
{
	if (domid_a != domid_b)
		return domid_a < domid_b ? -1 : 1;
	return devid_a < devid_b ? -1 : devid_a > devid_b;
}

static int meter_order_disks(const void *a, const void *b)
{
	const struct meter_disk *x = a, *y = b;

	return meter_order(x->domid, x->devid, y->domid, y->devid);
}

static int meter_order_cards(const void *a, const void *b)
{
	const struct meter_card *x = a, *y = b;

	return meter_order(x->domid, x->devid, y->domid, y->devid);
}

int meter_read_devices(const char *path, struct meter_snapshot *s)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (dir == NULL)
		return 0;
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		rc = meter_add_disk(dirfd(dir), e->d_name, s);
		if (rc == 0)
			rc = meter_add_card(dirfd(dir), e->d_name, s);
	}
	closedir(dir);
	if (s->disks)
		qsort(s->disks, s->disk_count, sizeof(*s->disks),
		      meter_order_disks);
	if (s->cards)
		qsort(s->cards, s->card_count, sizeof(*s->cards),
		      meter_order_cards);
	return rc;
}
