#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the soak's commands (tests/soak/plan.c) call in domain zero. Each waits
# for what it expects, soak_limit seconds at most, and says what did not come.
# Guests' earlier logs are kept as NAME.log.old.

read -r soak_limit </run/soak.limit
logs=/var/log/vane

beats() {
	grep -ac ': beat' $logs/$1.log
}

# soak_wait WHAT COMMAND...
soak_wait() {
	what=$1
	shift
	read -r up rest </proc/uptime
	end=$((${up%.*} + soak_limit))
	until "$@"; do
		read -r up rest </proc/uptime
		[ "${up%.*}" -lt $end ] || {
			echo "soak: $what within $soak_limit s"
			return 1
		}
		usleep 400000
	done 2>/dev/null
}

beats_more() {
	[ "$(beats $1)" -gt $2 ]
}

# Between two domains, the name may be nobody's.
soak_new() {
	[ ! -e $logs/$1.log ] || mv $logs/$1.log $logs/$1.log.old
}

soak_await() {
	soak_wait "no first beat of $1" beats_more $1 0
}

# Everyone in turn; all go on meanwhile.
soak_alive() {
	for alive in "$@"; do
		soak_wait "no further beat of $alive" beats_more $alive \
			"$(beats $alive)" || return 1
	done
}

is_gone() {
	! vane domid "$1" >/dev/null
}

soak_gone() {
	soak_wait "$1 is still there" is_gone "$1"
}

came_again() {
	[ "$(grep -ac ': beat 1[^0-9]*$' $logs/$1.log)" -gt $2 ]
}

soak_reboot() {
	before=$(grep -ac ': beat 1[^0-9]*$' $logs/$1.log)
	soak_alive $1 && vane reboot $1 &&
		soak_wait "$1 did not come back" came_again $1 $before
}

answers() {
	case $1 in
	vane-stored) [ "$(timeout 10 vane store read /tool/vaned/ready)" = 1 ] ;;
	vane-consoled) timeout 10 vane console -l hypervisor >/dev/null ;;
	vaned) [ "$(timeout 10 vane store read /tool/vaned/ready)" = 1 ] ;;
	esac
}

other_than() {
	now=$(pidof $1) && [ "$now" != $2 ] && answers $1
}

soak_kill() {
	old=$(pidof $1) || {
		echo "soak: $1 does not run"
		return 1
	}
	kill -9 $old
	soak_wait "$1 did not come back" other_than $1 $old
}

soak_end() {
	echo 1 >/sys/devices/system/cpu/cpu1/online
	[ $# = 0 ] || vane destroy "$@" || return 1
	for name in "$@"; do
		soak_gone $name || return 1
	done
}

# What must be as it was when all guests are gone.
soak_left() {
	vane info | grep free_memory_kib
	vane list | awk '{ print $1, $2 }'
	# Once a guest was restarted, the list of those that are owed a restart
	# is there, and empty.
	vane store ls -f / | sed 's/ = .*//' | grep -vx /tool/vane/restarting
	losetup -a
	ls /sys/class/net/xenbr0/brif /run/vane/domains
	for d in vane-stored vane-consoled vaned; do
		echo "$d: $(ls /proc/$(pidof $d)/fd | wc -l) descriptors"
	done
	vane debug-keys e
	vane dmesg | grep -a 'domain 0: .* ports' | tail -n 1
}

# A line for each guest, and one for each of the first complaints.
soak_look() {
	vane list | awk 'NR > 1 && $2 != 0 { print $1, $2 }' |
		while read -r name id; do
			beat=$(grep -a ': beat' $logs/$name.log | tail -n 1 |
				tr -d '\r')
			echo "guest $name $id:${beat##* }"
		done
	grep -aF -f /run/soak.patterns $logs/*.log $logs/*.log.* |
		head -n 3 | tr -d '\r' | sed 's/^/complaint /'
}

# What stands around the complaints in guests' logs.
soak_complaints() {
	grep -aF -B 12 -A 45 -f /run/soak.patterns $logs/*.log $logs/*.log.* |
		head -n 150 | tr -d '\r'
}

soak_begin() {
	mkdir -p /run/soak
	for n in 1 2; do
		truncate -s 4M /data/disks/stock$n.img
	done
	head -c 4096 /dev/zero >/run/head
	head -c 258048 /dev/urandom >/run/tail
	sum=$(md5sum </run/tail)
	printf %s "${sum%% *}" |
		dd of=/run/head conv=notrunc 2>/dev/null
	cat /run/head /run/tail >/data/disks/soak.img
	mv /run/tail /run/soak/soak
	rm /run/head
	printf %s "${sum%% *}" >/run/soak.sum
	httpd -h /run/soak
}
