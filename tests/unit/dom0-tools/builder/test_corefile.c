/* SPDX-License-Identifier: MIT */
/*
 * A core's bytes, from a domain of a few frames: its p2m in both forms, its
 * page tables with what a hostile guest may write there, and the headers.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include "builder/corefile.h"
#include "public/elfnote.h"

TestSuite(corefile);

#define FRAMES	 64
#define MFN_BASE 0x5000ULL /* of frame 0: a PFN is never an MFN by luck */
#define PRESENT	 0x67ULL
#define TEXT_VA	 0xffffffff81000000ULL
#define P2M_VA	 0xffffc90000000000ULL

static uint64_t frames[FRAMES][512];
static struct corefile f;
static struct shared_info shared;
static size_t reads;

static const uint64_t *read_frame(void *context, uint64_t mfn)
{
	(void)context;
	reads++;
	if (mfn < MFN_BASE || mfn >= MFN_BASE + FRAMES)
		return NULL;
	return frames[mfn - MFN_BASE];
}

static uint64_t mfn_of(unsigned int frame)
{
	return MFN_BASE + frame;
}

static uint64_t entry_of(unsigned int frame)
{
	return mfn_of(frame) << 12 | PRESENT;
}

/* Frames 0 to 3 are page tables for `va`; gives the last one. */
static uint64_t *make_tables(uint64_t va)
{
	for (int level = 4; level > 1; level--)
		frames[4 - level][va >> (12 + 9 * (level - 1)) & 511] =
			entry_of((unsigned int)(4 - level) + 1);
	return &frames[3][va >> 12 & 511];
}

static void begin(void)
{
	memset(frames, 0, sizeof(frames));
	memset(&f, 0, sizeof(f));
	memset(&shared, 0, sizeof(shared));
	reads = 0;
	f.page_limit = FRAMES;
	f.pages = calloc(FRAMES, sizeof(*f.pages));
	f.runs = calloc(COREFILE_RUNS_MAX, sizeof(*f.runs));
}

/* A p2m of all frames, PFN = frame number, in the last one. */
static void make_p2m(void)
{
	for (unsigned int i = 0; i < FRAMES; i++)
		frames[FRAMES - 1][i] = mfn_of(i);
	for (unsigned int i = FRAMES; i < 512; i++)
		frames[FRAMES - 1][i] = ~0ULL;
	shared.arch.max_pfn = FRAMES;
}

static void end(void)
{
	free(f.pages);
	free(f.runs);
}

Test(corefile, a_mapped_p2m_is_read_through_its_tables, .init = begin,
     .fini = end)
{
	make_p2m();
	frames[FRAMES - 1][5] |= 1ULL << 63; /* foreign */
	frames[FRAMES - 1][6] = 1ULL << 62;  /* identity */
	frames[FRAMES - 1][7] = ~0ULL;	     /* none */
	*make_tables(P2M_VA) = entry_of(FRAMES - 1);
	shared.arch.p2m_cr3 = mfn_of(0) << 12;
	shared.arch.p2m_vaddr = P2M_VA;
	shared.arch.pfn_to_mfn_frame_list_list = ~0ULL;
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL), 0);
	cr_assert_eq(f.page_count, FRAMES - 3);
	cr_assert_eq(f.pages[4].pfn, 4);
	cr_assert_eq(f.pages[5].pfn, 8);
	cr_assert_eq(f.pages[5].mfn, mfn_of(8));
}

Test(corefile, a_listed_p2m_is_read_through_its_lists, .init = begin,
     .fini = end)
{
	make_p2m();
	frames[0][0] = mfn_of(1);
	frames[1][0] = mfn_of(FRAMES - 1);
	shared.arch.pfn_to_mfn_frame_list_list = mfn_of(0);
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL), 0);
	cr_assert_eq(f.page_count, FRAMES);
}

Test(corefile, a_kernel_that_has_not_told_its_p2m_gives_none, .init = begin,
     .fini = end)
{
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL),
		     -ENODATA);
	shared.arch.max_pfn = FRAMES;
	shared.arch.pfn_to_mfn_frame_list_list = 1; /* not its frame */
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL),
		     -ENODATA);
	shared.arch.p2m_cr3 = mfn_of(0) << 12; /* tables that are empty */
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL),
		     -ENODATA);
}

