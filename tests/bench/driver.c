/* SPDX-License-Identifier: MIT */
/*
 * make bench: boots the same kernel and the same benchmark (ops.c) alone, as
 * domain zero of Debian's Xen and as domain zero of Paravane, each under
 * QEMU's deterministic instruction count, and prints a table beside the goals
 * of the design, section 5. A machine whose image is missing or that fails
 * leaves its column empty and makes the exit status 1.
 *
 * `driver native xen` measures only those named.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/harness.h"

#define BENCH_SECONDS 900

/*
 * The goals: what may be added to the native count, first and final. The
 * design's figures for vfork + exec were taken with an exec that finds no
 * file (the native count tells); an exec that succeeds has no goal yet.
 */
static const struct row {
	const char *key;
	const char *title;
	long goal_first;
	long goal_final;
} rows[] = {
	{"null", "null system call", 250, 120},
	{"stat", "stat", 250, 120},
	{"signal", "signal to self, caught", 900, 450},
	{"protfault", "protection fault + mprotect", 4000, 2200},
	{"pagefault", "anonymous page fault", 2400, 1300},
	{"mmap", "mmap+populate+munmap 1 MiB", 600000, 340000},
	{"pipe", "pipe round trip, 2 processes", 4800, 2600},
	{"fork", "fork + exit + wait", 380000, 210000},
	{"absent", "vfork + exec of no file + wait", 12000, 6000},
	{"exec", "vfork + exec + wait (static)", 0, 0},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#define SETTINGS                                                               \
	.cpu = "max,-smap,-smep", .memory_mib = 1024, .icount = true,          \
	.no_data_disk = true, .initrd = "build/bench/initrd.img",              \
	.kernel_options = "mitigations=off"

static const struct column {
	const char *key;
	struct machine_config config;
} columns[] = {
	{"native", {.name = "bench-native", .native = true, SETTINGS}},
	{"xen",
	 {.name = "bench-xen",
	  .hypervisor = "build/bench/xen.elf",
	  .hypervisor_options =
		  "xpti=no spec-ctrl=no hpet=off clocksource=acpi "
		  "dom0_mem=700M",
	  SETTINGS}},
	{"paravane",
	 {.name = "bench-paravane",
	  .hypervisor = "build/paravane",
	  .hypervisor_options = "dom0_mem=700M",
	  SETTINGS}},
};

enum { NATIVE, XEN, PARAVANE, COLUMNS };

static long counts[COLUMNS][ROWS]; /* 0: not measured */

static int measure(int column)
{
	struct machine *m = machine_start(&columns[column].config);
	int error = 0;

	if (!m)
		return -1;
	while (!error) {
		char key[32];
		long count;
		const char *at;

		error = machine_expect(m, "bench: ", BENCH_SECONDS);
		if (error)
			break;
		at = strstr(machine_line(m), "bench: ");
		if (!strcmp(at, "bench: done"))
			break;
		if (sscanf(at, "bench: %31s %ld", key, &count) != 2) {
			fprintf(stderr, "bench: %s: %s\n", columns[column].key,
				at);
			error = -1;
			break;
		}
		for (size_t i = 0; i < ROWS; i++)
			if (!strcmp(rows[i].key, key))
				counts[column][i] = count;
	}
	machine_kill(m);
	return error;
}

static void print_cell(long n)
{
	if (n)
		printf(" %ld |", n);
	else
		printf(" - |");
}

static long extra(int column, size_t row)
{
	if (!counts[column][row] || !counts[NATIVE][row])
		return 0;
	return counts[column][row] - counts[NATIVE][row];
}

static void print_table(void)
{
	printf("Retired instructions per operation, best of three rounds.\n\n"
	       "| operation | native | Xen 4.17 dom0 | Paravane dom0 | "
	       "Xen's extra | our extra | first goal | final goal |\n"
	       "|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ROWS; i++) {
		printf("| %s |", rows[i].title);
		for (int c = 0; c < COLUMNS; c++)
			print_cell(counts[c][i]);
		print_cell(extra(XEN, i));
		print_cell(extra(PARAVANE, i));
		print_cell(rows[i].goal_first);
		print_cell(rows[i].goal_final);
		printf("\n");
	}
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
		fprintf(stderr, "bench: measuring %s\n", columns[c].key);
		if (measure(c)) {
			fprintf(stderr, "bench: %s: %s\n", columns[c].key,
				machine_error());
			failures++;
		}
	}
	print_table();
	return failures != 0;
}
