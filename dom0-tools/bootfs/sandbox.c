/* SPDX-License-Identifier: MIT */
/* Giving everything up; see sandbox.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bootfs/sandbox.h"

#define SANDBOX_NOBODY	  65534
#define SANDBOX_X32_CALLS 0x40000000U

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const unsigned int allowed[] = {
	__NR_read,	   __NR_write,	    __NR_pread64, __NR_lseek,
	__NR_brk,	   __NR_munmap,	    __NR_mremap,  __NR_madvise,
	__NR_exit,	   __NR_exit_group, __NR_fstat,	  __NR_clock_gettime,
	__NR_rt_sigreturn,
};

/* What the libraries and libc try, and can do without. */
static const unsigned int refused[] = {
	__NR_openat,   __NR_ioctl,     __NR_fcntl,     __NR_fadvise64,
	__NR_futex,    __NR_uname,     __NR_getrandom, __NR_access,
	__NR_readlink, __NR_prlimit64,
};

/* Allowed only if (argument & mask) == value. */
static const struct {
	unsigned int call;
	unsigned int argument;
	uint32_t mask;
	uint32_t value;
} checked[] = {
	{__NR_mmap, 2, PROT_EXEC, 0},
	{__NR_mprotect, 2, PROT_EXEC, 0},
	/* fstat(), as libc calls it. */
	{__NR_newfstatat, 3, ~0U, AT_EMPTY_PATH},
};

static int sandbox_fail(struct err *e, const char *what)
{
	return err_set(e, errno, "the sandbox cannot be made: %s: %s", what,
		       strerror(errno));
}

static int sandbox_filter(struct err *e)
{
	struct sock_filter f[8 + 2 * (COUNT(allowed) + COUNT(refused)) +
			     6 * COUNT(checked)];
	struct sock_fprog program = {.filter = f};
	unsigned short n = 0;

#define EMIT(code, k, yes, no)                                                 \
	(f[n++] = (struct sock_filter)BPF_JUMP(code, k, yes, no))
#define LOAD(field)                                                            \
	EMIT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field),   \
	     0, 0)
#define IF_EQUAL(k, skip) EMIT(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip)
#define RETURN(k)	  EMIT(BPF_RET | BPF_K, k, 0, 0)
	LOAD(arch);
	EMIT(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	RETURN(SECCOMP_RET_KILL_PROCESS);
	LOAD(nr);
	EMIT(BPF_JMP | BPF_JGE | BPF_K, SANDBOX_X32_CALLS, 0, 1);
	RETURN(SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < COUNT(allowed); i++) {
		IF_EQUAL(allowed[i], 1);
		RETURN(SECCOMP_RET_ALLOW);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		IF_EQUAL(refused[i], 1);
		RETURN(SECCOMP_RET_ERRNO | EPERM);
	}
	for (size_t i = 0; i < COUNT(checked); i++) {
		IF_EQUAL(checked[i].call, 5);
		LOAD(args[checked[i].argument]);
		EMIT(BPF_ALU | BPF_AND | BPF_K, checked[i].mask, 0, 0);
		IF_EQUAL(checked[i].value, 1);
		RETURN(SECCOMP_RET_ALLOW);
		RETURN(SECCOMP_RET_KILL_PROCESS);
	}
	RETURN(SECCOMP_RET_KILL_PROCESS);
#undef EMIT
#undef LOAD
#undef IF_EQUAL
#undef RETURN
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sandbox_fail(e, "no_new_privs");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return sandbox_fail(e, "seccomp");
	return 0;
}

/* An empty directory that nobody can fill becomes the root. */
static int sandbox_leave_files(struct err *e)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) <
	    0)
		return sandbox_fail(e, "unshare");
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return sandbox_fail(e, "a private /");
	if (mount("none", "/proc", "tmpfs",
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=4k,nr_inodes=2,mode=0555") < 0)
		return sandbox_fail(e, "an empty directory");
	if (chdir("/proc") < 0 || chroot(".") < 0 || chdir("/") < 0)
		return sandbox_fail(e, "chroot");
	return 0;
}

static int sandbox_leave_root(struct err *e)
{
	int rc = sandbox_leave_files(e);

	if (rc)
		return rc;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(SANDBOX_NOBODY, SANDBOX_NOBODY, SANDBOX_NOBODY) < 0 ||
	    setresuid(SANDBOX_NOBODY, SANDBOX_NOBODY, SANDBOX_NOBODY) < 0)
		return sandbox_fail(e, "becoming nobody");
	return 0;
}

static int sandbox_limit(int what, uint64_t limit, struct err *e)
{
	struct rlimit r = {limit, limit};

	return setrlimit(what, &r) < 0 ? sandbox_fail(e, "a limit") : 0;
}

int sandbox_enter(const struct sandbox_limits *l, struct err *e)
{
	int rc = 0;

	if (syscall(__NR_close_range, l->first_closed_fd, ~0U, 0) < 0)
		return sandbox_fail(e, "close_range");
	if (geteuid() == 0)
		rc = sandbox_leave_root(e);
	/* After the change of user, which would take both back. */
	if (rc == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
			prctl(PR_SET_DUMPABLE, 0) < 0))
		rc = sandbox_fail(e, "prctl");
	if (rc == 0)
		rc = sandbox_limit(RLIMIT_CORE, 0, e);
	if (rc == 0)
		rc = sandbox_limit(RLIMIT_FSIZE, l->file_bytes, e);
	if (rc == 0)
		rc = sandbox_limit(RLIMIT_CPU, l->cpu_seconds, e);
	if (rc == 0 && l->memory_bytes)
		rc = sandbox_limit(RLIMIT_AS, l->memory_bytes, e);
	return rc ? rc : sandbox_filter(e);
}
