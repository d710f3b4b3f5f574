/* SPDX-License-Identifier: MIT */
/*
 * GRUB's configuration, interpreted; see grub.h.
 *
 * The whole file runs once and leaves variables and a menu; then the chosen
 * entry's body runs, as it would in GRUB, with the variables as they are at
 * the end. A submenu's body runs when the choice leads into it. What is not
 * to be run (the other branch of an "if", a function) is read in the same
 * way, with g->live off. Nothing loops, so the only limits needed are on
 * depth and on what is kept.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootfs/bls.h"
#include "bootfs/grub.h"
#include "bootfs/grub_words.h"

#define GRUB_DEPTH_MAX	 32
#define GRUB_SOURCES_MAX 16
#define GRUB_KEPT_MAX	 (4 * 1024 * 1024)

struct grub_variable {
	struct grub_variable *next;
	const char *name;
	const char *value;
};

struct grub_item {
	struct grub_item *next;
	const char *title;
	const char *id; /* NULL: none */
	bool is_submenu;
	struct grub_text body;
	const struct bls_entry *bls; /* an entry that came from blscfg */
};

struct grub_menu {
	struct grub_item *first;
	struct grub_item **last;
	size_t count;
};

struct grub {
	struct arena *arena;
	struct arena scratch; /* the words of one command */
	const struct boot_files *files;
	const char *path; /* of the text that is running, for errors */
	struct err *err;
	struct grub_text text;
	struct grub_variable *variables;
	struct grub_menu *menu;
	struct boot_entry *entry; /* while an entry's body runs, else NULL */
	size_t kept;
	unsigned int depth;
	unsigned int sources;
	bool live;
	bool status; /* of the last command, for "if" */
};

/* What a list of commands ended with. */
enum grub_end {
	END_ERROR = -1,
	END_TEXT,
	END_THEN,
	END_ELIF,
	END_ELSE,
	END_FI,
	END_DO,
	END_DONE,
	END_BRACE,
};

static const char *const grub_ends[] = {
	[END_TEXT] = "the end of the file",
	[END_THEN] = "then",
	[END_ELIF] = "elif",
	[END_ELSE] = "else",
	[END_FI] = "fi",
	[END_DO] = "do",
	[END_DONE] = "done",
	[END_BRACE] = "}",
};

static enum grub_end grub_run_list(struct grub *g, bool live);

static enum grub_end grub_fail(struct grub *g, unsigned int line,
			       const char *what)
{
	err_set(g->err, EINVAL, "%s:%u: %s", g->path, line, what);
	return END_ERROR;
}

/* Text that outlives its command; NULL, with the error set, beyond the limit.
 */
static char *grub_keep(struct grub *g, const char *text)
{
	char *copy = NULL;

	g->kept += strlen(text) + sizeof(struct grub_item);
	if (g->kept <= GRUB_KEPT_MAX)
		copy = arena_strdup(g->arena, text);
	if (copy == NULL)
		err_set(g->err, ENOMEM, "%s:%u: it keeps more than %d bytes",
			g->path, g->text.line, GRUB_KEPT_MAX);
	return copy;
}

static const char *grub_get(void *context, const char *name)
{
	struct grub *g = context;

	for (struct grub_variable *v = g->variables; v; v = v->next) {
		if (strcmp(v->name, name) == 0)
			return v->value;
	}
	return NULL;
}

/* An error stays in g->err, where the list that runs finds it. */
static void grub_set(void *context, const char *name, const char *value)
{
	struct grub *g = context;
	struct grub_variable *v = g->variables;

	while (v && strcmp(v->name, name) != 0)
		v = v->next;
	value = grub_keep(g, value);
	if (value == NULL)
		return;
	if (v == NULL) {
		v = arena_alloc(g->arena, sizeof(*v));
		name = grub_keep(g, name);
		if (v == NULL || name == NULL)
			return;
		v->name = name;
		v->next = g->variables;
		g->variables = v;
	}
	v->value = value;
}

