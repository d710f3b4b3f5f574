/* SPDX-License-Identifier: MIT */
/*
 * Configurations of arbitrary bytes. What is accepted must keep its promises:
 * its canonical text is read back to the same canonical text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

/* So that an input needs not find the keys that must be there first. */
static const char head[] = "name='a'\nkernel='/k'\nmemory=64\n";

static char *print(const struct config *c, size_t *length)
{
	char *text;
	FILE *f = open_memstream(&text, length);

	config_print(c, f);
	fclose(f);
	return text;
}

static void check_config(const struct config *c)
{
	CHECK(strlen(c->name) >= 1 && strlen(c->name) <= CONFIG_NAME_MAX);
	CHECK(c->kernel);
	if (config_boot_entry(c))
		CHECK(config_boot_disk(c) && !c->ramdisk);
	else
		CHECK(c->kernel[0] == '/' && !c->cmdline_added);
	CHECK(strlen(c->cmdline) <= CONFIG_CMDLINE_MAX);
	CHECK(c->memory_mib >= 1 && c->maxmem_mib >= c->memory_mib);
	CHECK(c->vcpus >= 1 && c->maxvcpus >= c->vcpus);
	for (size_t i = 0; i < c->disk_count; i++)
		CHECK(c->disks[i].target[0] == '/' && c->disks[i].device);
	for (size_t i = 0; i < c->vif_count; i++)
		CHECK(!(c->vifs[i].mac[0] & 1) && c->vifs[i].bridge[0]);
}

/* What holds for one setting holds for the others, too. */
static void check_override(struct config *c)
{
	struct err e = ERR_NONE;
	uint8_t uuid[16];

	memcpy(uuid, c->uuid, sizeof(uuid));
	CHECK(config_override(c, "memory=0", &e));
	err_clear(&e);
	CHECK(config_override(c, "name=b", &e) == 0);
	CHECK(strcmp(c->name, "b") == 0);
	CHECK(memcmp(uuid, c->uuid, sizeof(uuid)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t seed[16] = {7};
	size_t length = sizeof(head) - 1 + size, first_size, second_size;
	struct err e = ERR_NONE;
	struct config c, again;
	char *text = malloc(length), *first, *second;

	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, bytes, size);
	if (config_parse(&c, "f", text, length, NULL, 0, seed, &e)) {
		CHECK(err_is_set(&e) && e.text[0] && !strchr(e.text, '\n'));
		free(text);
		return 0;
	}
	check_config(&c);
	check_override(&c);
	first = print(&c, &first_size);
	CHECK(config_parse(&again, "f", first, first_size, NULL, 0, seed, &e) ==
	      0);
	second = print(&again, &second_size);
	CHECK(first_size == second_size &&
	      memcmp(first, second, first_size) == 0);
	free(first);
	free(second);
	free(text);
	config_free(&c);
	config_free(&again);
	return 0;
}
