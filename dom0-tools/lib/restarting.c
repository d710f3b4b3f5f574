/* SPDX-License-Identifier: MIT */
/* Names of domains that are between two lives; see the header. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/restarting.h"

void restarting_path(const char *name, char path[NAMES_PATH_BYTES])
{
	char entry[NAMES_PATH_BYTES];

	domname_path(name, entry);
	snprintf(path, NAMES_PATH_BYTES, "%s%.220s", RESTARTING_DIR,
		 entry + strlen(NAMES_DIR));
}

char *restarting_read(struct store *store, uint32_t txn, const char *name)
{
	char path[NAMES_PATH_BYTES];

	restarting_path(name, path);
	return store_read(store, txn, path, NULL);
}

int restarting_check(struct store *store, uint32_t txn, const char *name,
		     struct err *e)
{
	char path[NAMES_PATH_BYTES];
	char *sentence = restarting_read(store, txn, name);

	if (sentence == NULL)
		return 0;
	restarting_path(name, path);
	err_set(e, EEXIST, "%s; to have it not restarted: vane store rm %s",
		sentence, path);
	free(sentence);
	return -EEXIST;
}

void restarting_print(struct store *store, const char *prefix, FILE *out)
{
	size_t count = 0;
	char **names = store_ls(store, 0, RESTARTING_DIR, &count);

	for (size_t i = 0; names && i < count; i++) {
		char path[NAMES_PATH_BYTES];
		char *sentence;

		snprintf(path, sizeof(path), "%s/%.200s", RESTARTING_DIR,
			 names[i]);
		sentence = store_read(store, 0, path, NULL);
		if (sentence)
			fprintf(out, "%s%s\n", prefix, sentence);
		free(sentence);
	}
	free(names);
}
