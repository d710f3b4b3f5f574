/* SPDX-License-Identifier: MIT */
/*
 * docs/tour.md is this test's input: the day that it tells is lived again, in
 * its order, on a machine of its own, and every answer has to be the one that
 * stands there. So the document cannot say what is not so. In it,
 *
 *	a block "cfg"		is a file, whose path is its first comment
 *	a block "console"	is what is typed behind "dom0# ", and answered
 *	"[...]"			stands for the rest of a line, or, alone, for
 *				any number of lines
 *	"guest# "		is the prompt in a console, where "^]" is
 *				typed to leave it
 *
 * Answers are compared word for word, but any number is as good as another
 * (so are MAC addresses, UUIDs, and 'r' or 'b' in a domain's state), and any
 * space as long as another. Lines "status N" are exact.
 *
 * A command is not waited upon for a time: what only looks is asked again
 * until it answers as the document says, or a limit has passed.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/system/suite.h"

#define DOCUMENT     "docs/tour.md"
#define DOM0_PROMPT  "dom0# "
#define GUEST_PROMPT "guest# "
#define LEAVE_KEY    "^]"
#define ANYTHING     "[...]"
#define ANSWER_SIZE  8192
#define LINE_SIZE    1024
#define STEPS_MIN    60
#define HEAD_LINES   30 /* of a long answer */
#define TAIL_LINES   70
#define LOOK_SECONDS 90
#define ACT_SECONDS  120

/* One thing that is typed at domain zero's prompt, and what it answers. */
struct step {
	unsigned int line; /* of the document; 0: nothing yet */
	char command[LINE_SIZE];
	char answer[ANSWER_SIZE];
};

static struct machine *m;

/* ---- comparing ---- */

static bool is_state(const char *p)
{
	static const char *const letters[] = {"r-", "b-",    "p-",
					      "s-", "rscw-", "d-"};

	for (size_t i = 0; i < 6; i++) {
		if (!p[i] || !strchr(letters[i], p[i]))
			return false;
	}
	return !isgraph(p[6]);
}

/* How many bytes at p have the pattern's shape: 'x' is a hexadecimal digit. */
static size_t shape(const char *p, const char *pattern)
{
	size_t n = strlen(pattern);

	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == 'x' ? !isxdigit(p[i]) : p[i] != pattern[i])
			return 0;
	}
	return n;
}

/*
 * Takes one token off a line: a letter for its kind, or itself. Kinds are
 * below ' ', so that no character is one.
 */
enum { END, NUMBER, ADDRESS, UUID, STATE };

