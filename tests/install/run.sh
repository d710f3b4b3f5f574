#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh DIR: installs into DIR twice, looks whether all is there, lets
# systemd-analyze verify the units, and tries vane-guests with a `vane` of its
# own that only writes down what it is asked.
set -eu

dir=$PWD/$1
rm -rf "$dir"
passed=0

fail() {
	echo "test-install: $*" >&2
	echo "$passed passed, 1 failed"
	exit 1
}

pass() {
	passed=$((passed + 1))
}

make -s install DESTDIR="$dir/root" PREFIX=/usr
echo "# mine" >>"$dir/root/etc/vane/guests.conf"
make -s install DESTDIR="$dir/root" PREFIX=/usr
grep -q "# mine" "$dir/root/etc/vane/guests.conf" ||
	fail "a second installation overwrote guests.conf"
for f in vane vaned vane-stored vane-consoled vane-guests; do
	[ -x "$dir/root/usr/sbin/$f" ] || fail "no program $f"
done
[ -d "$dir/root/etc/vane/auto" ] || fail "no /etc/vane/auto"
pass

# The units name programs that are not on this machine: under their own path.
units=
mkdir -p "$dir/units"
for unit in "$dir"/root/usr/lib/systemd/system/*.service; do
	sed "s|=/usr/sbin/|=$dir/root/usr/sbin/|" "$unit" \
		>"$dir/units/${unit##*/}"
	units="$units $dir/units/${unit##*/}"
done
# shellcheck disable=SC2086
SYSTEMD_UNIT_PATH="$dir/units:" systemd-analyze verify --man=no $units \
	>"$dir/verify" 2>&1 || fail "systemd-analyze: $(cat "$dir/verify")"
grep -F "$dir/units" "$dir/verify" && fail "systemd-analyze complains"
pass

# A `vane` whose guests are the files in $dir/guests.
mkdir -p "$dir/bin" "$dir/guests" "$dir/auto"
cat >"$dir/bin/vane" <<'VANE'
#!/bin/sh
dir=${0%/bin/vane}
echo "$*" >>"$dir/calls"
case $1 in
create)
	name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$2")
	[ "$name" = bad ] && exit 1
	n=$(($(cat "$dir/last" 2>/dev/null || echo 0) + 1))
	echo $n >"$dir/last"
	echo $n >"$dir/guests/$name"
	;;
domid) cat "$dir/guests/$2" 2>/dev/null || exit 3 ;;
domname) grep -lx "$2" "$dir"/guests/* || exit 3 ;;
list)
	echo "Name ID Mem VCPUs State Time(s)"
	echo "Domain-0 0 900 1 r----- 1.0"
	for g in "$dir"/guests/*; do
		state=-b----
		[ "${g##*/}" = kept ] && state=---s--
		[ -f "$g" ] && echo "${g##*/} $(cat "$g") 1 1 $state 0.1"
	done
	:
	;;
shutdown)
	g=$(grep -lx "$2" "$dir"/guests/*)
	[ "${g##*/}" = deaf ] || rm -f "$g"
	;;
destroy) rm -f "$(grep -lx "$2" "$dir"/guests/*)" ;;
esac
VANE
chmod +x "$dir/bin/vane"
for name in web bad deaf db; do
	echo "name = \"$name\"" >"$dir/$name.cfg"
done
ln -s ../db.cfg "$dir/auto/10-db"
ln -s ../bad.cfg "$dir/auto/20-bad"
ln -s ../deaf.cfg "$dir/auto/30-deaf"
ln -s ../web.cfg "$dir/auto/40-web"
ln -s ../none.cfg "$dir/auto/50-dangling"
printf 'AUTO_DIR=%s\nSTOP_TIMEOUT=1\n' "$dir/auto" >"$dir/conf"

guests() {
	PATH="$dir/bin:$PATH" VANE_GUESTS_CONF="$dir/conf" \
		dom0-tools/systemd/vane-guests "$@" >>"$dir/said" 2>&1
}

guests start && fail "a guest that cannot start is no failure"
grep -q "20-bad was not started" "$dir/said" || fail "nothing said of bad"
[ "$(grep '^create' "$dir/calls" | sed 's/.*-//' | tr '\n' ' ')" = \
	"db bad deaf web " ] || fail "order: $(grep ^create "$dir/calls")"
pass
: >"$dir/calls"
guests start && fail "the second start"
[ "$(grep -c '^create' "$dir/calls")" = 1 ] ||
	fail "a second start creates guests again"
pass
echo 9 >"$dir/guests/kept"
guests stop || fail "stop: $(cat "$dir/said")"
[ -z "$(ls "$dir/guests")" ] || fail "after stop: $(ls "$dir/guests")"
[ "$(sed -n 's/^shutdown //p' "$dir/calls" | tr '\n' ' ')" = "3 2 1 " ] ||
	fail "stopped as $(grep ^shutdown "$dir/calls")"
grep -q "deaf has not shut down within 1 s: destroyed" "$dir/said" ||
	fail "nothing said of deaf"
grep -q "^destroy 9" "$dir/calls" || fail "a kept one was not destroyed"
pass
status=0
guests restart || status=$?
[ $status = 2 ] || fail "an unknown word gives status $status"
pass
echo "$passed passed, 0 failed"
