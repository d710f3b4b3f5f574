/* SPDX-License-Identifier: MIT */
/*
 * An ELF core of a PV domain, as bytes; pure. Two readers are served by one
 * file:
 *
 * Those who know Xen's dump-core format, version 1, find its sections:
 * .note.Xen, .xen_prstatus (a vcpu_guest_context for each vCPU),
 * .xen_shared_info, .xen_pages and .xen_p2m (a pair PFN, MFN for each page, in
 * the order of the pages). The formats of the notes are those of libxenguest
 * 4.17; their types are in include/public/elfnote.h.
 *
 * Those who only know ELF (gdb, readelf) find program headers: a note with an
 * NT_PRSTATUS and NT_FPREGSET for each vCPU, and a PT_LOAD for each run of
 * pages that the first vCPU's page tables map, with its virtual address;
 * p_paddr is the pseudo-physical address, PFN * 4096. Runs share the pages; of
 * one page mapped again and again only the first place is listed.
 *
 * Nothing that the domain wrote is believed: page tables and p2m may be any
 * bytes, so their walks are bounded by the pages that the hypervisor says the
 * domain has. Test: tests/unit/dom0-tools/builder/test_corefile.c.
 */
#ifndef DOM0_TOOLS_BUILDER_COREFILE_H
#define DOM0_TOOLS_BUILDER_COREFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/version.h"
#include "public/xen.h"

#define COREFILE_PAGE_BYTES 4096ULL
#define COREFILE_RUNS_MAX   16384
#define COREFILE_VCPUS_MAX  512

/* A page of the domain; a core lists them by ascending PFN. */
struct corefile_page {
	uint64_t pfn;
	uint64_t mfn;
};

/* Pages that follow each other in virtual memory and in the file. */
struct corefile_run {
	uint64_t va;
	uint64_t index; /* of the first one among the pages */
	uint64_t count;
};

/* What the version note says. */
struct corefile_version {
	uint64_t major;
	uint64_t minor;
	char extra[XEN_EXTRAVERSION_LEN];
	struct xen_compile_info compile;
	char capabilities[XEN_CAPABILITIES_INFO_LEN];
	char changeset[XEN_CHANGESET_INFO_LEN];
	struct xen_platform_parameters platform;
};

struct corefile {
	struct corefile_page *pages;
	size_t page_count;
	size_t page_limit; /* room in pages[] */
	struct corefile_run *runs;
	size_t run_count;
	bool runs_cut; /* there were more than fit */
	const struct vcpu_guest_context *vcpus;
	uint32_t vcpu_count;
	const void *shared_info; /* a page */
	struct corefile_version version;

	/* Offsets in the file; corefile_layout(). */
	uint64_t notes_at;
	uint64_t prstatus_at;
	uint64_t shared_info_at;
	uint64_t pages_at;
	uint64_t p2m_at;
	uint64_t strings_at;
	uint64_t end;
};

/* A frame of the domain, 512 words until the next call; NULL: none. */
typedef const uint64_t *corefile_frame_fn(void *context, uint64_t mfn);

/*
 * Reads the p2m that the domain's kernel told in its shared info, by either of
 * the ways that the ABI knows; fills pages[]. 0; -ENODATA when the kernel has
 * not told it.
 */
int corefile_read_p2m(struct corefile *f, const struct shared_info *shared,
		      corefile_frame_fn *frame, void *context);

/*
 * Walks the page tables from the frame `l4` on; fills runs[], whose room is
 * COREFILE_RUNS_MAX. Kernel addresses come first. 0 or -ENOMEM.
 */
int corefile_walk(struct corefile *f, uint64_t l4, corefile_frame_fn *frame,
		  void *context);

/* Fills the offsets once everything above them is there. */
void corefile_layout(struct corefile *f);

/* Everything before the pages: pages_at bytes. */
void corefile_write_head(const struct corefile *f, void *head);

/* The names of the sections, at strings_at. */
const void *corefile_strings(size_t *bytes);

#endif
