/* SPDX-License-Identifier: MIT */
/* The interrupt suites' subjects among fakes: see fake/rename.h. */
#include "fake/rename.h"
#include "irq/irq.c"
#include "irq/physdev.c"
