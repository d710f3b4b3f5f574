#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the Debian packages that building and testing need and this
# machine lacks, and says which. Does nothing when all are there. Kernels and
# hypervisors that only run inside QEMU are not installed: the rules that
# want them unpack their packages under build/ (see
# dom0-tools/image/fetch-deb.sh).
set -eu

# One package a line, with what needs it.
wanted() {
	sed 's/[[:space:]]*#.*//; /^$/d' <<'LIST'
make
gcc
libc6-dev
binutils		# ld and objdump for the hypervisor and micro-guests
clang			# second compiler of every unit test
libclang-rt-14-dev	# its sanitizers and libFuzzer
clang-format		# make lint, make format
cppcheck		# make lint
mandoc			# make lint: the manuals
pkg-config
python3			# generators
libcriterion-dev	# unit and system tests
libxen-dev		# the ABI test compares with its headers
xenstore-utils		# its store clients, against our store
zlib1g-dev		# kernel payloads: gzip
liblzma-dev		# xz
libzstd-dev		# zstd
libbz2-dev		# bzip2
liblzo2-dev		# lzo
liblz4-dev		# lz4
libmd-dev		# SHA-256 of kernels
libncurses-dev		# vane top
libext2fs-dev		# guests' disks: ext4
comerr-dev
libblkid-dev		# their partitions
uuid-dev
xz-utils		# makes test payloads
zstd
bzip2
lzop
lz4
qemu-system-x86		# the machine
busybox-static		# user space of domain zero and of the guests
cpio			# initramfs archives
kmod			# depmod
e2fsprogs		# mke2fs -d, debugfs
grub-common		# the ISO boot test: grub-mkrescue
grub-pc-bin		# its BIOS modules
xorriso
mtools			# its EFI image, and FAT images of tests
dosfstools		# mkfs.vfat
fdisk			# sfdisk
mmdebstrap		# unpacks the programs that tests/peers drives
systemd			# make test-install: systemd-analyze
ca-certificates		# apt over https
LIST
}

missing=
for p in $(wanted) "$@"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) ||
		status=absent
	[ "$status" = installed ] || missing="$missing $p"
done
if [ -z "$missing" ]; then
	echo "deps: every package is installed"
	exit 0
fi
echo "deps: installing$missing"

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: not root and no sudo: as root, run" \
			"apt-get install$missing" >&2
		exit 1
	}
	sudo=sudo
fi
apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# The package lists may be missing or older than the archive; refresh them
# once, at need.
# shellcheck disable=SC2086
if ! apt install --no-install-recommends $missing >/dev/null 2>&1; then
	apt update
	apt install --no-install-recommends $missing >/dev/null
fi
echo "deps: done"
