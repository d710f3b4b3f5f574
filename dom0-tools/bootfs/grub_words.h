/* SPDX-License-Identifier: MIT */
/*
 * The words of GRUB's language: bytes in, one command's words out, quotes
 * taken off and variables put in. Used by grub.c; its tests are test_grub.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_GRUB_WORDS_H
#define DOM0_TOOLS_BOOTFS_GRUB_WORDS_H

#include <stdbool.h>

#include "lib/arena.h"

#define GRUB_WORDS_MAX 128
#define GRUB_WORD_MAX  4096 /* characters */

struct grub_text {
	const char *p;
	const char *end;
	unsigned int line;
};

struct grub_command {
	char *words[GRUB_WORDS_MAX];
	size_t count;
	bool block; /* "{" stood behind it and was taken */
	unsigned int line;
};

typedef const char *grub_lookup_fn(void *context, const char *name);

enum grub_took {
	GRUB_COMMAND, /* maybe of no words */
	GRUB_END,
	GRUB_TOO_LONG, /* a word or a command */
	GRUB_UNCLOSED, /* a quote */
	GRUB_NO_MEMORY,
};

/*
 * Takes one command. Keywords after which another command may follow on the
 * same line (if, then, else, ...) and "}" are commands by themselves.
 */
enum grub_took grub_take_command(struct arena *a, struct grub_text *t,
				 grub_lookup_fn *lookup, void *context,
				 struct grub_command *c);

/* A text with $name and ${name} put in; NULL: too long or no memory. */
char *grub_expand(struct arena *a, const char *text, grub_lookup_fn *lookup,
		  void *context);

#endif