Test(corefile, a_p2m_that_claims_too_much_is_cut, .init = begin, .fini = end)
{
	make_p2m();
	/* Every leaf is the same frame, and there is no end of them. */
	shared.arch.max_pfn = ~0ULL;
	for (unsigned int i = 0; i < 512; i++) {
		frames[0][i] = mfn_of(1);
		frames[1][i] = mfn_of(FRAMES - 1);
	}
	shared.arch.pfn_to_mfn_frame_list_list = mfn_of(0);
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL), 0);
	cr_assert_eq(f.page_count, FRAMES);
	/* And with leaves that hold nothing it ends as well. */
	memset(frames[FRAMES - 1], 0xff, sizeof(frames[0]));
	cr_assert_eq(corefile_read_p2m(&f, &shared, read_frame, NULL),
		     -ENODATA);
	cr_assert_leq(reads, 2 * (3 * 512 * 512 + 8));
}

static void make_pages(void)
{
	f.page_count = FRAMES;
	for (unsigned int i = 0; i < FRAMES; i++)
		f.pages[i] = (struct corefile_page){i, mfn_of(i)};
}

Test(corefile, pages_side_by_side_are_one_run, .init = begin, .fini = end)
{
	uint64_t *l1 = make_tables(TEXT_VA);

	make_pages();
	l1[0] = entry_of(10);
	l1[1] = entry_of(11) & ~2ULL; /* rights do not part them */
	l1[2] = entry_of(12);
	l1[3] = entry_of(20);		 /* another place in the file */
	l1[5] = entry_of(21);		 /* a hole before it */
	l1[6] = 0x99999000ULL | PRESENT; /* not the domain's */
	l1[7] = entry_of(23) & ~1ULL;	 /* not present */
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert_eq(f.run_count, 3);
	cr_assert_eq(f.runs[0].va, TEXT_VA);
	cr_assert_eq(f.runs[0].index, 10);
	cr_assert_eq(f.runs[0].count, 3);
	cr_assert_eq(f.runs[1].va, TEXT_VA + 3 * 4096);
	cr_assert_eq(f.runs[1].index, 20);
	cr_assert_eq(f.runs[2].va, TEXT_VA + 5 * 4096);
	cr_assert_not(f.runs_cut);
}

Test(corefile, one_page_mapped_over_and_over_is_filler, .init = begin,
     .fini = end)
{
	make_tables(TEXT_VA);
	make_pages();
	for (unsigned int i = 0; i < 512; i++)
		frames[3][i] = entry_of(i < 500 ? 30 : 31);
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert_eq(f.run_count, 2);
	cr_assert_eq(f.runs[1].va & 0x1fffff, 500 * 4096);
}

Test(corefile, kernel_addresses_come_before_users, .init = begin, .fini = end)
{
	make_pages();
	*make_tables(TEXT_VA) = entry_of(10);
	frames[0][0] = entry_of(1); /* the same tables, for user addresses */
	frames[3][(TEXT_VA >> 12 & 511) + 1] = entry_of(20);
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert_eq(f.run_count, 4);
	cr_assert_eq(f.runs[0].va, TEXT_VA);
	cr_assert_eq(f.runs[2].va, TEXT_VA & 0x7fffffffffULL);
}

Test(corefile, the_hypervisors_slots_are_not_walked, .init = begin, .fini = end)
{
	make_pages();
	*make_tables(0xffff830000000000ULL) = entry_of(10);
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert_eq(f.run_count, 0);
}

Test(corefile, tables_that_lead_to_themselves_end, .init = begin, .fini = end)
{
	make_pages();
	for (unsigned int i = 0; i < 512; i++)
		frames[0][i] = entry_of(0);
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert(f.runs_cut);
	cr_assert_leq(reads, 2 * FRAMES + 1024);
	cr_assert_leq(f.run_count, COREFILE_RUNS_MAX);
	for (unsigned int i = 0; i < 512; i++)
		frames[0][i] = entry_of(i % FRAMES);
	for (unsigned int t = 1; t < FRAMES; t++)
		memcpy(frames[t], frames[0], sizeof(frames[0]));
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	cr_assert_leq(f.run_count, COREFILE_RUNS_MAX);
}

static const Elf64_Shdr *find_section(const char *head, const char *name)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)head;
	const Elf64_Shdr *s = (const Elf64_Shdr *)(head + e->e_shoff);
	size_t bytes;
	const char *names = corefile_strings(&bytes);

	for (unsigned int i = 0; i < e->e_shnum; i++) {
		cr_assert_lt(s[i].sh_name, bytes);
		if (strcmp(names + s[i].sh_name, name) == 0)
			return &s[i];
	}
	cr_assert_fail("no section %s", name);
	return NULL;
}

