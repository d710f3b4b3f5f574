#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What domain zero runs for tools.c: the rows, with our daemons, which run
# already, or with Debian's, chrooted into the disk of tests/peers, in the order
# of its own /etc/init.d/xen. The kernel's command line says which:
# bench.stack=vane, oxenstored (with xl) or xenstored (the store alone).
here=/data/bench
root=/peers
bin=/usr/lib/xen-4.17/bin
stack=$(sed -n 's/.*\bbench\.stack=\([^ ]*\).*/\1/p' /proc/cmdline)

fail() {
	echo "bench: fail $*"
	exit 1
}

in_root() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin:$bin LC_ALL=C \
		chroot $root "$@"
}

daemon() {
	in_root "$@" >/run/bench.out 2>&1 ||
		fail "$1: status $?: $(tail -n 1 /run/bench.out)"
}

[ "$stack" != vane ] || exec $here/rows.sh vane /var/log/vane/stock.log

mkdir -p $root /run/xen /run/lock
mount "$(findfs LABEL=vane-peers)" $root || fail "no disk of Debian's programs"
for d in proc sys dev dev/pts run data; do
	mount -o bind /$d $root/$d || fail "cannot bind /$d"
done
mount -t xenfs xenfs $root/proc/xen
# What udev would have made, and the scripts of xl use.
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
rm -rf $root/var/run $root/var/lock
ln -s /run $root/var/run
ln -s /run/lock $root/var/lock
mkdir -p $root/var/log/xen/console $root/var/lib/xen $root/var/lib/xenstored
# xl is Debian's again, and its scripts want a log to write to.
ln -sf $bin/xl $root/usr/sbin/xl
syslogd -O /run/syslog

daemon $bin/"$stack"
await 30 chroot $root /usr/bin/xenstore-read -s / ||
	fail "$stack does not answer: $(tail -n 1 /run/bench.out)"
daemon $bin/xen-init-dom0
if [ "$stack" = xenstored ]; then
	in_root $here/rows.sh - -
else
	daemon $bin/xenconsoled --log=guest --log-dir=/var/log/xen/console
	in_root $here/rows.sh xl /var/log/xen/console/guest-stock.log
fi
