/* SPDX-License-Identifier: MIT */
/*
 * The parts of vane-consoled and what they owe each other.
 *
 * main.c     options, start, store watches, the event loop
 * console.c  one object for each domain: finding its ring, draining it
 * client.c   the Unix socket and those attached through it
 * hostlog.c  the logs of domain zero's kernel and of the hypervisor
 *
 * A console lives from the moment its domain is seen in the store until the
 * domain is gone or dying. Its phases:
 *
 *   CONSOLE_WAITING --ring found and mapped--> CONSOLE_CONNECTED
 *   CONSOLE_CONNECTED --ring-ref or port changed--> CONSOLE_WAITING
 *   either --domain gone or dying--> freed; its clients get what is left
 *
 * A domain's name is looked at whenever the store says that it changed; what
 * it prints from then on goes to the log of its new name.
 */
#ifndef DOM0_TOOLS_CONSOLED_CONSOLED_H
#define DOM0_TOOLS_CONSOLED_CONSOLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "consoled/budget.h"
#include "consoled/buffer.h"
#include "consoled/guestlog.h"
#include "consoled/hostlog.h"
#include "consoled/logtext.h"
#include "consoled/ring.h"
#include "lib/consproto.h"
#include "lib/evloop.h"
#include "lib/store.h"

#define CONSOLE_CLIENTS_MAX 64
#define CONSOLE_QUEUE_BYTES 65536
#define CONSOLE_INPUT_BYTES 4096
#define CONSOLE_ENDED_MAX   64 /* dead domains of which the name is known */
#define CONSOLE_NAME_BYTES  128

/* The tokens of watches on a domain's nodes begin with one of these. */
#define CONSOLE_WATCH_RING 'c'
#define CONSOLE_WATCH_NAME 'n'

enum console_phase { CONSOLE_WAITING, CONSOLE_CONNECTED };

struct console {
	struct console *next;
	struct consoled *d;
	uint16_t domid;
	char name[CONSOLE_NAME_BYTES]; /* as the store has it */
	enum console_phase phase;
	bool found; /* by the scan that is going on */
	bool watched;

	/* CONSOLE_CONNECTED */
	struct console_ring ring;
	bool page_is_granted;
	uint64_t ring_ref;
	uint32_t remote_port, local_port;
	bool owes_unmask; /* its event fired and was not unmasked yet */
	bool is_pending;  /* there may be output that no event will tell of */

	struct console_budget budget;
	struct guestlog log;
	struct logtext text;
	struct console_tail tail;
	bool ring_failed, map_failed; /* said so already */

	struct client *writer; /* NULL: nobody types */
	/* Input from the writer that the guest has not yet taken. */
	uint8_t input[CONSOLE_INPUT_BYTES];
	size_t input_used;
};

enum client_state {
	CLIENT_ASKING,
	CLIENT_AWAITING,
	CLIENT_ATTACHED,
	CLIENT_CLOSING, /* once its queue is empty */
};

struct client {
	struct client *next;
	struct consoled *d;
	int fd;
	pid_t pid; /* of whoever connected */
	uid_t uid;
	enum client_state state;
	enum consproto_mode mode;
	struct console *console; /* CLIENT_ATTACHED; else NULL */
	bool told_reader;	 /* that its input is ignored */
	bool in_blocked;	 /* not read from: the guest's input is full */
	uint64_t order;		 /* of attaching */
	char name[CONSPROTO_NAME_MAX + 1]; /* CLIENT_AWAITING */
	char line[CONSPROTO_LINE_MAX];	   /* the request, until its line end */
	size_t line_used;
	struct console_queue queue;
};

struct ended {
	uint16_t domid;
	char name[CONSOLE_NAME_BYTES];
};

struct consoled {
	struct evloop loop;
	struct store *store; /* NULL: not reachable now */
	struct evloop_timer store_timer, window_timer;
	bool store_said;
	int evtchn, gntdev, privcmd, listener, signals;
	bool scan_wanted;
	bool was_scanned; /* once, so that a console found now is a new one */
	struct guestlog_policy policy;
	bool has_stamps, is_raw; /* of all logs */
	struct hostlog host;
	struct console *consoles;
	struct client *clients;
	unsigned int client_count;
	uint64_t attach_count;
	struct ended ended[CONSOLE_ENDED_MAX];
	unsigned int ended_next;
	const char *socket_path;
};

/* console.c */

/* Brings the consoles in line with the store and the hypervisor. */
void console_scan(struct consoled *d);
/* The store says that a domain's nodes changed: a CONSOLE_WATCH_ letter. */
void console_changed(struct consoled *d, char letter, uint16_t domid);
struct console *console_find(struct consoled *d, uint16_t domid);
struct console *console_find_name(struct consoled *d, const char *name);
/* Its ring is mapped: what it prints cannot be lost any more. */
bool console_is_kept(const struct console *c);
/* An event channel fired. */
void console_event(struct consoled *d, uint32_t port);
/* One round over all consoles that have output and budget left. */
void console_serve(struct consoled *d);
/* Passes what the writer typed on to the guest. */
void console_push_input(struct console *c);
size_t console_input_room(const struct console *c);
void console_free_all(struct consoled *d);
/* Begins every log file anew; see guestlog_reopen(). */
void console_reopen_logs(struct consoled *d);
/* The name of a domain that has ended, or NULL. */
const char *console_ended_name(const struct consoled *d, uint16_t domid);

/* client.c */

/* A listening socket at the path, or -errno. */
int client_listen(struct consoled *d);
/* Queues output for everyone attached to the console. */
void client_broadcast(struct console *c, const uint8_t *bytes, size_t len);
/* The console has ended: its clients are closed once all is delivered. */
void client_console_ended(struct console *c);
/* The console is new, or its name is: whoever waited for it is attached. */
void client_console_named(struct console *c);
/* The guest took input: go on reading from the writer. */
void client_input_resume(struct console *c);
void client_free_all(struct consoled *d);

#endif
