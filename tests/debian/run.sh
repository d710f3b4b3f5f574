#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh HYPERVISOR DIR: boots the Debian of make-root.sh as domain zero and
# waits for its login prompt on hvc0, logs in, asks systemd, powers off.
# TEST_TIME_SCALE stretches the limits.
set -u

hypervisor=$1
dir=$2
scale=${TEST_TIME_SCALE:-3}
log=$dir/serial.log
in=$dir/serial.in

build/dom0-tools/vane-unpack-kernel "$dir/vmlinuz" "$dir/vmlinux" || exit 1
rm -f "$in"
mkfifo "$in" || exit 1
qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 2048 -display none \
	-no-reboot -monitor none -serial stdio -kernel "$hypervisor" \
	-append "console=com1 dom0_mem=1G" \
	-initrd "$dir/vmlinux root=/dev/vda rw console=hvc0,$dir/initrd.img" \
	-drive file="$dir/root.ext4",if=virtio,format=raw,snapshot=on \
	<"$in" >"$log" 2>&1 &
qemu=$!
exec 3>"$in"
trap 'kill $qemu 2>/dev/null; rm -f "$in"' EXIT

fail() {
	echo "test-debian: $1; the log's end:" >&2
	tail -25 "$log" | sed 's/^/  | /' >&2
	echo "0 passed, 1 failed"
	exit 1
}

# await TEXT SECONDS
await() {
	local end=$((SECONDS + $2 * scale))

	until grep -aqF -- "$1" "$log"; do
		kill -0 $qemu 2>/dev/null || fail "the machine ended before '$1'"
		[ $SECONDS -lt $end ] || fail "no '$1' within $(($2 * scale)) s"
		read -rt 0.2 <> <(:) || :
	done
}

await "login: " 300
echo "root" >&3
await "Password: " 60
echo "paravane" >&3
await "root@domain-zero" 120
echo 'systemctl is-system-running --wait; echo "state asked"; uname -r; cat /sys/hypervisor/type' >&3
await "state asked" 180
await "xen" 30
# The toolstack's units run, one that is killed comes back, and the guest that
# starts with domain zero is there and goes with it.
# ask COMMAND SECONDS: runs it; its last word is that it has succeeded.
asked=0
ask() {
	asked=$((asked + 1))
	echo "{ $1; } && echo \"ask\"ed-$asked-well" >&3
	await "asked-$asked-well" "$2"
}
ask 'systemctl is-active vane-stored vane-consoled vaned vane-guests' 60
ask 'vane list micro' 30
ask 'old=$(pidof vaned); kill -9 $old; until systemctl is-active -q vaned && vane create /etc/vane/auto/10-micro.cfg name=\"two\"; do sleep 1; done; [ "$(pidof vaned)" != "$old" ]' 120
ask 'systemctl stop vane-guests; [ $(vane list | wc -l) = 2 ]' 120
ask 'systemctl --failed --no-legend | grep -q vane; [ $? = 1 ]' 30
echo "systemctl poweroff" >&3
end=$((SECONDS + 120 * scale))
while kill -0 $qemu 2>/dev/null; do
	[ $SECONDS -lt $end ] || fail "no power-off"
	read -rt 0.2 <> <(:) || :
done
if grep -aE 'WARNING:|BUG:|Oops|PANIC|Call Trace' "$log"; then
	fail "the kernel complained"
fi
echo "1 passed, 0 failed"
