/* SPDX-License-Identifier: MIT */
/*
 * A store's daemon for the tests: all of it but main(), on a thread, with its
 * files in a folder of its own. One at a time.
 */
#ifndef TESTS_STORED_THREAD_H
#define TESTS_STORED_THREAD_H

#include "stored/server.h"

extern char stored_dir[];    /* the folder */
extern char stored_socket[]; /* where clients connect */
extern char stored_state[];  /* for its state, if a test wants one */

void stored_make_dir(void);
/* options: NULL, or what else than the socket. */
void stored_start(const struct server_options *options);
/* Ends it between two turns of its loop, without a word to anybody. */
void stored_end(void);
bool stored_runs(void);
/* The folder and what is known to be in it; 0, or -1 if more was there. */
int stored_remove_dir(void);

#endif
