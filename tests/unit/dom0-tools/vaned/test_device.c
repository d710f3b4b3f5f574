/* SPDX-License-Identifier: MIT */
/* The states of a back end, a row for each move; keys, modes, tags. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "public/io/xenbus.h"
#include "vaned/device.h"

TestSuite(vaned_device);

/* A healthy device of a living domain; rows change one thing each. */
#define HEALTHY                                                                \
	.dir_exists = true, .is_complete = true, .is_online = true,            \
	.state = XenbusStateInitWait, .domain_alive = true,                    \
	.driver_bound = true

struct row {
	const char *what;
	enum device_phase phase;
	struct device_facts facts;
	enum device_step step;
};

#define DEAD_WITH_DRIVER                                                       \
	.dir_exists = true, .is_complete = true, .driver_bound = true,         \
	.state = XenbusStateClosing

static const struct row rows[] = {
	{"a new one is connected", DEVICE_NEW, {HEALTHY}, DEVICE_STEP_CONNECT},
	{"a half-written one waits for the toolstack",
	 DEVICE_NEW,
	 {.dir_exists = true, .domain_alive = true},
	 DEVICE_STEP_NONE},
	{"one of a dead domain is closed",
	 DEVICE_NEW,
	 {DEAD_WITH_DRIVER},
	 DEVICE_STEP_CLOSE},
	{"a half-written one of a dead domain is closed",
	 DEVICE_NEW,
	 {.dir_exists = true},
	 DEVICE_STEP_CLOSE},
	{"one whose directory is gone is released",
	 DEVICE_NEW,
	 {.domain_alive = true},
	 DEVICE_STEP_RELEASE},

	{"waiting tries again", DEVICE_WAITING, {HEALTHY}, DEVICE_STEP_CONNECT},
	{"waiting ends",
	 DEVICE_WAITING,
	 {HEALTHY, .is_late = true},
	 DEVICE_STEP_FAIL},
	{"the domain dies while we wait",
	 DEVICE_WAITING,
	 {DEAD_WITH_DRIVER},
	 DEVICE_STEP_CLOSE},
	{"the directory goes while we wait",
	 DEVICE_WAITING,
	 {.domain_alive = true},
	 DEVICE_STEP_RELEASE},

	{"a script is being run for it",
	 DEVICE_WAITING,
	 {HEALTHY, .is_busy = true, .is_late = true},
	 DEVICE_STEP_NONE},
	{"a script is being run, and all is gone meanwhile",
	 DEVICE_CLOSING,
	 {.is_busy = true},
	 DEVICE_STEP_NONE},
	{"a connected one is left in peace",
	 DEVICE_CONNECTED,
	 {HEALTHY, .is_late = true},
	 DEVICE_STEP_NONE},
	{"the domain dies",
	 DEVICE_CONNECTED,
	 {DEAD_WITH_DRIVER},
	 DEVICE_STEP_CLOSE},
	{"one whose driver came anew is connected anew",
	 DEVICE_CONNECTED,
	 {HEALTHY, .driver_waits = true},
	 DEVICE_STEP_CONNECT},
	{"unless its domain died meanwhile",
	 DEVICE_CONNECTED,
	 {DEAD_WITH_DRIVER, .driver_waits = true},
	 DEVICE_STEP_CLOSE},
	{"a guest may close and open again",
	 DEVICE_CONNECTED,
	 {.dir_exists = true,
	  .is_complete = true,
	  .is_online = true,
	  .state = XenbusStateClosed,
	  .domain_alive = true},
	 DEVICE_STEP_NONE},
	{"a detached one is closed",
	 DEVICE_CONNECTED,
	 {.dir_exists = true,
	  .is_complete = true,
	  .is_online = false,
	  .state = XenbusStateClosing,
	  .domain_alive = true},
	 DEVICE_STEP_CLOSE},
	{"offline alone is no removal yet",
	 DEVICE_CONNECTED,
	 {.dir_exists = true,
	  .is_complete = true,
	  .is_online = false,
	  .state = XenbusStateConnected,
	  .domain_alive = true},
	 DEVICE_STEP_NONE},
	{"reconfiguring is not closing",
	 DEVICE_CONNECTED,
	 {.dir_exists = true,
	  .is_complete = true,
	  .is_online = false,
	  .state = XenbusStateReconfiguring,
	  .domain_alive = true},
	 DEVICE_STEP_NONE},
	{"the toolstack removes the directory",
	 DEVICE_CONNECTED,
	 {.domain_alive = true},
	 DEVICE_STEP_RELEASE},

	{"a failed one stays failed",
	 DEVICE_FAILED,
	 {HEALTHY},
	 DEVICE_STEP_NONE},
	{"a failed one of a dead domain is closed",
	 DEVICE_FAILED,
	 {DEAD_WITH_DRIVER},
	 DEVICE_STEP_CLOSE},

	{"the driver still has it",
	 DEVICE_CLOSING,
	 {DEAD_WITH_DRIVER},
	 DEVICE_STEP_NONE},
	{"the driver has closed it",
	 DEVICE_CLOSING,
	 {.dir_exists = true, .driver_bound = true, .state = XenbusStateClosed},
	 DEVICE_STEP_RELEASE},
	{"no driver ever had it",
	 DEVICE_CLOSING,
	 {.dir_exists = true, .state = XenbusStateInitialising},
	 DEVICE_STEP_RELEASE},
	{"a dead domain's driver does not let go",
	 DEVICE_CLOSING,
	 {DEAD_WITH_DRIVER, .is_late = true},
	 DEVICE_STEP_RELEASE},
	{"a living guest has it mounted",
	 DEVICE_CLOSING,
	 {DEAD_WITH_DRIVER, .domain_alive = true, .is_late = true},
	 DEVICE_STEP_NONE},
	{"and has unmounted it at last",
	 DEVICE_CLOSING,
	 {.dir_exists = true,
	  .driver_bound = true,
	  .domain_alive = true,
	  .is_late = true,
	  .state = XenbusStateClosed},
	 DEVICE_STEP_RELEASE},
	{"the directory went first", DEVICE_CLOSING, {0}, DEVICE_STEP_RELEASE},
};

