#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Debian's own store clients (package xenstore-utils, and xenstore-control of
# xen-utils), unmodified, against vane-stored on a plain Linux: with Debian's
# libxenstore, and once more with ours in its place; and against a daemon that
# is killed again and again.
# usage: xenstore-utils.sh VANE-STORED XENSTORE-CONTROL DIRECTORY-OF-OUR-LIBRARY
set -u

stored=$(realpath "$1") control=$2 library=$3
for tool in xenstore-{ls,read,write,rm,list,exists,chmod,watch} "$control"; do
	command -v "$tool" >/dev/null || {
		echo "xenstore-utils.sh: $tool is missing: make deps" >&2
		exit 1
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

start() {
	"$stored" --no-domains --socket "$dir/socket" --log "$dir/log" \
		--state "$dir/state" --pid-file "$dir/pid" 2>/dev/null || exit 1
}

kill_daemon() {
	kill -9 "$(cat "$dir/pid")"
}

# await COMMAND...: until it succeeds, within a minute
await() {
	local i
	for ((i = 0; i < 1200; i++)); do
		"$@" >/dev/null 2>&1 && return
		read -rt 0.05 <> <(:)
	done
	echo "FAILED: waited in vain for: $*"
	failures=$((failures + 1))
}

watch_events() {
	rm -f "$dir/events"
	xenstore-watch -n 3 /a >"$dir/events" 2>/dev/null &
	watcher=$!
	# Its first event says that the watch is there.
	await grep -q . "$dir/events"
	check "a watched write" "" xenstore-write /a/new/x 1
	check "a removal" "" xenstore-rm /a/new
	wait $watcher
	watcher=
	check "events" $'/a\n/a/new/x\n/a/new' cat "$dir/events"
}

every_tool() {
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
	watch_events
	# More children than one message holds.
	local args=()
	for i in $(seq 1 900); do
		args+=("/many/child-$i" "$i")
	done
	check "900 writes" "" xenstore-write "${args[@]}"
	check "a large directory" 900 bash -c 'xenstore-list /many | wc -l'
	check "rm" "" xenstore-rm /many
	check "what is left" $'a\nlocal\ntool' xenstore-list /
	check "control" OK "$control" check
}

start
every_tool
kill_daemon
start
check "nodes after a kill" $'hello\ntwo words' xenstore-read /a/b /a/c
check "permissions after a kill" '/a/b = "hello"   (n7,r8)' \
	bash -c 'xenstore-ls -fp | grep ^/a/b'
check "rm after a kill" "" xenstore-rm /a
every_tool
echo "with our libxenstore.so.4:"
check "rm" "" xenstore-rm /a
export LD_LIBRARY_PATH=$library
every_tool
check "a quota" "" bash -c "'$control' quota set nodes 1234 | grep -v '^OK$'
	'$control' quota | grep -q 'nodes *1234'"

# What was acknowledged is there, whenever the daemon is killed. With our
# library the watcher stays, and is told anew.
rm -f "$dir/events"
xenstore-watch /w >"$dir/events" 2>/dev/null &
watcher=$!
await grep -q . "$dir/events"
for ((round = 0; round < 10; round++)); do
	(
		for ((i = 0; ; i++)); do
			xenstore-write "/k/$round" "$i" 2>/dev/null || exit 0
			echo "$i" >"$dir/written.new"
			mv "$dir/written.new" "$dir/written"
		done
	) &
	writer=$!
	rm -f "$dir/written"
	await test -s "$dir/written"
	for ((i = 0; i < round; i++)); do
		read -rt 0.02 <> <(:)
	done
	kill_daemon
	kill $writer 2>/dev/null
	wait $writer 2>/dev/null
	start
	await xenstore-exists "/k/$round"
	[ "$(xenstore-read "/k/$round")" -ge "$(cat "$dir/written")" ] || {
		echo "FAILED: round $round lost a write"
		failures=$((failures + 1))
	}
done
echo "ok: ten kills lost nothing"
before=$(wc -l <"$dir/events")
# It may not have come back yet; then it does not hear of this very write.
heard_after_write() {
	xenstore-write /w/x 1
	grep -q ^/w/x "$dir/events"
}
await heard_after_write
[ "$before" -ge 2 ] || {
	echo "FAILED: the watcher was not told after a restart"
	failures=$((failures + 1))
}
kill $watcher
wait $watcher 2>/dev/null
watcher=
pid=$(cat "$dir/pid")
check "a live update" "" bash -c "'$control' live-update '$stored' >/dev/null"
await xenstore-read name
check "the same process" "$pid" cat "$dir/pid"
check "the same nodes" hello xenstore-read /a/b
check "the whole state" OK "$control" check

[ $failures = 0 ] && echo "xenstore-utils: all passed"
