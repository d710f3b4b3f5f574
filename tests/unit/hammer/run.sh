#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the hammer on frame types, and once with each mistake that steps.h can
# plant, which must be found. usage: run.sh DIRECTORY MISTAKE...
# HAMMER_SEEDS="7 8" chooses others than the usual ones.

here=$1
shift
status=0
# A report ends it at once: it is one that must not be.
export TSAN_OPTIONS=halt_on_error=1:exitcode=66

for seed in ${HAMMER_SEEDS:-1 2 3}; do
	log=$here/hammer-0.$seed.log
	if "$here/hammer-0" "$seed" >"$log" 2>&1; then
		tail -n 1 "$log"
	else
		echo "$here/hammer-0 $seed: status $?; $log:"
		tail -n 60 "$log"
		status=1
	fi
done

# A mistake that makes the frames wait for ever is found, too.
limit=$((60 * ${TEST_TIME_SCALE:-3}))
for mistake; do
	log=$here/hammer-$mistake.log
	found=
	for seed in 1 2 3; do
		# In a shell of its own, which says nothing of a signal.
		(
			exec 2>/dev/null
			timeout "$limit" "$here/hammer-$mistake" "$seed" \
				>"$log" 2>&1
			exit $?
		) || found=$seed
		[ -z "$found" ] || break
	done
	if [ -n "$found" ]; then
		what=$(grep -aom 1 -e 'SUMMARY: .*' -e 'BUG: .*' "$log" ||
			head -n 1 "$log")
		echo "hammer: planted mistake $mistake is found: $what"
	else
		echo "hammer: planted mistake $mistake is NOT found; $log"
		status=1
	fi
done
exit $status
