/* SPDX-License-Identifier: MIT */
/* `vane dmesg` and `vane debug-keys`: the hypervisor's own console. */
#include <stdio.h>

#include "cli/cli.h"

#define DMESG_STEP 16384

int cli_dmesg(int argc, char **argv)
{
	struct cli_args a;
	char text[DMESG_STEP];
	uint32_t index = 0;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 0, &a);
	long n;

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	do {
		n = sysctl_read_console(c.privcmd, text, sizeof(text), &index,
					false);
		if (n > 0)
			fwrite(text, 1, (size_t)n, stdout);
	} while (n == (long)sizeof(text));
	/* Cleared only once all of it was shown. */
	if (n >= 0 && cli_has(&a, 'c'))
		n = sysctl_read_console(c.privcmd, text, 1, &index, true);
	if (n < 0) {
		err_set(&c.err, (int)n,
			"cannot read the hypervisor's messages "
			"(%s)",
			err_name((int)n));
		status = cli_fail(&c);
	}
	cli_close(&c);
	return status;
}

int cli_debug_keys(int argc, char **argv)
{
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 1, 1, &a);
	int rc;

	if (status)
		return status;
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	rc = sysctl_debug_keys(c.privcmd, a.words[0]);
	if (rc) {
		err_set(&c.err, rc, "cannot send '%s' (%s)", a.words[0],
			err_name(rc));
		status = cli_fail(&c);
	}
	cli_close(&c);
	return status;
}
