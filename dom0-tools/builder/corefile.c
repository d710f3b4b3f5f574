/* SPDX-License-Identifier: MIT */
/*
 * An ELF core of a PV domain, as bytes; see corefile.h.
 * Test: tests/unit/dom0-tools/builder/test_corefile.c.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include "builder/corefile.h"
#include "public/elfnote.h"

#define ENTRIES	     512
#define PTE_PRESENT  0x1ULL
#define PTE_LARGE    0x80ULL
#define PTE_FRAME(e) (((e) >> 12) & 0xffffffffffULL)

/* Marks in a p2m entry of what is no memory of the domain's own. */
#define P2M_FOREIGN  (1ULL << 63)
#define P2M_IDENTITY (1ULL << 62)

/* As many as a tree of lists can have: 512 GiB. */
#define P2M_LEAVES_MAX (512ULL * 512)

/* The hypervisor's slots, the same in every L4. */
#define L4_GUEST_KERNEL 272
#define L4_HYPERVISOR	256

#define DUMPCORE_MAGIC	 0xf00febedULL
#define DUMPCORE_VERSION 1ULL

enum section {
	SECTION_NONE,
	SECTION_STRINGS,
	SECTION_NOTES,
	SECTION_PRSTATUS,
	SECTION_SHARED_INFO,
	SECTION_PAGES,
	SECTION_P2M,
	SECTIONS,
};

