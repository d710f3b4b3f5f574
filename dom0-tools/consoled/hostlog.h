/* SPDX-License-Identifier: MIT */
/*
 * The logs of the machine itself: domain zero's kernel (/dev/kmsg) in
 * Domain-0.log and the hypervisor's console ring in hypervisor.log.
 *
 * Both sources keep what was read, so `dmesg` and `vane dmesg` still show it,
 * and a daemon that starts again must know how far the last one came: the
 * sequence number of the kernel's next message and the position in the ring
 * are in a file of fixed size, renewed behind each write to a log. It is for
 * one boot only, so the kernel's boot id is in it too. A daemon that is killed
 * between the two writes leaves one batch that is written again.
 *
 * The parsers are pure. Test: tests/unit/dom0-tools/consoled/test_hostlog.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_HOSTLOG_H
#define DOM0_TOOLS_CONSOLED_HOSTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consoled/guestlog.h"
#include "consoled/logtext.h"
#include "lib/evloop.h"

#define HOSTLOG_POSITIONS_BYTES 96 /* the file, padded with blanks */
#define HOSTLOG_BOOT_ID_BYTES	40

struct hostlog_positions {
	char boot_id[HOSTLOG_BOOT_ID_BYTES];
	uint64_t kmsg_seq; /* of the next message */
	uint32_t ring_at;
};

/*
 * One record of /dev/kmsg ("PRIORITY,SEQUENCE,MICROSECONDS,...;TEXT\n") as
 * "[seconds] TEXT\n" in `out`; its length, or -EINVAL. *seq is its number.
 */
int hostlog_kmsg_line(const char *record, size_t len, uint64_t *seq, char *out,
		      size_t size);

void hostlog_positions_print(const struct hostlog_positions *p,
			     char out[HOSTLOG_POSITIONS_BYTES + 1]);
/* False: the text is damaged, or about another boot; *p is unchanged. */
bool hostlog_positions_parse(struct hostlog_positions *p, const char *text);

struct hostlog {
	struct evloop *loop;
	int privcmd, kmsg, positions_fd;
	struct hostlog_positions at;
	struct guestlog kernel, hypervisor;
	struct logtext hypervisor_text;
	struct evloop_timer timer; /* for the ring, which makes no event */
};

/* What cannot be opened is said in the daemon's log, and done without. */
void hostlog_start(struct hostlog *h, struct evloop *loop, int privcmd,
		   const struct guestlog_policy *policy, bool has_stamps);
void hostlog_reopen(struct hostlog *h);
void hostlog_stop(struct hostlog *h);

#endif
