#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch-deb.sh PACKAGE DIR [TAR-ARGUMENT...]
#
# Unpacks a Debian package into DIR without installing it: the host needs
# neither root nor a boot loader, and its own kernel stays as it is. For a
# metapackage (linux-image-amd64) the package that it stands for is taken.
# The .deb is kept in DIR/.deb, so an interrupted build downloads once.
set -eu

package=$1
dir=$2
shift 2

die() {
	echo "fetch-deb: $package: $*" >&2
	exit 1
}

# apt-get as a plain user needs lists to read. The host's serve when they are
# there and fresh; otherwise private ones below DIR are made.
apt_options=
apt() {
	tool=$1
	shift
	# shellcheck disable=SC2086
	"$tool" $apt_options "$@"
}

resolve() {
	apt apt-cache depends "$package" 2>/dev/null |
	awk -v p="$package" '
		BEGIN { stem = p; sub(/-amd64$/, "-", stem) }
		$1 == "Depends:" && index($2, stem) == 1 { print $2; exit }'
}

download() {
	real=$(resolve)
	(cd "$dir/.deb" && apt apt-get -qq download "${real:-$package}") \
		2>"$dir/.deb/log"
}

mkdir -p "$dir/.deb"
dir=$(cd "$dir" && pwd)
if ! ls "$dir"/.deb/*.deb >/dev/null 2>&1 && ! download; then
	lists=$dir/.deb/apt
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
	apt_options="-o Dir::State::Lists=$lists/lists
		-o Dir::Cache=$lists/cache -o Debug::NoLocking=1"
	apt apt-get -qq update 2>>"$dir/.deb/log" ||
		die "apt-get update failed, see $dir/.deb/log"
	download || die "no such package to download, see $dir/.deb/log"
	rm -rf "$lists"
fi
for deb in "$dir"/.deb/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" "$@"
done