static const char strings[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0"
			      ".xen_shared_info\0.xen_pages\0.xen_p2m";
static const uint32_t string_at[SECTIONS] = {0, 1, 11, 21, 35, 52, 63};

struct note_header {
	uint64_t magic;
	uint64_t nr_vcpus;
	uint64_t nr_pages;
	uint64_t page_size;
};

struct note_version {
	struct corefile_version version;
	uint64_t page_size;
};

const void *corefile_strings(size_t *bytes)
{
	*bytes = sizeof(strings);
	return strings;
}

/* ---- p2m ---- */

/* Where the kernel says that its p2m is. */
struct p2m_place {
	corefile_frame_fn *frame;
	void *context;
	uint64_t l4; /* 0: the tree of lists is used */
	uint64_t va;
	uint64_t lists;
};

/* Kernels of today map the p2m and tell page table and address. */
static bool p2m_find_mapped(const struct p2m_place *p, uint64_t leaf,
			    uint64_t *mfn)
{
	uint64_t va = p->va + leaf * COREFILE_PAGE_BYTES;

	*mfn = p->l4;
	for (int level = 4; level > 0; level--) {
		const uint64_t *table = p->frame(p->context, *mfn);
		uint64_t entry;

		if (table == NULL)
			return false;
		entry = table[va >> (12 + 9 * (level - 1)) & (ENTRIES - 1)];
		if (!(entry & PTE_PRESENT) ||
		    (level > 1 && (entry & PTE_LARGE)))
			return false;
		*mfn = PTE_FRAME(entry);
	}
	return true;
}

/* Others keep lists of its frames, and a list of those. */
static bool p2m_find_listed(const struct p2m_place *p, uint64_t leaf,
			    uint64_t *mfn)
{
	const uint64_t *list = p->frame(p->context, p->lists);

	if (list)
		list = p->frame(p->context, list[leaf / ENTRIES]);
	if (list)
		*mfn = list[leaf % ENTRIES];
	return list != NULL;
}

int corefile_read_p2m(struct corefile *f, const struct shared_info *shared,
		      corefile_frame_fn *frame, void *context)
{
	const struct p2m_place place = {
		.frame = frame,
		.context = context,
		.l4 = shared->arch.p2m_cr3 >> 12,
		.va = shared->arch.p2m_vaddr,
		.lists = shared->arch.pfn_to_mfn_frame_list_list,
	};
	uint64_t max_pfn = shared->arch.max_pfn;

	f->page_count = 0;
	if (place.l4 == 0 && place.lists == 0)
		return -ENODATA;
	for (uint64_t leaf = 0;
	     leaf < P2M_LEAVES_MAX && leaf * ENTRIES < max_pfn; leaf++) {
		const uint64_t *p = NULL;
		uint64_t mfn;

		if (place.l4 ? p2m_find_mapped(&place, leaf, &mfn)
			     : p2m_find_listed(&place, leaf, &mfn))
			p = frame(context, mfn);
		for (uint64_t i = 0; p && i < ENTRIES; i++) {
			uint64_t pfn = leaf * ENTRIES + i;

			if (pfn >= max_pfn ||
			    (p[i] & (P2M_FOREIGN | P2M_IDENTITY)))
				continue;
			if (f->page_count == f->page_limit)
				return 0;
			f->pages[f->page_count++] =
				(struct corefile_page){pfn, p[i]};
		}
	}
	return f->page_count ? 0 : -ENODATA;
}

/* ---- page tables ---- */

struct corefile_walk {
	struct corefile *f;
	corefile_frame_fn *frame;
	void *context;
	struct corefile_page *by_mfn; /* the MFN, and the index as its PFN */
	size_t tables_left;	      /* tables that may still be read */
};

static int walk_compare(const void *a, const void *b)
{
	const struct corefile_page *x = a, *y = b;

	return x->mfn < y->mfn ? -1 : x->mfn > y->mfn;
}

/* The place of a frame among the pages; false when it is not one of them. */
static bool walk_find(const struct corefile_walk *w, uint64_t mfn,
		      uint64_t *index)
{
	struct corefile_page key = {0, mfn};
	struct corefile_page *found = bsearch(&key, w->by_mfn, w->f->page_count,
					      sizeof(key), walk_compare);

	if (found)
		*index = found->pfn;
	return found != NULL;
}

static void walk_add(struct corefile_walk *w, uint64_t va, uint64_t entry)
{
	struct corefile *f = w->f;
	struct corefile_run *last =
		f->run_count ? &f->runs[f->run_count - 1] : NULL;
	uint64_t index;

	if (!walk_find(w, PTE_FRAME(entry), &index))
		return;
	/*
	 * The same page again is filler, of which Linux maps thousands: in
	 * the p2m's holes, and in every 64 KiB of the stacks for 16-bit code.
	 */
	if (last && index == last->index + last->count - 1)
		return;
	if (last && last->va + last->count * COREFILE_PAGE_BYTES == va &&
	    last->index + last->count == index &&
	    f->pages[index].pfn == f->pages[last->index].pfn + last->count) {
		last->count++;
		return;
	}
	if (f->run_count == COREFILE_RUNS_MAX) {
		f->runs_cut = true;
		return;
	}
	f->runs[f->run_count++] = (struct corefile_run){va, index, 1};
}

/*
 * Rights are not looked at, or every page table in the kernel's linear map of
 * all its memory would end a run. A table may appear in many places, even below
 * itself, so what bounds the walk is how many are read.
 */
static void walk_table(struct corefile_walk *w, uint64_t mfn, int level,
		       uint64_t va, unsigned int first, unsigned int end)
{
	const uint64_t *p;
	uint64_t table[ENTRIES], index;

	if (w->tables_left == 0) {
		w->f->runs_cut = true;
		return;
	}
	if (!walk_find(w, mfn, &index))
		return;
	w->tables_left--;
	p = w->frame(w->context, mfn);
	if (p == NULL)
		return;
	memcpy(table, p, sizeof(table));
	for (unsigned int i = first; i < end && !w->f->runs_cut; i++) {
		uint64_t at = va + ((uint64_t)i << (12 + 9 * (level - 1)));

		if (!(table[i] & PTE_PRESENT))
			continue;
		if (level == 4 && i >= L4_HYPERVISOR)
			at |= 0xffff000000000000ULL;
		if (level == 1)
			walk_add(w, at, table[i]);
		else if (!(table[i] & PTE_LARGE))
			walk_table(w, PTE_FRAME(table[i]), level - 1, at, 0,
				   ENTRIES);
	}
}

int corefile_walk(struct corefile *f, uint64_t l4, corefile_frame_fn *frame,
		  void *context)
{
	struct corefile_walk w = {
		.f = f,
		.frame = frame,
		.context = context,
		/* Each table once, and room for those that are shared. */
		.tables_left = 2 * f->page_count + 1024,
	};

	f->run_count = 0;
	f->runs_cut = false;
	w.by_mfn = calloc(f->page_count + 1, sizeof(*w.by_mfn));
	if (w.by_mfn == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < f->page_count; i++)
		w.by_mfn[i] = (struct corefile_page){i, f->pages[i].mfn};
	qsort(w.by_mfn, f->page_count, sizeof(*w.by_mfn), walk_compare);
	walk_table(&w, l4, 4, 0, L4_GUEST_KERNEL, ENTRIES);
	if (!f->runs_cut)
		walk_table(&w, l4, 4, 0, 0, L4_HYPERVISOR);
	free(w.by_mfn);
	return 0;
}

/* ---- the file ---- */

static uint64_t align_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static size_t note_bytes(const char *name, size_t size)
{
	return sizeof(Elf64_Nhdr) + align_up(strlen(name) + 1, 4) +
	       align_up(size, 4);
}

static uint64_t xen_notes_bytes(void)
{
	return note_bytes("Xen", 0) +
	       note_bytes("Xen", sizeof(struct note_header)) +
	       note_bytes("Xen", sizeof(struct note_version)) +
	       note_bytes("Xen", sizeof(uint64_t));
}

static uint64_t core_notes_bytes(const struct corefile *f)
{
	return f->vcpu_count *
	       (note_bytes("CORE", sizeof(struct elf_prstatus)) +
		note_bytes("CORE", sizeof(f->vcpus->fpu_ctxt)));
}

void corefile_layout(struct corefile *f)
{
	f->notes_at = sizeof(Elf64_Ehdr) + SECTIONS * sizeof(Elf64_Shdr) +
		      (1 + f->run_count) * sizeof(Elf64_Phdr);
	f->prstatus_at = align_up(
		f->notes_at + xen_notes_bytes() + core_notes_bytes(f), 8);
	f->shared_info_at = f->prstatus_at + f->vcpu_count * sizeof(*f->vcpus);
	f->pages_at = align_up(f->shared_info_at + COREFILE_PAGE_BYTES,
			       COREFILE_PAGE_BYTES);
	f->p2m_at = f->pages_at + f->page_count * COREFILE_PAGE_BYTES;
	f->strings_at = f->p2m_at + f->page_count * sizeof(*f->pages);
	f->end = f->strings_at + sizeof(strings);
}

static void write_elf_header(const struct corefile *f, Elf64_Ehdr *e)
{
	memcpy(e->e_ident, ELFMAG, SELFMAG);
	e->e_ident[EI_CLASS] = ELFCLASS64;
	e->e_ident[EI_DATA] = ELFDATA2LSB;
	e->e_ident[EI_VERSION] = EV_CURRENT;
	e->e_type = ET_CORE;
	e->e_machine = EM_X86_64;
	e->e_version = EV_CURRENT;
	e->e_ehsize = sizeof(*e);
	e->e_shoff = sizeof(*e);
	e->e_shentsize = sizeof(Elf64_Shdr);
	e->e_shnum = SECTIONS;
	e->e_shstrndx = SECTION_STRINGS;
	e->e_phoff = e->e_shoff + SECTIONS * sizeof(Elf64_Shdr);
	e->e_phentsize = sizeof(Elf64_Phdr);
	e->e_phnum = (uint16_t)(1 + f->run_count);
}

static void write_section(Elf64_Shdr *s, enum section i, uint32_t type,
			  uint64_t offset, uint64_t count, uint64_t entry,
			  uint64_t align)
{
	s[i].sh_name = string_at[i];
	s[i].sh_type = type;
	s[i].sh_offset = offset;
	s[i].sh_size = count * (entry ? entry : 1);
	s[i].sh_entsize = entry;
	s[i].sh_addralign = align;
}

static void write_sections(const struct corefile *f, Elf64_Shdr *s)
{
	write_section(s, SECTION_STRINGS, SHT_STRTAB, f->strings_at,
		      sizeof(strings), 0, 1);
	write_section(s, SECTION_NOTES, SHT_NOTE, f->notes_at,
		      xen_notes_bytes(), 0, 4);
	write_section(s, SECTION_PRSTATUS, SHT_PROGBITS, f->prstatus_at,
		      f->vcpu_count, sizeof(*f->vcpus), 8);
	write_section(s, SECTION_SHARED_INFO, SHT_PROGBITS, f->shared_info_at,
		      1, COREFILE_PAGE_BYTES, 8);
	write_section(s, SECTION_PAGES, SHT_PROGBITS, f->pages_at,
		      f->page_count, COREFILE_PAGE_BYTES, COREFILE_PAGE_BYTES);
	write_section(s, SECTION_P2M, SHT_PROGBITS, f->p2m_at, f->page_count,
		      sizeof(*f->pages), 8);
}

static void write_segments(const struct corefile *f, Elf64_Phdr *p)
{
	p->p_type = PT_NOTE;
	p->p_offset = f->notes_at + xen_notes_bytes();
	p->p_filesz = core_notes_bytes(f);
	p->p_align = 4;
	for (size_t i = 0; i < f->run_count; i++) {
		const struct corefile_run *r = &f->runs[i];

		p++;
		p->p_type = PT_LOAD;
		p->p_flags =
			PF_R | PF_W | PF_X; /* a core's rights say nothing */
		p->p_offset = f->pages_at + r->index * COREFILE_PAGE_BYTES;
		p->p_vaddr = r->va;
		p->p_paddr = f->pages[r->index].pfn * COREFILE_PAGE_BYTES;
		p->p_filesz = r->count * COREFILE_PAGE_BYTES;
		p->p_memsz = p->p_filesz;
		p->p_align = COREFILE_PAGE_BYTES;
	}
}

static char *write_note(char *at, const char *name, uint32_t type,
			const void *data, size_t size)
{
	Elf64_Nhdr n = {
		.n_namesz = (uint32_t)strlen(name) + 1,
		.n_descsz = (uint32_t)size,
		.n_type = type,
	};

	memcpy(at, &n, sizeof(n));
	memcpy(at + sizeof(n), name, n.n_namesz);
	if (size)
		memcpy(at + sizeof(n) + align_up(n.n_namesz, 4), data, size);
	return at + note_bytes(name, size);
}

static char *write_xen_notes(const struct corefile *f, char *at)
{
	struct note_header header = {
		.magic = DUMPCORE_MAGIC,
		.nr_vcpus = f->vcpu_count,
		.nr_pages = f->page_count,
		.page_size = COREFILE_PAGE_BYTES,
	};
	struct note_version version = {f->version, COREFILE_PAGE_BYTES};
	uint64_t format = DUMPCORE_VERSION;

	at = write_note(at, "Xen", XEN_ELFNOTE_DUMPCORE_NONE, NULL, 0);
	at = write_note(at, "Xen", XEN_ELFNOTE_DUMPCORE_HEADER, &header,
			sizeof(header));
	at = write_note(at, "Xen", XEN_ELFNOTE_DUMPCORE_XEN_VERSION, &version,
			sizeof(version));
	return write_note(at, "Xen", XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION,
			  &format, sizeof(format));
}

/* The registers in the order of Linux's user_regs_struct. */
static void write_registers(const struct vcpu_guest_context *v, void *out)
{
	const struct cpu_user_regs *r = &v->user_regs;
	bool in_kernel = v->flags & VGCF_in_kernel;
	uint64_t regs[] = {
		r->r15,
		r->r14,
		r->r13,
		r->r12,
		r->rbp,
		r->rbx,
		r->r11,
		r->r10,
		r->r9,
		r->r8,
		r->rax,
		r->rcx,
		r->rdx,
		r->rsi,
		r->rdi,
		~0ULL,
		r->rip,
		r->cs,
		r->rflags,
		r->rsp,
		r->ss,
		v->fs_base,
		in_kernel ? v->gs_base_kernel : v->gs_base_user,
		r->ds,
		r->es,
		r->fs,
		r->gs,
	};

	_Static_assert(sizeof(regs) == sizeof(elf_gregset_t), "Linux ABI");
	memcpy(out, regs, sizeof(regs));
}

static void write_core_notes(const struct corefile *f, char *at)
{
	for (uint32_t i = 0; i < f->vcpu_count; i++) {
		const struct vcpu_guest_context *v = &f->vcpus[i];
		struct elf_prstatus status;

		memset(&status, 0, sizeof(status));
		status.pr_pid = (int)i + 1; /* 0 is no thread's number */
		write_registers(v, status.pr_reg);
		at = write_note(at, "CORE", NT_PRSTATUS, &status,
				sizeof(status));
		at = write_note(at, "CORE", NT_FPREGSET, &v->fpu_ctxt,
				sizeof(v->fpu_ctxt));
	}
}

void corefile_write_head(const struct corefile *f, void *head)
{
	Elf64_Ehdr *e = head;
	Elf64_Shdr *s = (Elf64_Shdr *)(e + 1);
	char *at = (char *)head + f->notes_at;

	memset(head, 0, f->pages_at);
	write_elf_header(f, e);
	write_sections(f, s);
	write_segments(f, (Elf64_Phdr *)(s + SECTIONS));
	write_core_notes(f, write_xen_notes(f, at));
	memcpy((char *)head + f->prstatus_at, f->vcpus,
	       f->vcpu_count * sizeof(*f->vcpus));
	memcpy((char *)head + f->shared_info_at, f->shared_info,
	       COREFILE_PAGE_BYTES);
}
