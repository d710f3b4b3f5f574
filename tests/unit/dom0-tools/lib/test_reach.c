/* SPDX-License-Identifier: MIT */
/* What is said when there is no way to the hypervisor or to a daemon. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "lib/reach.h"

TestSuite(reach);

#define SOCKET "/run/x/socket"

struct reach_row {
	struct reach_facts facts;
	int error;
	char hypervisor[160], daemon[160];
};

static struct reach_row rows[] = {
	/* plain Linux */
	{{false, false, true},
	 ENOENT,
	 "no hypervisor runs under this kernel; boot Paravane with this system "
	 "as domain zero",
	 "no hypervisor runs under this kernel; boot Paravane with this system "
	 "as domain zero"},
	/* a guest */
	{{true, true, false},
	 ENOENT,
	 "this is a guest; domains are driven from domain zero",
	 "xd does not answer at " SOCKET
	 " (No such file or directory); start it: 'xd'"},
	/* domain zero, with and without systemd; errors of either sign */
	{{true, false, false},
	 ENOENT,
	 "/dev/xen/privcmd: No such file or directory; load its driver: "
	 "'modprobe xen-privcmd'",
	 "xd does not answer at " SOCKET
	 " (No such file or directory); start it: 'xd'"},
	{{true, false, true},
	 -ECONNREFUSED,
	 "/dev/xen/privcmd: Connection refused; load its driver: 'modprobe "
	 "xen-privcmd'",
	 "xd does not answer at " SOCKET
	 " (Connection refused); start it: 'systemctl start xd'"},
	/* somebody who is not root */
	{{true, false, true},
	 EACCES,
	 "/dev/xen/privcmd: not permitted; this needs root: try again with "
	 "sudo",
	 SOCKET ": not permitted; this needs root: try again with sudo"},
	{{true, false, true},
	 -EPERM,
	 "/dev/xen/privcmd: not permitted; this needs root: try again with "
	 "sudo",
	 SOCKET ": not permitted; this needs root: try again with sudo"},
};

ParameterizedTestParameters(reach, each_state_has_its_line)
{
	return cr_make_param_array(struct reach_row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct reach_row *r, reach, each_state_has_its_line)
{
	struct err e = ERR_NONE;

	cr_expect_lt(reach_explain_hypervisor(&r->facts, r->error, &e), 0);
	cr_expect_str_eq(e.text, r->hypervisor);
	err_clear(&e);
	cr_expect_lt(
		reach_explain_daemon(&r->facts, "xd", SOCKET, r->error, &e), 0);
	cr_expect_str_eq(e.text, r->daemon);
}
