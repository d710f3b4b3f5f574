/* SPDX-License-Identifier: MIT */
/* The platform suite's subject among fakes: see fake/rename.h. */
#include "fake/rename.h"
#include "hypercall/platform.c"
