/* SPDX-License-Identifier: MIT */
/* Why something cannot be reached; see reach.h. */
#include "lib/reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/privcmd.h"
#include "lib/store.h"

static bool is_refusal(int error)
{
	return abs(error) == EACCES || abs(error) == EPERM;
}

static int explain_rights(const char *path, int error, struct err *e)
{
	return err_set(e, error,
		       "%s: not permitted; this needs root: try again with "
		       "sudo",
		       path);
}

static int explain_bare(int error, struct err *e)
{
	return err_set(e, error,
		       "no hypervisor runs under this kernel; boot Paravane "
		       "with this system as domain zero");
}

static const char *starter(const struct reach_facts *f)
{
	return f->has_systemd ? "systemctl start " : "";
}

int reach_explain_hypervisor(const struct reach_facts *f, int error,
			     struct err *e)
{
	if (is_refusal(error))
		return explain_rights("/dev/xen/privcmd", error, e);
	if (!f->has_hypervisor)
		return explain_bare(error, e);
	if (f->is_guest)
		return err_set(e, error,
			       "this is a guest; domains are driven from "
			       "domain zero");
	return err_set(e, error,
		       "/dev/xen/privcmd: %s; load its driver: 'modprobe "
		       "xen-privcmd'",
		       strerror(abs(error)));
}

int reach_explain_daemon(const struct reach_facts *f, const char *daemon,
			 const char *socket, int error, struct err *e)
{
	if (is_refusal(error))
		return explain_rights(socket, error, e);
	if (!f->has_hypervisor)
		return explain_bare(error, e);
	return err_set(
		e, error, "%s does not answer at %s (%s); start it: '%s%s'",
		daemon, socket, strerror(abs(error)), starter(f), daemon);
}

/* Whether the first line of the file has the word; false: there is no file. */
static bool file_has(const char *path, const char *word, bool *is_there)
{
	FILE *f = fopen(path, "re");
	char line[64] = "";
	bool has;

	*is_there = f != NULL;
	if (f == NULL)
		return false;
	has = fgets(line, sizeof(line), f) && strstr(line, word);
	fclose(f);
	return has;
}

static struct reach_facts reach_look(void)
{
	struct reach_facts f;
	bool is_there, is_control;

	f.has_hypervisor = file_has("/sys/hypervisor/type", "xen", &is_there);
	/* Empty in a guest; where xenfs is not mounted it says nothing. */
	is_control = file_has("/proc/xen/capabilities", "control_d", &is_there);
	f.is_guest = is_there && !is_control;
	f.has_systemd = access("/run/systemd/system", F_OK) == 0;
	return f;
}

int reach_hypervisor(struct err *e)
{
	int fd = privcmd_open();
	struct reach_facts f;

	if (fd >= 0)
		return fd;
	f = reach_look();
	return reach_explain_hypervisor(&f, fd, e);
}

int reach_store_failed(int error, struct err *e)
{
	const char *path = getenv("XENSTORED_PATH");
	struct reach_facts f = reach_look();

	/* Whoever names a socket knows that there is one. */
	f.has_hypervisor |= path != NULL;
	return reach_explain_daemon(&f, "vane-stored",
				    path ? path : STORE_SOCKET_PATH, error, e);
}

int reach_daemon_failed(const char *daemon, const char *socket, int error,
			struct err *e)
{
	struct reach_facts f = reach_look();

	return reach_explain_daemon(&f, daemon, socket, error, e);
}

const char *reach_starter(void)
{
	struct reach_facts f = reach_look();

	return starter(&f);
}
