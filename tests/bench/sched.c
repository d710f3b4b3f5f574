/* SPDX-License-Identifier: MIT */
/*
 * make bench-sched: what the scheduler promises, seen on a machine. Guests that
 * compute (tests/guest/load) get weights and caps, and what they used is read
 * from `vane list --json`; a stock guest is pinged while others compute.
 *
 * Shares, caps and abuse are measured by the machine's own clock, which is the
 * host's there: what the host gives to others meanwhile looks to the
 * hypervisor like work of whoever has the CPU, so it adds noise, not a
 * direction. Latency and switches are measured on one CPU under QEMU's
 * instruction count (a nanosecond each), where nothing depends on the host.
 *
 * `sched shares` measures only that part; the others are caps, abuse, latency,
 * latency2 (on two CPUs), null and switches. SCHED_SECONDS (60) is how long
 * shares are measured, caps and abuse a third of it. The exit status is 1 if an
 * aim is missed.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/harness.h"

#define TEXT_SIZE 32768
#define PINGS	  "300"
/* Domain zero's clock, and who used what. */
#define LOOK "cut -d' ' -f1 /proc/uptime; vane list --json"

#define DISK                                                                   \
	"-drive", "file=build/bench/sched.ext4,format=raw,if=virtio,snapshot=on"
#define SETTINGS                                                               \
	.cpu = "max,-smap,-smep", .memory_mib = 1536, .no_data_disk = true,    \
	.kernel_options = "mitigations=off"

static const struct machine_config two = {
	.name = "bench-sched",
	.cpus = 2,
	.hypervisor_options = "dom0_mem=512M maxcpus=2",
	.args = {DISK},
	SETTINGS,
};

static const struct machine_config one = {
	.name = "bench-abuse",
	.cpus = 1,
	.hypervisor_options = "dom0_mem=512M",
	.args = {DISK},
	SETTINGS,
};

static const struct machine_config counted = {
	.name = "bench-latency",
	.cpus = 1,
	.hypervisor_options = "dom0_mem=512M",
	.args = {"-icount", "shift=0,sleep=on", DISK},
	SETTINGS,
};

static const struct machine_config null_policy = {
	.name = "bench-null",
	.cpus = 2,
	.hypervisor_options = "dom0_mem=512M maxcpus=2 sched=null",
	.args = {DISK},
	SETTINGS,
};

/* A guest that computes. */
struct load {
	const char *name;
	const char *load; /* spin, nap, yield */
	unsigned int vcpus, weight, cap;
};

static struct machine *machine;
static char text[TEXT_SIZE];
static unsigned int seconds = 60;
static bool missed;

/* What goes wrong with the machine ends the program. */
static void run(unsigned int limit, const char *command)
{
	int status =
		machine_run(machine, limit, text, sizeof(text), "%s", command);

	if (!status)
		return;
	fprintf(stderr, "bench-sched: '%s': %s\n%s\n", command,
		status < 0 ? machine_error() : "failed", text);
	machine_kill(machine);
	exit(1);
}

static void boot(const struct machine_config *config)
{
	fprintf(stderr, "bench-sched: booting %s\n", config->name);
	machine = machine_boot(config);
	if (machine)
		return;
	fprintf(stderr, "bench-sched: %s\n", machine_error());
	exit(1);
}

static void judge(bool good)
{
	printf(" %s |\n", good ? "yes" : "NO");
	missed |= !good;
}

static void create(const struct load *l)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "vane create -p /data/bench/load.cfg 'name=\"%s\"' "
		 "'extra=\"load=%s\"' vcpus=%u cpu_weight=%u cap=%u",
		 l->name, l->load, l->vcpus, l->weight, l->cap);
	run(120, command);
}

/* Seconds of CPU time of `name` in the list in `text`. */
static double used(const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\"", name);
	at = strstr(text, key);
	at = at ? strstr(at, "\"cpu_seconds\"") : NULL;
	at = at ? strchr(at, ':') : NULL;
	if (at)
		return strtod(at + 1, NULL);
	fprintf(stderr, "bench-sched: no %s in:\n%s\n", name, text);
	exit(1);
}

/*
 * Guests run for ns seconds by domain zero's clock: got[] is the CPU time of
 * each then; the time that passed is returned.
 */
static double measure(const struct load *l, unsigned int count,
		      unsigned int run_s, double *got)
{
	char command[512];
	double start, end;
	unsigned int i;

	for (i = 0; i < count; i++)
		create(&l[i]);
	for (i = 0; i < count; i++) {
		snprintf(command, sizeof(command), "vane unpause %s",
			 l[i].name);
		run(60, command);
	}
	/* Their first slices do not count. */
	run(60, "sleep 2");
	run(60, LOOK);
	start = strtod(text, NULL);
	for (i = 0; i < count; i++)
		got[i] = -used(l[i].name);
	snprintf(command, sizeof(command), "sleep %u", run_s);
	run(run_s + 120, command);
	run(60, LOOK);
	end = strtod(text, NULL);
	for (i = 0; i < count; i++)
		got[i] += used(l[i].name);
	for (i = 0; i < count; i++) {
		snprintf(command, sizeof(command), "vane destroy %s",
			 l[i].name);
		run(60, command);
	}
	return end - start;
}

