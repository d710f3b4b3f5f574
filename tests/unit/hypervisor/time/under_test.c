/* SPDX-License-Identifier: MIT */
/* The clock suites' subjects among fakes: see fake/rename.h. */
#include "fake/rename.h"
#include "time/timer.c"
#include "time/wallclock.c"
