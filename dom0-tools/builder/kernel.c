/* SPDX-License-Identifier: MIT */
/*
 * A kernel's file, opened, unpacked and understood; see kernel.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/kernel.h"

/* Maps the file; a change by somebody else meanwhile is not ours to catch. */
static int kernel_map(struct kernel *k, const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_set(e, errno, "kernel %s: %s", path,
			       strerror(errno));
	if (fstat(fd, &st) < 0)
		rc = err_set(e, errno, "kernel %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, EINVAL, "kernel %s: not a file", path);
	else if (st.st_size == 0)
		rc = err_set(e, EINVAL, "kernel %s: the file is empty", path);
	if (rc == 0) {
		k->file_bytes = (size_t)st.st_size;
		k->file = mmap(NULL, k->file_bytes, PROT_READ, MAP_PRIVATE, fd,
			       0);
		if (k->file == MAP_FAILED) {
			k->file = NULL;
			rc = err_set(e, errno, "kernel %s: %s", path,
				     strerror(errno));
		}
	}
	close(fd);
	return rc;
}

int kernel_open(struct kernel *k, const char *path, struct err *e)
{
	const char *why = "";
	int rc;

	memset(k, 0, sizeof(*k));
	rc = kernel_map(k, path, e);
	if (rc)
		return rc;
	rc = unpack_kernel(k->file, k->file_bytes, UNPACK_BYTES_MAX, &k->image,
			   e);
	if (rc) {
		err_prefix(e, "kernel %s", path);
		kernel_close(k);
		return rc;
	}
	rc = elf_parse(k->image.data, k->image.size, &k->elf, &why);
	if (rc) {
		err_set(e, rc,
			"kernel %s: %s; it must be a 64-bit kernel "
			"built with CONFIG_XEN_PV",
			path, why);
		kernel_close(k);
		return rc;
	}
	k->place = (struct layout_kernel){
		.virt_base = k->elf.virt_base,
		.start = k->elf.kernel_start_paddr,
		.end = k->elf.kernel_end_paddr,
		.has_p2m_vaddr = k->elf.has_init_p2m,
		.p2m_vaddr = k->elf.init_p2m,
		.ramdisk_by_pfn = k->elf.mod_start_pfn,
	};
	return 0;
}

void kernel_close(struct kernel *k)
{
	unpack_free(&k->image);
	if (k->file)
		munmap(k->file, k->file_bytes);
	memset(k, 0, sizeof(*k));
}
