/* SPDX-License-Identifier: MIT */
/*
 * vane-unpack-kernel: takes the ELF out of a vmlinuz, for the boot loader of
 * domain zero. Runs on the build host too, so it needs no hypervisor.
 */
#include <stdio.h>

#include "builder/unpack_file.h"

int main(int argc, char **argv)
{
	struct err e = ERR_NONE;

	if (argc != 3) {
		fprintf(stderr,
			"usage: vane-unpack-kernel VMLINUZ VMLINUX\n"
			"Writes the ELF that is packed in VMLINUZ (bzImage "
			"with xz, gzip,\nzstd, lzma, bzip2, lzo or lz4).\n");
		return 2;
	}
	if (unpack_file(argv[1], argv[2], &e)) {
		fprintf(stderr, "vane-unpack-kernel: %s\n", e.text);
		return 1;
	}
	return 0;
}
