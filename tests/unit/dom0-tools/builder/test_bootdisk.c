/* SPDX-License-Identifier: MIT */
/* What vane-bootfs answers, as if it were an enemy. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/bootdisk.h"

static struct bootdisk b;
static struct err err;

static void setup(void)
{
	memset(&b, 0, sizeof(b));
	err_clear(&err);
}

static void teardown(void)
{
	arena_free(&b.arena);
}

TestSuite(bootdisk, .init = setup, .fini = teardown);

#define WHOLE                                                                  \
	"partition 1\nsource /boot/grub/grub.cfg\ntitle Debian\n"              \
	"kernel /vmlinuz\ninitrd /initrd.img\noptions root=/dev/xvda1 ro\n"

static int parse(const char *text, size_t length)
{
	/* At its exact size, so that an overread is seen. */
	char *exact = malloc(length + !length);
	int rc;

	memcpy(exact, text, length);
	rc = bootdisk_parse(&b, exact, length, &err);
	free(exact);
	return rc;
}

Test(bootdisk, a_whole_answer_is_read)
{
	cr_assert_eq(parse(WHOLE "done \n", strlen(WHOLE "done \n")), 0);
	cr_assert_str_eq(b.partition, "1");
	cr_assert_str_eq(b.source, "/boot/grub/grub.cfg");
	cr_assert_str_eq(b.title, "Debian");
	cr_assert_str_eq(b.kernel_path, "/vmlinuz");
	cr_assert_str_eq(b.options, "root=/dev/xvda1 ro");
}

Test(bootdisk, an_error_is_passed_on_as_one_line)
{
	static const char text[] = "partition 1\nerror no \x1b[2J\x01way\n";

	cr_assert_eq(parse(text, sizeof(text) - 1), -EINVAL);
	cr_assert_str_eq(err.text, "no ?[2J?way");
}

Test(bootdisk, what_is_not_whole_is_refused)
{
	static const char whole[] = WHOLE "done \n";

	/* Cut off anywhere; then without its last word; then noise. */
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		setup();
		cr_assert_eq(parse(whole, n), -EPROTO, "%zu bytes", n);
		teardown();
	}
	setup();
	cr_assert_eq(parse("done \n", 6), -EPROTO);
	teardown();
	setup();
	cr_assert_eq(parse("\0\0\0\n\xff\xff\n", 7), -EPROTO);
}

Test(bootdisk, control_bytes_do_not_reach_a_terminal)
{
	static const char text[] =
		"partition 1\nsource /g\ntitle a\x1b]0;\x07\n"
		"kernel /k\noptions x\x7fy\0z\ndone \n";

	cr_assert_eq(parse(text, sizeof(text) - 1), 0);
	cr_assert_str_eq(b.title, "a?]0;?");
	cr_assert_str_eq(b.options, "x?y?z");
}
