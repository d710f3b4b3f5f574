#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Debian's own store clients (package xenstore-utils), unmodified, against
# vane-stored on a plain Linux. Exit status 77: they are not installed.
# usage: xenstore-utils.sh VANE-STORED
set -u

stored=$1
for tool in xenstore-{ls,read,write,rm,list,exists,chmod,watch}; do
	command -v "$tool" >/dev/null || {
		echo "SKIP: $tool is not installed (package xenstore-utils)"
		exit 77
	}
done

dir=$(mktemp -d)
export XENSTORED_PATH=$dir/socket
failures=0
watcher=

finish() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
	[ ! -s "$dir/pid" ] || kill "$(cat "$dir/pid")"
	rm -rf "$dir"
}
trap finish EXIT

# check WHAT EXPECTED COMMAND...: the command's output and success
check() {
	local what=$1 expected=$2 got
	shift 2
	got=$("$@" 2>&1) || got="$got (status $?)"
	if [ "$got" = "$expected" ]; then
		echo "ok: $what"
	else
		echo "FAILED: $what"
		echo "  wanted: $expected"
		echo "  got:    $got"
		failures=$((failures + 1))
	fi
}

"$stored" --no-domains --socket "$dir/socket" --log "$dir/log" \
	--pid-file "$dir/pid" 2>/dev/null || exit 1

check "write" "" xenstore-write /a/b hello /a/c "two words"
check "read" hello xenstore-read /a/b
check "read of two" $'hello\ntwo words' xenstore-read /a/b /a/c
check "list" $'b\nc' xenstore-list /a
check "exists" "" xenstore-exists /a/b
check "a missing node" \
	"xenstore-read: couldn't read path /none (status 1)" \
	xenstore-read /none
check "chmod" "" xenstore-chmod /a/b n7 r8
check "ls with permissions" \
	$'/a = ""   (n0)\n/a/b = "hello"   (n7,r8)\n/a/c = "two words"   (n0)' \
	bash -c 'xenstore-ls -fp | grep ^/a'
check "the relative path of domain 0" Domain-0 xenstore-read name

xenstore-watch -n 3 /a >"$dir/events" 2>/dev/null &
watcher=$!
# Its first event says that the watch is there.
until grep -q . "$dir/events" || ! kill -0 $watcher 2>/dev/null; do
	read -rt 0.05 <> <(:)
done
check "a watched write" "" xenstore-write /a/new/x 1
check "a removal" "" xenstore-rm /a/new
wait $watcher
watcher=
check "events" $'/a\n/a/new/x\n/a/new' cat "$dir/events"

# More children than one message holds.
args=()
for i in $(seq 1 900); do
	args+=("/many/child-$i" "$i")
done
check "900 writes" "" xenstore-write "${args[@]}"
check "a large directory" 900 bash -c 'xenstore-list /many | wc -l'
check "rm" "" xenstore-rm /many /a
check "what is left" $'local\ntool' xenstore-list /

[ $failures = 0 ]