static void shares(void)
{
	static const struct load hogs[] = {
		{"w1", "spin", 1, 64, 0},  {"w2", "spin", 1, 128, 0},
		{"w3", "spin", 1, 192, 0}, {"w4", "spin", 1, 256, 0},
		{"w5", "spin", 1, 320, 0}, {"w6", "spin", 1, 384, 0},
		{"w7", "spin", 1, 448, 0}, {"w8", "spin", 1, 512, 0},
	};
	double got[8], all = 0, worst = 0, took;

	boot(&two);
	took = measure(hogs, 8, seconds, got);
	machine_kill(machine);
	for (unsigned int i = 0; i < 8; i++)
		all += got[i];
	printf("\nEight guests that compute, two CPUs, %.1f s, in which they "
	       "used %.1f s:\n\n"
	       "| weight | CPU time, s | fair share, s | deviation, %% |\n"
	       "|---|---|---|---|\n",
	       took, all);
	for (unsigned int i = 0; i < 8; i++) {
		double fair = all * (i + 1) / 36;
		double off = 100 * (got[i] - fair) / fair;

		printf("| %u | %.3f | %.3f | %+.2f |\n", hogs[i].weight, got[i],
		       fair, off);
		worst = fmax(worst, fabs(off));
	}
	printf("| worst | | | %.2f (at most 4)", worst);
	judge(worst <= 4);
}

static void caps(void)
{
	static const struct load capped[] = {
		{"c10", "spin", 1, 256, 10},
		{"c25", "spin", 1, 256, 25},
		{"c50", "spin", 1, 256, 50},
	};
	static const struct load wide = {"c150", "spin", 2, 256, 150};
	double got[4], took;

	boot(&two);
	took = measure(capped, 3, seconds / 3, got);
	for (unsigned int i = 0; i < 3; i++)
		got[i] = 100 * got[i] / took;
	took = measure(&wide, 1, seconds / 3, &got[3]);
	got[3] = 100 * got[3] / took;
	machine_kill(machine);
	printf("\nCaps, two CPUs, %u s:\n\n"
	       "| cap, %% of a CPU | vCPUs | used, %% | within 2 points |\n"
	       "|---|---|---|---|\n",
	       seconds / 3);
	for (unsigned int i = 0; i < 4; i++) {
		const struct load *l = i < 3 ? &capped[i] : &wide;

		printf("| %u | %u | %.2f |", l->cap, l->vcpus, got[i]);
		judge(fabs(got[i] - l->cap) <= 2);
	}
}

/* Each against one that only computes, of the same weight. */
static void abuse(void)
{
	static const struct {
		const char *what;
		struct load sly;
		double most; /* of what both get, % */
	} rows[] = {
		{"naps a microsecond, again and again",
		 {"sly", "nap", 1, 256, 0},
		 52},
		{"yields for ever", {"sly", "yield", 1, 256, 0}, 52},
		{"has 32 vCPUs", {"sly", "spin", 32, 256, 0}, 52},
	};
	double got[2];

	boot(&one);
	printf("\nOne that computes beside one of the same weight that ..., "
	       "one CPU, %u s:\n\n"
	       "| ... | gets, %% of both | the other | at most its share |\n"
	       "|---|---|---|---|\n",
	       seconds / 3);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct load pair[] = {rows[i].sly,
				      {"honest", "spin", 1, 256, 0}};
		double sly;

		measure(pair, 2, seconds / 3, got);
		sly = 100 * got[0] / (got[0] + got[1]);
		printf("| %s | %.1f | %.1f |", rows[i].what, sly, 100 - sly);
		judge(sly <= rows[i].most);
	}
	machine_kill(machine);
}

/* A line of figures of rtt.c, in microseconds. */
static void pings(const char *key, double *us)
{
	char command[128];
	const char *at;

	snprintf(command, sizeof(command),
		 "/data/bench/rtt %s 10.0.0.20 " PINGS, key);
	run(600, command);
	at = strstr(text, "rtt: ");
	if (!at ||
	    sscanf(at, "rtt: %*s %lf %lf %lf", &us[0], &us[1], &us[2]) != 3) {
		fprintf(stderr, "bench-sched: rtt said: %s\n", text);
		exit(1);
	}
	for (unsigned int i = 0; i < 3; i++)
		us[i] /= 1000;
}

static void echo_up(void)
{
	run(120, "vane create /data/bench/echo.cfg");
	run(300, "await 240 grep -q 'guest: ready' /var/log/vane/echo.log");
	run(120, "await 60 ping -c 1 -W 1 10.0.0.20");
}

static void latency_row(const char *what, const double *us)
{
	printf("| %s | %.0f | %.0f | %.0f |", what, us[0], us[1], us[2]);
}

