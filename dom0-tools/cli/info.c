/* SPDX-License-Identifier: MIT */
/*
 * `vane info`: the machine and its hypervisor, a key and a value in each
 * line, with the keys that engines grep for; or as one JSON object.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/cli.h"
#include "lib/json.h"
#include "lib/schedctl.h"

struct info_writer {
	bool is_json;
	struct json json;
};

__attribute__((format(printf, 3, 4))) static void
info_text(struct info_writer *w, const char *key, const char *fmt, ...)
{
	char value[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (w->is_json)
		json_string(&w->json, key, value);
	else
		printf("%-23s: %s\n", key, value);
}

static void info_number(struct info_writer *w, const char *key, uint64_t value)
{
	if (w->is_json)
		json_uint(&w->json, key, value);
	else
		printf("%-23s: %" PRIu64 "\n", key, value);
}

static void info_host(struct info_writer *w)
{
	struct utsname u;

	if (uname(&u) < 0)
		return;
	info_text(w, "host", "%s", u.nodename);
	info_text(w, "release", "%s", u.release);
	info_text(w, "version", "%s", u.version);
	info_text(w, "machine", "%s", u.machine);
}

/* The capabilities' names, each with a blank before it. */
static void info_capabilities(uint32_t bits, char *text, size_t size)
{
	static const struct {
		uint32_t bits; /* all of them */
		const char *name;
	} names[] = {
		{XEN_SYSCTL_PHYSCAP_pv, "pv"},
		{XEN_SYSCTL_PHYSCAP_hvm, "hvm"},
		{XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_directio,
		 "hvm_directio"},
		{XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_directio,
		 "pv_directio"},
		{XEN_SYSCTL_PHYSCAP_hap, "hap"},
		{XEN_SYSCTL_PHYSCAP_shadow, "shadow"},
		{XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share, "iommu_hap_pt_share"},
		{XEN_SYSCTL_PHYSCAP_vmtrace, "vmtrace"},
		{XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1"},
		{XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2"},
	};
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((bits & names[i].bits) == names[i].bits && at < size)
			at += (size_t)snprintf(text + at, size - at, " %s",
					       names[i].name);
	}
}

static void info_physical(struct info_writer *w,
			  const struct xen_sysctl_physinfo *p, int privcmd)
{
	struct cpumap unused; /* by any pool */
	uint64_t free_pages = p->free_pages - p->outstanding_pages;
	char caps[160] = "";

	for (int i = 0; i < 8; i++)
		snprintf(caps + strlen(caps), sizeof(caps) - strlen(caps),
			 "%s%08x", i ? ":" : "", p->hw_cap[i]);
	info_number(w, "nr_cpus", p->nr_cpus);
	info_number(w, "max_cpu_id", p->max_cpu_id);
	info_number(w, "nr_nodes", p->nr_nodes);
	info_number(w, "cores_per_socket", p->cores_per_socket);
	info_number(w, "threads_per_core", p->threads_per_core);
	info_text(w, "cpu_mhz", "%u.%03u", p->cpu_khz / 1000,
		  p->cpu_khz % 1000);
	info_text(w, "hw_caps", "%s", caps);
	info_capabilities(p->capabilities, caps, sizeof(caps));
	info_text(w, "virt_caps", "%s", caps[0] ? caps + 1 : "");
	info_number(w, "total_memory", p->total_pages / 256);
	info_number(w, "free_memory", free_pages / 256);
	/* To the page, for those who look for what was lost. */
	if (!cli_is_xl())
		info_number(w, "free_memory_kib", free_pages * 4);
	/* There is no sharing of memory between domains. */
	info_number(w, "sharing_freed_memory", 0);
	info_number(w, "sharing_used_memory", 0);
	info_number(w, "outstanding_claims", p->outstanding_pages / 256);
	if (sysctl_pool_free_cpus(privcmd, &unused) == 0)
		info_number(w, "free_cpus", cpumap_count(&unused));
}

static const char *info_scheduler(int id)
{
	switch (id) {
	case XEN_SCHEDULER_CREDIT:
		return "credit";
	case XEN_SCHEDULER_CREDIT2:
		return "credit2";
	case XEN_SCHEDULER_ARINC653:
		return "arinc653";
	case XEN_SCHEDULER_RTDS:
		return "rtds";
	case XEN_SCHEDULER_NULL:
		return "null";
	default:
		return "unknown";
	}
}

/* A string of one kind, or "" where the hypervisor does not say. */
static void info_version_text(struct info_writer *w, int fd, unsigned int what,
			      size_t size, const char *key)
{
	char text[XEN_CAPABILITIES_INFO_LEN + 1] = "";

	if (xen_version_get(fd, what, text, size))
		text[0] = '\0';
	info_text(w, key, "%s", text);
}

static void info_build_id(struct info_writer *w, int fd)
{
	char text[2 * 64 + 1] = "";
	uint8_t id[64];
	int n = xen_build_id(fd, id, sizeof(id));

	for (int i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	info_text(w, "build_id", "%s", text);
}

static void info_version(struct info_writer *w, int fd)
{
	struct xen_platform_parameters platform = {0};
	struct xen_compile_info compile;
	char extra[XEN_EXTRAVERSION_LEN + 1] = "";
	int version = xen_version_number(fd);

	xen_version_get(fd, XENVER_extraversion, extra, XEN_EXTRAVERSION_LEN);
	info_number(w, "xen_major", version > 0 ? version >> 16 : 0);
	info_number(w, "xen_minor", version > 0 ? version & 0xffff : 0);
	info_text(w, "xen_extra", "%s", extra);
	info_text(w, "xen_version", "%d.%d%s", version >> 16, version & 0xffff,
		  extra);
	info_version_text(w, fd, XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN,
			  "xen_caps");
	info_text(w, "xen_scheduler", "%s",
		  info_scheduler(sysctl_get_scheduler(fd)));
	info_number(w, "xen_pagesize", 4096);
	xen_version_get(fd, XENVER_platform_parameters, &platform,
			sizeof(platform));
	info_text(w, "platform_params", "virt_start=%#" PRIx64,
		  platform.virt_start);
	info_version_text(w, fd, XENVER_changeset, XEN_CHANGESET_INFO_LEN,
			  "xen_changeset");
	info_version_text(w, fd, XENVER_commandline, 1024, "xen_commandline");
	memset(&compile, 0, sizeof(compile));
	xen_version_get(fd, XENVER_compile_info, &compile, sizeof(compile));
	info_text(w, "cc_compiler", "%.64s", compile.compiler);
	info_text(w, "cc_compile_by", "%.16s", compile.compile_by);
	info_text(w, "cc_compile_domain", "%.32s", compile.compile_domain);
	info_text(w, "cc_compile_date", "%.32s", compile.compile_date);
	info_build_id(w, fd);
	info_number(w, "xend_config_format", 4);
}

int cli_info(int argc, char **argv)
{
	struct info_writer w = {.is_json = false};
	struct xen_sysctl_physinfo physical;
	struct cli_args a;
	struct cli c;
	int status = cli_parse(argc, argv, 0, 0, &a);
	int rc;

	if (status)
		return status;
	w.is_json = cli_has(&a, 'j');
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	rc = sysctl_get_physinfo(c.privcmd, &physical);
	if (rc) {
		err_set(&c.err, rc,
			"cannot ask the hypervisor about the "
			"machine (%s)",
			err_name(rc));
		status = cli_fail(&c);
	} else {
		if (w.is_json) {
			json_begin(&w.json, stdout);
			json_open_object(&w.json, NULL);
		}
		info_host(&w);
		info_physical(&w, &physical, c.privcmd);
		info_version(&w, c.privcmd);
		if (w.is_json) {
			json_close_object(&w.json);
			json_end(&w.json);
		}
	}
	cli_close(&c);
	return status;
}
