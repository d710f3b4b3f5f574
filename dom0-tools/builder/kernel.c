/* SPDX-License-Identifier: MIT */
/*
 * A kernel's file, opened, unpacked and understood; see kernel.h.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/kernel.h"
#include "builder/kernel_cache.h"
#include "lib/hostmem.h"

/* A change by somebody else while it is mapped is not ours to catch. */
static int kernel_map(struct kernel *k, int fd, const char *name,
		      struct stat *st, struct err *e)
{
	if (fstat(fd, st) < 0)
		return err_set(e, errno, "kernel %s: %s", name,
			       strerror(errno));
	if (!S_ISREG(st->st_mode))
		return err_set(e, EINVAL, "kernel %s: not a file", name);
	if (st->st_size == 0)
		return err_set(e, EINVAL, "kernel %s: the file is empty", name);
	k->file_bytes = (size_t)st->st_size;
	k->file = mmap(NULL, k->file_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (k->file == MAP_FAILED) {
		k->file = NULL;
		return err_set(e, errno, "kernel %s: %s", name,
			       strerror(errno));
	}
	return 0;
}

/* Not so much that this domain is left without memory. */
static int kernel_unpack_bounded(struct kernel *k, const char *name,
				 struct err *e)
{
	uint64_t half = hostmem_available_kib() * 1024 / 2;
	size_t limit = UNPACK_BYTES_MAX;
	int rc;

	if (half && half < limit)
		limit = half;
	rc = unpack_kernel(k->file, k->file_bytes, limit, &k->image, e);
	if (rc != -EFBIG || limit == UNPACK_BYTES_MAX)
		return rc ? err_prefix(e, "kernel %s", name) : 0;
	err_clear(e);
	return err_set(e, EFBIG,
		       "kernel %s: it unpacks to more than %zu MiB, half of "
		       "what domain zero has available; 'vane mem-set 0' can "
		       "give it more",
		       name, limit >> 20);
}

/* From the cache, or unpacked and then put into it. */
static int kernel_unpack(struct kernel *k, int fd, const char *name,
			 const struct stat *before, bool by_content,
			 struct err *e)
{
	const struct kernel_cache cache = kernel_cache_default();
	char key[KERNEL_CACHE_KEY_BYTES], key_after[KERNEL_CACHE_KEY_BYTES];
	struct stat after;
	int rc;

	/* An ELF as it lies there is not unpacked, hence not kept. */
	if (k->file_bytes >= 4 && memcmp(k->file, "\177ELF", 4) == 0)
		return unpack_kernel(k->file, k->file_bytes, UNPACK_BYTES_MAX,
				     &k->image, e);
	if (by_content)
		kernel_cache_content_key(k->file, k->file_bytes, key);
	else
		kernel_cache_file_key(before, key);
	if (kernel_cache_find(&cache, key, &k->image.owned,
			      &k->image.owned_bytes, &k->image.size) == 0) {
		k->image.data = k->image.owned;
		return 0;
	}
	rc = kernel_unpack_bounded(k, name, e);
	if (rc)
		return rc;
	snprintf(key_after, sizeof(key_after), "%s", key);
	if (!by_content && fstat(fd, &after) == 0)
		kernel_cache_file_key(&after, key_after);
	if (strcmp(key, key_after) == 0)
		kernel_cache_keep(&cache, key, k->image.data, k->image.size);
	return 0;
}

/* Up to where the program headers of an ELF reach; 0 when it is none. */
static uint64_t kernel_elf_end(const uint8_t *data, size_t size)
{
	Elf64_Ehdr head;
	Elf64_Phdr ph;
	uint64_t end = 0;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(ph) || head.e_phoff > size)
		return 0;
	for (size_t i = 0;
	     i < head.e_phnum && (i + 1) * sizeof(ph) <= size - head.e_phoff;
	     i++) {
		memcpy(&ph, data + head.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_filesz && ph.p_offset + ph.p_filesz > end)
			end = ph.p_offset + ph.p_filesz;
	}
	return end;
}

static int kernel_parse(struct kernel *k, const char *name, struct err *e)
{
	uint64_t end = kernel_elf_end(k->image.data, k->image.size);
	const char *why = "";
	int rc;

	if (end > k->image.size)
		return err_set(e, EINVAL,
			       "kernel %s: it is cut off: its segments end at "
			       "byte %" PRIu64 ", it has %zu; copy it again",
			       name, end, k->image.size);
	rc = elf_parse(k->image.data, k->image.size, &k->elf, &why);
	return rc ? err_set(e, rc,
			    "kernel %s: %s; take a 64-bit kernel with "
			    "CONFIG_XEN_PV, such as Debian's",
			    name, why)
		  : 0;
}

static int kernel_read(struct kernel *k, int fd, const char *name,
		       bool by_content, struct err *e)
{
	struct stat st;
	int rc;

	memset(k, 0, sizeof(*k));
	rc = kernel_map(k, fd, name, &st, e);
	if (rc == 0)
		rc = kernel_unpack(k, fd, name, &st, by_content, e);
	if (rc == 0)
		rc = kernel_parse(k, name, e);
	if (rc) {
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

int kernel_open(struct kernel *k, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	memset(k, 0, sizeof(*k));
	if (fd < 0)
		return err_set(e, errno, "kernel %s: %s", path,
			       strerror(errno));
	rc = kernel_read(k, fd, path, false, e);
	close(fd);
	return rc;
}

int kernel_open_fd(struct kernel *k, int fd, const char *name, struct err *e)
{
	return kernel_read(k, fd, name, true, e);
}

void kernel_close(struct kernel *k)
{
	unpack_free(&k->image);
	if (k->file)
		munmap(k->file, k->file_bytes);
	memset(k, 0, sizeof(*k));
}