static struct grub_item *grub_add_item(struct grub *g, const char *title,
				       const char *id)
{
	struct grub_item *item;

	if (g->menu->count == BOOTFS_ENTRIES_MAX) {
		err_set(g->err, E2BIG, "%s:%u: more than %d entries", g->path,
			g->text.line, BOOTFS_ENTRIES_MAX);
		return NULL;
	}
	item = arena_alloc(g->arena, sizeof(*item));
	if (item == NULL) {
		err_set(g->err, ENOMEM, "out of memory");
		return NULL;
	}
	item->title = grub_keep(g, title);
	item->id = id ? grub_keep(g, id) : NULL;
	if (item->title == NULL || (id && item->id == NULL))
		return NULL;
	if (g->menu->last == NULL)
		g->menu->last = &g->menu->first;
	*g->menu->last = item;
	g->menu->last = &item->next;
	g->menu->count++;
	return item;
}

/* Conditions */

static bool grub_test_file(struct grub *g, char how, const char *path)
{
	uint64_t bytes;

	if (g->files->size(g->files->context, path, &bytes))
		return false;
	return how == 's' ? bytes > 0 : true;
}

/* -1 when `how` joins no two words. */
static int grub_test_two(const char *a, const char *how, const char *b)
{
	long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);
	const struct {
		const char *how;
		bool is;
	} tests[] = {
		{"=", strcmp(a, b) == 0},  {"==", strcmp(a, b) == 0},
		{"!=", strcmp(a, b) != 0}, {"-eq", x == y},
		{"-ne", x != y},	   {"-lt", x < y},
		{"-le", x <= y},	   {"-gt", x > y},
		{"-ge", x >= y},
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(how, tests[i].how) == 0)
			return tests[i].is;
	}
	return -1;
}

/* One test at w[0]; how many words it took. */
static size_t grub_test_one(struct grub *g, char **w, size_t count, bool *is)
{
	int two = count >= 3 ? grub_test_two(w[0], w[1], w[2]) : -1;

	if (two >= 0) {
		*is = two;
		return 3;
	}
	if (count >= 2 && w[0][0] == '-' && w[0][1] && w[0][2] == '\0') {
		if (w[0][1] == 'z' || w[0][1] == 'n')
			*is = (w[1][0] == '\0') == (w[0][1] == 'z');
		else
			*is = strchr("defs", w[0][1]) &&
			      grub_test_file(g, w[0][1], w[1]);
		return 2;
	}
	*is = count && w[0][0] != '\0';
	return 1;
}

/* "a", "-f a", "a = b", each with "!" before it; joined by -a and -o. */
static bool grub_test(struct grub *g, char **w, size_t count)
{
	bool any = false, all = true;
	size_t at = 0;

	while (at < count) {
		bool not = false, is;

		while (at < count && strcmp(w[at], "!") == 0) {
			not = !not ;
			at++;
		}
		at += grub_test_one(g, w + at, count - at, &is);
		all = all && is != not ;
		if (at < count && strcmp(w[at], "-o") == 0) {
			any = any || all;
			all = true;
		}
		at++;
	}
	return count > 0 && (any || all);
}

/* Commands: those that matter here. `w` is their words without the name. */

typedef void grub_command_fn(struct grub *g, char **w, size_t count);

static void do_bracket(struct grub *g, char **w, size_t count)
{
	if (count && strcmp(w[count - 1], "]") == 0)
		count--;
	g->status = grub_test(g, w, count);
}

static void do_test(struct grub *g, char **w, size_t count)
{
	g->status = grub_test(g, w, count);
}

static void do_false(struct grub *g, char **w, size_t count)
{
	(void)w;
	(void)count;
	g->status = false;
}

static void do_set(struct grub *g, char **w, size_t count)
{
	char *equals = count ? strchr(w[0], '=') : NULL;

	if (equals == NULL)
		return;
	*equals = '\0';
	grub_set(g, w[0], equals + 1);
}

static void do_unset(struct grub *g, char **w, size_t count)
{
	if (count)
		grub_set(g, w[0], "");
}

