#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make-root.sh IMAGE DIR: a root file system of the programs that drive or read
# what `vane` makes, as an ext4 image: Ganeti's hypervisor module, Pacemaker's
# agent, Debian's own xl, gdb, readelf, a validator of JSON schemas. Packages
# are unpacked and not set up, which is all that they need here. Of ganeti and
# resource-agents only the files are taken, without what else they depend on
# (a cluster's daemons). DIR keeps what was downloaded.
set -eu

image=$1
dir=$2
tar=$dir/root.tar
tree=$dir/tree
here=$(cd "$(dirname "$0")" && pwd)

packages=python3,python3-simplejson,python3-pyparsing,python3-openssl
packages+=,python3-pycurl,python3-psutil,python3-bitarray,python3-pyinotify
packages+=,python3-paramiko,python3-jsonschema,gdb,binutils,xen-utils-4.17
packages+=,bash,bash-completion,dash,coreutils,debianutils,mawk,grep,sed
packages+=,diffutils,util-linux
# What the scripts of Debian's xl call for a disk and a card (tests/bench).
packages+=,mount,iproute2,bsdutils

tests/install-deps.sh mmdebstrap
echo "make-root: unpacking Debian's programs into $image (half a minute)"
if [ ! "$tar" -nt "$0" ]; then
	mmdebstrap --quiet --variant=extract --include="$packages" bookworm \
		"$dir/new.tar"
	mv "$dir/new.tar" "$tar"
fi
rm -rf "$tree"
mkdir -p "$tree"
tar -xpf "$tar" -C "$tree"
for package in ganeti-3.0 resource-agents; do
	dom0-tools/image/fetch-deb.sh "$package" "$dir/$package"
	dpkg-deb -x "$dir/$package"/.deb/*.deb "$tree"
done
(cd "$tree" && rm -rf usr/share/{doc,man,locale,info,lintian,perl,perl5} \
	usr/lib/x86_64-linux-gnu/perl* var/cache var/lib/apt)

# What setting up would have linked.
ln -sf mawk "$tree/usr/bin/awk"
[ -e "$tree/usr/bin/which" ] || ln -s which.debianutils "$tree/usr/bin/which"
mkdir -p "$tree"/{proc,sys,dev,run,data,tests,tmp,usr/sbin}
cp "$here"/*.py "$here"/*.sh "$tree/tests"
cp docs/schema/*.json "$tree/tests"
cp dom0-tools/completion/vane "$tree/tests/completion"
cp build/dom0-tools/vane "$tree/usr/sbin/vane"
ln -sf vane "$tree/usr/sbin/xl"

rm -f "$image.new"
/sbin/mke2fs -q -t ext4 -L vane-peers -d "$tree" "$image.new" 640M
mv "$image.new" "$image"
rm -rf "$tree"
