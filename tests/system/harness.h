/* SPDX-License-Identifier: MIT */
/*
 * A machine under QEMU, seen through its serial line.
 *
 * A machine has a name, and with it files below build/tests/: NAME.log
 * (everything it ever said, written by QEMU itself), NAME.input (what its
 * serial line reads), NAME.qemu (its command line), NAME.pid. It outlives the
 * process that started it, so that tests, each a process of its own, share one
 * booted domain zero: machine_open() takes a running one over, or boots it. A
 * test that fails leaves it marked as unknown, and the next one boots afresh.
 * Tests that run at the same time each get a machine of their own.
 *
 * All waiting is for a line or for the machine's end, with a limit in seconds
 * of a quiet host, times the environment variable TEST_TIME_SCALE (3).
 * Functions return 0 or -errno and leave the reason in machine_error().
 *
 * The harness knows nothing of Criterion; the demo drives it too.
 */
#ifndef TESTS_SYSTEM_HARNESS_H
#define TESTS_SYSTEM_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

#define MACHINE_EXTRA_ARGS 16

struct machine_config {
	const char *name;
	unsigned int copies;	 /* any of so many alike will do; 0: one */
	const char *machine;	 /* NULL: "pc" */
	const char *cpu;	 /* NULL: $CPU, or "max" */
	unsigned int memory_mib; /* 0: 2048 */
	unsigned int cpus;	 /* 0: 1 */
	bool icount;		 /* deterministic virtual time */
	/*
	 * Of several CPUs only one runs at a time, on one thread. Of QEMU 7.2
	 * it is what domain zero with many vCPUs needs: docs/testing.md.
	 */
	bool one_thread;
	bool native; /* no hypervisor: the kernel alone */
	bool no_data_disk;
	bool reboots; /* a reset starts it again instead of ending it */
	const char *hypervisor; /* NULL: $HYPERVISOR, or build/paravane */
	const char *hypervisor_options; /* appended to "console=com1" */
	const char *kernel_options;	/* appended to domain zero's */
	const char *initrd;		/* NULL: build/image/dom0-initrd.img */
	const char *iso;		/* boot this CD instead of -kernel */
	const char *ready;		/* NULL: "dom0: ready" */
	const char *args[MACHINE_EXTRA_ARGS]; /* more of QEMU's arguments */
};

struct machine;

/* The machine that the demo and most tests use. */
extern const struct machine_config machine_default;

/* Runs config's machine, or takes over the one that runs; NULL on failure. */
struct machine *machine_open(const struct machine_config *config);

/* Boots config's machine up to domain zero's prompt, whatever runs. */
struct machine *machine_boot(const struct machine_config *config);

/* Starts QEMU and returns at once; the caller waits for what it likes. */
struct machine *machine_start(const struct machine_config *config);

/*
 * Lets go of a machine that keeps running for the next test. Fails, naming
 * the line, when the log gained a kernel's or hypervisor's complaint since
 * machine_open().
 */
int machine_close(struct machine *m);

/* Looks for complaints in what the log gained since the last look. */
int machine_check_log(struct machine *m);

/* Complaints that contain text are what this test provokes. */
void machine_tolerate(struct machine *m, const char *text);

/* What is a complaint: the texts, one after the other, and then NULL. */
const char *machine_complaint(unsigned int index);

/* Ends QEMU and frees m; its log stays. */
void machine_kill(struct machine *m);

/* Ends whatever an earlier process left running. */
void machine_kill_all(void);

/*
 * Waits for a line that contains text. A machine that dies, panics or stays
 * silent too long is an error.
 */
int machine_expect(struct machine *m, const char *text, unsigned int seconds);

/* The last line that machine_expect() waited for. */
const char *machine_line(const struct machine *m);

/* Waits until QEMU has ended; its exit status, or -errno. */
int machine_wait_exit(struct machine *m, unsigned int seconds);

/*
 * Runs a command in domain zero and returns its exit status, or -errno. Its
 * output, at most size - 1 bytes of it, goes to out when that is not NULL.
 */
int machine_run(struct machine *m, unsigned int seconds, char *out, size_t size,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Sends bytes to the serial line as they are. */
int machine_send(struct machine *m, const char *text);

/* Leaves the command mode of machine_run(): back to the prompt. */
int machine_leave_prompt(struct machine *m);

/*
 * Joins this process's terminal to the serial line until QEMU ends or the
 * person types the control character ']'.
 */
int machine_interact(struct machine *m);

const char *machine_error(void);
const char *machine_log_path(const struct machine *m);

/* Seconds since QEMU was started, by the host's clock. */
double machine_seconds(const struct machine *m);

/* The limit as TEST_TIME_SCALE stretches it. */
unsigned int machine_scaled(unsigned int seconds);

#endif
