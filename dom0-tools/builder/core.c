/* SPDX-License-Identifier: MIT */
/* Writes a domain's memory and registers to a file; see core.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "builder/core.h"
#include "builder/corefile.h"
#include "lib/domctl.h"
#include "lib/privcmd.h"

#define CORE_BATCH 256 /* pages mapped at once */

struct core {
	int privcmd;
	uint16_t domid;
	const struct core_options *o;
	struct xen_domctl_getdomaininfo info;
	struct corefile file;
	void *shared_info;  /* mapped */
	void *frame;	    /* what core_frame() mapped last */
	uint64_t frame_mfn; /* and which it is */
	char partial[PATH_MAX];
	int fd;
};

/* ---- reading the domain ---- */

/* corefile_frame_fn: one frame at a time is mapped. */
static const uint64_t *core_frame(void *context, uint64_t mfn)
{
	struct core *c = context;

	if (c->frame && c->frame_mfn == mfn)
		return c->frame;
	privcmd_unmap(c->frame, 1);
	c->frame = NULL;
	c->frame_mfn = mfn;
	if (privcmd_map(c->privcmd, c->domid, PROT_READ, &mfn, 1, &c->frame))
		c->frame = NULL;
	return c->frame;
}

static void core_read_version(struct core *c)
{
	struct corefile_version *v = &c->file.version;
	int number = xen_version_number(c->privcmd);
	char text[1024];

	v->major = number > 0 ? (uint64_t)number >> 16 : 0;
	v->minor = number > 0 ? (uint64_t)number & 0xffff : 0;
	xen_version_get(c->privcmd, XENVER_extraversion, v->extra,
			sizeof(v->extra));
	xen_version_get(c->privcmd, XENVER_compile_info, &v->compile,
			sizeof(v->compile));
	memset(text, 0, sizeof(text));
	if (xen_version_get(c->privcmd, XENVER_capabilities, text,
			    sizeof(text)) == 0)
		memcpy(v->capabilities, text, sizeof(v->capabilities));
	xen_version_get(c->privcmd, XENVER_changeset, v->changeset,
			sizeof(v->changeset));
	xen_version_get(c->privcmd, XENVER_platform_parameters, &v->platform,
			sizeof(v->platform));
}

/* vCPUs that were never brought up have no registers, and are left out. */
static int core_read_vcpus(struct core *c, struct err *e)
{
	uint32_t count = c->info.max_vcpu_id + 1;
	struct vcpu_guest_context *v;
	int rc = -ESRCH;

	if (count > COREFILE_VCPUS_MAX)
		count = COREFILE_VCPUS_MAX;
	v = calloc(count, sizeof(*v));
	if (v == NULL)
		return err_set(e, ENOMEM, "out of memory");
	c->file.vcpus = v;
	for (uint32_t i = 0; i < count; i++) {
		rc = domctl_get_vcpu(c->privcmd, c->domid, i,
				     &v[c->file.vcpu_count]);
		if (rc == 0)
			c->file.vcpu_count++;
		else if (i == 0)
			break;
	}
	if (c->file.vcpu_count == 0)
		return err_set(e, rc,
			       "cannot read the registers of domain %u (%s)",
			       c->domid, err_name(rc));
	return 0;
}

static int core_read_memory(struct core *c, struct err *e)
{
	struct corefile *f = &c->file;
	uint64_t mfn = c->info.shared_info_frame;
	uint64_t l4 = f->vcpus[0].ctrlreg[3] >> PRIVCMD_PAGE_SHIFT;
	int rc = privcmd_map(c->privcmd, c->domid, PROT_READ, &mfn, 1,
			     &c->shared_info);

	if (rc)
		return err_set(e, rc, "cannot map memory of domain %u (%s)",
			       c->domid, err_name(rc));
	f->shared_info = c->shared_info;
	f->page_limit = c->info.tot_pages;
	f->pages = calloc(f->page_limit + 1, sizeof(*f->pages));
	f->runs = calloc(COREFILE_RUNS_MAX, sizeof(*f->runs));
	if (f->pages == NULL || f->runs == NULL)
		return err_set(e, ENOMEM,
			       "out of memory for the list of %" PRIu64
			       " pages of domain %u",
			       c->info.tot_pages, c->domid);
	rc = corefile_read_p2m(f, c->shared_info, core_frame, c);
	if (rc == -ENODATA)
		return err_set(e, rc,
			       "domain %u has not told where its memory is; "
			       "its kernel does so while it boots: try again "
			       "when it has",
			       c->domid);
	if (rc == 0)
		rc = corefile_walk(f, l4, core_frame, c);
	if (rc)
		return err_set(e, rc, "out of memory");
	corefile_layout(f);
	return 0;
}

