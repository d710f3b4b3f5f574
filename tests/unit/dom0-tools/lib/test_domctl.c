/* SPDX-License-Identifier: MIT */
/* Hypercalls of the toolstack, as far as they can be tried without one. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/domctl.h"

TestSuite(dom0_domctl);

/* The page for arguments is not inherited, so a child must not use it. */
Test(dom0_domctl, a_child_process_makes_hypercalls_of_its_own)
{
	int status;
	pid_t child;

	cr_assert_eq(domctl_pause(-1, 1), -EBADF);
	child = fork();
	if (!child)
		_exit(domctl_pause(-1, 1) == -EBADF ? 0 : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "the child ended by signal %d",
		  WTERMSIG(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	cr_assert_eq(domctl_pause(-1, 1), -EBADF);
}
