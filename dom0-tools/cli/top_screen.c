/* SPDX-License-Identifier: MIT */
/*
 * The live screen of `vane top`: bars of the machine, and one table, with keys
 * to turn it. ncurses draws only what has changed, so it is usable over a
 * serial line.
 */
#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/top.h"
#include "public/domctl.h"

#define LABEL_MIN	10u
#define LABEL_FULL	40u
#define BARS_MAX	8u /* lines of bars; beyond, one for all CPUs */
#define BAR_MIN_COLUMNS 30
#define DELAY_MIN_S	0.1
#define DELAY_MAX_S	3600.0

struct screen {
	const struct top_source *source;
	struct top_options options;
	struct top_round round;
	struct top_table table;
	enum top_page page;
	size_t sort[TOP_PAGES];
	bool is_reversed[TOP_PAGES];
	size_t first; /* row at the top of the table */
	bool is_held, shows_help;
	uint64_t next_ms;
	char notice[ERR_TEXT_BYTES];
};

static volatile sig_atomic_t screen_stop;

static void screen_on_signal(int signal)
{
	screen_stop = signal;
}

static uint64_t screen_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void table_make(struct screen *s)
{
	top_table_free(&s->table);
	if (top_page_make(s->page, &s->round.now, &s->round.rates, &s->table))
		snprintf(s->notice, sizeof(s->notice), "out of memory");
	top_table_sort(&s->table, s->sort[s->page], s->is_reversed[s->page]);
}

/* A failure is shown and tried again: daemons come and go. */
static void screen_take(struct screen *s)
{
	struct err e = ERR_NONE;

	s->next_ms = screen_now_ms() + (uint64_t)(s->options.delay_s * 1000);
	if (top_round_take(s->source, &s->round, &e)) {
		snprintf(s->notice, sizeof(s->notice), "%s", e.text);
		return;
	}
	s->notice[0] = '\0';
	table_make(s);
}

/* --- drawing --- */

static void draw_bar(int y, int x, int columns, const char *title, double share,
		     const char *text)
{
	int width = columns - (int)strlen(title) - 4, full, i;
	int at = width - (int)strlen(text);

	if (width < 4)
		return;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	full = (int)(share * width + 0.5);
	mvprintw(y, x, "%s ", title);
	attron(A_BOLD);
	addch('[');
	attroff(A_BOLD);
	for (i = 0; i < width; i++) {
		char c = i < full ? '|' : ' ';

		if (i >= at)
			c = text[i - at];
		addch((chtype)(unsigned char)c);
	}
	attron(A_BOLD);
	addch(']');
	attroff(A_BOLD);
}

static void draw_first_line(const struct screen *s)
{
	unsigned int running = 0, blocked = 0, paused = 0, ended = 0;
	uint64_t up = s->round.now.machine.at_ns / 1000000000;
	time_t clock = time(NULL);
	struct tm tm;

	for (size_t i = 0; i < s->round.now.domain_count; i++) {
		uint32_t flags = s->round.now.domains[i].info.flags;

		if (flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
			ended++;
		else if (flags & XEN_DOMINF_paused)
			paused++;
		else if (flags & XEN_DOMINF_blocked)
			blocked++;
		else
			running++;
	}
	localtime_r(&clock, &tm);
	mvprintw(0, 0,
		 "vane top - %02d:%02d:%02d, up %llu:%02u:%02u, %zu domains: "
		 "%u running, %u blocked, %u paused, %u ended",
		 tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (unsigned long long)(up / 3600), (unsigned int)(up / 60 % 60),
		 (unsigned int)(up % 60), s->round.now.domain_count, running,
		 blocked, paused, ended);
}

static void draw_memory(const struct screen *s, int y)
{
	double total = (double)s->round.now.machine.total_pages * 4096;
	double used = total - (double)s->round.now.machine.free_pages * 4096;
	char a[8], b[8], text[24];

	top_scale(used, a);
	top_scale(total, b);
	snprintf(text, sizeof(text), "%s of %s", a, b);
	draw_bar(y, 0, COLS, "Mem", total > 0 ? used / total : 0, text);
}

static void draw_cpu(int y, int x, int columns, const char *title, double busy)
{
	char text[16];

	snprintf(text, sizeof(text), "%.1f%%", busy > 0 ? busy * 100 : 0);
	draw_bar(y, x, columns, title, busy, text);
}

/* Gives the first free line. */
static int draw_cpus(const struct screen *s, int y)
{
	const struct meter_cpu_rate *rates = s->round.rates.cpus;
	size_t count = s->round.now.cpu_count;
	int side = COLS / BAR_MIN_COLUMNS;
	double sum = 0;
	char title[24];

	if (side > 4)
		side = 4;
	if (side < 1)
		side = 1;
	if (count > (size_t)side * BARS_MAX) {
		for (size_t i = 0; i < count; i++)
			sum += 1 - rates[i].idle;
		snprintf(title, sizeof(title), "x%zu", count);
		draw_cpu(y, 0, COLS, title, sum / (double)count);
		return y + 1;
	}
	if ((size_t)side > count && count)
		side = (int)count;
	for (size_t i = 0; i < count; i++) {
		snprintf(title, sizeof(title), "%3u", s->round.now.cpus[i].cpu);
		draw_cpu(y + (int)i / side, (int)i % side * (COLS / side),
			 COLS / side, title, 1 - rates[i].idle);
	}
	return y + ((int)count + side - 1) / side;
}

/* How wide the first column is: what the others leave. */
static unsigned int label_width(const struct screen *s)
{
	unsigned int others = 0, columns = (unsigned int)COLS;

	for (size_t i = 1; i < s->table.column_count; i++)
		others += s->table.columns[i].width + 1;
	if (s->options.full_names)
		return LABEL_FULL;
	if (others + LABEL_MIN > columns)
		return LABEL_MIN;
	return columns - others > LABEL_FULL ? LABEL_FULL : columns - others;
}

/* How many columns there is room for; the first is always shown. */
static size_t columns_shown(const struct screen *s)
{
	unsigned int at = label_width(s);
	size_t i;

	for (i = 1; i < s->table.column_count; i++) {
		at += s->table.columns[i].width + 1;
		if (at > (unsigned int)COLS)
			break;
	}
	return i;
}

/* Names are whatever a guest's owner wrote: control bytes become '?'. */
static void draw_text(const char *text, unsigned int width, bool is_left)
{
	size_t length = strlen(text);

	if (length > width)
		length = width;
	if (!is_left)
		printw("%*s", (int)(width - length), "");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		addch(c < 0x20 || c >= 0x7f ? '?' : (chtype)c);
	}
	if (is_left)
		printw("%*s", (int)(width - length), "");
}

