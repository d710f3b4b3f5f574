/* SPDX-License-Identifier: MIT */
/*
 * `vane create`: reads the configuration, has the builder create the domain,
 * and shows what it took. Ctrl-C, and being told to end, stop the creation
 * at its next safe point and undo it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/create.h"
#include "cli/cli.h"
#include "cli/mem.h"
#include "lib/cfgfile.h"

struct create_arguments {
	bool console;
	bool paused;
	bool dry;
	bool verbose;
	bool quiet;
	const char *file;
	char **overrides;
	int override_count;
};

static volatile sig_atomic_t create_stop;

static void create_on_signal(int signal)
{
	create_stop = signal;
}

static void create_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = create_on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static int create_read_file(const char *path, char **text, size_t *length,
			    struct err *e)
{
	struct stat st;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		int rc = errno;

		if (fd >= 0)
			close(fd);
		return err_set(e, rc, "%s: %s", path, strerror(rc));
	}
	if (!S_ISREG(st.st_mode) || st.st_size > CFG_BYTES_MAX) {
		close(fd);
		return err_set(e, EINVAL,
			       "%s: no configuration (a file of at most %d "
			       "KiB)",
			       path, CFG_BYTES_MAX / 1024);
	}
	*text = malloc((size_t)st.st_size + 1);
	*length = 0;
	while (*text && *length < (size_t)st.st_size) {
		n = read(fd, *text + *length, (size_t)st.st_size - *length);
		if (n <= 0)
			break;
		*length += (size_t)n;
	}
	close(fd);
	if (*text == NULL || n < 0) {
		free(*text);
		return err_set(e, EIO, "%s: cannot be read", path);
	}
	return 0;
}

static int create_read_config(const struct create_arguments *a,
			      struct config *c, struct err *e)
{
	uint8_t seed[16];
	size_t length = 0;
	char *text = NULL;
	int rc;

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return err_set(e, errno, "no random numbers to be had: %s",
			       strerror(errno));
	rc = create_read_file(a->file, &text, &length, e);
	if (rc)
		return rc;
	rc = config_parse(c, a->file, text, length,
			  (const char *const *)a->overrides,
			  (size_t)a->override_count, seed, e);
	free(text);
	if (rc)
		return rc;
	for (size_t i = 0; i < c->warning_count && !a->quiet; i++)
		fprintf(stderr, "vane create: warning: %s\n", c->warnings[i]);
	return 0;
}

static void create_show_phases(const struct create_result *r)
{
	uint64_t total = 0;

	for (int i = 0; i < CREATE_PHASES; i++) {
		fprintf(stderr, "%10.3f ms  %s\n", (double)r->phase_ns[i] / 1e6,
			create_phase_name(i));
		total += r->phase_ns[i];
	}
	fprintf(stderr, "%10.3f ms  in all, %.3f ms of it on the CPU\n",
		(double)total / 1e6, (double)r->cpu_ns / 1e6);
}

static int create_attach(const struct create_arguments *a, uint16_t domid)
{
	struct cli c;
	int status = cli_open(&c);

	if (status)
		return status;
	status = console_run(&c, domid, !a->paused);
	cli_close(&c);
	return status;
}

static int create_run(const struct create_arguments *a, const struct config *c,
		      struct err *e)
{
	struct create_options o = {
		/* Attached first, so that no line is missed. */
		.paused = a->paused || a->console,
		.stop = &create_stop,
		.progress = isatty(STDERR_FILENO) ? mem_show_progress : NULL,
	};
	struct create_result r;
	int rc;

	create_catch_signals();
	rc = domain_create(c, &o, &r, e);
	mem_end_progress();
	if (rc) {
		err_prefix(e, "%s", c->name);
		return cli_print_error(e);
	}
	if (r.no_vaned && !a->quiet)
		fprintf(stderr,
			"vane create: warning: %s: vaned does not run, "
			"so nobody will act when it powers off or "
			"reboots\n",
			c->name);
	if (a->verbose)
		create_show_phases(&r);
	if (!a->quiet)
		printf("%s: domain %u%s\n", c->name, r.domid,
		       a->paused ? ", paused" : "");
	fflush(stdout);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	return a->console ? create_attach(a, r.domid) : CLI_OK;
}

/* The letters of one word of options. */
static int create_parse_letters(const char *p, struct create_arguments *a)
{
	for (; *p; p++) {
		switch (*p) {
		case 'c':
			a->console = true;
			break;
		case 'p':
			a->paused = true;
			break;
		case 'n':
			a->dry = true;
			break;
		case 'v':
			a->verbose = true;
			break;
		case 'q':
			a->quiet = true;
			break;
		default:
			return cli_usage("create");
		}
	}
	return CLI_OK;
}

/* Options may stand anywhere: no setting begins with '-'. */
static int create_parse_arguments(int argc, char **argv,
				  struct create_arguments *a)
{
	a->overrides = argv; /* filled from the left while it is read */
	for (int i = 1; i < argc; i++) {
		int status = CLI_OK;

		if (argv[i][0] == '-')
			status = create_parse_letters(argv[i] + 1, a);
		else if (a->file == NULL)
			a->file = argv[i];
		else
			a->overrides[a->override_count++] = argv[i];
		if (status)
			return status;
	}
	return a->file ? CLI_OK : cli_usage("create");
}

int cli_create(int argc, char **argv)
{
	struct create_arguments a = {.console = false};
	struct err e = ERR_NONE;
	struct config c;
	int status = create_parse_arguments(argc, argv, &a);

	if (status)
		return status;
	if (create_read_config(&a, &c, &e))
		return cli_print_error(&e);
	if (a.dry)
		config_print(&c, stdout);
	else
		status = create_run(&a, &c, &e);
	config_free(&c);
	return status;
}
