#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Debian's xl 4.17 and vane called as xl, side by side on one machine with one
# paused guest, $1: what they print must be the same but for numbers that
# change between two calls; their statuses must be the same for mistakes too.
theirs=/usr/lib/xen-4.17/bin/xl
ours=/usr/sbin/xl
guest=$1
failures=0

# run PROGRAM ARGUMENT...: output, and the errors that programs match on.
run() {
	"$@" >/run/out 2>/run/err
	echo "status $?"
	# CPU seconds, clock and uptime, and the frequency as it was measured.
	sed -E 's/([rbpscwd?-]{6}) +[0-9.]+/\1 T/;
		s/([r-][b-][p-]) +[0-9.]+ /\1 T /; s/[0-9]+:[0-9]{2}(:[0-9]{2})?/H/g;
		/^cpu_mhz/s/[0-9.]+$/F/' /run/out
}

# Both print the same.
same() {
	run $theirs "$@" >/run/theirs
	run $ours "$@" >/run/ours
	if ! cmp -s /run/theirs /run/ours; then
		echo "compare: xl $*: theirs, then ours:"
		diff /run/theirs /run/ours
		failures=$((failures + 1))
	else
		echo "compare: xl $*: the same, $(wc -l </run/ours) lines"
	fi
}

# Both end with the same status; the text is each one's own.
same_status() {
	local a b

	a=$(run $theirs "$@" | sed -n 1p)
	b=$(run $ours "$@" | sed -n 1p)
	if [ "$a" != "$b" ]; then
		echo "compare: xl $*: $a, ours $b"
		failures=$((failures + 1))
	else
		echo "compare: xl $*: both $a"
	fi
}

same list
same list "$guest"
same list -v
same list -c
same vcpu-list
same vcpu-list "$guest"
same vcpu-list 0
same sched-credit
same sched-credit -s
same sched-credit -p Pool-0
same sched-credit -p Pool-0 -s
same sched-credit -d "$guest"
same cpupool-list
same cpupool-list -c
same cpupool-list Pool-0
same list 0
same info
same uptime
same uptime "$guest"
same uptime -s
same domid "$guest"
same domname "$($ours domid "$guest")"
same frobnicate
same re
same lis

# xl changes the memory only of a guest of which libxl has kept a document.
id=$($ours domid "$guest")
uuid=$(vane list -l "$guest" | sed -n 's/.*"uuid": "\(.*\)".*/\1/p')
mkdir -p /var/lib/xen
cat >"/var/lib/xen/userdata-d.$id.$uuid.libxl-json" <<JSON
{"c_info": {"type": "pv", "name": "$guest", "uuid": "$uuid"},
 "b_info": {"type.pv": {}, "max_memkb": 131072, "target_memkb": 131072}}
JSON

# wish SIZE TARGET: both take it, without a word, for so many KiB.
wish() {
	local xl target

	for xl in $theirs $ours; do
		vane store write "/local/domain/$id/memory/target" 0
		$xl mem-set "$guest" "$1" >/run/out 2>&1
		echo "status $?" >>/run/out
		target=$(vane store read "/local/domain/$id/memory/target")
		[ "$(cat /run/out)" = "status 0" ] && [ "$target" = "$2" ] &&
			continue
		echo "compare: $xl mem-set $1: $target KiB, $(cat /run/out)"
		failures=$((failures + 1))
	done
}

wish 100 102400
wish 96m 98304
wish 100000k 100000
wish 104857600B 102400
same mem-max "$guest" 128
same mem-max "$guest" 160m

# What one of them does, both show.
$theirs vcpu-pin "$guest" 0 0 0
same vcpu-list "$guest"
$ours vcpu-pin "$guest" all all all
same vcpu-list "$guest"
$theirs sched-credit -d "$guest" -w 512 -c 50
same sched-credit -d "$guest"
$ours sched-credit -d "$guest" -w 256 -c 0
same sched-credit
$theirs sched-credit -s -t 5 -r 100
same sched-credit -s
$ours sched-credit -s -t 10 -r 500
same sched-credit -s
$theirs cpupool-rename Pool-0 first
same cpupool-list
$ours cpupool-rename first Pool-0
same cpupool-list -c
same vcpu-set "$guest" 1

same_status vcpu-list nosuch
same_status vcpu-pin "$guest" 0 7
same_status vcpu-pin "$guest" 9 0
same_status vcpu-pin "$guest" 0
same_status vcpu-pin "$guest" 0 -
same_status vcpu-pin nosuch 0 0
same_status vcpu-set "$guest" 9
same_status vcpu-set "$guest" 0
same_status vcpu-set "$guest" x
same_status vcpu-set nosuch 1
same_status sched-credit -d "$guest" -w 0
same_status sched-credit -d "$guest" -c 9999
same_status sched-credit -d nosuch
same_status sched-credit -w 3
same_status sched-credit -p nosuch
same_status cpupool-list nosuch
same_status cpupool-destroy nosuch
same_status cpupool-destroy Pool-0
same_status cpupool-migrate "$guest" nosuch
same_status cpupool-migrate 0 Pool-0

same_status mem-set "$guest"
same_status mem-set "$guest" much
same_status mem-set "$guest" 1000g
same_status mem-set nosuch 64
same_status mem-max "$guest" much
same_status mem-max "$guest" 50
same_status mem-max nosuch 64
same_status console
same_status console nosuch
same_status console -t frob "$guest"
same_status console -z "$guest"
same_status help
same_status list --help
same_status list nosuch
same_status list 77
same_status list -z
same_status pause
same_status pause nosuch
same_status unpause nosuch
same_status destroy nosuch
same_status destroy 0
same_status shutdown
same_status shutdown nosuch
same_status rename a
same_status rename nosuch b
same_status domid nosuch
same_status domname 99
same_status uptime nosuch
same_status trigger "$guest"
same_status trigger "$guest" frobnicate
same_status debug-keys
same_status sysrq "$guest"
same_status pause "$guest"

# The line that programs look for.
a=$($theirs pause nosuch 2>&1 | sed -n 1p)
b=$($ours pause nosuch 2>&1 | sed -n 1p)
[ "$a" = "$b" ] || {
	echo "compare: theirs '$a', ours '$b'"
	failures=$((failures + 1))
}
[ $failures = 0 ] && echo "compare: done"
