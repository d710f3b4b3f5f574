/* SPDX-License-Identifier: MIT */
/*
 * QEMU's command line for a machine_config. Its serial line is its standard
 * output, a regular file, and its standard input, a FIFO: a file never makes
 * QEMU wait or drop, however slow the reader is, and keeps everything for the
 * next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/system/machine.h"

#define ARGS_MAX 64

struct args {
	char *v[ARGS_MAX + 1];
	unsigned int count;
};

__attribute__((format(printf, 2, 3))) static void add(struct args *a,
						      const char *format, ...)
{
	va_list list;
	int n;

	if (a->count == ARGS_MAX)
		abort();
	va_start(list, format);
	n = vasprintf(&a->v[a->count++], format, list);
	va_end(list);
	if (n < 0)
		abort();
}

/*
 * A host that is busy with others may hold a machine off for longer than the 20
 * seconds after which Linux complains of a CPU that stands still.
 */
#define PATIENCE "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"

static const char *pick(const char *given, const char *variable,
			const char *otherwise)
{
	if (given)
		return given;
	if (variable && getenv(variable) && *getenv(variable))
		return getenv(variable);
	return otherwise;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void add_boot(struct args *a, const struct machine_config *c)
{
	const char *initrd =
		pick(c->initrd, NULL, "build/image/dom0-initrd.img");
	const char *kernel = pick(NULL, "DOM0_KERNEL", "build/image/vmlinux");
	const char *options = text_or_empty(c->kernel_options);

	if (c->iso) {
		add(a, "-cdrom");
		add(a, "%s", c->iso);
		return;
	}
	add(a, "-kernel");
	if (c->native) {
		add(a, "build/linux/vmlinuz");
		add(a, "-initrd");
		add(a, "%s", initrd);
		add(a, "-append");
		add(a, "console=ttyS0 %s", options);
		return;
	}
	add(a, "%s", pick(c->hypervisor, "HYPERVISOR", "build/paravane"));
	add(a, "-append");
	add(a, "console=com1 %s %s",
	    pick(c->hypervisor_options, NULL, "dom0_mem=768M"),
	    pick(NULL, "HYPERVISOR_OPTIONS", ""));
	add(a, "-initrd");
	/* Domain zero's hibernation stops in Linux's own freeze, as on Xen. */
	add(a, "%s console=hvc0 nohibernate " PATIENCE " %s,%s", kernel,
	    options, initrd);
}

static void add_all(struct args *a, const struct machine_config *c,
		    const struct machine *m)
{
	add(a, "%s", pick(NULL, "QEMU", "qemu-system-x86_64"));
	/* By this a later process recognises it. */
	add(a, "-name");
	add(a, "%s", m->path[INPUT]);
	add(a, "-accel");
	add(a, "tcg%s",
	    c->icount || c->one_thread || c->cpus <= 1 ? ",thread=single" : "");
	add(a, "-machine");
	add(a, "%s", pick(c->machine, NULL, "pc"));
	add(a, "-cpu");
	add(a, "%s", pick(c->cpu, "CPU", "max"));
	add(a, "-smp");
	add(a, "%u", c->cpus ? c->cpus : 1);
	add(a, "-m");
	add(a, "%u", c->memory_mib ? c->memory_mib : 2048);
	if (c->icount) {
		add(a, "-icount");
		add(a, "shift=0,sleep=off");
	}
	add(a, "-display");
	add(a, "none");
	if (!c->reboots)
		add(a, "-no-reboot");
	add(a, "-monitor");
	add(a, "none");
	add(a, "-serial");
	add(a, "stdio");
	add_boot(a, c);
	if (!c->no_data_disk) {
		add(a, "-drive");
		add(a, "file=build/image/data.ext4,if=virtio,format=raw,"
		       "snapshot=on");
	}
	for (unsigned int i = 0; i < MACHINE_EXTRA_ARGS && c->args[i]; i++)
		add(a, "%s", c->args[i]);
}

/* Runs in the child. The command line goes to NAME.qemu, QEMU's words after. */
void qemu_exec(const struct machine_config *c, const struct machine *m)
{
	struct args a = {.count = 0};
	int log, input, own;

	add_all(&a, c, m);
	setsid();
	own = open(m->path[QEMU], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	for (unsigned int i = 0; i < a.count; i++)
		dprintf(own, "%s'%s'", i ? " " : "", a.v[i]);
	dprintf(own, "\n");
	/*
	 * Opened for writing too: the end of the last writer would be the end
	 * of input, for good.
	 */
	input = open(m->path[INPUT], O_RDWR);
	log = open(m->path[LOG], O_WRONLY | O_APPEND);
	dup2(input, 0);
	dup2(log, 1);
	dup2(own, 2);
	/* It lives longer than the test: it must not hold the test's pipes. */
	close_range(3, ~0U, 0);
	execvp(a.v[0], a.v);
	dprintf(2, "%s: %s\n", a.v[0], strerror(errno));
	_exit(127);
}

void qemu_complaint(const struct machine *m, char *text, size_t size)
{
	FILE *f = fopen(m->path[QEMU], "r");
	char *line = NULL;
	size_t room = 0;

	snprintf(text, size, "see %s", m->path[QEMU]);
	if (!f)
		return;
	for (int n = 0; getline(&line, &room, f) > 0; n++) {
		line[strcspn(line, "\n")] = '\0';
		if (n)
			snprintf(text, size, "%s", line);
	}
	free(line);
	fclose(f);
}
