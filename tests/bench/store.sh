#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Operations per second of vane-stored on this machine, without a hypervisor
# and so without its noise: for who changes the store, and for perf.
# (`make bench-tools` has Debian's daemons beside it, which need a Xen.)
# usage: store.sh CLIENT VANE-STORED
set -eu

client=$1 daemon=$2
dir=$(mktemp -d)
pid=

finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT

# run NAME ARGUMENT...: the daemon in the background, and the client in a small
# store and in one with 100 000 nodes and 500 connections, each with a watch
run() {
	local name=$1
	shift
	"$daemon" --foreground --no-domains --socket "$dir/socket" "$@" \
		>"$dir/log" 2>&1 &
	pid=$!
	until [ -S "$dir/socket" ]; do
		kill -0 "$pid" 2>/dev/null || {
			cat "$dir/log" >&2
			echo "bench-store: the daemon does not start" >&2
			exit 1
		}
		read -rt 0.05 <> <(:) || true
	done
	echo "$name"
	{
		"$client" "$dir/socket" small 1 0 &&
			"$client" "$dir/socket" large 501 100000
	} >"$dir/out" || {
		tail -n 1 "$dir/out" >&2
		exit 1
	}
	awk '$2 == "end" {
			rate = $5 * 1e9 / $4
			if (!($3 in best))
				order[++n] = $3
			if (rate > best[$3])
				best[$3] = rate
		}
		END {
			for (i = 1; i <= n; i++)
				printf "%-18s %8.0f per second\n", order[i],
					best[order[i]]
		}' "$dir/out"
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
	rm -f "$dir/socket"
}

run "with its state file on $(df --output=fstype "$dir" | tail -n 1)" \
	--state "$dir/state"
run "without"
