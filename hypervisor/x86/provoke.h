/* SPDX-License-Identifier: MIT */
/* Ways to break the machine on purpose. See x86/provoke.c. */
#ifndef X86_PROVOKE_H
#define X86_PROVOKE_H

/* `provoke` was given: registers the debug keys. */
void provoke_init(void);

#endif
