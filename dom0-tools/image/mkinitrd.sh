#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mkinitrd.sh OUT LINUX "MODULE..." "TREE..." [FILE=PATH...]
#
# Makes an initramfs of the static busybox and its applets, the kernel modules
# named and all they depend on, the files below each TREE, and FILEs at PATHs.
# LINUX is where a kernel package was unpacked. Needs no root: every file
# belongs to root in the archive, and devices come from devtmpfs at boot.
#
# The archive stays uncompressed: it is only copied by a loader on the same
# machine, and inflating it is what an emulated processor is slowest at.
set -eu

out=$1
linux=$2
modules=$3
trees=$4
shift 4

stage=$out.tree
rm -rf "$stage"
mkdir -p "$stage"
for tree in $trees; do
	cp -R "$tree/." "$stage"
done
for d in bin dev proc sys run tmp mnt root etc var/log; do
	mkdir -p "$stage/$d"
done
ln -s bin "$stage/sbin"

cp /bin/busybox "$stage/bin/busybox"
for applet in $("$stage/bin/busybox" --list); do
	[ -e "$stage/bin/$applet" ] || ln -s busybox "$stage/bin/$applet"
done
ln -sf bin/busybox "$stage/init"

version=$(ls "$linux/lib/modules")
/sbin/modprobe -d "$linux" -S "$version" -a --show-depends $modules \
	>"$out.deps"
mkdir -p "$stage/lib/modules"
# Loaded in this order, each after what it needs. The checksums that want a
# particular processor are left out: the generic ones do on every one.
awk '$1 == "insmod" && !/\/arch\/x86\/crypto\// && !seen[$2]++ { print $2 }' \
	"$out.deps" |
while read -r ko; do
	cp "$ko" "$stage/lib/modules"
	basename "$ko"
done >"$stage/lib/modules/order"
rm "$out.deps"

for pair in "$@"; do
	file=${pair%%=*}
	path=$stage/${pair#*=}
	mkdir -p "$(dirname "$path")"
	cp "$file" "$path"
done

(cd "$stage" && find . -print | LC_ALL=C sort |
	cpio --quiet -o -H newc --owner 0:0 --reproducible) \
	>"$out.new"
mv "$out.new" "$out"