/* The n-th note of a range; NULL behind the last. */
static const Elf64_Nhdr *find_note(const char *at, uint64_t bytes, int n)
{
	const char *end_of_notes = at + bytes;

	while (at < end_of_notes) {
		const Elf64_Nhdr *h = (const Elf64_Nhdr *)at;

		if (n-- == 0)
			return h;
		at += sizeof(*h) + (h->n_namesz + 3) / 4 * 4 +
		      (h->n_descsz + 3) / 4 * 4;
	}
	cr_assert_eq(at, end_of_notes, "notes end beside their end");
	return NULL;
}

Test(corefile, the_head_says_where_everything_is, .init = begin, .fini = end)
{
	static struct vcpu_guest_context vcpus[2];
	static char info[COREFILE_PAGE_BYTES] = "shared";
	struct elf_prstatus status;
	const Elf64_Ehdr *e;
	const Elf64_Phdr *p;
	const Elf64_Shdr *s;
	const Elf64_Nhdr *n;
	char *head;

	make_pages();
	*make_tables(TEXT_VA) = entry_of(10);
	cr_assert_eq(corefile_walk(&f, mfn_of(0), read_frame, NULL), 0);
	vcpus[1].user_regs.rip = 0xffffffff81a442b5ULL;
	vcpus[1].user_regs.r15 = 15;
	vcpus[1].fs_base = 0x7f00;
	vcpus[1].gs_base_kernel = 0x8800;
	vcpus[1].gs_base_user = 0x1100;
	vcpus[1].flags = VGCF_in_kernel;
	f.vcpus = vcpus;
	f.vcpu_count = 2;
	f.shared_info = info;
	corefile_layout(&f);
	head = malloc(f.pages_at);
	corefile_write_head(&f, head);

	e = (const Elf64_Ehdr *)head;
	cr_assert_eq(memcmp(e->e_ident, ELFMAG, SELFMAG), 0);
	cr_assert_eq(e->e_type, ET_CORE);
	cr_assert_eq(e->e_phnum, 2);

	p = (const Elf64_Phdr *)(head + e->e_phoff);
	cr_assert_eq(p[1].p_type, PT_LOAD);
	cr_assert_eq(p[1].p_vaddr, TEXT_VA);
	cr_assert_eq(p[1].p_paddr, 10 * 4096);
	cr_assert_eq(p[1].p_offset, f.pages_at + 10 * 4096);
	cr_assert_eq(p[1].p_offset % p[1].p_align, 0);

	s = find_section(head, ".xen_pages");
	cr_assert_eq(s->sh_offset, f.pages_at);
	cr_assert_eq(s->sh_size, FRAMES * 4096);
	s = find_section(head, ".xen_p2m");
	cr_assert_eq(s->sh_offset, f.pages_at + FRAMES * 4096);
	cr_assert_eq(s->sh_size, FRAMES * 16);
	s = find_section(head, ".xen_prstatus");
	cr_assert_eq(memcmp(head + s->sh_offset, vcpus, sizeof(vcpus)), 0);
	s = find_section(head, ".xen_shared_info");
	cr_assert_str_eq(head + s->sh_offset, "shared");
	cr_assert_leq(s->sh_offset + s->sh_size, f.pages_at);
	s = find_section(head, ".shstrtab");
	cr_assert_eq(s->sh_offset + s->sh_size, f.end);

	s = find_section(head, ".note.Xen");
	cr_assert_eq(s->sh_size, 1384); /* as libxenguest 4.17 writes it */
	for (int i = 0; i < 4; i++) {
		n = find_note(head + s->sh_offset, s->sh_size, i);
		cr_assert_eq(n->n_type,
			     XEN_ELFNOTE_DUMPCORE_NONE + (uint32_t)i);
		cr_assert_str_eq((const char *)(n + 1), "Xen");
	}
	cr_assert_null(find_note(head + s->sh_offset, s->sh_size, 4));

	n = find_note(head + p[0].p_offset, p[0].p_filesz, 2);
	cr_assert_eq(n->n_type, NT_PRSTATUS);
	memcpy(&status, (const char *)(n + 1) + 8, sizeof(status));
	cr_assert_eq(status.pr_pid, 2);
	cr_assert_eq(status.pr_reg[16], 0xffffffff81a442b5ULL); /* rip */
	cr_assert_eq(status.pr_reg[0], 15);
	cr_assert_eq(status.pr_reg[21], 0x7f00);
	cr_assert_eq(status.pr_reg[22], 0x8800);
	n = find_note(head + p[0].p_offset, p[0].p_filesz, 3);
	cr_assert_eq(n->n_type, NT_FPREGSET);
	cr_assert_null(find_note(head + p[0].p_offset, p[0].p_filesz, 4));
	free(head);
}
