/* SPDX-License-Identifier: MIT */
/*
 * The shares of eight hogs of weights 1 to 8 on two simulated CPUs, by the
 * hypervisor's own scheduler: written over time as CSV and as SVG, and the
 * worst deviation from the ideal on standard output. In the middle third a
 * ninth, of weight 9, computes too.
 *
 *   shares OUT.csv OUT.svg
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "fake/clock.h"
#include "fake/machine.h"
#include "log/log.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"
#include "unit/hypervisor/sched/simulation.h"
#include "x86/clock.h"

#define HOGS	9
#define STEPS	180
#define STEP_NS 500000000ull
#define CPUS	2

/* The machine, as far as the scheduler looks at it. */
uint64_t fake_time_ns;
unsigned int fake_sched_requests, fake_cpu, fake_cpus = 1;
bool fake_sched_asked[MAX_CPUS];

void fake_clock_reset(void)
{
	fake_time_ns = FAKE_TIME_BASE;
}

uint64_t time_now_ns(void)
{
	return fake_time_ns;
}

void clock_event_program(uint64_t deadline_ns)
{
	(void)deadline_ns;
}

void sched_request_on(unsigned int cpu)
{
	fake_sched_asked[cpu] = true;
}

void sched_request(void)
{
	sched_request_on(fake_cpu);
}

unsigned int this_cpu_id(void)
{
	return fake_cpu;
}

unsigned int cpu_count(void)
{
	return fake_cpus;
}

void event_poll_begin(struct vcpu *v)
{
	(void)v;
}

void event_poll_end(struct vcpu *v)
{
	(void)v;
}

void watchdog_kill(struct domain *d)
{
	(void)d;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

static double share[STEPS][HOGS]; /* of one CPU, in that step */

static bool ninth_runs(unsigned int step)
{
	return step >= STEPS / 3 && step < 2 * STEPS / 3;
}

static double ideal(unsigned int step, unsigned int hog)
{
	double sum = ninth_runs(step) ? 45 : 36;

	if (hog == 8 && !ninth_runs(step))
		return 0;
	return CPUS * (hog + 1) / sum;
}

static void measure(void)
{
	static const struct sim_habit hog = {0};
	static struct sim s;
	uint64_t before[HOGS] = {0};
	struct domain *d[HOGS];

	sim_init(&s, CPUS, "share", 1);
	for (unsigned int i = 0; i < HOGS; i++) {
		d[i] = sim_domain(&s, 1, hog);
		if (sched_params_set(d[i], i + 1, 0))
			abort();
	}
	vcpu_pause(d[8]->vcpu[0]);
	for (unsigned int step = 0; step < STEPS; step++) {
		if (step == STEPS / 3)
			vcpu_unpause(d[8]->vcpu[0]);
		if (step == 2 * STEPS / 3)
			vcpu_pause(d[8]->vcpu[0]);
		if (!sim_run(&s, STEP_NS)) {
			fprintf(stderr, "shares: %s: %s\n", s.broken, s.detail);
			exit(1);
		}
		for (unsigned int i = 0; i < HOGS; i++) {
			uint64_t now = sim_used(d[i]);

			share[step][i] = (double)(now - before[i]) / STEP_NS;
			before[i] = now;
		}
	}
}

static void write_csv(FILE *f)
{
	fprintf(f, "seconds");
	for (unsigned int i = 0; i < HOGS; i++)
		fprintf(f, ",weight %u", i + 1);
	fprintf(f, "\n");
	for (unsigned int step = 0; step < STEPS; step++) {
		fprintf(f, "%.1f", (step + 1) * STEP_NS / 1e9);
		for (unsigned int i = 0; i < HOGS; i++)
			fprintf(f, ",%.4f", share[step][i]);
		fprintf(f, "\n");
	}
}

/* One line a vCPU over a dashed one for the ideal. */
static void write_svg(FILE *f)
{
	const int width = 900, height = 420, left = 50, top = 20;
	double x = (double)(width - left - 10) / STEPS;
	double y = (height - 2 * top) / 0.5;

	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		width, height);
	for (int tick = 0; tick <= 5; tick++)
		fprintf(f, "<text x=\"8\" y=\"%.0f\">%d %%</text>\n",
			height - top - tick * y / 10, tick * 10);
	for (unsigned int i = 0; i < HOGS; i++) {
		for (int goal = 1; goal >= 0; goal--) {
			fprintf(f,
				"<polyline fill=\"none\" stroke=\"hsl(%u,70%%,"
				"40%%)\"%s points=\"",
				i * 40, goal ? " stroke-dasharray=\"4\"" : "");
			for (unsigned int step = 0; step < STEPS; step++)
				fprintf(f, "%.1f,%.1f ", left + step * x,
					height - top -
						y * (goal ? ideal(step, i)
							  : share[step][i]));
			fprintf(f, "\"/>\n");
		}
	}
	fprintf(f, "</svg>\n");
}

static void report(void)
{
	double worst = 0;

	for (unsigned int i = 0; i < 8; i++) {
		double got = 0, want = 0, off;

		for (unsigned int step = 0; step < STEPS; step++) {
			got += share[step][i];
			want += ideal(step, i);
		}
		off = 100 * (got - want) / want;
		printf("weight %u: %.2f %% of a CPU, ideal %.2f (%+.2f %%)\n",
		       i + 1, 100 * got / STEPS, 100 * want / STEPS, off);
		worst = off > worst ? off : -off > worst ? -off : worst;
	}
	printf("worst deviation over %llu s: %.2f %%\n",
	       STEPS * STEP_NS / 1000000000, worst);
}

static int write_file(const char *path, void (*write)(FILE *f))
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		return -1;
	}
	write(f);
	if (fclose(f)) {
		perror(path);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: shares OUT.csv OUT.svg\n");
		return 2;
	}
	measure();
	if (write_file(argv[1], write_csv) || write_file(argv[2], write_svg))
		return 1;
	report();
	return 0;
}
