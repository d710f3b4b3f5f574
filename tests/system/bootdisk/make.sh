#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make.sh DIR VMLINUZ INITRD
#
# Disks for the bootdisk suite, in DIR: boot.img, as an installer leaves one
# (GPT, an EFI partition, an ext4 with /boot), and disks of people who wish us
# ill. Needs no root.
set -eu

PATH=$PATH:/sbin:/usr/sbin
dir=$1
vmlinuz=$2
initrd=$3
grub=$(cd "$(dirname "$0")" && pwd)/grub.cfg

rm -rf "$dir"
mkdir -p "$dir/tree"
cd "$dir/tree"

# ext NAME SIZE: an ext4 of what is in the tree, which is emptied.
ext() {
	mke2fs -q -t ext4 -b 4096 -L bootdisk -d . "../$1" "$2" >/dev/null
	rm -rf boot etc
	mkdir -p boot/grub etc
}

mkdir -p boot/grub etc
cp "$vmlinuz" boot/vmlinuz-6.1
ln -s boot/vmlinuz-6.1 vmlinuz
ln -s vmlinuz-6.1 boot/vmlinuz
cp "$initrd" boot/initrd.img
cp "$grub" boot/grub/grub.cfg
ext root.ext4 32M
rm vmlinuz
mkfs.vfat -C ../efi.fat 2048 >/dev/null
truncate -s 40M ../boot.img
printf 'label: gpt\n1M,2M,U\n4M,32M,L\n' | sfdisk -q ../boot.img
dd if=../efi.fat of=../boot.img bs=1M seek=1 conv=notrunc status=none
dd if=../root.ext4 of=../boot.img bs=1M seek=4 conv=notrunc status=none
rm ../efi.fat ../root.ext4

# Links that lead round in a circle.
ln -s loop boot/vmlinuz
ln -s vmlinuz boot/loop
cp "$grub" boot/grub/grub.cfg
ext loop.ext4 8M

# Links to where domain zero has its secrets.
ln -s /etc/passwd boot/vmlinuz
ln -s ../../../../../../etc/passwd boot/initrd.img
cp "$grub" boot/grub/grub.cfg
ext host.ext4 8M

# A kernel of 100 GB that takes no room.
truncate -s 100G boot/vmlinuz
cp "$grub" boot/grub/grub.cfg
ext sparse.ext4 8M

# Inodes of noise, behind a superblock that is whole.
echo kernel >boot/vmlinuz
cp "$grub" boot/grub/grub.cfg
ext broken.ext4 8M
table=$(dumpe2fs ../broken.ext4 2>/dev/null |
	sed -n 's/.*Inode table at \([0-9]*\).*/\1/p' | head -n 1)
head -c 16384 /dev/urandom |
	dd of=../broken.ext4 bs=4096 seek="$table" conv=notrunc status=none

# A menu without end, and a kernel that is none.
i=0
while [ $i -lt 40 ]; do
	echo "submenu a {"
	i=$((i + 1))
done >boot/grub/grub.cfg
ext deep.ext4 8M
head -c 1000000 /dev/zero >boot/vmlinuz
echo initrd >boot/initrd.img
cp "$grub" boot/grub/grub.cfg
ext noise.ext4 8M

# Nothing that boots.
ext empty.ext4 8M
cd ..
rm -rf tree
