#!/bin/bash
# SPDX-License-Identifier: MIT
# make-root.sh IMAGE DIR: a minimal Debian 12 with systemd and the stock
# kernel as an ext4 image; its kernel and initramfs beside it in DIR. Uses the
# machine's own package sources. Needs root (or mmdebstrap's user namespaces).
# The toolstack is installed as `make install` does it, its units are enabled,
# and one micro-guest starts with domain zero.
set -eu

image=$1
dir=$2
tar=$dir/root.tar
tree=$dir/tree

tests/install-deps.sh mmdebstrap
echo "make-root: installing Debian into $image (some minutes)"
[ -s "$tar" ] || {
	mmdebstrap --quiet --format=tar --variant=minbase \
		--include=systemd-sysv,udev,kmod,linux-image-amd64,initramfs-tools,login,passwd,e2fsprogs \
		--customize-hook='echo root:paravane | chroot "$1" chpasswd' \
		--customize-hook='echo domain-zero >"$1/etc/hostname"' \
		bookworm "$tar.new"
	mv "$tar.new" "$tar"
}
rm -rf "$tree"
mkdir -p "$tree"
tar -xpf "$tar" -C "$tree"
cp "$tree"/boot/vmlinuz-* "$dir/vmlinuz"
cp "$tree"/boot/initrd.img-* "$dir/initrd.img"
make -s install DESTDIR="$PWD/$tree" PREFIX=/usr
for unit in vane-stored vane-consoled vaned vane-guests; do
	ln -s "/usr/lib/systemd/system/$unit.service" \
		"$tree/etc/systemd/system/multi-user.target.wants/"
done
cp build/guest/hello.elf "$tree/etc/vane"
printf '%s\n' 'name = "micro"' 'memory = 16' \
	'kernel = "/etc/vane/hello.elf"' 'on_poweroff = "preserve"' \
	>"$tree/etc/vane/auto/10-micro.cfg"
rm -f "$image"
mke2fs -q -t ext4 -d "$tree" "$image.new" 3G
mv "$image.new" "$image"
rm -rf "$tree"
