/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs; see cpumap.h. */
#include <stdio.h>
#include <string.h>

#include "lib/cpumap.h"

uint32_t cpumap_count(const struct cpumap *m)
{
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof(m->bits); i++)
		count += (uint32_t)__builtin_popcount(m->bits[i]);
	return count;
}

uint32_t cpumap_next(const struct cpumap *m, uint32_t cpu)
{
	while (cpu < CPUMAP_CPUS && !cpumap_has(m, cpu))
		cpu++;
	return cpu;
}

void cpumap_and(struct cpumap *out, const struct cpumap *a,
		const struct cpumap *b)
{
	for (size_t i = 0; i < sizeof(out->bits); i++)
		out->bits[i] = a->bits[i] & b->bits[i];
}

void cpumap_without(struct cpumap *out, const struct cpumap *a,
		    const struct cpumap *b)
{
	for (size_t i = 0; i < sizeof(out->bits); i++)
		out->bits[i] = a->bits[i] & (uint8_t)~b->bits[i];
}

bool cpumap_is_empty(const struct cpumap *m)
{
	return cpumap_next(m, 0) == CPUMAP_CPUS;
}

void cpumap_format(const struct cpumap *m, char text[CPUMAP_TEXT_BYTES])
{
	/* Room for one more range, or for the dots. */
	const size_t most = CPUMAP_TEXT_BYTES - 16;
	size_t n = 0;
	uint32_t from = cpumap_next(m, 0), to;

	snprintf(text, CPUMAP_TEXT_BYTES, "none");
	for (; from < CPUMAP_CPUS; from = cpumap_next(m, to + 1)) {
		const char *comma = n ? "," : "";

		if (n > most) {
			snprintf(text + n, CPUMAP_TEXT_BYTES - n, ",...");
			return;
		}
		for (to = from; cpumap_has(m, to + 1);)
			to++;
		n += (size_t)(from == to
				      ? snprintf(text + n,
						 CPUMAP_TEXT_BYTES - n, "%s%u",
						 comma, from)
				      : snprintf(text + n,
						 CPUMAP_TEXT_BYTES - n,
						 "%s%u-%u", comma, from, to));
	}
}

void cpumap_format_of(const struct cpumap *m, const struct cpumap *all,
		      char text[CPUMAP_TEXT_BYTES])
{
	struct cpumap missing;

	cpumap_without(&missing, all, m);
	if (cpumap_is_empty(&missing) && !cpumap_is_empty(all))
		snprintf(text, CPUMAP_TEXT_BYTES, "all");
	else
		cpumap_format(m, text);
}