/* "load_env", "load_env -f FILE", and names of what is wanted of it. */
static void do_load_env(struct grub *g, char **w, size_t count)
{
	const char *prefix = grub_get(g, "prefix"), *path, *text;
	size_t length;

	if (count >= 2 &&
	    (strcmp(w[0], "-f") == 0 || strcmp(w[0], "--file") == 0))
		path = w[1];
	else
		path = arena_printf(&g->scratch, "%s/grubenv",
				    prefix ? prefix : "");
	text = path ? g->files->read(g->files->context, &g->scratch, path,
				     &length)
		    : NULL;
	g->status = text != NULL;
	if (text)
		grubenv_parse(&g->scratch, text, length, grub_set, g);
}

static void do_linux(struct grub *g, char **w, size_t count)
{
	const char *options = "";

	if (g->entry == NULL || count == 0)
		return;
	g->entry->kernel = grub_keep(g, w[0]);
	for (size_t i = 1; i < count && options; i++) {
		bool quote = strpbrk(w[i], " \t") != NULL;

		options = arena_printf(&g->scratch, "%s%s%s%s%s", options,
				       i > 1 ? " " : "", quote ? "\"" : "",
				       w[i], quote ? "\"" : "");
		if (options && strlen(options) > GRUB_WORD_MAX)
			options = NULL;
	}
	if (options == NULL) {
		err_set(g->err, E2BIG,
			"%s:%u: the kernel's command line is "
			"too long",
			g->path, g->text.line);
		return;
	}
	g->entry->options = grub_keep(g, options);
}

static void do_initrd(struct grub *g, char **w, size_t count)
{
	for (size_t i = 0; g->entry && i < count; i++) {
		if (g->entry->initrd_count == BOOTFS_INITRDS_MAX) {
			err_set(g->err, E2BIG, "%s:%u: more than %d initrds",
				g->path, g->text.line, BOOTFS_INITRDS_MAX);
			return;
		}
		g->entry->initrds[g->entry->initrd_count++] =
			grub_keep(g, w[i]);
	}
}

static void do_source(struct grub *g, char **w, size_t count)
{
	struct grub_text text = g->text;
	const char *path = g->path, *name, *p;
	size_t length;

	if (count == 0)
		return;
	name = grub_keep(g, w[0]);
	p = name ? g->files->read(g->files->context, g->arena, name, &length)
		 : NULL;
	g->status = p != NULL;
	if (p == NULL)
		return;
	if (++g->sources > GRUB_SOURCES_MAX) {
		grub_fail(g, g->text.line, "it includes too many files");
		return;
	}
	g->path = name;
	g->text = (struct grub_text){p, p + length, 1};
	if (grub_run_list(g, true) > END_TEXT)
		grub_fail(g, g->text.line, "this closes nothing");
	g->text = text;
	g->path = path;
}

static void do_blscfg(struct grub *g, char **w, size_t count)
{
	static const char *const places[] = {"/loader/entries",
					     "/boot/loader/entries"};
	const char *set = grub_get(g, "blsdir");
	struct bls_list list = {NULL, 0};

	(void)w;
	(void)count;
	if (set && *set)
		bls_read_directory(g->arena, g->files, set, &list, g->err);
	for (size_t i = 0; i < 2 && list.count == 0 && !err_is_set(g->err); i++)
		bls_read_directory(g->arena, g->files, places[i], &list,
				   g->err);
	for (size_t i = 0; i < list.count && !err_is_set(g->err); i++) {
		const struct bls_entry *b = &list.entries[i];
		struct grub_item *item = grub_add_item(g, b->boot.title, b->id);

		if (item)
			item->bls = b;
	}
}

static const struct {
	const char *name;
	grub_command_fn *run;
} grub_commands[] = {
	{"[", do_bracket},	   {"test", do_test},
	{"false", do_false},	   {"set", do_set},
	{"unset", do_unset},	   {"load_env", do_load_env},
	{"linux", do_linux},	   {"linux16", do_linux},
	{"linuxefi", do_linux},	   {"initrd", do_initrd},
	{"initrd16", do_initrd},   {"initrdefi", do_initrd},
	{"source", do_source},	   {".", do_source},
	{"configfile", do_source}, {"blscfg", do_blscfg},
};

