# SPDX-License-Identifier: MIT
#
# interrupts.sh interrupted|destroyed STEP
#
# For test_badinput.c: creations that are hit by a signal, each a little later
# than the one before, until one gets to its end. Each prints "AT STATUS LINE",
# and after it nothing may be left that was not there before. In a shell of its
# own, because one with job control sees a child stop and takes it for its end.
. /data/tests/mistakes.sh

# create_hit AT SIGNAL: a creation that gets it at its AT-th change.
create_hit() {
	sh -c 'kill -STOP $$; exec vane create -q -p /etc/vane/loop.cfg' \
		>/run/hit.out 2>&1 &
	creator=$!
	await 60 grep -q '^State:.T' /proc/$creator/status
	/data/tests/killat $creator "$1" "$2" >/run/hit.killat 2>&1 &
	watcher=$!
	await 60 grep -q '^TracerPid:.[1-9]' /proc/$creator/status
	kill -CONT $creator
}

# create_ended WORDS: its end, its line, and what it left; fails if that is wrong.
create_ended() {
	wait $creator
	status=$?
	echo "$1 $status $(cat /run/hit.out)"
	[ $status != 0 ] || [ "$found" = 0 ] || vane destroy loop || return
	same || await 60 sh -c '. /data/tests/mistakes.sh; same' || {
		echo "left behind:"
		things 2>&1 | diff /run/mistakes.before - | grep '^[-+]'
		return 1
	}
}

# What the first domain leaves is the store's bare directories.
begin() {
	found=3
	vane create -q -p /etc/vane/loop.cfg
	next=$(($(vane domid loop) + 1))
	vane destroy loop
	things >/run/mistakes.before 2>&1
}

# after AT STEP: the next point. The store's nodes are many, each like the
# other; what comes behind the devices is short, and not to be jumped over.
after() {
	case $(cat /run/hit.out) in
	*"'store'"*) echo $(($1 + 3 * $2)) ;;
	*"'devices'"*) echo $(($1 + 2)) ;;
	*) echo $(($1 + $2)) ;;
	esac
}

# interrupted STEP: Ctrl-C at the first change, STEP later, and so on.
interrupted() {
	at=1
	while :; do
		create_hit $at int
		wait $watcher
		create_ended $at || return
		! grep -q ended /run/hit.killat || return 0
		at=$(after $at "$1")
	done
}

# destroyed STEP: held at the first change, STEP later, and so on, and
# meanwhile destroyed by somebody else, who may find that it is not there yet.
destroyed() {
	at=1
	while :; do
		create_hit $at stop
		wait $watcher
		if grep -q ended /run/hit.killat; then
			found=3
			create_ended $at
			return
		fi
		vane destroy $next >/run/destroy.out 2>&1
		found=$?
		kill -CONT $creator
		create_ended "$at (destroy: $found)" || return
		# Its number is taken, unless it came to nothing.
		[ $found = 3 ] && [ $status != 0 ] || next=$((next + 1))
		at=$((at + $1))
	done
}

begin
"$@"
