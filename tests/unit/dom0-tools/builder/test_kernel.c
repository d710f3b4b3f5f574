/* SPDX-License-Identifier: MIT */
/* What is said of a kernel's file that is no good. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder/kernel.h"

TestSuite(kernel);

#define SEGMENT_AT    0x1000
#define SEGMENT_BYTES 0x3000

/* An ELF with one segment, cut off after `size` bytes; a descriptor. */
static int make_file(size_t size)
{
	static const Elf64_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	static const Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_offset = SEGMENT_AT,
		.p_filesz = SEGMENT_BYTES,
		.p_memsz = SEGMENT_BYTES,
	};
	int fd = memfd_create("kernel", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	cr_assert_eq(pwrite(fd, &segment, sizeof(segment), sizeof(head)),
		     sizeof(segment));
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static const char *refusal(size_t size)
{
	static struct err e;
	int fd = make_file(size);
	struct kernel k;

	err_clear(&e);
	cr_assert_lt(kernel_open_fd(&k, fd, "/k", &e), 0);
	close(fd);
	return e.text;
}

Test(kernel, one_that_is_cut_off_is_told_where)
{
	static const char half[] = "kernel /k: it is cut off: its segments end "
				   "at byte 16384, it has 9000; copy it again";

	cr_expect_str_eq(refusal(9000), half);
	cr_expect(strstr(refusal(SEGMENT_AT + SEGMENT_BYTES - 1),
			 "it has 16383; copy it again"));
	/* In the middle of its own headers. */
	cr_expect(strstr(refusal(sizeof(Elf64_Ehdr)),
			 "program headers lie beyond the file's end"));
}

Test(kernel, a_whole_one_without_notes_is_told_what_it_lacks)
{
	const char *line = refusal(SEGMENT_AT + SEGMENT_BYTES);

	cr_expect_null(strstr(line, "cut off"), "%s", line);
	cr_expect(strstr(line, "CONFIG_XEN_PV, such as Debian's"), "%s", line);
}
