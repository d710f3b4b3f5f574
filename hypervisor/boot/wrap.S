/* SPDX-License-Identifier: MIT */
/* The image as a 32-bit ELF's one segment, with room for its .bss. */
	.text
	.globl image
image:
	.incbin IMAGE
	.skip IMAGE_END - 0x100000 - (. - image)
