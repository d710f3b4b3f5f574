#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rows.sh TOOL LOG: the rows of tools.c in a domain zero whose daemons answer.
# TOOL is vane, xl, or - for the store alone; LOG is the console's log of the
# guest "stock". Each measurement is a line of stopwatch.c; the first that
# fails ends it, and its line says why.
set -u
here=/data/bench
tool=$1
log=$2
RUNS="1 2 3 4 5 6 7 8 9 10"
GUESTS="2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"

took() {
	"$here/stopwatch" "$@" || exit 1
}

# Not measured, but it must not fail either.
quietly() {
	"$@" >/run/rows.out 2>&1 && return
	echo "bench: fail '$*': status $?: $(tail -n 1 /run/rows.out)"
	exit 1
}

# await WHAT COMMAND...: until the command succeeds
await() {
	what=$1
	tries=600
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			echo "bench: fail $what: not within a minute"
			exit 1
		}
		sleep 0.1
	done
}

is_gone() {
	! $tool domid "$1"
}

micro_guest() {
	for run in 0 $RUNS; do
		key=micro-create
		[ "$run" != 0 ] || key=micro-first
		took $key $tool create $here/micro.cfg
		took micro-destroy $tool destroy micro
	done
}

lists() {
	quietly $tool create -p $here/micro.cfg
	for run in $RUNS; do
		took list-1 $tool list
	done
	for guest in $GUESTS; do
		quietly $tool create -p $here/micro.cfg "name='micro$guest'"
	done
	for run in $RUNS; do
		took list-20 $tool list
	done
	quietly $tool destroy micro
	for guest in $GUESTS; do
		quietly $tool destroy micro$guest
	done
}

# In turns ended by its own shutdown and by force.
stock_guest() {
	for run in 0 1 2 3 4 5 6; do
		key=stock-create
		[ "$run" != 0 ] || key=stock-first
		rm -f "$log"
		took $key $tool create $here/stock.cfg
		await "stock is ready" grep -q "guest: ready" "$log"
		if [ $((run % 2)) = 0 ]; then
			took stock-shutdown $tool shutdown -w stock
		else
			took stock-destroy $tool destroy stock
		fi
		await "stock is gone" is_gone stock
	done
}

stores() {
	"$here/store" /run/xenstored/socket one 1 0 &&
		"$here/store" /run/xenstored/socket hundred 100 0 &&
		"$here/store" /run/xenstored/socket nodes 1 10000 || exit 1
}

stores
if [ "$tool" != - ]; then
	micro_guest
	lists
	stock_guest
fi
echo "bench: done"
