/* SPDX-License-Identifier: MIT */
/*
 * Drivers that need of the machine only ports and device memory, and so run
 * on the fake one: see fake/rename.h and fake/bus.h.
 */
#include "fake/rename.h"
#include "x86/cmos.c"
#include "x86/ioapic.c"
#include "x86/msi.c"
#include "x86/pci.c"
#include "x86/ports.c"
#include "x86/topology.c"
