/* SPDX-License-Identifier: MIT */
/* The index of names: every name has a path of its own, and a valid one. */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/config.h"
#include "lib/domname.h"

TestSuite(domname);

Test(domname, letters_digits_and_dashes_stand_for_themselves)
{
	char path[NAMES_PATH_BYTES];

	domname_path("Web-1", path);
	cr_assert_str_eq(path, "/tool/vane/names/Web-1");
}

Test(domname, other_characters_are_written_as_numbers)
{
	char path[NAMES_PATH_BYTES];

	domname_path("a.b_c@d:e+f", path);
	cr_assert_str_eq(path, "/tool/vane/names/a_2eb_5fc_40d_3ae_2bf");
}

Test(domname, the_longest_name_fits)
{
	char name[CONFIG_NAME_MAX + 1], path[NAMES_PATH_BYTES];

	memset(name, '.', CONFIG_NAME_MAX);
	name[CONFIG_NAME_MAX] = '\0';
	domname_path(name, path);
	cr_assert_eq(strlen(path), strlen(NAMES_DIR) + 1 + 3 * CONFIG_NAME_MAX);
}