Test(vaned_device, each_move_is_as_the_picture_in_the_header_says)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(device_step(rows[i].phase, &rows[i].facts),
			     rows[i].step, "%s: %s",
			     device_phase_name(rows[i].phase), rows[i].what);
}

Test(vaned_device, a_closing_device_never_connects_whatever_is_the_case)
{
	for (unsigned int bits = 0; bits < 64; bits++) {
		for (unsigned int state = 0; state <= 9; state++) {
			struct device_facts f = {
				.dir_exists = bits & 1,
				.is_complete = bits & 2,
				.is_online = bits & 4,
				.domain_alive = bits & 8,
				.driver_bound = bits & 16,
				.is_late = bits & 32,
				.state = state,
			};
			enum device_step s = device_step(DEVICE_CLOSING, &f);

			cr_assert(s == DEVICE_STEP_NONE ||
				  s == DEVICE_STEP_RELEASE);
		}
	}
}

Test(vaned_device, a_late_closing_device_is_always_released)
{
	struct device_facts f = {DEAD_WITH_DRIVER, .is_late = true};

	for (f.state = 0; f.state <= 9; f.state++)
		cr_assert_eq(device_step(DEVICE_CLOSING, &f),
			     DEVICE_STEP_RELEASE);
}

Test(vaned_device, a_watched_path_gives_the_device_and_the_node)
{
	struct device_key key;
	const char *node;

	cr_assert_eq(device_key_parse("/local/domain/0/backend/vbd/5/51712",
				      &key, &node),
		     0);
	cr_assert_eq(key.kind, DEVICE_VBD);
	cr_assert_eq(key.domid, 5);
	cr_assert_eq(key.devid, 51712);
	cr_assert_str_eq(node, "");
	cr_assert_eq(device_key_parse("/local/domain/0/backend/vif/12/0/state",
				      &key, &node),
		     0);
	cr_assert_eq(key.kind, DEVICE_VIF);
	cr_assert_str_eq(node, "state");
}

Test(vaned_device, other_paths_are_no_devices)
{
	static const char *const paths[] = {
		"",
		"/",
		"/local/domain/0/backend/vbd",
		"/local/domain/0/backend/vbd/5",
		"/local/domain/0/backend/vbd/5/",
		"/local/domain/0/backend/vbd/x/1",
		"/local/domain/0/backend/vbd/5/1x",
		"/local/domain/0/backend/vbd/-5/1",
		"/local/domain/0/backend/vbd/32752/1",
		"/local/domain/0/backend/vbd/99999999999999999999/1",
		"/local/domain/0/backend/vbd/5/4294967296",
		"/local/domain/0/backend/qdisk/5/1",
		"/local/domain/0/backend/vbdx/5/1",
		"/local/domain/1/backend/vbd/5/1",
	};
	struct device_key key;
	const char *node;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		cr_expect_eq(device_key_parse(paths[i], &key, &node), -EINVAL,
			     "%s", paths[i]);
}

Test(vaned_device, a_tag_leads_back_to_its_device)
{
	struct device_key in = {DEVICE_VBD, 32751, 4294967295u}, out;
	char tag[64];

	device_tag_format(tag, sizeof(tag), &in);
	cr_assert_eq(device_tag_parse(tag, &out), 0);
	cr_assert_eq(out.kind, in.kind);
	cr_assert_eq(out.domid, in.domid);
	cr_assert_eq(out.devid, in.devid);
	cr_assert_eq(device_tag_parse("/home/me/vane:vbd:1:2", &out), -EINVAL);
	cr_assert_eq(device_tag_parse("vane:vbd:1:2x", &out), -EINVAL);
	cr_assert_eq(device_tag_parse("vane:vbd:1", &out), -EINVAL);
	cr_assert_eq(device_tag_parse("", &out), -EINVAL);
}

Test(vaned_device, a_writable_disk_is_nobody_elses)
{
	static const struct {
		const char *new_use, *present;
		bool conflict;
	} uses[] = {
		{"r", "r", false},  {"r", "w", true},	{"r", "w!", true},
		{"w", "r", true},   {"w", "w", true},	{"w", "w!", true},
		{"w!", "r", false}, {"w!", "w", false}, {"w!", "w!", false},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		enum disk_mode a, b;

		cr_assert_eq(disk_mode_parse(uses[i].new_use, &a), 0);
		cr_assert_eq(disk_mode_parse(uses[i].present, &b), 0);
		cr_expect_eq(disk_mode_conflict(a, b), uses[i].conflict,
			     "%s after %s", uses[i].new_use, uses[i].present);
	}
}

Test(vaned_device, a_mode_is_r_w_or_w_with_a_shout)
{
	static const char *const good[] = {"r", "ro", "w", "rw", "w!", "rw!"};
	static const char *const bad[] = {"", "x", "r!", "ww", "W", "r "};
	enum disk_mode mode;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_expect_eq(disk_mode_parse(good[i], &mode), 0);
		cr_expect_eq(disk_mode_name(mode)[0],
			     strchr(good[i], 'w') ? 'w' : 'r');
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(disk_mode_parse(bad[i], &mode), -EINVAL, "%s",
			     bad[i]);
}
