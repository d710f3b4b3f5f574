/* SPDX-License-Identifier: MIT */
/* The log suites' subjects among fakes: see fake/rename.h. */
#include "fake/rename.h"
#include "log/console.c"
#include "log/log.c"
