/* SPDX-License-Identifier: MIT */
/*
 * make bench-tools: what people do in domain zero all day, on our toolstack
 * and on Debian's, measured the same way: machines with the same settings, the
 * same kernel and initramfs for domain zero, the same guests, the same client
 * of the store. What runs in domain zero is machine.sh and rows.sh; each
 * measurement is a line when it begins and one when it ends, with the
 * nanoseconds by domain zero's clock; the host's clock is read when the lines
 * arrive.
 *
 * Debian's init script prefers the store in OCaml, so xl runs with that one;
 * the one in C gets a machine of its own, for the rows of the store.
 *
 * Under QEMU's instruction count domain zero's clock goes on by a nanosecond
 * with each instruction, and with the host's time while there is nothing to do:
 * so the figures are those of a machine of 10^9 instructions a second, and do
 * not depend on what else the host is doing. The host's clock says what it took
 * to emulate that, and does.
 *
 * Figures are medians. A row without a figure has the reason below the table,
 * and the exit status is 1. `tools xl vane` measures only those named.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/harness.h"

#define LINE_SECONDS 300 /* from one line to the next */
#define SAMPLES_MAX  64

enum kind { MILLISECONDS, PER_SECOND };

static const struct row {
	const char *key;
	const char *title;
	enum kind kind;
} rows[] = {
	{"micro-first", "create, 16 MiB micro-guest: the first", MILLISECONDS},
	{"micro-create", "the ten that follow", MILLISECONDS},
	{"micro-destroy", "destroy it", MILLISECONDS},
	{"list-1", "list, 1 guest", MILLISECONDS},
	{"list-20", "list, 20 guests", MILLISECONDS},
	{"stock-first", "create, Debian guest with disk and card: the first",
	 MILLISECONDS},
	{"stock-create", "the six that follow", MILLISECONDS},
	{"stock-shutdown", "shutdown -w it", MILLISECONDS},
	{"stock-destroy", "destroy it", MILLISECONDS},
	{"one-read", "store: read", PER_SECOND},
	{"one-write", "write", PER_SECOND},
	{"one-directory", "list a directory of 20", PER_SECOND},
	{"one-transaction", "transaction: start, read, write, commit",
	 PER_SECOND},
	{"one-watch", "write, until its watch fires", PER_SECOND},
	{"hundred-read", "store, 100 connections with a watch each: read",
	 PER_SECOND},
	{"hundred-write", "write", PER_SECOND},
	{"hundred-directory", "list a directory of 20", PER_SECOND},
	{"hundred-transaction", "transaction", PER_SECOND},
	{"hundred-watch", "write, until its watch fires", PER_SECOND},
	{"nodes-read", "store with 10 000 nodes: read", PER_SECOND},
	{"nodes-write", "write", PER_SECOND},
	{"nodes-directory", "list a directory of 20", PER_SECOND},
	{"nodes-transaction", "transaction", PER_SECOND},
	{"nodes-watch", "write, until its watch fires", PER_SECOND},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#define SETTINGS(stack)                                                        \
	.cpu = "max,-smap,-smep", .memory_mib = 2048, .no_data_disk = true,    \
	.kernel_options = "mitigations=off vane.run=/data/bench/machine.sh "   \
			  "bench.stack=" stack,                                \
	.args = {"-icount",                                                    \
		 "shift=0,sleep=on",                                           \
		 "-drive",                                                     \
		 "file=build/bench/tools.ext4,format=raw,if=virtio,"           \
		 "snapshot=on",                                                \
		 "-drive",                                                     \
		 "file=build/peers/root.ext4,format=raw,if=virtio,"            \
		 "snapshot=on"}

#define XEN_OPTIONS                                                            \
	"xpti=no spec-ctrl=no hpet=off clocksource=acpi "                      \
	"dom0_mem=768M,max:768M"

enum { XL, XENSTORED, VANE, COLUMNS };

static const struct column {
	const char *key;
	struct machine_config config;
} columns[COLUMNS] = {
	[XL] = {"xl",
		{.name = "bench-xl",
		 .hypervisor = "build/bench/xen.elf",
		 .hypervisor_options = XEN_OPTIONS,
		 SETTINGS("oxenstored vane.daemons=no")}},
	[XENSTORED] = {"xenstored",
		       {.name = "bench-xenstored",
			.hypervisor = "build/bench/xen.elf",
			.hypervisor_options = XEN_OPTIONS,
			SETTINGS("xenstored vane.daemons=no")}},
	[VANE] = {"vane",
		  {.name = "bench-vane",
		   .hypervisor = "build/paravane",
		   .hypervisor_options = "dom0_mem=768M",
		   SETTINGS("vane")}},
};

/* Of one row in one column. */
struct samples {
	size_t count;
	double guest[SAMPLES_MAX]; /* ns per operation, domain zero's clock */
	double host[SAMPLES_MAX];
};

static struct samples samples[COLUMNS][ROWS];
static char why[COLUMNS][512]; /* it ended early; empty: it did not */

static void take(int column, const char *key, double ns, double host_ns,
		 double count)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct samples *s = &samples[column][i];

		if (strcmp(rows[i].key, key) || s->count == SAMPLES_MAX)
			continue;
		s->guest[s->count] = ns / count;
		s->host[s->count] = host_ns / count;
		s->count++;
	}
}

