/* SPDX-License-Identifier: MIT */
/* Every symbol is in this image: no global offset table is needed. */
#pragma GCC visibility push(hidden)
