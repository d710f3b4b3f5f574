/* SPDX-License-Identifier: MIT */
/*
 * docs/mistakes.md is this test's input: every row of its tables is tried as
 * it stands there, and the answer must be that line, with that status, and
 * nothing left behind (tests/system/data/mistakes.sh has the commands in
 * domain zero). So the document cannot say what is not so. Where it says
 * status 0, the line is a warning.
 *
 *	MISTAKE=NAME		tries that row only
 *	MISTAKES_RECORD=1	writes the answers into the document instead
 *
 * Rows whose name begins with "linux_" are tried on the build host, which has
 * no hypervisor below it; the others in domain zero.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/system/suite.h"

#define DOCUMENT  "docs/mistakes.md"
#define CELLS	  5
#define CELL_SIZE 700
#define LINE_SIZE (CELLS * CELL_SIZE)
#define ROWS_MIN  60
#define VARY	  ", numbers vary"

enum { NAME, BEFORE, TYPED, ANSWER, STATUS };

struct row {
	char cell[CELLS][CELL_SIZE]; /* without quotes and escapes */
};

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
}

static void end(void)
{
	suite_done(m);
}

TestSuite(mistakes, .init = begin, .fini = end);

/* One cell, from after its '|'; the next '|', or NULL. */
static const char *read_cell(const char *p, char *cell)
{
	size_t n = 0;

	for (; *p && *p != '|' && n < CELL_SIZE - 1; p++) {
		if (p[0] == '\\' && p[1] == '|')
			p++;
		cell[n++] = *p;
	}
	while (n && (cell[n - 1] == ' ' || cell[n - 1] == '`'))
		n--;
	cell[n] = '\0';
	n = strspn(cell, " `");
	memmove(cell, cell + n, strlen(cell + n) + 1);
	return *p == '|' ? p : NULL;
}

/* Whether a line is a row that says something to try. */
static bool read_row(const char *line, struct row *r)
{
	const char *p = line;

	for (int i = 0; i < CELLS; i++) {
		if (p == NULL || *p != '|')
			return false;
		p = read_cell(p + 1, r->cell[i]);
	}
	return strcmp(r->cell[NAME], "test") != 0 && r->cell[NAME][0] != '-';
}

static void write_cell(FILE *f, const char *cell)
{
	fputs(*cell ? " `" : "", f);
	for (const char *p = cell; *p; p++)
		fprintf(f, "%s%c", *p == '|' ? "\\" : "", *p);
	fputs(*cell ? "` |" : " |", f);
}

static void write_row(FILE *f, const struct row *r)
{
	fprintf(f, "| %s |", r->cell[NAME]);
	for (int i = BEFORE; i <= ANSWER; i++)
		write_cell(f, r->cell[i]);
	fprintf(f, " %s |\n", r->cell[STATUS]);
}

/* In single quotes, for a shell. */
static void quote(const char *s, char *out)
{
	*out++ = '\'';
	for (; *s; s++) {
		if (*s == '\'')
			out = stpcpy(out, "'\\'");
		*out++ = *s;
	}
	strcpy(out, "'");
}

static const char *try_on_host(const struct row *r)
{
	static char text[SUITE_TEXT];
	char typed[4 * CELL_SIZE], command[5 * CELL_SIZE];
	size_t n;
	FILE *f;

	quote(r->cell[TYPED], typed);
	snprintf(command, sizeof(command),
		 "PATH=build/dom0-tools:$PATH sh -c %s 2>&1 </dev/null", typed);
	f = popen(command, "r");
	if (f == NULL)
		suite_fail(m, "popen failed");
	n = fread(text, 1, sizeof(text) - 32, f);
	sprintf(text + n, "status %d", WEXITSTATUS(pclose(f)));
	return text;
}

static const char *try_in_domain_zero(const struct row *r)
{
	char before[4 * CELL_SIZE], typed[4 * CELL_SIZE];

	quote(r->cell[BEFORE], before);
	quote(r->cell[TYPED], typed);
	return suite_run(m, 90, ". /data/tests/mistakes.sh; row %s %s", before,
			 typed);
}

/* Equal, but for numbers, each of which may be any other. */
static bool equal_but_numbers(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit(*a) && isdigit(*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

/* What came must be "LINE\nstatus N"; whether it is what the row says. */
static bool compare(struct row *r, const char *came, bool record)
{
	const char *newline = strchr(came, '\n');
	bool vary = strstr(r->cell[STATUS], VARY) != NULL;
	char line[CELL_SIZE];
	int status;

	/* A command that succeeds is no mistake, unless a row says so. */
	if (newline == NULL || sscanf(newline, "\nstatus %d", &status) != 1 ||
	    (status == 0 && strncmp(r->cell[STATUS], "0", 1) != 0))
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)(newline - came), came);
	if (record) {
		strcpy(r->cell[ANSWER], line);
		sprintf(r->cell[STATUS], "%d%s", status, vary ? VARY : "");
		return true;
	}
	return atoi(r->cell[STATUS]) == status &&
	       (vary ? equal_but_numbers(line, r->cell[ANSWER])
		     : strcmp(line, r->cell[ANSWER]) == 0);
}

static bool try_row(struct row *r, bool record)
{
	bool host = strncmp(r->cell[NAME], "linux_", 6) == 0;
	const char *came = host ? try_on_host(r) : try_in_domain_zero(r);

	if (compare(r, came, record))
		return true;
	fprintf(stderr,
		"mistake %s: the document says:\n%s\nstatus %s\n"
		"what came:\n%s\n",
		r->cell[NAME], r->cell[ANSWER], r->cell[STATUS], came);
	return false;
}

Test(mistakes, are_answered_as_the_document_says, .timeout = 3600)
{
	const char *only = getenv("MISTAKE");
	bool record = getenv("MISTAKES_RECORD") != NULL;
	unsigned int rows = 0, bad = 0;
	FILE *in = fopen(DOCUMENT, "r"), *out = NULL;
	char line[LINE_SIZE];
	struct row r;

	if (record)
		out = fopen(DOCUMENT ".new", "w");
	if (in == NULL || (record && out == NULL))
		suite_fail(m, DOCUMENT " cannot be opened");
	while (fgets(line, sizeof(line), in)) {
		bool is_row = read_row(line, &r);

		rows += is_row;
		if (is_row && (!only || !strcmp(only, r.cell[NAME])))
			bad += !try_row(&r, record);
		if (out && is_row)
			write_row(out, &r);
		else if (out)
			fputs(line, out);
	}
	fclose(in);
	if (out && (fclose(out) || rename(DOCUMENT ".new", DOCUMENT)))
		suite_fail(m, DOCUMENT " cannot be written");
	if (bad)
		suite_fail(m, "%u of %u mistakes have another answer (above)",
			   bad, rows);
	if (rows < ROWS_MIN)
		suite_fail(m, "only %u rows in " DOCUMENT, rows);
}

Test(mistakes, of_two_creations_at_once_one_is_refused)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 90,
		  "vane create -p /etc/vane/micro.cfg >/run/a 2>&1 & p=$!; "
		  "vane create -p /etc/vane/micro.cfg >/run/b 2>&1; b=$?; "
		  "wait $p; a=$?; cat /run/a /run/b; "
		  "[ $((a + b)) = 1 ] && grep -q \"a domain named 'micro' \" "
		  "/run/a /run/b && [ $(vane list | grep -c '^micro ') = 1 ]");
	suite_run(m, 30, "vane destroy micro");
	suite_guest_gone(m, "micro", 30);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}