static bool grub_is_assignment(const char *word)
{
	const char *p = word;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p > word && *p == '=';
}

static grub_command_fn *grub_find_command(const char *word)
{
	for (size_t i = 0; i < sizeof(grub_commands) / sizeof(grub_commands[0]);
	     i++) {
		if (strcmp(word, grub_commands[i].name) == 0)
			return grub_commands[i].run;
	}
	return NULL;
}

/* The words are gone afterwards, if the command ran others (source). */
static void grub_run_command(struct grub *g, struct grub_command *c)
{
	grub_command_fn *run;
	char **w = c->words;
	size_t count = c->count;
	bool not = false;

	while (count && strcmp(w[0], "!") == 0) {
		not = !not ;
		w++;
		count--;
	}
	g->status = true;
	run = count ? grub_find_command(w[0]) : NULL;
	if (run)
		run(g, w + 1, count - 1);
	else if (count && grub_is_assignment(w[0]))
		do_set(g, w, count);
	g->status = g->status != not ;
}

/* Blocks */

/* "menuentry TITLE [--id ID] [--class C ...] ID?": its title and id. */
static void grub_read_names(char **w, size_t count, const char **title,
			    const char **id)
{
	/* Options with a word behind them; all others stand alone. */
	static const char *const two[] = {"--class", "--users", "--hotkey",
					  "--source"};

	*title = *id = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strncmp(w[i], "--", 2) != 0) {
			if (*title == NULL)
				*title = w[i];
			continue;
		}
		if (strncmp(w[i], "--id=", 5) == 0)
			*id = w[i] + 5;
		else if (strcmp(w[i], "--id") == 0 && i + 1 < count)
			*id = w[++i];
		for (size_t k = 0; k < sizeof(two) / sizeof(two[0]); k++) {
			if (strcmp(w[i], two[k]) == 0)
				i++;
			if (i >= count)
				break;
		}
	}
}

/* A block's body is passed over; an entry's is remembered. */
static enum grub_end grub_take_block(struct grub *g, struct grub_command *c,
				     bool live)
{
	bool is_submenu = strcmp(c->words[0], "submenu") == 0;
	struct grub_item *item = NULL;
	struct grub_text body = g->text;
	const char *title, *id;
	enum grub_end end;

	if (live && (is_submenu || strcmp(c->words[0], "menuentry") == 0)) {
		grub_read_names(c->words + 1, c->count - 1, &title, &id);
		item = grub_add_item(g, title ? title : "", id);
		if (item == NULL)
			return END_ERROR;
		item->is_submenu = is_submenu;
		item->body = body;
	}
	end = grub_run_list(g, false);
	if (end == END_ERROR)
		return end;
	if (end != END_BRACE)
		return grub_fail(g, body.line, "no '}' closes this block");
	if (item)
		item->body.end = g->text.p - 1;
	return END_TEXT;
}

static enum grub_end grub_take_if(struct grub *g, unsigned int line, bool live)
{
	bool done = false;
	enum grub_end end;

	do {
		bool taken;

		end = grub_run_list(g, live && !done);
		if (end == END_ERROR)
			return end;
		if (end != END_THEN)
			return grub_fail(g, line, "this 'if' has no 'then'");
		taken = live && !done && g->status;
		end = grub_run_list(g, taken);
		done = done || taken;
	} while (end == END_ELIF);
	if (end == END_ELSE)
		end = grub_run_list(g, live && !done);
	if (end != END_FI && end != END_ERROR)
		return grub_fail(g, line, "this 'if' has no 'fi'");
	return end == END_ERROR ? end : END_TEXT;
}

/* "while ...; do ...; done": read, never run. */
static enum grub_end grub_take_loop(struct grub *g, unsigned int line)
{
	enum grub_end end = grub_run_list(g, false);

	if (end == END_ERROR)
		return end;
	if (end == END_DO)
		end = grub_run_list(g, false);
	else
		end = END_TEXT;
	if (end == END_ERROR || end == END_DONE)
		return end == END_DONE ? END_TEXT : end;
	return grub_fail(g, line, "this loop has no 'do' or no 'done'");
}