/* ---- writing the file ---- */

static int core_failed_write(struct core *c, int error, struct err *e)
{
	struct statvfs fs;
	uint64_t free_kib = 0;

	if (fstatvfs(c->fd, &fs) == 0)
		free_kib = (uint64_t)fs.f_bavail * fs.f_frsize / 1024;
	if (error == ENOSPC || error == EDQUOT)
		return err_set(e, error,
			       "%s: no room: a core of domain %u takes up to "
			       "%" PRIu64 " KiB, and %" PRIu64
			       " KiB were free at the end; nothing is kept; "
			       "make room, or write it elsewhere",
			       c->partial, c->domid, c->file.end / 1024,
			       free_kib);
	return err_set(e, error, "%s: %s; nothing is kept", c->partial,
		       strerror(error));
}

static int core_write(struct core *c, const void *data, size_t size,
		      uint64_t at, struct err *e)
{
	const char *p = data;

	while (size) {
		ssize_t n = pwrite(c->fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return core_failed_write(c, n ? errno : EIO, e);
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static bool core_is_zero(const char *page)
{
	return page[0] == 0 &&
	       memcmp(page, page + 1, COREFILE_PAGE_BYTES - 1) == 0;
}

/* Pages of zeroes become holes. */
static int core_write_pages(struct core *c, const char *data, size_t first,
			    size_t count, struct err *e)
{
	int rc = 0;

	for (size_t i = 0, end; i < count && rc == 0; i = end) {
		end = i + 1;
		if (core_is_zero(data + i * COREFILE_PAGE_BYTES))
			continue;
		while (end < count &&
		       !core_is_zero(data + end * COREFILE_PAGE_BYTES))
			end++;
		rc = core_write(c, data + i * COREFILE_PAGE_BYTES,
				(end - i) * COREFILE_PAGE_BYTES,
				c->file.pages_at +
					(first + i) * COREFILE_PAGE_BYTES,
				e);
	}
	return rc;
}

/*
 * A page that cannot be mapped is none of the domain's, whatever its p2m
 * says, or went away while it ran on: it stays a hole.
 */
static int core_copy_batch(struct core *c, size_t first, size_t count,
			   struct err *e)
{
	const struct corefile_page *pages = c->file.pages + first;
	uint64_t mfns[CORE_BATCH];
	void *data;
	int rc;

	for (size_t i = 0; i < count; i++)
		mfns[i] = pages[i].mfn;
	if (privcmd_map(c->privcmd, c->domid, PROT_READ, mfns, count, &data) ==
	    0) {
		rc = core_write_pages(c, data, first, count, e);
		privcmd_unmap(data, count);
		return rc;
	}
	rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (privcmd_map(c->privcmd, c->domid, PROT_READ, &mfns[i], 1,
				&data))
			continue;
		rc = core_write_pages(c, data, first + i, 1, e);
		privcmd_unmap(data, 1);
	}
	return rc;
}

static int core_copy_pages(struct core *c, struct err *e)
{
	size_t total = c->file.page_count;
	int rc = 0;

	for (size_t at = 0, n; at < total && rc == 0; at += n) {
		n = total - at < CORE_BATCH ? total - at : CORE_BATCH;
		if (c->o->stop && *c->o->stop)
			return err_set(e, EINTR,
				       "interrupted; nothing is kept");
		rc = core_copy_batch(c, at, n, e);
		if (c->o->progress)
			c->o->progress((at + n) * COREFILE_PAGE_BYTES,
				       total * COREFILE_PAGE_BYTES);
	}
	return rc;
}

static int core_write_file(struct core *c, struct err *e)
{
	struct corefile *f = &c->file;
	size_t strings_bytes;
	const void *strings = corefile_strings(&strings_bytes);
	void *head = malloc(f->pages_at);
	int rc;

	if (head == NULL)
		return err_set(e, ENOMEM, "out of memory");
	corefile_write_head(f, head);
	rc = core_write(c, head, f->pages_at, 0, e);
	free(head);
	if (rc == 0)
		rc = core_copy_pages(c, e);
	if (rc == 0)
		rc = core_write(c, f->pages, f->page_count * sizeof(*f->pages),
				f->p2m_at, e);
	if (rc == 0)
		rc = core_write(c, strings, strings_bytes, f->strings_at, e);
	return rc;
}

/* What can be known of the file before the domain is looked at. */
static int core_check_path(struct core *c, const char *path, struct err *e)
{
	struct stat st;
	int n = snprintf(c->partial, sizeof(c->partial), "%s.partial", path);

	if (n < 0 || n >= (int)sizeof(c->partial))
		return err_set(e, ENAMETOOLONG, "%s: the name is too long",
			       path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: is no file", path);
	return 0;
}

static int core_open(struct core *c, struct err *e)
{
	unlink(c->partial);
	/* Memory of a guest is for nobody's eyes but root's. */
	c->fd = open(c->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return err_set(e, errno, "%s: %s", c->partial, strerror(errno));
	return 0;
}

static int core_close(struct core *c, const char *path, int rc, struct err *e)
{
	if (rc == 0 && fsync(c->fd) < 0)
		rc = core_failed_write(c, errno, e);
	close(c->fd);
	if (rc == 0 && rename(c->partial, path) < 0)
		rc = err_set(e, errno, "%s: %s", path, strerror(errno));
	if (rc)
		unlink(c->partial);
	return rc;
}

static int core_run(struct core *c, const char *path, struct err *e)
{
	int rc = core_read_vcpus(c, e);

	if (rc == 0)
		rc = core_read_memory(c, e);
	if (rc == 0)
		rc = core_open(c, e);
	if (rc == 0)
		rc = core_close(c, path, core_write_file(c, e), e);
	privcmd_unmap(c->frame, 1);
	privcmd_unmap(c->shared_info, 1);
	free((void *)c->file.vcpus);
	free(c->file.pages);
	free(c->file.runs);
	return rc;
}

int core_dump_with(int privcmd_fd, uint16_t domid, const char *path,
		   const struct core_options *o, struct err *e)
{
	struct core c = {.privcmd = privcmd_fd, .domid = domid, .o = o};
	bool pause;
	int rc = domctl_get_info(privcmd_fd, domid, &c.info);

	if (rc)
		return err_set(e, rc, "there is no domain %u", domid);
	if (c.info.flags & XEN_DOMINF_dying)
		return err_set(e, ESRCH, "domain %u is going away", domid);
	rc = core_check_path(&c, path, e);
	if (rc)
		return rc;
	pause = !o->live &&
		!(c.info.flags & (XEN_DOMINF_paused | XEN_DOMINF_shutdown));
	rc = pause ? domctl_pause(privcmd_fd, domid) : 0;
	if (rc)
		return err_set(e, rc, "cannot pause domain %u (%s)", domid,
			       err_name(rc));
	core_read_version(&c);
	rc = core_run(&c, path, e);
	if (pause)
		domctl_unpause(privcmd_fd, domid);
	return rc;
}

int core_dump(int privcmd_fd, uint16_t domid, const char *path, struct err *e)
{
	static const struct core_options options;

	return core_dump_with(privcmd_fd, domid, path, &options, e);
}
