/* SPDX-License-Identifier: MIT */
/*
 * The shares of eight hogs of weights 1 to 8 on two simulated CPUs, by the
 * hypervisor's own scheduler: written over time as CSV and as SVG, and the
 * worst deviation from the ideal on standard output. In the middle third a
 * ninth, of weight 9, computes too.
 *
 *   shares OUT.csv OUT.svg
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "sched/pool.h"
#include "sched/sched.h"
#include "unit/hypervisor/sched/simulation.h"

#define HOGS	9
#define STEPS	180
#define STEP_NS 500000000ull
#define CPUS	2

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

/* The plot: its frame within the picture, in pixels, and what it spans. */
enum { WIDTH = 960, HEIGHT = 520, LEFT = 70, RIGHT = 130, TOP = 60, LOW = 60 };
#define SECONDS	  (STEPS * STEP_NS / 1e9)
#define SHARE_MAX 0.5

static double at_x(double seconds)
{
	return LEFT + seconds / SECONDS * (WIDTH - LEFT - RIGHT);
}

static double at_y(double part)
{
	return HEIGHT - LOW - part / SHARE_MAX * (HEIGHT - TOP - LOW);
}

static void write_axes(FILE *f)
{
	fprintf(f,
		"<g stroke=\"#ddd\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%.1f\" fill=\"#f6f6f6\" stroke=\"none\"/>\n",
		at_x(SECONDS / 3), at_y(SHARE_MAX),
		at_x(SECONDS * 2 / 3) - at_x(SECONDS / 3),
		at_y(0) - at_y(SHARE_MAX));
	for (int i = 0; i <= 10; i++)
		fprintf(f,
			"<path d=\"M%.1f %.1fH%.1f\"/><text x=\"%d\" "
			"y=\"%.1f\" text-anchor=\"end\" stroke=\"none\">%d"
			"</text>\n",
			at_x(0), at_y(i * 0.05), at_x(SECONDS), LEFT - 8,
			at_y(i * 0.05) + 4, i * 5);
	for (int i = 0; i <= 9; i++)
		fprintf(f,
			"<path d=\"M%.1f %.1fV%.1f\"/><text x=\"%.1f\" "
			"y=\"%d\" text-anchor=\"middle\" stroke=\"none\">%d"
			"</text>\n",
			at_x(i * 10), at_y(0), at_y(SHARE_MAX), at_x(i * 10),
			HEIGHT - LOW + 18, i * 10);
	fprintf(f,
		"</g>\n<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">"
		"simulated time, s</text>\n"
		"<text transform=\"translate(18 %.1f) rotate(-90)\" "
		"text-anchor=\"middle\">CPU time, %% of one CPU (each half "
		"second)</text>\n",
		at_x(SECONDS / 2), HEIGHT - 14, at_y(SHARE_MAX / 2));
}

static void write_line(FILE *f, unsigned int hog, bool goal)
{
	fprintf(f, "<polyline%s points=\"",
		goal ? " stroke-dasharray=\"5 4\" stroke=\"#888\"" : "");
	for (unsigned int step = 0; step < STEPS; step++)
		if (hog < 8 || ninth_runs(step))
			fprintf(f, "%.1f,%.1f ",
				at_x((step + 0.5) * STEP_NS / 1e9),
				at_y(goal ? ideal(step, hog)
					  : share[step][hog]));
	fprintf(f, "\"/>\n");
}

/* A line a guest over a dashed one for the ideal, and its name at its end. */
static void write_svg(FILE *f)
{
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"24\" font-size=\"16\">Eight guests of "
		"weights 1 to 8 that compute, on %d CPUs</text>\n"
		"<text x=\"%d\" y=\"44\">From %.0f s to %.0f s a ninth, of "
		"weight 9, computes too. Dashed: the fair share.</text>\n",
		WIDTH, HEIGHT, LEFT, CPUS, LEFT, SECONDS / 3, SECONDS * 2 / 3);
	write_axes(f);
	for (unsigned int i = 0; i < HOGS; i++) {
		unsigned int last = i == 8 ? STEPS / 2 : STEPS - 1;

		fprintf(f,
			"<g fill=\"none\" stroke=\"hsl(%u,75%%,38%%)\" "
			"stroke-width=\"1.8\">\n",
			i * 40);
		write_line(f, i, false);
		write_line(f, i, true);
		fprintf(f,
			"<text x=\"%.1f\" y=\"%.1f\" stroke=\"none\" "
			"fill=\"hsl(%u,75%%,38%%)\">weight %u: %.1f %%</text>"
			"\n</g>\n",
			i == 8 ? at_x(SECONDS / 3) + 6 : at_x(SECONDS) + 8,
			i == 8 ? at_y(0.46) : at_y(ideal(last, i)) + 4, i * 40,
			i + 1, 100 * ideal(last, i));
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