static bool grub_is_loop(const char *word)
{
	return strcmp(word, "while") == 0 || strcmp(word, "until") == 0 ||
	       strcmp(word, "for") == 0;
}

/* One command; END_TEXT goes on, anything else ends the list. */
static enum grub_end grub_run_one(struct grub *g, struct grub_command *c,
				  bool live)
{
	const char *word = c->words[0];

	for (enum grub_end i = END_THEN; i <= END_BRACE; i++) {
		if (strcmp(word, grub_ends[i]) == 0)
			return i;
	}
	if (strcmp(word, "if") == 0)
		return grub_take_if(g, c->line, live);
	if (grub_is_loop(word))
		return grub_take_loop(g, c->line);
	if (c->block)
		return grub_take_block(g, c, live);
	if (live)
		grub_run_command(g, c);
	return err_is_set(g->err) ? END_ERROR : END_TEXT;
}

static enum grub_end grub_run_list(struct grub *g, bool live)
{
	static const char *const why[] = {
		[GRUB_TOO_LONG] = "a word or command is too long",
		[GRUB_UNCLOSED] = "a quote is not closed",
		[GRUB_NO_MEMORY] = "out of memory",
	};
	struct grub_command *c;
	enum grub_end end = END_TEXT;

	if (++g->depth > GRUB_DEPTH_MAX)
		return grub_fail(g, g->text.line, "it nests too deeply");
	c = malloc(sizeof(*c));
	while (c && end == END_TEXT) {
		enum grub_took took;

		arena_free(&g->scratch);
		took = grub_take_command(&g->scratch, &g->text, grub_get, g, c);
		if (took == GRUB_END)
			break;
		if (took != GRUB_COMMAND)
			end = grub_fail(g, c->line, why[took]);
		else if (c->count)
			end = grub_run_one(g, c, live);
	}
	if (c == NULL)
		end = grub_fail(g, g->text.line, "out of memory");
	free(c);
	g->depth--;
	return end;
}

/* Choosing */

/* The item that the part of a choice before the next '>' names. */
static struct grub_item *menu_find(const struct grub_menu *menu,
				   const char *name, size_t length)
{
	size_t number = 0, digits = 0;

	while (digits < length && isdigit((unsigned char)name[digits]) &&
	       number < BOOTFS_ENTRIES_MAX)
		number = number * 10 + (size_t)(name[digits++] - '0');
	for (struct grub_item *i = menu->first; i; i = i->next) {
		if (digits == length && digits) {
			if (number-- == 0)
				return i;
			continue;
		}
		if ((i->id && strlen(i->id) == length &&
		     memcmp(i->id, name, length) == 0) ||
		    (strlen(i->title) == length &&
		     memcmp(i->title, name, length) == 0))
			return i;
	}
	return NULL;
}

static int grub_no_such(struct grub *g, const struct grub_menu *menu,
			const char *wanted)
{
	char text[400] = "";
	size_t at = 0, n = 0;

	for (struct grub_item *i = menu->first; i && at < sizeof(text) - 80;
	     i = i->next, n++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s%zu '%.60s'", n ? ", " : "", n,
				       i->title);
	return err_set(g->err, ENOENT,
		       "%s has no entry '%s'; there are %zu: %s%s", g->path,
		       wanted, menu->count, text, n < menu->count ? ", …" : "");
}

static int grub_run_entry(struct grub *g, const struct grub_item *item)
{
	const struct boot_entry *from = item->bls ? &item->bls->boot : NULL;
	struct boot_entry *to = g->entry;

	to->title = item->title;
	to->options = "";
	if (from) {
		to->kernel = from->kernel;
		to->options = grub_expand(g->arena, from->options, grub_get, g);
		for (size_t i = 0; i < from->initrd_count; i++) {
			const char *path = grub_expand(
				g->arena, from->initrds[i], grub_get, g);

			/* "initrd /x.img $tuned_initrd": one or two words */
			if (path && *path)
				to->initrds[to->initrd_count++] = arena_strndup(
					g->arena, path, strcspn(path, " "));
		}
	} else {
		g->text = item->body;
		if (grub_run_list(g, true) > END_TEXT)
			grub_fail(g, g->text.line, "this closes nothing");
	}
	for (size_t i = 0; i < to->initrd_count; i++) {
		if (to->initrds[i] == NULL)
			err_set(g->err, ENOMEM, "out of memory");
	}
	if (err_is_set(g->err))
		return -g->err->code;
	if (to->kernel == NULL || to->options == NULL)
		return err_set(g->err, ENOEXEC,
			       "%s: the entry '%s' starts no Linux kernel",
			       g->path, item->title);
	return 0;
}

