/* SPDX-License-Identifier: MIT */
/*
 * What a guest's IN and OUT do. Domain zero owns the machine's ports except
 * those of the devices that the hypervisor keeps; PCI's configuration window
 * and the CMOS clock, whose accesses come in two steps that must not mix with
 * ours, are done on its behalf. Any other domain reads ones and writes into
 * the void, which is what an empty bus does.
 *
 * Tested by tests/unit/hypervisor/x86/test_ports.c.
 */
#ifndef X86_PORTS_H
#define X86_PORTS_H

#include <stdint.h>
#include "lib/macros.h"

struct domain;

/* size: 1, 2 or 4, else -EINVAL. Upper bits of *value are 0. */
MUST_CHECK int port_read(struct domain *d, uint16_t port, unsigned int size,
			 uint32_t *value);
MUST_CHECK int port_write(struct domain *d, uint16_t port, unsigned int size,
			  uint32_t value);

/* From now on these ports are kept from domain zero as well. */
void ports_protect(uint16_t first, unsigned int count);

#endif
