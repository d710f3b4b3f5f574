#!/bin/bash
# SPDX-License-Identifier: MIT
# Run micro-guests one after the other: run-all.sh HYPERVISOR NAME...
# The last line is "N passed, N failed"; skipped ones are named above it.

hypervisor=$1
shift
passed=0
failed=0
for name in "$@"; do
	"$(dirname "$0")/run.sh" "$name" "$hypervisor"
	case $? in
	0) passed=$((passed + 1)) ;;
	77) ;;
	*) failed=$((failed + 1)) ;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
