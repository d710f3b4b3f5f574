/* SPDX-License-Identifier: MIT */
/*
 * The lines of `vane top -b`, in the columns of Xen's xentop, which programs
 * parse: for what it prints see docs/man/vane.1. Pure.
 * Test: tests/unit/dom0-tools/cli/test_top.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top.h"
#include "public/domctl.h"
#include "public/sched.h"
#include "public/vcpu.h"

#define NAME_SHORT    10
#define VCPUS_PER_ROW 5

static const char header[] =
	"      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) "
	"MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   "
	"VBD_WR  VBD_RSECT  VBD_WSECT SSID\n";

/* dying shutdown blocked crashed paused running, in xentop's order. */
static void batch_state(uint32_t flags, char state[7])
{
	unsigned int reason =
		flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	memcpy(state, "------", 7);
	if (flags & XEN_DOMINF_dying)
		state[0] = 'd';
	if (flags & XEN_DOMINF_shutdown)
		state[reason == SHUTDOWN_crash ? 3 : 1] =
			reason == SHUTDOWN_crash ? 'c' : 's';
	if (flags & XEN_DOMINF_blocked)
		state[2] = 'b';
	if (flags & XEN_DOMINF_paused)
		state[4] = 'p';
	if (flags & XEN_DOMINF_running)
		state[5] = 'r';
}

/* Fields are separated by blanks: none may be in a name. */
static void batch_name(FILE *out, const struct meter_domain *d, bool is_full)
{
	const char *name = top_domain_name(d);
	size_t length = strlen(name);

	if (!is_full && length > NAME_SHORT)
		length = NAME_SHORT;
	for (size_t i = length; i < NAME_SHORT; i++)
		putc(' ', out);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		putc(c <= ' ' || c == 0x7f ? '?' : c, out);
	}
}

static void batch_memory(FILE *out, const struct meter_snapshot *now,
			 const struct meter_domain *d)
{
	double total = (double)now->machine.total_pages;
	uint64_t most = d->info.pages_max;

	if (total <= 0)
		total = 1;
	fprintf(out, " %10" PRIu64 " %6.1f", d->info.pages * 4,
		(double)d->info.pages * 100 / total);
	if (most >= UINT32_MAX)
		fprintf(out, " %10s %9s", "no limit", "n/a");
	else
		fprintf(out, " %10" PRIu64 " %9.1f", most * 4,
			(double)most * 100 / total);
}

static void batch_devices(FILE *out, const struct meter_domain *d)
{
	struct meter_disk disk = {0};
	uint64_t sent = 0, received = 0;

	for (size_t i = 0; i < d->card_count; i++) {
		sent += d->cards[i].sent_bytes;
		received += d->cards[i].received_bytes;
	}
	for (size_t i = 0; i < d->disk_count; i++) {
		const struct meter_disk *k = &d->disks[i];

		disk.no_memory += k->no_memory;
		disk.read_requests += k->read_requests;
		disk.write_requests += k->write_requests;
		disk.read_sectors += k->read_sectors;
		disk.write_sectors += k->write_sectors;
	}
	fprintf(out,
		" %4zu %8" PRIu64 " %8" PRIu64 " %4zu %8" PRIu64 " %8" PRIu64
		" %8" PRIu64 " %10" PRIu64 " %10" PRIu64 " %4u\n",
		d->card_count, sent / 1024, received / 1024, d->disk_count,
		disk.no_memory, disk.read_requests, disk.write_requests,
		disk.read_sectors, disk.write_sectors, 0);
}

static void batch_vcpus(FILE *out, const struct meter_domain *d)
{
	for (size_t i = 0; i < d->vcpu_count; i++) {
		if (i % VCPUS_PER_ROW == 0)
			fputs(i ? "\n           " : "VCPUs(sec):", out);
		fprintf(out, " %3u: %10" PRIu64 "s", d->vcpus[i].vcpu,
			d->vcpus[i].state_ns[RUNSTATE_running] / 1000000000);
	}
	if (d->vcpu_count)
		putc('\n', out);
}

static void batch_cards(FILE *out, const struct meter_domain *d)
{
	for (size_t i = 0; i < d->card_count; i++) {
		const struct meter_card *k = &d->cards[i];

		fprintf(out,
			"Net%-2" PRIu32 " RX:%12" PRIu64 "bytes %10" PRIu64
			"pkts %8" PRIu64 "err %8" PRIu64 "drop  TX:%12" PRIu64
			"bytes %10" PRIu64 "pkts %8" PRIu64 "err %8" PRIu64
			"drop\n",
			k->devid, k->received_bytes, k->received_packets,
			k->received_errors, k->received_drops, k->sent_bytes,
			k->sent_packets, k->sent_errors, k->sent_drops);
	}
}

static void batch_disks(FILE *out, const struct meter_domain *d)
{
	for (size_t i = 0; i < d->disk_count; i++) {
		const struct meter_disk *k = &d->disks[i];
		char name[16];

		top_disk_name(k->devid, name);
		fprintf(out,
			"VBD %s %5" PRIu32 "  OO: %8" PRIu64 "   RD: %8" PRIu64
			"   WR: %8" PRIu64 "  RSECT: %10" PRIu64
			"  WSECT: %10" PRIu64 "\n",
			name, k->devid, k->no_memory, k->read_requests,
			k->write_requests, k->read_sectors, k->write_sectors);
	}
}

char *top_batch(const struct meter_snapshot *now,
		const struct meter_rates *rates, const struct top_options *o)
{
	char *text = NULL, state[7];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (out == NULL)
		return NULL;
	fputs(header, out);
	for (size_t i = 0; i < now->domain_count; i++) {
		const struct meter_domain *d = &now->domains[i];
		struct meter_sums sums;
		double running = 0;

		if (rates)
			running = rates->domains[i]
					  .vcpus.states[RUNSTATE_running];
		meter_sum_domain(d, &sums);
		batch_state(d->info.flags, state);
		batch_name(out, d, o->full_names);
		fprintf(out, " %6s %10" PRIu64 " %6.1f", state,
			sums.state_ns[RUNSTATE_running] / 1000000000,
			running * 100);
		batch_memory(out, now, d);
		fprintf(out, " %5" PRIu32, d->info.vcpus_online);
		batch_devices(out, d);
		if (o->vcpus)
			batch_vcpus(out, d);
		if (o->networks)
			batch_cards(out, d);
		if (o->disks)
			batch_disks(out, d);
	}
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
