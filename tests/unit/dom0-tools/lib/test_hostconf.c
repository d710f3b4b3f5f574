/* SPDX-License-Identifier: MIT */
/* /etc/vane/vane.conf: what it may say, and the line when it says else. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "lib/hostconf.h"

TestSuite(hostconf);

struct conf_row {
	char text[96];
	int rc;
	enum hostconf_autoballoon autoballoon;
	uint64_t floor;
	char line[128]; /* in the error */
};

ParameterizedTestParameters(hostconf, says)
{
	static struct conf_row rows[] = {
		{"", 0, AUTOBALLOON_AUTO, 256, ""},
		{"# nothing\n\n", 0, AUTOBALLOON_AUTO, 256, ""},
		{"autoballoon=\"on\"", 0, AUTOBALLOON_ON, 256, ""},
		{"autoballoon = 'off'\n", 0, AUTOBALLOON_OFF, 256, ""},
		{"autoballoon=\"auto\"", 0, AUTOBALLOON_AUTO, 256, ""},
		{"autoballoon=1", 0, AUTOBALLOON_ON, 256, ""},
		{"autoballoon=0", 0, AUTOBALLOON_OFF, 256, ""},
		{"dom0_floor=64;autoballoon=0", 0, AUTOBALLOON_OFF, 64, ""},
		{"autoballoon=2", -EINVAL, 0, 0,
		 "f:1:13: autoballoon is \"auto\", \"on\" or \"off\""},
		{"autoballoon=[\"on\"]", -EINVAL, 0, 0, "f:1:13: autoballoon"},
		{"\ndom0_floor=63", -EINVAL, 0, 0,
		 "f:2:12: dom0_floor is a number of MiB, 64 or more"},
		{"dom0_floor=\"256\"", -EINVAL, 0, 0, "f:1:12: dom0_floor"},
		{"dom0_floor=[]", -EINVAL, 0, 0, "f:1:12: dom0_floor"},
		{"dom0_floor=18446744073709551615", -EINVAL, 0, 0,
		 "dom0_floor"},
		{"autobaloon=1", -EINVAL, 0, 0,
		 "f:1:1: there is no setting 'autobaloon'; did you mean "
		 "autoballoon?"},
		{"dom0_flor=99", -EINVAL, 0, 0, "did you mean dom0_floor?"},
		{"autoballoon=", -EINVAL, 0, 0, "f:1:"},
	};

	return cr_make_param_array(struct conf_row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct conf_row *row, hostconf, says)
{
	struct err e = ERR_NONE;
	struct hostconf h;

	cr_assert_eq(hostconf_parse(&h, "f", row->text, strlen(row->text), &e),
		     row->rc, "%s: %s", row->text, e.text);
	if (row->rc) {
		cr_assert(strstr(e.text, row->line), "%s: %s", row->text,
			  e.text);
		return;
	}
	cr_assert_eq(h.autoballoon, row->autoballoon);
	cr_assert_eq(h.dom0_floor_mib, row->floor);
}

Test(hostconf, dom0_mem_is_found_as_a_word_of_its_own)
{
	cr_assert(hostconf_has_dom0_mem("dom0_mem=1G"));
	cr_assert(
		hostconf_has_dom0_mem("image console=com1 dom0_mem=1G,max:2G"));
	cr_assert(hostconf_has_dom0_mem("xdom0_mem=2 dom0_mem=1"));
	cr_assert_not(hostconf_has_dom0_mem(""));
	cr_assert_not(hostconf_has_dom0_mem("nodom0_mem=1G dom0_max_vcpus=1"));
	cr_assert_not(hostconf_has_dom0_mem("console=com1 dom0_mem"));
}