static int token(const char **at, const char *line)
{
	const char *p = *at;
	bool begins = p == line || !isalnum(p[-1]);
	size_t n;

	if (isspace(*p)) {
		*at += strspn(p, " \t");
		return **at ? ' ' : END;
	}
	n = begins ? shape(p, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") : 0;
	if (n) {
		*at += n;
		return UUID;
	}
	n = begins ? shape(p, "xx:xx:xx:xx:xx:xx") : 0;
	if (n) {
		*at += n;
		return ADDRESS;
	}
	if (begins && is_state(p)) {
		*at += 2; /* running or blocked: as it happens */
		return STATE;
	}
	if (begins && p[0] == '0' && p[1] == 'x') {
		*at += 2 + strspn(p + 2, "0123456789abcdef");
		return NUMBER;
	}
	if (isdigit(*p)) {
		*at += strspn(p, "0123456789");
		if (**at == '.' && isdigit((*at)[1]))
			*at += 1 + strspn(*at + 1, "0123456789");
		return NUMBER;
	}
	*at += *p != '\0';
	return *p;
}

static bool line_matches(const char *says, const char *came)
{
	const char *s = says, *c = came;
	int a, b;

	if (strncmp(says, "status ", 7) == 0)
		return strcmp(says, came) == 0;
	do {
		if (strncmp(s, ANYTHING, strlen(ANYTHING)) == 0)
			return true;
		a = token(&s, says);
		b = token(&c, came);
	} while (a == b && a != END);
	return a == b;
}

/* Copies a line without its end; what follows it, or NULL after the last. */
static const char *take_line(const char *text, char *line)
{
	size_t n = strcspn(text, "\n");

	if (!*text)
		return NULL;
	snprintf(line, LINE_SIZE, "%.*s", (int)n, text);
	return text + n + (text[n] == '\n');
}

/* Whether what came is, line for line, what the document says. */
static bool matches(const char *says, const char *came)
{
	char wanted[LINE_SIZE], line[LINE_SIZE];

	says = take_line(says, wanted);
	if (!says)
		return !*came;
	if (strcmp(wanted, ANYTHING) == 0) {
		while (!matches(says, came)) {
			came = take_line(came, line);
			if (!came)
				return false;
		}
		return true;
	}
	came = take_line(came, line);
	return came && line_matches(wanted, line) && matches(says, came);
}

/* ---- doing ---- */

/* In single quotes, for a shell. */
static const char *quoted(const char *s)
{
	static char text[4 * LINE_SIZE];
	char *out = text;

	*out++ = '\'';
	for (; *s; s++) {
		if (*s == '\'')
			out = stpcpy(out, "'\\'");
		*out++ = *s;
	}
	strcpy(out, "'");
	return text;
}

static void fail_step(const struct step *s, const char *says, const char *came)
{
	suite_fail(m, DOCUMENT ":%u: %s\nit says:\n%s\nwhat came:\n%s", s->line,
		   s->command, says, came);
}

/*
 * What a file in domain zero holds; of a long one, its beginning and end.
 * Every line has a mark before it on the way here: the harness drops those
 * that look like a kernel's.
 */
static void fetch(const char *path, char *text)
{
	char line[LINE_SIZE];
	const char *rest = suite_run(m, 30,
				     "f=%s; if [ $(wc -l <$f) -le %d ]; then "
				     "cat $f; else head -n %d $f; "
				     "tail -n %d $f; fi | sed 's/^/|/'",
				     path, HEAD_LINES + TAIL_LINES, HEAD_LINES,
				     TAIL_LINES);
	size_t n = 0;

	text[0] = '\0';
	while ((rest = take_line(rest, line))) {
		if (line[0] != '|')
			continue;
		n += snprintf(text + n, SUITE_TEXT - n, "%s\n", line + 1);
		if (n >= SUITE_TEXT)
			suite_fail(m, "%s is too long", path);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Whether a command may be asked again because it changes nothing. */
static bool only_looks(const char *command)
{
	static const char *const looks[] = {
		"cat ",
		"grep ",
		"head ",
		"ls ",
		"tail ",
		"vane block-list ",
		"vane console -l",
		"vane events -n",
		"vane list",
		"vane network-list ",
		"vane sched ",
		"vane store ls ",
		"vane store read ",
		"vane uptime",
		"vane vcpu-list ",
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (strncmp(command, looks[i], strlen(looks[i])) == 0)
			return true;
	}
	return false;
}

static void do_step(const struct step *s)
{
	double limit = now() + machine_scaled(LOOK_SECONDS);
	static char came[SUITE_TEXT];

	for (;;) {
		suite_run(m, ACT_SECONDS,
			  "cd /root; eval %s >/run/tour 2>&1; :",
			  quoted(s->command));
		fetch("/run/tour", came);
		if (matches(s->answer, came))
			return;
		if (!only_looks(s->command) || now() > limit)
			fail_step(s, s->answer, came);
		nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
	}
}

/* Waits until a session shows all that the document has so far. */
static void await_session(const struct step *s, const char *says)
{
	double limit = now() + machine_scaled(LOOK_SECONDS);
	static char came[SUITE_TEXT];

	for (;;) {
		fetch("/run/tour", came);
		if (matches(says, came))
			return;
		if (now() > limit)
			fail_step(s, says, came);
		nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
	}
}

/* Types a line, or the key that leaves; whether it was that. */
static bool type_in_session(const char *typed)
{
	if (strcmp(typed, LEAVE_KEY) == 0) {
		suite_run(m, 30, "printf '\\035' >/run/tour.in");
		return true;
	}
	suite_run(m, 30, "printf '%%s\\n' %s >/run/tour.in", quoted(typed));
	return false;
}

/* A command that a person stays in, and types into. */
static void do_session(const struct step *s)
{
	static char shown[ANSWER_SIZE];
	const char *rest = s->answer;
	char line[LINE_SIZE];
	size_t n = 0;

	suite_run(m, 30,
		  "rm -f /run/tour.in; mkfifo /run/tour.in; "
		  "sleep 100000 >/run/tour.in & echo $! >/run/tour.pid");
	suite_run(m, 30, "{ eval %s </run/tour.in; } >/run/tour 2>&1 &",
		  quoted(s->command));
	while ((rest = take_line(rest, line))) {
		const char *typed = line + strlen(GUEST_PROMPT);

		if (strncmp(line, GUEST_PROMPT, strlen(GUEST_PROMPT)) == 0) {
			snprintf(shown + n, sizeof(shown) - n, "%s\n",
				 GUEST_PROMPT);
			await_session(s, shown);
			if (type_in_session(typed))
				strcpy(line, GUEST_PROMPT);
		}
		n += snprintf(shown + n, sizeof(shown) - n, "%s\n", line);
	}
	await_session(s, shown);
	suite_run(m, 30, "kill $(cat /run/tour.pid)");
}

/* ---- the document ---- */

static void take_step(struct step *s, unsigned int *count)
{
	if (!s->line)
		return;
	if (strstr(s->answer, GUEST_PROMPT))
		do_session(s);
	else
		do_step(s);
	s->line = 0;
	++*count;
}

static void add_line(struct step *s, const char *line)
{
	size_t n = strlen(s->answer);

	if (n + strlen(line) + 2 > sizeof(s->answer))
		suite_fail(m, DOCUMENT ":%u: the answer is too long", s->line);
	sprintf(s->answer + n, "%s\n", line);
}

static void read_console_line(struct step *s, unsigned int number,
			      const char *line, unsigned int *count)
{
	if (strncmp(line, DOM0_PROMPT, strlen(DOM0_PROMPT)) == 0) {
		take_step(s, count);
		s->line = number;
		strcpy(s->command, line + strlen(DOM0_PROMPT));
		s->answer[0] = '\0';
	} else if (s->line) {
		add_line(s, line);
	} else {
		suite_fail(m, DOCUMENT ":%u: an answer to nothing", number);
	}
}

/* A line of a file; the first one is a comment with its path. */
static void write_file_line(char *path, const char *line)
{
	if (!path[0] && (line[0] != '#' || sscanf(line, "# %255s", path) != 1))
		suite_fail(m, DOCUMENT ": a file without a path: %s", line);
	suite_run(m, 30, "printf '%%s\\n' %s >>%s", quoted(line), path);
}

static unsigned int live_the_day(FILE *document)
{
	enum { TEXT, CONSOLE, FILE_TEXT } block = TEXT;
	static struct step s;
	unsigned int number = 0, count = 0;
	char line[LINE_SIZE], path[256];

	while (fgets(line, sizeof(line), document)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (block == TEXT && strcmp(line, "```console") == 0) {
			block = CONSOLE;
		} else if (block == TEXT && strcmp(line, "```cfg") == 0) {
			block = FILE_TEXT;
			path[0] = '\0';
		} else if (strcmp(line, "```") == 0) {
			take_step(&s, &count);
			block = TEXT;
		} else if (block == CONSOLE) {
			read_console_line(&s, number, line, &count);
		} else if (block == FILE_TEXT) {
			write_file_line(path, line);
		}
	}
	return count;
}

Test(tour, answers_as_the_document_says, .timeout = 3600)
{
	static const struct machine_config config = {.name = "tour"};
	FILE *document = fopen(DOCUMENT, "r");
	unsigned int steps;

	m = machine_boot(&config);
	if (!m)
		suite_fail(NULL, "%s", machine_error());
	/* What a guest's console shows, behind our own mark, is the guest's. */
	machine_tolerate(m, "|[");
	/* And these are the events that it asks for. */
	machine_tolerate(m, "|20");
	if (!document)
		suite_fail(m, DOCUMENT " cannot be opened");
	steps = live_the_day(document);
	fclose(document);
	if (steps < STEPS_MIN)
		suite_fail(m, "only %u steps in " DOCUMENT, steps);
	suite_power_off(m);
}
