#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Domain zero is busy on all its vCPUs for some seconds. Prints, in milliseconds
# over all of them: what passed, what the hypervisor says they ran, and what the
# kernel says was stolen and idle; then the sum of the three in parts of 1000.
seconds=${1:-20}

sample() {
	cat /proc/uptime /proc/stat
	vane list
}

busy=
i=0
while [ $((i += 1)) -le "$(nproc)" ]; do
	while :; do :; done &
	busy="$busy $!"
done
sample >/run/steal.before
sleep "$seconds"
sample >/run/steal.after
kill $busy

for when in before after; do
	awk -v n="$(nproc)" '
		NR == 1 { wall = $1 * 1000 * n }
		$1 == "cpu" { idle = ($5 + $6) * 10; stolen = $9 * 10 }
		$1 == "Domain-0" { run = $NF * 1000 }
		END { print wall, run, stolen, idle }' /run/steal.$when
done | awk '
	NR == 1 { split($0, was) }
	END {
		for (i = 1; i <= 4; i++)
			d[i] = $i - was[i]
		printf "passed %d ran %d stolen %d idle %d sum %d\n", d[1], d[2],
			d[3], d[4], (d[2] + d[3] + d[4]) * 1000 / d[1]
	}'
