# SPDX-License-Identifier: MIT
# What test_mistakes.c needs in domain zero to try the rows of
# docs/mistakes.md: `row BEFORE TYPED`, and the words that BEFORE may use.

# A small file system on DIR that has no room left.
full() {
	mkdir -p "$1"
	mount -t tmpfs -o size=64k tmpfs "$1"
	echo "umount $1" >>/run/mistakes.undo
	dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null
}

# Ends a daemon and its supervisor: nobody starts it again. The second word is
# the signal: TERM, or KILL, which leaves its socket there.
stopped() {
	kill "$(cat "/run/vane/$1.supervisor")"
	kill "-${2:-TERM}" "$(pidof "$1")"
	await 60 sh -c "! pidof $1"
	echo start-daemons >>/run/mistakes.undo
}

# Runs a command as somebody who may nothing.
as_nobody() {
	grep -q ^nobody: /etc/passwd 2>/dev/null ||
		echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
	su -s /bin/sh nobody -c "$*"
}

# What a command that fails must leave as it was. How much domain zero may
# have is a fact that the first one to look at it writes down. What the kernel's
# drivers note of a device that failed they may note when all else is over.
things() {
	vane info | grep -i free
	vane store ls -f / | grep -v -e '^/local/domain/0/memory' \
		-e '^/local/domain/0/error'
	losetup -a
	ls /sys/class/net/xenbr0/brif /run/vane/domains /run/vane/creating \
		/run/mistakes /run/full
}

same() {
	things 2>&1 | cmp -s - /run/mistakes.before
}

configuration() {
	echo 'name = "web"'
	echo 'memory = 16'
	echo 'kernel = "/data/tests/hello.elf"'
	echo 'on_poweroff = "preserve"'
}

row() {
	cd /run && rm -rf mistakes mistakes.undo && mkdir mistakes
	cd mistakes && configuration >web.cfg
	eval "$1" >/run/mistakes.log 2>&1
	things >/run/mistakes.before 2>&1
	(eval "$2") >/run/mistakes.out 2>&1 </dev/null
	status=$?
	same || await 60 sh -c '. /data/tests/mistakes.sh; same' || {
		echo "left behind:"
		things 2>&1 | diff /run/mistakes.before - | grep '^[-+]'
	}
	cat /run/mistakes.out
	echo "status $status"
	cd /
	[ ! -e /run/mistakes.undo ] || sh /run/mistakes.undo >/dev/null 2>&1
	for f in /run/vane/domains/*.cfg; do
		[ ! -e "$f" ] || vane destroy "$(basename "$f" .cfg)"
	done
}
