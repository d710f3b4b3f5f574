/* SPDX-License-Identifier: MIT */
/* libxenstore's functions, with a daemon behind a real socket. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/stored/thread.h"
#include "lib/xenstore.h"

static struct xs_handle *xs;

static void start(void)
{
	struct server_options o = {.no_domains = true};

	stored_make_dir();
	setenv("XENSTORED_PATH", stored_socket, 1);
	stored_start(&o);
	xs = xs_open(0);
	cr_assert_not_null(xs);
}

static void stop(void)
{
	xs_close(xs);
	stored_end();
	cr_expect_eq(stored_remove_dir(), 0);
}

TestSuite(xenstore, .init = start, .fini = stop, .timeout = 60);

Test(xenstore, values_and_directories)
{
	unsigned int n = 99;
	char **names, *v;

	cr_assert(xs_write(xs, XBT_NULL, "/a/b", "hello", 5));
	cr_assert(xs_mkdir(xs, XBT_NULL, "/a/c"));
	v = xs_read(xs, XBT_NULL, "/a/b", &n);
	cr_assert_not_null(v);
	cr_expect_eq(n, 5);
	cr_expect_str_eq(v, "hello");
	free(v);
	names = xs_directory(xs, XBT_NULL, "/a", &n);
	cr_assert_not_null(names);
	cr_assert_eq(n, 2);
	cr_expect_str_eq(names[1], "c");
	free(names);
	cr_expect(xs_rm(xs, XBT_NULL, "/a"));
	errno = 0;
	cr_expect_null(xs_read(xs, XBT_NULL, "/a/b", &n));
	cr_expect_eq(errno, ENOENT);
	cr_expect_not(xs_write(xs, XBT_NULL, "//", "", 0));
	cr_expect_eq(errno, EINVAL);
}

Test(xenstore, permissions)
{
	struct xs_permissions set[] = {{3, XS_PERM_NONE},
				       {4, XS_PERM_READ | XS_PERM_WRITE}};
	struct xs_permissions *got;
	unsigned int n = 0;

	xs_mkdir(xs, XBT_NULL, "/p");
	cr_assert(xs_set_permissions(xs, XBT_NULL, "/p", set, 2));
	got = xs_get_permissions(xs, XBT_NULL, "/p", &n);
	cr_assert_not_null(got);
	cr_assert_eq(n, 2);
	cr_expect_arr_eq(got, set, sizeof(set));
	free(got);
	set[0].id = 1 << 20;
	cr_expect_not(xs_set_permissions(xs, XBT_NULL, "/p", set, 2));
	cr_assert(xs_strings_to_perms(set, 2, "r5\0b6"));
	cr_expect_eq(set[0].id, 5);
	cr_expect_eq(set[1].perms, XS_PERM_READ | XS_PERM_WRITE);
	cr_expect_not(xs_strings_to_perms(set, 1, "x5"));
	cr_expect_not(xs_strings_to_perms(set, 1, "r"));
}

Test(xenstore, watches)
{
	unsigned int n = 0;
	char **v;

	cr_expect_null(xs_check_watch(xs));
	cr_expect_eq(errno, EAGAIN);
	cr_assert(xs_watch(xs, "/w", "token"));
	v = xs_read_watch(xs, &n);
	cr_assert_not_null(v);
	cr_expect_eq(n, 2);
	cr_expect_str_eq(v[XS_WATCH_PATH], "/w");
	cr_expect_str_eq(v[XS_WATCH_TOKEN], "token");
	free(v);
	cr_expect_geq(xs_fileno(xs), 0);
	cr_expect(xs_unwatch(xs, "/w", "token"));
	cr_expect_not(xs_unwatch(xs, "/w", "token"));
	cr_expect_eq(errno, ENOENT);
}

Test(xenstore, transactions)
{
	struct xs_handle *other = xs_daemon_open();
	xs_transaction_t t = xs_transaction_start(xs);

	cr_assert_neq(t, XBT_NULL);
	cr_expect(xs_write(xs, t, "/t", "1", 1));
	cr_expect_null(xs_read(other, XBT_NULL, "/t", NULL));
	cr_expect(xs_transaction_end(xs, t, false));
	free(xs_read(xs, t = xs_transaction_start(xs), "/t", NULL));
	xs_write(other, XBT_NULL, "/t", "2", 1);
	cr_expect_not(xs_transaction_end(xs, t, false));
	cr_expect_eq(errno, EAGAIN);
	t = xs_transaction_start(xs);
	cr_expect(xs_transaction_end(xs, t, true));
	xs_daemon_close(other);
}

Test(xenstore, domains_and_control)
{
	char *text = xs_get_domain_path(xs, 7);

	cr_expect_str_eq(text, "/local/domain/7");
	free(text);
	cr_expect_not(xs_is_domain_introduced(xs, 7));
	cr_expect(xs_is_domain_introduced(xs, 0));
	cr_expect_not(xs_introduce_domain(xs, 7, 1, 1));
	cr_expect_eq(errno, ENOSYS, "the daemon serves the socket alone");
	cr_expect_not(xs_release_domain(xs, 1 << 16));
	text = xs_control_command(xs, "quota", (char *)"0", 2);
	cr_assert_not_null(text);
	cr_expect_not_null(strstr(text, "nodes"));
	free(text);
	cr_expect_null(xs_control_command(xs, "quota", (char *)"0", 1));
	cr_expect(xs_path_is_subpath("/a", "/a/b"));
	cr_expect(xs_path_is_subpath("/", "/a"));
	cr_expect_not(xs_path_is_subpath("/a", "/ab"));
}
