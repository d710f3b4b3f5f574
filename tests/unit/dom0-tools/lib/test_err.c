/* SPDX-License-Identifier: MIT */
/* The line that explains a failure: who may set it, and what it looks like. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/err.h"

TestSuite(err);

Test(err, the_first_reason_wins)
{
	struct err e = ERR_NONE;

	cr_assert_eq(err_set(&e, ENOENT, "disk %s is missing", "xvda"),
		     -ENOENT);
	cr_assert_eq(err_set(&e, EIO, "could not create"), -ENOENT);
	cr_assert_str_eq(e.text, "disk xvda is missing");
	cr_assert_eq(e.code, ENOENT);
}

Test(err, a_code_of_either_sign_or_none_fails)
{
	struct err e = ERR_NONE;

	cr_assert_eq(err_set(&e, -ENOMEM, "x"), -ENOMEM);
	err_clear(&e);
	cr_assert(!err_is_set(&e));
	cr_assert_eq(err_set(&e, 0, "x"), -EIO);
	cr_assert(err_is_set(&e));
	cr_assert_eq(err_set(NULL, EPERM, "x"), -EPERM);
}

Test(err, what_a_guest_wrote_stays_on_one_line)
{
	struct err e = ERR_NONE;

	err_set(&e, EIO, "it says: %s", "a\nvane: all is well\x1b[2J\x7f");
	cr_assert_str_eq(e.text, "it says: a?vane: all is well?[2J?");
}

Test(err, a_prefix_stands_before_the_reason)
{
	struct err e = ERR_NONE;

	err_set(&e, EIO, "no space");
	cr_assert_eq(err_prefix(&e, "kernel %s", "/k"), -EIO);
	cr_assert_str_eq(e.text, "kernel /k: no space");
}

Test(err, a_line_too_long_is_cut_and_ended)
{
	struct err e = ERR_NONE;
	char text[2 * ERR_TEXT_BYTES];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, EIO, "%s", text);
	cr_assert_eq(strlen(e.text), ERR_TEXT_BYTES - 1);
	err_prefix(&e, "%s", text);
	cr_assert_eq(strlen(e.text), ERR_TEXT_BYTES - 1);
}