static void draw_titles(const struct screen *s, int y)
{
	size_t shown = columns_shown(s);

	move(y, 0);
	for (size_t i = 0; i < shown; i++) {
		const struct top_column *c = &s->table.columns[i];
		attr_t look = A_REVERSE;

		if (i == s->sort[s->page])
			look |= A_BOLD | A_UNDERLINE;
		attron(look);
		draw_text(c->title, i ? c->width : label_width(s), c->is_left);
		attroff(look);
		if (i + 1 < shown) {
			attron(A_REVERSE);
			addch(' ');
			attroff(A_REVERSE);
		}
	}
}

static void draw_row(const struct screen *s, const struct top_row *r, int y)
{
	size_t shown = columns_shown(s);

	move(y, 0);
	draw_text(r->label, label_width(s), true);
	for (size_t i = 1; i < shown; i++) {
		const struct top_column *c = &s->table.columns[i];

		addch(' ');
		draw_text(r->cell[i], c->width, c->is_left);
	}
}

static void draw_help(int y)
{
	static const char *const lines[] = {
		"1 domains       2 virtual CPUs  3 disks and cards",
		"4 CPUs          5 frames        6 hypercalls and faults",
		"Tab             the next of them",
		"< >, s          sort by the column before, the next one",
		"r               the other way round",
		"arrows, pages   scroll",
		"f               whole names",
		"d               how often (seconds)",
		"p, space        hold; look now",
		"q               leave",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		mvaddnstr(y + (int)i, 2, lines[i], COLS > 2 ? COLS - 2 : 0);
}

static void draw_last_line(const struct screen *s)
{
	move(LINES - 1, 0);
	if (s->notice[0]) {
		attron(A_BOLD);
		addnstr(s->notice, COLS - 1);
		attroff(A_BOLD);
		return;
	}
	printw("%s, by %s%s, every %g s%s  [?] keys [q] leave",
	       top_page_title(s->page),
	       s->table.columns ? s->table.columns[s->sort[s->page]].title : "",
	       s->is_reversed[s->page] ? " reversed" : "", s->options.delay_s,
	       s->is_held ? ", held" : "");
}

static void screen_draw(struct screen *s)
{
	size_t rows;
	int y;

	erase();
	if (s->round.count) {
		draw_first_line(s);
		draw_memory(s, 1);
		y = draw_cpus(s, 2);
		rows = LINES - y > 2 ? (size_t)(LINES - y - 2) : 0;
		if (s->first + rows > s->table.row_count)
			s->first = s->table.row_count > rows
					   ? s->table.row_count - rows
					   : 0;
		if (s->shows_help) {
			draw_help(y + 1);
		} else {
			draw_titles(s, y);
			for (size_t i = 0;
			     i < rows && s->first + i < s->table.row_count; i++)
				draw_row(s, &s->table.rows[s->first + i],
					 y + 1 + (int)i);
		}
	}
	draw_last_line(s);
	refresh();
}

/* --- keys --- */

static void ask_delay(struct screen *s)
{
	char text[16] = "", *end;
	double delay;

	mvprintw(LINES - 1, 0, "seconds: ");
	clrtoeol();
	timeout(-1);
	echo();
	if (getnstr(text, sizeof(text) - 1) == ERR)
		text[0] = '\0';
	noecho();
	delay = strtod(text, &end);
	if (end != text && *end == '\0' && delay >= DELAY_MIN_S &&
	    delay <= DELAY_MAX_S)
		s->options.delay_s = delay;
	else if (text[0])
		snprintf(s->notice, sizeof(s->notice),
			 "'%s' is no time: %g to %g seconds", text, DELAY_MIN_S,
			 DELAY_MAX_S);
	s->next_ms = screen_now_ms();
}

static void page_show(struct screen *s, enum top_page page)
{
	s->page = page;
	s->first = 0;
	table_make(s);
}

static void sort_by(struct screen *s, size_t column)
{
	s->sort[s->page] = column;
	s->is_reversed[s->page] = false;
	table_make(s);
}

static void scroll_by(struct screen *s, long rows)
{
	if (rows < 0 && (size_t)-rows > s->first)
		s->first = 0;
	else
		s->first = (size_t)((long)s->first + rows);
}

/* Those that change what is shown; true: the key was one of them. */
static bool key_turns(struct screen *s, int key)
{
	size_t columns = s->table.column_count, sort = s->sort[s->page];

	if (key >= '1' && key < '1' + TOP_PAGES)
		page_show(s, (enum top_page)(key - '1'));
	else if (key == '\t')
		page_show(s, (enum top_page)((s->page + 1) % TOP_PAGES));
	else if (key == 'V')
		page_show(s, TOP_VCPUS);
	else if (key == 'N' || key == 'B')
		page_show(s, TOP_DEVICES);
	else if ((key == '>' || key == 's' || key == 'S') && columns)
		sort_by(s, (sort + 1) % columns);
	else if (key == '<' && columns)
		sort_by(s, (sort + columns - 1) % columns);
	else
		return false;
	return true;
}

/* False: it is to end. */
static bool key_take(struct screen *s, int key)
{
	if (key_turns(s, key))
		return true;
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 'r':
		s->is_reversed[s->page] = !s->is_reversed[s->page];
		table_make(s);
		break;
	case 'f':
		s->options.full_names = !s->options.full_names;
		break;
	case 'd':
	case 'D':
		ask_delay(s);
		break;
	case 'p':
		s->is_held = !s->is_held;
		break;
	case ' ':
		s->next_ms = 0;
		break;
	case '?':
	case 'h':
		s->shows_help = !s->shows_help;
		break;
	case KEY_UP:
		scroll_by(s, -1);
		break;
	case KEY_DOWN:
		scroll_by(s, 1);
		break;
	case KEY_PPAGE:
		scroll_by(s, -(LINES / 2));
		break;
	case KEY_NPAGE:
		scroll_by(s, LINES / 2);
		break;
	case KEY_HOME:
		s->first = 0;
		break;
	case KEY_END:
		s->first = s->table.row_count;
		break;
	default:
		break;
	}
	return true;
}