/* One line of the measurement. 0; 1: it was the last; -1: it failed. */
static int take_line(int column, struct machine *m, double *began)
{
	const char *at = strstr(machine_line(m), "bench: ");
	double ns, count;
	char key[32];

	if (!strncmp(at, "bench: begin ", 13))
		*began = machine_seconds(m);
	else if (sscanf(at, "bench: end %31s %lf %lf", key, &ns, &count) == 3)
		take(column, key, ns, (machine_seconds(m) - *began) * 1e9,
		     count);
	else if (!strcmp(at, "bench: done"))
		return 1;
	else if (!strncmp(at, "bench: fail ", 12)) {
		snprintf(why[column], sizeof(why[column]), "%s", at + 12);
		return -1;
	}
	return 0;
}

static void measure(int column)
{
	struct machine *m = machine_start(&columns[column].config);
	double began = 0;
	int rc = m ? 0 : -1;

	while (!rc) {
		rc = machine_expect(m, "bench: ", LINE_SECONDS);
		if (!rc)
			rc = take_line(column, m, &began);
	}
	if (rc < 0 && !why[column][0])
		snprintf(why[column], sizeof(why[column]), "%s",
			 machine_error());
	if (m)
		machine_kill(m);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* In the row's unit; 0 without a sample. */
static double figure(const struct row *r, double *sample, size_t count)
{
	double median;

	if (!count)
		return 0;
	qsort(sample, count, sizeof(*sample), compare);
	median = (sample[(count - 1) / 2] + sample[count / 2]) / 2;
	return r->kind == PER_SECOND ? 1e9 / median : median / 1e6;
}

static void print_cell(double n)
{
	if (n >= 100)
		printf(" %.0f |", n);
	else if (n > 0)
		printf(" %.1f |", n);
	else
		printf(" - |");
}

static void print_row(size_t i)
{
	double guest[COLUMNS], host[COLUMNS], better = 0;
	const struct row *r = &rows[i];

	for (int c = 0; c < COLUMNS; c++) {
		struct samples *s = &samples[c][i];

		guest[c] = figure(r, s->guest, s->count);
		host[c] = figure(r, s->host, s->count);
	}
	if (guest[XL] > 0 && guest[VANE] > 0)
		better = r->kind == PER_SECOND ? guest[VANE] / guest[XL]
					       : guest[XL] / guest[VANE];
	printf("| %s, %s |", r->title, r->kind == PER_SECOND ? "1/s" : "ms");
	for (int c = 0; c < COLUMNS; c++)
		print_cell(guest[c]);
	print_cell(better);
	print_cell(host[XL]);
	print_cell(host[VANE]);
	printf("\n");
}

static bool wanted(const char *key, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], key))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	int failures = 0;

	for (int c = 0; c < COLUMNS; c++) {
		if (!wanted(columns[c].key, argc, argv))
			continue;
		fprintf(stderr, "bench-tools: measuring %s\n", columns[c].key);
		measure(c);
	}
	printf("Medians, by domain zero's clock at 10^9 instructions a second; "
	       "in the last two columns by the host's.\n\n"
	       "| operation | xl, oxenstored | xenstored in C | Paravane | "
	       "times better than xl | host: xl | host: Paravane |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ROWS; i++)
		print_row(i);
	for (int c = 0; c < COLUMNS; c++) {
		if (!why[c][0])
			continue;
		printf("\n%s ended early: %s\n", columns[c].key, why[c]);
		failures++;
	}
	return failures != 0;
}
