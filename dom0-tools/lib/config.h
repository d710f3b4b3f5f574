/* SPDX-License-Identifier: MIT */
/*
 * What a domain shall be: the meaning of a configuration in xl.cfg's words.
 * Pure: no file is looked at, so that the same bytes always mean the same;
 * whether kernel, disks and bridges exist is checked by the builder.
 *
 * Invariant: config_print() writes a text that config_parse() reads back to
 * an equal structure; vaned restarts a domain from such a text.
 * Tests: tests/unit/dom0-tools/lib/test_config.c, tests/fuzz/fuzz_config.c.
 */
#ifndef DOM0_TOOLS_LIB_CONFIG_H
#define DOM0_TOOLS_LIB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/arena.h"
#include "lib/err.h"

#define CONFIG_NAME_MAX	   63
#define CONFIG_VCPUS_MAX   32	/* places in a guest's shared page */
#define CONFIG_CMDLINE_MAX 1023 /* start_info has room for so much */

enum config_action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_RENAME_RESTART,
	ACTION_PRESERVE,
	ACTION_COREDUMP_DESTROY,
	ACTION_COREDUMP_RESTART,
};

enum config_disk_kind {
	DISK_ANY,	   /* as what the path turns out to be */
	DISK_BLOCK_DEVICE, /* "phy:" */
	DISK_FILE,	   /* "file:", bound to a loop device */
};

struct config_disk {
	const char *target; /* path in domain zero */
	const char *vdev;   /* as written: "xvda1" */
	uint32_t device;    /* its number in the store */
	enum config_disk_kind kind;
	bool writable;
	bool shared; /* "w!": others may write it at the same time */
	bool cdrom;
	const char *script;  /* vaned runs it for the disk; NULL: none */
	const char *ignored; /* a key that has no effect here; NULL: none */
};

struct config_vif {
	uint8_t mac[6];
	const char *bridge;
	const char *ip;	     /* NULL: none */
	const char *vifname; /* NULL: vifDOMID.N */
	uint64_t rate_bytes; /* per interval; 0: no limit */
	uint32_t rate_interval_us;
	uint32_t mtu;	     /* 0: the bridge's */
	const char *script;  /* vaned runs it for the card; NULL: none */
	const char *ignored; /* a key that has no effect here; NULL: none */
};

struct config {
	const char *name;
	uint8_t uuid[16];
	uint64_t memory_mib;
	uint64_t maxmem_mib; /* at least memory_mib */
	uint32_t vcpus;	     /* online at the start */
	uint32_t maxvcpus;
	const char *kernel;  /* a path, or "disk:"; see config_boot_entry() */
	const char *ramdisk; /* NULL: none */
	const char *cmdline; /* never NULL */
	bool cmdline_added;  /* goes behind what the guest's disk says */
	struct config_disk *disks;
	size_t disk_count;
	struct config_vif *vifs;
	size_t vif_count;
	enum config_action on_poweroff;
	enum config_action on_reboot;
	enum config_action on_crash;
	enum config_action on_watchdog;
	bool console_timestamps; /* a time before each line of its log */
	bool localtime;		 /* its clock shows domain zero's local time */
	int32_t rtc_timeoffset;	 /* seconds that its clock is ahead */
	const char **cpus; /* one for all, or one per vCPU; see config_cpus() */
	size_t cpus_count;
	const char **cpus_soft; /* the same, of those that it prefers */
	size_t cpus_soft_count;
	uint16_t cpu_weight; /* 0: the scheduler's default */
	uint16_t cap;	     /* percent of one CPU; 0: no limit */
	const char *pool;    /* of CPUs, its name or number; NULL: Pool-0 */

	const char **warnings; /* lines for the user, FILE:LINE:COLUMN first */
	size_t warning_count;
	struct arena arena; /* everything that is pointed to above */
};

/*
 * Reads one text and then overrides ("name=value", as from a command line).
 * `seed` makes up what the text leaves out (uuid, MAC addresses): any 16
 * random bytes; the key seed= stands in for it. On failure nothing is held;
 * else end with config_free().
 */
int config_parse(struct config *c, const char *file, const char *text,
		 size_t length, const char *const *overrides,
		 size_t override_count, const uint8_t seed[16], struct err *e);
void config_free(struct config *c);

/*
 * Changes one thing of a configuration that was read already: "memory=256",
 * "disk+=['phy:/dev/x,xvdb,w']", quoted or, for a plain string, not. All is
 * checked again, as if the text had said so; on failure *c is as it was, and
 * *e names the setting as "command line:LINE:COLUMN". c->warnings are then
 * those of the setting alone. (What a person writes behind a file's name goes
 * to config_parse() at once: then the file may lack what is given there.)
 */
int config_override(struct config *c, const char *setting, struct err *e);

/* Whether an argument is a setting, "key=…" or "key+=…", and no file. */
bool config_is_override(const char *argument);

/* The canonical text. */
void config_print(const struct config *c, FILE *out);

/*
 * kernel="disk:ENTRY": which entry of the guest's own boot menu starts ("" is
 * its default; see bootfs/grub.h); NULL when the kernel is a file of domain
 * zero's. The menu is read from config_boot_disk(), the first disk that is no
 * CD-ROM.
 */
const char *config_boot_entry(const struct config *c);
const struct config_disk *config_boot_disk(const struct config *c);

/*
 * "0-3,^1", "all,^0", "2" → a bitmap of `count` bits. -ERANGE beyond them;
 * -EINVAL also when nothing is left.
 */
int config_cpus(const char *text, uint8_t *bitmap, uint32_t count);

/*
 * One disk and one network card, as items of the lists and by themselves. An
 * empty CD-ROM drive is a disk with the target "".
 */
int config_parse_disk(struct arena *a, const char *spec,
		      struct config_disk *disk, struct err *e);
/* Makes no MAC address up: *has_mac says whether the text gave one. */
int config_parse_vif(struct arena *a, const char *spec, struct config_vif *vif,
		     bool *has_mac, struct err *e);
/* "xvda" → 51712; -EINVAL for no name of a disk. */
int config_disk_number(const char *vdev, uint32_t *number);

int config_parse_uuid(const char *text, uint8_t uuid[16]);
/* 37 bytes with the NUL. */
void config_format_uuid(const uint8_t uuid[16], char *text);
void config_format_mac(const uint8_t mac[6], char text[18]);

/* The keys that have an effect; NULL behind the last. */
const char *config_key_name(size_t index);

const char *config_action_name(enum config_action action);
/* Whether a domain may be called so; *e says why not. */
int config_check_name(const char *name, struct err *e);

#endif
