/* SPDX-License-Identifier: MIT */
/*
 * A machine in memory in the place of dom0-tools/stored/xen.c: ring pages,
 * events and a list of domains. The server runs in a thread; the test plays
 * the guests (domain 0 stands for its kernel).
 */
#ifndef TESTS_STORED_FAKE_XEN_H
#define TESTS_STORED_FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#include "public/io/xs_wire.h"

#define FAKE_DOMAINS 16

struct xenstore_domain_interface *fake_page(uint16_t domid);
/* The guest's side sends an event. */
void fake_kick(uint16_t domid);
/* Returns when the server has sent more events than *seen, and counts them. */
void fake_wait(uint16_t domid, unsigned int *seen);
/* Changes the list of domains and raises the event that says so. */
void fake_set_domain(uint16_t domid, bool exists, bool shutdown);
/* Is the guest's page mapped by the server? */
bool fake_is_mapped(uint16_t domid);
/* So many binds fail from now on: another process has the ports. */
void fake_hold_ports(unsigned int binds);

#endif
