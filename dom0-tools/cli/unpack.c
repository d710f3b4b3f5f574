/* SPDX-License-Identifier: MIT */
/* `vane unpack-kernel`: what the program vane-unpack-kernel does. */
#include "builder/unpack_file.h"
#include "cli/cli.h"

int cli_unpack_kernel(int argc, char **argv)
{
	struct err e = ERR_NONE;

	if (argc != 3)
		return cli_usage("unpack-kernel");
	if (unpack_file(argv[1], argv[2], &e))
		return cli_print_error(&e);
	return CLI_OK;
}
