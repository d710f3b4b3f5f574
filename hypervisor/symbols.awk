# SPDX-License-Identifier: MIT
# nm -n output to an assembler table: (offset from image_start, name), sorted.
$2 ~ /^[tT]$/ {
	if (substr($3, 1, 1) == ".")
		next
	offset[n] = $1
	name[n++] = $3
}
END {
	print ".section .symtab_names, \"a\""
	print ".balign 8"
	print ".globl symbol_table, symbol_count, symbol_names"
	print "symbol_count: .long " n + 0
	print ".balign 8"
	print "symbol_table:"
	for (i = 0; i < n; i++)
		printf ".long 0x%s - 0x00100000, .Ln%d - symbol_names\n", substr(offset[i], 9), i
	print "symbol_names:"
	for (i = 0; i < n; i++)
		printf ".Ln%d: .asciz \"%s\"\n", i, name[i]
	print ".section .note.GNU-stack, \"\", @progbits"
}
