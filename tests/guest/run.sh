#!/bin/bash
# SPDX-License-Identifier: MIT
# Run one micro-guest as domain zero of a hypervisor in QEMU:
#   tests/guest/run.sh NAME [HYPERVISOR]
# Exit 0: SUCCESS, or the crash that the guest's story announces. 77: SKIP.
# 1: anything else, with the serial log. TEST_TIME_SCALE stretches the limit.
#
# A story may hold "expect: crash "TEXT"": then the hypervisor must print TEXT
# (compared without case) and the guest must print no verdict. With a line
# "run with: N CPUs" the machine has as many, the hypervisor uses them all, and
# the guest has a vCPU for each.

name=${1:?usage: run.sh NAME [HYPERVISOR]}
hypervisor=${2:-build/paravane}
here=$(dirname "$0")
elf=build/guest/$name.elf
limit=$((${GUEST_SECONDS:-60} * ${TEST_TIME_SCALE:-3}))
options=${GUEST_XEN_OPTIONS:-"console=com1 dom0_mem=64M noreboot=0 xpti=no spec-ctrl=no"}

for file in "$elf" "$hypervisor"; do
	if [ ! -r "$file" ]; then
		echo "run.sh: no $file; build it first (make guests)" >&2
		exit 1
	fi
done
expected=$(sed -n 's/.*expect: crash "\(.*\)".*/\1/p' \
	"$here/$name/main.c" | head -1)
cpus=$(sed -n 's/.*run with: \([0-9]*\) CPUs.*/\1/p' \
	"$here/$name/main.c" | head -1)
[ -z "$cpus" ] || options="$options maxcpus=$cpus dom0_max_vcpus=$cpus"

log=$(mktemp "${TMPDIR:-/tmp}/guest-$name.XXXXXX") || exit 1
qemu-system-x86_64 -accel tcg -cpu "${GUEST_CPU:-Nehalem}" -smp "${cpus:-1}" \
	-m "${GUEST_MEMORY:-256}" -display none -no-reboot -monitor none \
	-serial file:"$log" -kernel "$hypervisor" -append "$options" \
	-initrd "$elf $name" </dev/null 2>"$log.qemu" &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null; rm -f "$log" "$log.qemu"' EXIT

trap 'exit 1' INT TERM

# The end is a verdict, the announced crash, QEMU's exit, or the limit.
outcome=
for ((tick = 0; tick < limit * 10; tick++)); do
	alive=1
	kill -0 $qemu 2>/dev/null || alive=
	if verdict=$(grep -ao 'VERDICT: [A-Z]\+ .*' "$log"); then
		outcome=verdict
		break
	fi
	if [ -n "$expected" ] && grep -aiqF -- "$expected" "$log"; then
		outcome=crash
		break
	fi
	[ -n "$alive" ] || break
	sleep 0.1
done

fail() {
	echo "$name: $1" >&2
	sed 's/^/  | /' "$log" "$log.qemu" | tail -"${GUEST_LOG_LINES:-60}" >&2
	exit 1
}

case $outcome in
crash)
	echo "$name: crashed as announced (\"$expected\")"
	exit 0
	;;
verdict)
	verdict=${verdict%%[$'\r\n']*}
	verdict=${verdict#VERDICT: }
	[ -z "$expected" ] || fail "no crash, but $verdict"
	case $verdict in
	SUCCESS*)
		echo "$name: $verdict"
		exit 0
		;;
	SKIP*)
		echo "$name: $verdict"
		exit 77
		;;
	esac
	fail "$verdict"
	;;
esac
if [ -z "$alive" ]; then
	fail "the machine stopped without a verdict"
fi
fail "no verdict within $limit s (TEST_TIME_SCALE=${TEST_TIME_SCALE:-3})"