static const struct load latency_hogs[] = {
	{"h1", "spin", 1, 256, 0},
	{"h2", "spin", 1, 256, 0},
	{"h3", "spin", 1, 256, 0},
};

/* Seconds by domain zero's clock, and of CPU time that the hogs had. */
static void hogs_look(double *up, double *had)
{
	run(60, LOOK);
	*up = strtod(text, NULL);
	*had = used("h1") + used("h2") + used("h3");
}

static void latency_on(const struct machine_config *config, const char *clock)
{
	double idle[3], busy[3], up[2], had[2];
	char command[64];

	boot(config);
	echo_up();
	pings("idle", idle);
	for (unsigned int i = 0; i < 3; i++) {
		create(&latency_hogs[i]);
		snprintf(command, sizeof(command), "vane unpause %s",
			 latency_hogs[i].name);
		run(120, command);
	}
	hogs_look(&up[0], &had[0]);
	pings("busy", busy);
	hogs_look(&up[1], &had[1]);
	machine_kill(machine);
	printf("\n" PINGS " pings to a stock guest through netback and "
	       "netfront, %u CPU%s, us by %s clock:\n\n"
	       "| beside | median | 99th percentile | longest | "
	       "3 x idle at most |\n|---|---|---|---|---|\n",
	       config->cpus, config->cpus > 1 ? "s" : "", clock);
	latency_row("nobody", idle);
	printf(" |\n");
	latency_row("three hogs of the same weight", busy);
	judge(busy[1] <= 3 * idle[1]);
	printf("\nThe hogs used %.0f %% of a CPU meanwhile.\n",
	       100 * (had[1] - had[0]) / (up[1] - up[0]));
	/* Beside nobody it would say nothing. */
	missed |= had[1] - had[0] < 0.5 * (up[1] - up[0]);
}

static void latency(void)
{
	latency_on(&counted, "the instructions'");
}

/* The host's own delays are in it. */
static void latency_of_two(void)
{
	latency_on(&two, "the host's");
}

static void null(void)
{
	struct machine_config share = null_policy;
	double us[2][3];

	share.name = "bench-share";
	share.hypervisor_options = two.hypervisor_options;
	for (unsigned int i = 0; i < 2; i++) {
		boot(i ? &null_policy : &share);
		echo_up();
		pings("null", us[i]);
		machine_kill(machine);
	}
	printf("\n" PINGS " pings to a stock guest that is alone, two CPUs, by "
	       "the host's clock, us:\n\n"
	       "| policy | median | 99th percentile | longest |\n"
	       "|---|---|---|---|\n");
	latency_row("share", us[0]);
	printf("\n");
	latency_row("null", us[1]);
	printf("\n");
}

/* Pings a second between two vCPUs of one guest, the best second of two. */
static unsigned long ping_rate(unsigned int ratelimit_us, bool beside)
{
	static const struct load pair = {"pair", "ping", 2, 256, 0};
	static const struct load hog = {"hog", "spin", 1, 256, 0};
	const char *lines = "grep 'pings a second' /var/log/vane/pair.log";
	unsigned long best = 0, rate;
	char command[256];
	const char *at;

	snprintf(command, sizeof(command), "/data/bench/pool tune 0 10 %u",
		 ratelimit_us);
	run(30, command);
	create(&pair);
	if (beside) {
		create(&hog);
		run(60, "vane unpause hog");
	}
	run(60, "vane unpause pair");
	snprintf(command, sizeof(command),
		 "await 120 sh -c \"[ \\$(%s | wc -l) -ge 2 ]\"; %s", lines,
		 lines);
	run(300, command);
	for (at = text; (at = strstr(at, "load: ")); at++)
		if (sscanf(at, "load: %lu pings", &rate) == 1 && rate > best)
			best = rate;
	run(60, "vane destroy pair; rm /var/log/vane/pair.log");
	if (beside)
		run(60, "vane destroy hog");
	return best;
}

static void switches(void)
{
	boot(&counted);
	printf("\nTwo vCPUs of a guest on one CPU that wake each other and "
	       "wait, back and forth, at 10^9 instructions a second:\n\n"
	       "| rate limit | switches a second, alone | beside a hog |\n"
	       "|---|---|---|\n");
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int us = i ? 0 : 500;
		unsigned long alone = ping_rate(us, false);

		printf("| %u us | %lu | %lu |\n", us, 2 * alone,
		       2 * ping_rate(us, true));
	}
	machine_kill(machine);
}

static const struct {
	const char *name;
	void (*measure)(void);
} parts[] = {
	{"shares", shares},
	{"caps", caps},
	{"abuse", abuse},
	{"latency", latency},
	{"latency2", latency_of_two},
	{"null", null},
	{"switches", switches},
};

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const char *length = getenv("SCHED_SECONDS");

	if (length)
		seconds = (unsigned int)strtoul(length, NULL, 10);
	if (seconds < 6 || seconds > 3600) {
		fprintf(stderr, "bench-sched: SCHED_SECONDS is 6 to 3600\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (wanted(parts[i].name, argc, argv))
			parts[i].measure();
	return missed;
}
