/* SPDX-License-Identifier: MIT */
/* `vane dmesg` and `vane debug-keys`: the hypervisor's own console. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define DMESG_STEP 16384

int cli_dmesg(int argc, char **argv)
{
	bool clear = argc == 2 && strcmp(argv[1], "-c") == 0;
	char text[DMESG_STEP];
	uint32_t index = 0;
	struct cli c;
	int status;
	long n;

	if (argc > 2 || (argc == 2 && !clear))
		return cli_usage("dmesg");
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
	if (n >= 0 && clear)
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
	struct cli c;
	int status, rc;

	if (argc != 2)
		return cli_usage("debug-keys");
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	rc = sysctl_debug_keys(c.privcmd, argv[1]);
	if (rc) {
		err_set(&c.err, rc, "cannot send '%s' (%s)", argv[1],
			err_name(rc));
		status = cli_fail(&c);
	}
	cli_close(&c);
	return status;
}