static void screen_run(struct screen *s)
{
	bool goes_on = true;

	while (goes_on && !screen_stop) {
		uint64_t now = screen_now_ms();
		int key, wait = 1000;

		if (now >= s->next_ms && (!s->is_held || !s->next_ms)) {
			screen_take(s);
			if (s->options.rounds &&
			    s->round.count > s->options.rounds)
				return;
		}
		screen_draw(s);
		if (s->next_ms > now && s->next_ms - now < 1000)
			wait = (int)(s->next_ms - now);
		timeout(wait);
		key = getch();
		/* The terminal has gone. */
		if (key == ERR && !isatty(STDIN_FILENO))
			return;
		if (key != ERR)
			goes_on = key_take(s, key);
	}
}

int top_screen(const struct top_source *source, const struct top_options *o,
	       struct err *e)
{
	struct sigaction sa = {.sa_handler = screen_on_signal};
	struct screen s = {.source = source, .options = *o};
	const char *term = getenv("TERM");
	SCREEN *terminal;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(e, ENOTTY,
			       "this is no terminal to draw on; 'vane top -b' "
			       "prints lines");
	terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL)
		return err_set(e, ENOTTY,
			       "nothing is known here of a terminal called "
			       "'%s'; try 'TERM=vt100 vane top', or 'vane top "
			       "-b'",
			       term ? term : "");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	for (int i = 0; i < TOP_PAGES; i++)
		s.sort[i] = top_page_sort((enum top_page)i);
	screen_run(&s);
	endwin();
	delscreen(terminal);
	top_table_free(&s.table);
	top_round_free(&s.round);
	return 0;
}