/* Follows "a>b>c" through submenus; where it ends early, to their first. */
static int grub_follow(struct grub *g, const char *wanted, bool strict)
{
	struct grub_menu menu = *g->menu, *inner;

	for (unsigned int level = 0; level < 8; level++) {
		size_t length = strcspn(wanted, ">");
		struct grub_item *item = menu_find(&menu, wanted, length);

		if (item == NULL && strict && *wanted)
			return grub_no_such(g, &menu, wanted);
		if (item == NULL)
			item = menu.first;
		if (item == NULL)
			break;
		if (!item->is_submenu)
			return grub_run_entry(g, item);
		inner = arena_alloc(g->arena, sizeof(*inner));
		if (inner == NULL)
			return err_set(g->err, ENOMEM, "out of memory");
		g->menu = inner;
		g->text = item->body;
		if (grub_run_list(g, true) > END_TEXT)
			grub_fail(g, g->text.line, "this closes nothing");
		if (err_is_set(g->err))
			return -g->err->code;
		menu = *inner;
		wanted += length + (wanted[length] == '>');
	}
	return err_set(g->err, ENOENT,
		       "%s: the choice leads into an empty "
		       "submenu",
		       g->path);
}

/* What GRUB itself has set when it starts, as far as scripts ask for it. */
static void grub_set_defaults(struct grub *g)
{
	const char *slash = strrchr(g->path, '/');
	const char *prefix = arena_strndup(
		g->arena, g->path, slash ? (size_t)(slash - g->path) : 0);

	if (prefix == NULL) {
		err_set(g->err, ENOMEM, "out of memory");
		return;
	}
	grub_set(g, "prefix", prefix);
	grub_set(g, "config_directory", prefix);
	grub_set(g, "grub_platform", "pc");
	grub_set(g, "grub_cpu", "i386");
	grub_set(g, "feature_menuentry_id", "y");
	grub_set(g, "feature_platform_search_hint", "y");
	grub_set(g, "feature_default_font_path", "y");
	grub_set(g, "feature_timeout_style", "y");
}

int grub_choose(struct arena *a, const struct boot_files *files,
		const char *path, const char *text, size_t length,
		const char *wanted, struct boot_entry *entry, struct err *e)
{
	struct grub_menu menu = {NULL, NULL, 0};
	struct err own = ERR_NONE;
	struct grub g = {
		.arena = a,
		.files = files,
		.path = path,
		.err = &own,
		.text = {text, text + length, 1},
		.menu = &menu,
	};
	enum grub_end end;
	int rc = 0;

	memset(entry, 0, sizeof(*entry));
	if (memchr(text, '\0', length))
		return err_set(e, EINVAL, "%s is no text", path);
	grub_set_defaults(&g);
	end = grub_run_list(&g, true);
	if (end > END_TEXT)
		err_set(&own, EINVAL, "%s:%u: this '%s' closes nothing", path,
			g.text.line, grub_ends[end]);
	if (err_is_set(&own))
		rc = -own.code;
	else if (menu.count == 0)
		rc = -ENOENT;
	if (rc == 0) {
		const char *set = grub_get(&g, "default");

		g.entry = entry;
		rc = grub_follow(&g,
				 wanted ? wanted
				 : set	? set
					: "0",
				 wanted != NULL);
	}
	arena_free(&g.scratch);
	if (err_is_set(&own))
		rc = err_set(e, own.code, "%s", own.text);
	return rc;
}
