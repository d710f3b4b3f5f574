/* SPDX-License-Identifier: MIT */
/*
 * NMIs of the machine, which QEMU's monitor sends: domain zero's, nobody's, or
 * the end, as `nmi=` says.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/system/suite.h"

struct route {
	char name[16];
	char options[32];
	char says[48];
};

static struct route routes[] = {
	{"nmi-dom0", "maxcpus=2", "NMI: unknown reason, domain 0 is told"},
	{"nmi-ignore", "maxcpus=2 nmi=ignore", "NMI: unknown reason, ignored"},
	{"nmi-fatal", "maxcpus=2 nmi=fatal", "PANIC: NMI: unknown reason"},
};

/* Reads up to the monitor's prompt; false: it has gone. */
static bool prompt_read(int fd)
{
	char text[4096];
	size_t have = 0;

	while (have < sizeof(text) - 1) {
		ssize_t n = read(fd, text + have, sizeof(text) - 1 - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
		text[have] = '\0';
		if (strstr(text, "(qemu) "))
			return true;
	}
	return false;
}

/* It has carried out the command when it asks for the next. */
static void monitor_say(struct machine *m, const char *path, const char *text)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = machine_scaled(30)};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n = (ssize_t)strlen(text);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) || !prompt_read(fd) ||
	    write(fd, text, (size_t)n) != n || !prompt_read(fd))
		suite_fail(m, "the monitor at %s does not answer", path);
	close(fd);
}

ParameterizedTestParameters(nmi, the_machines_nmi_goes_where_it_is_sent)
{
	return cr_make_param_array(struct route, routes,
				   sizeof(routes) / sizeof(routes[0]), NULL);
}

ParameterizedTest(struct route *r, nmi, the_machines_nmi_goes_where_it_is_sent)
{
	char path[64], monitor[128];
	struct machine_config c = {
		.name = r->name,
		.cpus = 2,
		.hypervisor_options = r->options,
		.args = {"-chardev", monitor, "-mon", "chardev=nmi"},
	};
	struct machine *m;

	snprintf(path, sizeof(path), "build/tests/%s.monitor", r->name);
	snprintf(monitor, sizeof(monitor),
		 "socket,id=nmi,server=on,wait=off,path=%s", path);
	m = machine_boot(&c);
	if (!m)
		suite_fail(NULL, "%s", machine_error());
	machine_tolerate(m, "PANIC: NMI");
	monitor_say(m, path, "nmi\n");
	if (machine_expect(m, r->says, 60))
		suite_fail(m, "%s", machine_error());
	if (strstr(r->options, "fatal")) {
		if (machine_wait_exit(m, 60))
			suite_fail(m, "no restart: %s", machine_error());
		machine_kill(m);
		return;
	}
	/* Linux says what it makes of it. */
	if (strstr(r->options, "ignore"))
		suite_run(m, 30, "! dmesg | grep 'NMI received'");
	else
		suite_run(m, 30,
			  "await 60 sh -c \"dmesg | grep -q 'NMI received'\"");
	suite_power_off(m);
}
