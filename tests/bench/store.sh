#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Operations per second of vane-stored and of Debian's xenstored, both on this
# machine without a hypervisor, over their sockets, by the same client.
# usage: store.sh CLIENT VANE-STORED XENSTORED
set -eu

client=$1 ours=$2 theirs=$3
dir=$(mktemp -d)
pid=

finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT

# run NAME SOCKET COMMAND...: the daemon in the background, and the client
run() {
	local name=$1 socket=$2
	shift 2
	"$@" >"$dir/log" 2>&1 &
	pid=$!
	until [ -S "$socket" ]; do
		kill -0 "$pid" 2>/dev/null || {
			cat "$dir/log" >&2
			echo "bench-store: $name does not start" >&2
			exit 1
		}
		read -rt 0.05 <> <(:) || true
	done
	echo "$name"
	"$client" "$socket" || echo "  $name does not bear it on this machine"
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
}

run "vane-stored, with its state file on $(df --output=fstype "$dir" |
	tail -n 1)" "$dir/ours" \
	"$ours" --foreground --no-domains --socket "$dir/ours" \
	--state "$dir/state"
run "vane-stored, without" "$dir/ours2" \
	"$ours" --foreground --no-domains --socket "$dir/ours2"
export XENSTORED_RUNDIR=$dir
run "Debian's xenstored, data base in memory" "$dir/socket" \
	"$theirs" --no-fork --no-domain-init --internal-db
