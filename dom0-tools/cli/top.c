/* SPDX-License-Identifier: MIT */
/*
 * `vane top`: who uses what, live, or with -b or --json for programs. Each
 * round is a snapshot of the hypervisor's and the back ends' meters; rates
 * are what lies between two of them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/top.h"

#define DELAY_DEFAULT_S 3
#define DELAY_MIN_S	0.1
#define DELAY_MAX_S	3600
#define ROUNDS_MAX	1000000000

int top_round_take(const struct top_source *source, struct top_round *r,
		   struct err *e)
{
	struct meter_snapshot now;
	struct meter_rates rates;
	int rc = meter_take(source->privcmd, source->store,
			    METER_DEVICES | METER_FRAMES, &now);

	if (rc == -ENOSYS || rc == -EOPNOTSUPP)
		return err_set(e, rc,
			       "this hypervisor has no meters; 'vane list' "
			       "shows CPU time and memory");
	if (rc)
		return err_set(e, rc, "cannot read the meters (%s)",
			       err_name(rc));
	rc = meter_rates(r->count ? &r->now : NULL, &now, &rates);
	if (rc) {
		meter_free(&now);
		return err_set(e, rc, "out of memory");
	}
	meter_free(&r->before);
	meter_rates_free(&r->rates);
	r->before = r->now;
	r->now = now;
	r->rates = rates;
	r->count++;
	return 0;
}

void top_round_free(struct top_round *r)
{
	meter_free(&r->before);
	meter_free(&r->now);
	meter_rates_free(&r->rates);
}

/* False: whoever read what is printed has left. */
static bool top_wait(double seconds)
{
	struct pollfd reader = {STDOUT_FILENO, 0, 0}; /* POLLERR comes */

	return poll(&reader, 1, (int)(seconds * 1000)) <= 0;
}

static int top_print(const struct top_round *round, const struct top_options *o,
		     bool is_json)
{
	const struct meter_rates *rates =
		round->count > 1 ? &round->rates : NULL;
	struct json j;
	char *text;

	if (is_json) {
		if (o->rounds == 1)
			json_begin(&j, stdout);
		else
			json_begin_line(&j, stdout);
		top_json(&j, &round->now, rates);
		json_end(&j);
	} else {
		text = top_batch(&round->now, rates, o);
		if (text == NULL)
			return -ENOMEM;
		fputs(text, stdout);
		free(text);
	}
	fflush(stdout);
	return 0;
}

static int top_lines(struct cli *c, const struct top_source *source,
		     const struct top_options *o, bool is_json)
{
	struct top_round round = {0};
	int rc = 0;

	for (;;) {
		rc = top_round_take(source, &round, &c->err);
		if (rc == 0 && top_print(&round, o, is_json))
			rc = err_set(&c->err, ENOMEM, "out of memory");
		if (rc || (o->rounds && round.count >= o->rounds) ||
		    ferror(stdout) || !top_wait(o->delay_s))
			break;
	}
	top_round_free(&round);
	return rc ? cli_fail(c) : CLI_OK;
}

static int top_refuse(const char *what, const char *text, const char *range)
{
	struct err e = ERR_NONE;

	err_set(&e, EINVAL, "'%s' is no %s: %s", text, what, range);
	cli_print_error(&e);
	return cli_is_xl() ? CLI_FAILURE : CLI_USAGE;
}

static int top_parse(const struct cli_args *a, struct top_options *o)
{
	const char *delay = cli_value(a, 'd'), *rounds = cli_value(a, 'i');
	char *end;

	*o = (struct top_options){
		.delay_s = DELAY_DEFAULT_S,
		.rounds = cli_has(a, 'j') ? 1 : 0,
		.full_names = cli_has(a, 'f'),
		.vcpus = cli_has(a, 'v'),
		.networks = cli_has(a, 'n'),
		.disks = cli_has(a, 'x'),
	};
	if (delay) {
		o->delay_s = strtod(delay, &end);
		if (end == delay || *end || !(o->delay_s >= DELAY_MIN_S) ||
		    !(o->delay_s <= DELAY_MAX_S))
			return top_refuse("time between two rounds", delay,
					  "0.1 to 3600 seconds");
	}
	if (rounds) {
		errno = 0;
		o->rounds = strtoul(rounds, &end, 10);
		if (*rounds < '0' || *rounds > '9' || *end || errno ||
		    o->rounds < 1 || o->rounds > ROUNDS_MAX)
			return top_refuse("number of rounds", rounds,
					  "1 to 1000000000");
	}
	return CLI_OK;
}

int cli_top(int argc, char **argv)
{
	struct top_options o;
	struct top_source source;
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 0, &a);

	if (status == CLI_OK)
		status = top_parse(&a, &o);
	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	source = (struct top_source){c.privcmd, c.store};
	if (cli_has(&a, 'b') || cli_has(&a, 'j'))
		status = top_lines(&c, &source, &o, cli_has(&a, 'j'));
	else if (top_screen(&source, &o, &c.err))
		status = cli_fail(&c);
	cli_close(&c);
	return status;
}
