/* SPDX-License-Identifier: MIT */
/* See boot/multiboot.h. Test: tests/unit/hypervisor/boot/test_multiboot.c. */
#include "boot/multiboot.h"
#include "boot/memory.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "log/log.h"

#define MAGIC 0x2badb002u

#define INFO_CMDLINE (1u << 2)
#define INFO_MODULES (1u << 3)
#define INFO_MMAP    (1u << 6)

struct multiboot_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
};

struct multiboot_module {
	uint32_t start, end, cmdline, reserved;
};

struct multiboot_mmap {
	uint32_t size; /* of the rest */
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

/* A module's string starts with its file name; the options follow. */
static const char *skip_name(const char *s)
{
	while (*s == ' ')
		s++;
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

static void mmap_read(const char *at, uint32_t length)
{
	const char *end = at + length;

	while (at + sizeof(struct multiboot_mmap) <= end) {
		struct multiboot_mmap e;

		memcpy(&e, at, sizeof(e));
		/* Less than itself: the rest is not what it should be. */
		if (e.size < sizeof(e) - sizeof(e.size))
			break;
		e820_add(e.addr, e.len, e.type);
		at += e.size + sizeof(e.size);
	}
}

void multiboot_read(uint32_t magic, const void *info,
		    void *(*virt)(uint64_t paddr), char *command_line,
		    size_t room, struct multiboot_modules *modules)
{
	const struct multiboot_info *i = info;
	const struct multiboot_module *m;
	uint32_t n;

	if (magic != MAGIC)
		panic("not started by a multiboot loader (magic %#x)\n", magic);
	if (!(i->flags & INFO_MMAP))
		panic("the boot loader gives no memory map\n");
	mmap_read(virt(i->mmap_addr), i->mmap_length);
	if (i->flags & INFO_CMDLINE)
		strlcpy(command_line, virt(i->cmdline), room);
	if (!(i->flags & INFO_MODULES))
		return;
	m = virt(i->mods_addr);
	for (n = 0; n < i->mods_count && n < MULTIBOOT_MODULES_MAX; n++) {
		if (m[n].end < m[n].start)
			panic("boot module %u ends at %#x, before its start at "
			      "%#x\n",
			      n, m[n].end, m[n].start);
		modules->m[n].start = m[n].start;
		modules->m[n].end = m[n].end;
		if (m[n].cmdline)
			strlcpy(modules->m[n].cmdline,
				skip_name(virt(m[n].cmdline)),
				sizeof(modules->m[n].cmdline));
		modules->count++;
	}
}
