/* SPDX-License-Identifier: MIT */
/*
 * What vane-consoled and its clients say to each other on its Unix socket.
 *
 * The client sends one line:
 *
 *   attach MODE DOMID    a console; the answer is ATTACHED or REFUSED
 *   await MODE NAME      the same, as soon as there is a domain of that name;
 *                        a NOTICE comes at once if there is none yet
 *   sync DOMID           ATTACHED once the daemon keeps what it prints
 *
 * with MODE one of "read", "write" (type, if nobody else does) and "take"
 * (type, whoever else does). All further bytes of the client are what it
 * types. The daemon sends frames: a letter, the length of the rest as 16 bits,
 * low byte first, and the rest. Only ENDED and REFUSED end a connection in
 * good order; a connection that just breaks means that the daemon is gone.
 *
 * The parsers are pure. Test: tests/unit/dom0-tools/lib/test_consproto.c.
 */
#ifndef DOM0_TOOLS_LIB_CONSPROTO_H
#define DOM0_TOOLS_LIB_CONSPROTO_H

#include <stddef.h>
#include <stdint.h>

#define CONSPROTO_SOCKET      "/run/vane/console.sock"
#define CONSPROTO_LINE_MAX    160 /* a request and its line end */
#define CONSPROTO_NAME_MAX    127
#define CONSPROTO_HEADER      3
#define CONSPROTO_PAYLOAD_MAX 4096
#define CONSPROTO_FRAME_MAX   (CONSPROTO_HEADER + CONSPROTO_PAYLOAD_MAX)

enum consproto_verb { CONSPROTO_ATTACH, CONSPROTO_AWAIT, CONSPROTO_SYNC };
enum consproto_mode { CONSPROTO_READ, CONSPROTO_WRITE, CONSPROTO_TAKE };

struct consproto_request {
	enum consproto_verb verb;
	enum consproto_mode mode;
	uint16_t domid;
	char name[CONSPROTO_NAME_MAX + 1]; /* await */
};

/* 0, or -EINVAL; the line is without its end. */
int consproto_parse_request(const char *line, struct consproto_request *r);

enum consproto_type {
	CONSPROTO_ATTACHED = 'A', /* "DOMID NAME" */
	CONSPROTO_OUTPUT = 'O',	  /* bytes of the guest, unfiltered */
	CONSPROTO_NOTICE = 'N',	  /* a line for the person */
	CONSPROTO_ENDED = 'E',	  /* why; the connection closes */
	CONSPROTO_REFUSED = 'R',  /* why; the connection closes */
};

/* Makes the header of a frame with `len` (at most PAYLOAD_MAX) bytes. */
void consproto_header(uint8_t *out, enum consproto_type type, size_t len);

/* The client's end of the stream: bytes in, frames out. */
struct consproto_reader {
	uint8_t bytes[2 * CONSPROTO_FRAME_MAX];
	size_t used;
};

struct consproto_frame {
	enum consproto_type type;
	const uint8_t *payload; /* until the next call with this reader */
	size_t len;
};

/* Where the next bytes go, and for how many there is room: at least one. */
uint8_t *consproto_room(struct consproto_reader *r, size_t *room);
void consproto_received(struct consproto_reader *r, size_t n);
/* 1 and the oldest frame, 0 when it is not complete, -EPROTO. */
int consproto_next(struct consproto_reader *r, struct consproto_frame *f);
/* Forgets the frame that next() gave. */
void consproto_consume(struct consproto_reader *r,
		       const struct consproto_frame *f);

/* A connection on which the request (a line with its end) was sent; -errno. */
int consproto_connect(const char *path, const char *request);

/*
 * Waits until the daemon keeps what the domain prints, so that no byte of a
 * domain that is about to start can be lost; at most CONSPROTO_SYNC_MS. 0, or
 * -errno: nobody keeps it (no daemon: -ENOENT or -ECONNREFUSED).
 */
#define CONSPROTO_SYNC_MS 5000
int consproto_sync(uint16_t domid);

#endif
