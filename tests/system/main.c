/* SPDX-License-Identifier: MIT */
/*
 * The runner: Criterion's, one test at a time because tests share machines,
 * and no machine survives it.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/options.h>

#include "tests/system/harness.h"

static void on_signal(int number)
{
	machine_kill_all();
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	struct criterion_test_set *tests = criterion_initialize();
	int result = 0;

	criterion_options.jobs = 1;
	if (criterion_handle_args(argc, argv, true)) {
		machine_kill_all();
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		result = !criterion_run_all_tests(tests);
		machine_kill_all();
	}
	criterion_finalize(tests);
	return result;
}
