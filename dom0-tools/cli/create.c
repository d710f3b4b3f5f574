/* SPDX-License-Identifier: MIT */
/*
 * `vane create`: reads the configuration, has the builder create the domain,
 * and shows what it took. Ctrl-C, and being told to end, stop the creation
 * at its next safe point and undo it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "builder/bootdisk.h"
#include "builder/check.h"
#include "builder/create.h"
#include "cli/cli.h"
#include "cli/keep.h"
#include "cli/mem.h"
#include "lib/json.h"
#include "lib/reach.h"

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

static int create_read_config(const struct cli_args *a, struct config *c,
			      struct err *e)
{
	const char *file = cli_value(a, 'f');
	char **overrides = a->words;
	int override_count = a->count;
	uint8_t seed[16];
	size_t length = 0;
	char *text = NULL;
	int rc;

	if (file == NULL) {
		file = *overrides++;
		override_count--;
	}
	if (cli_is_xl() && !cli_has(a, 'q'))
		fprintf(stderr, "Parsing config from %s\n", file);
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return err_set(e, errno, "no random numbers to be had: %s",
			       strerror(errno));
	rc = keep_read_file(file, &text, &length, e);
	if (rc)
		return rc;
	rc = config_parse(c, file, text, length, (const char *const *)overrides,
			  (size_t)override_count, seed, e);
	free(text);
	if (rc)
		return rc;
	for (size_t i = 0; i < c->warning_count && !cli_has(a, 'q'); i++)
		cli_warn("%s", c->warnings[i]);
	return 0;
}

static void create_show_phases(const struct create_result *r)
{
	bool colour = cli_is_terminal(stderr);
	uint64_t total = 0;

	for (int i = 0; i < CREATE_PHASES; i++) {
		fprintf(stderr, "%s%10.3f ms%s  %s\n", colour ? "\033[1m" : "",
			(double)r->phase_ns[i] / 1e6, colour ? "\033[0m" : "",
			create_phase_name(i));
		total += r->phase_ns[i];
	}
	fprintf(stderr, "%10.3f ms  in all, %.3f ms of it on the CPU\n",
		(double)total / 1e6, (double)r->cpu_ns / 1e6);
}

static void create_show_json(const struct config *c,
			     const struct create_result *r, bool paused)
{
	struct json j;

	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_uint(&j, "domid", r->domid);
	json_string(&j, "name", c->name);
	json_bool(&j, "paused", paused);
	json_open_array(&j, "phases");
	for (int i = 0; i < CREATE_PHASES; i++) {
		json_open_object(&j, NULL);
		json_string(&j, "phase", create_phase_name(i));
		json_double(&j, "ms", (double)r->phase_ns[i] / 1e6);
		json_close_object(&j);
	}
	json_close_array(&j);
	json_double(&j, "cpu_ms", (double)r->cpu_ns / 1e6);
	json_close_object(&j);
	json_end(&j);
}

/* What follows once it runs: its console, or the wait for its end. */
static int create_follow(const struct cli_args *a, uint16_t domid)
{
	struct cli c;
	int status;

	if (!cli_has(a, 'c') && !cli_has(a, 'F'))
		return CLI_OK;
	status = cli_open(&c);
	if (status)
		return status;
	if (cli_has(a, 'c'))
		status = console_run(&c, domid, !cli_has(a, 'p'));
	if (status == CLI_OK && cli_has(a, 'F'))
		status = shutdown_await(&c, &domid, 1);
	cli_close(&c);
	return status;
}

/* It is there, but without those who would serve it. */
static void create_warn(const struct config *c, const struct create_result *r)
{
	if (r->no_vaned)
		cli_warn("%s: vaned does not run, so nobody will act when it "
			 "powers off or reboots; start it: '%svaned'",
			 c->name, reach_starter());
	if (r->no_console)
		cli_warn("%s: vane-consoled does not answer, so what it prints "
			 "is not kept; start it: '%svane-consoled'",
			 c->name, reach_starter());
}

static int create_run(const struct cli_args *a, const struct config *c,
		      struct err *e)
{
	bool paused = cli_has(a, 'p');
	struct create_options o = {
		/* Attached first, so that no line is missed. */
		.paused = paused || cli_has(a, 'c'),
		.stop = &create_stop,
		.progress = cli_is_terminal(stderr) ? mem_show_progress : NULL,
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
	if (!cli_has(a, 'q'))
		create_warn(c, &r);
	if (cli_has(a, 'v'))
		create_show_phases(&r);
	if (cli_has(a, 'j'))
		create_show_json(c, &r, paused);
	else if (!cli_has(a, 'q') && !cli_is_xl())
		printf("%s: domain %u%s\n", c->name, r.domid,
		       paused ? ", paused" : "");
	fflush(stdout);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	return create_follow(a, r.domid);
}

/* What a creation would stumble over at once; nothing is asked of anybody. */
static void create_warn_missing(const struct config *c)
{
	bool *is_device = calloc(c->disk_count + 1, sizeof(*is_device));
	struct err e = ERR_NONE;

	if (config_boot_entry(c) == NULL && access(c->kernel, R_OK) < 0)
		cli_warn("kernel %s: %s", c->kernel, strerror(errno));
	if (c->ramdisk && access(c->ramdisk, R_OK) < 0)
		cli_warn("ramdisk %s: %s", c->ramdisk, strerror(errno));
	if (is_device && check_disks(c, is_device, &e))
		cli_warn("%s", e.text);
	err_clear(&e);
	if (check_vifs(c, &e))
		cli_warn("%s", e.text);
	free(is_device);
}

/* What would be created; of a disk that boots by itself, what it boots. */
static int create_show(const struct config *c, bool warn, struct err *e)
{
	if (warn)
		create_warn_missing(c);
	config_print(c, stdout);
	fflush(stdout);
	if (config_boot_entry(c) && bootdisk_show(c, stdout, e))
		return cli_print_error(e);
	return CLI_OK;
}

int cli_create(int argc, char **argv)
{
	struct err e = ERR_NONE;
	struct cli_args a;
	struct config c;
	int status = cli_parse(argc, argv, 0, argc, &a);

	if (status)
		return status;
	if (a.count == 0 && !cli_has(&a, 'f'))
		return cli_usage("create");
	if (create_read_config(&a, &c, &e))
		return cli_print_error(&e);
	if (cli_has(&a, 'n'))
		status = create_show(&c, !cli_has(&a, 'q') && !cli_is_xl(), &e);
	else
		status = create_run(&a, &c, &e);
	config_free(&c);
	return status;
}
