#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Completion as bash does it: each row is a line as it was typed up to Tab, and
# words that must be among what is offered (or, with "!", must not). $1 is a
# guest that exists. Every verb and every option of `vane help` is tried.
. /usr/share/bash-completion/bash_completion
. /tests/completion
shopt -s extglob
guest=$1
failures=0

# offer LINE: fills COMPREPLY as bash would at the end of that line.
offer() {
	COMP_LINE=$1
	COMP_POINT=${#1}
	read -ra COMP_WORDS <<<"$1"
	[[ $1 == *' ' ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_vane
}

try() {
	local line=$1 word

	shift
	offer "$line"
	for word in "$@"; do
		case " ${COMPREPLY[*]} " in
		*" ${word#!} "*) [[ $word != !* ]] && continue ;;
		*) [[ $word == !* ]] && continue ;;
		esac
		echo "completion: '$line' offers '${COMPREPLY[*]}': $word"
		failures=$((failures + 1))
	done
}

[[ $(complete -p vane) == *'-F _vane'* ]] || exit 1
try "vane " create list dump-core
try "vane sh" shutdown !list
try "xl re" reboot rename
try "vane pause " "$guest" Domain-0
try "vane pause ${guest:0:2}" "$guest"
try "vane destroy -" --help
try "vane shutdown -w ${guest:0:2}" "$guest"
try "vane console -r ${guest:0:2}" "$guest"
try "vane block-detach ${guest:0:2}" "$guest"
try "vane block-attach --no-wait ${guest:0:2}" "$guest"
try "vane network-list $guest ${guest:0:2}" "$guest"
try "vane network-detach $guest " "!$guest"
try "vane mem-set $guest " "!$guest"
try "vane events " "!$guest"
try "vane trigger $guest " nmi reset
try "vane help du" dump-core
mkdir -p /run/completion /etc/vane
: >/run/completion/a.cfg
: >/etc/vane/c.cfg
try "vane create /run/completion/" /run/completion/a.cfg
try "vane create -p /run/completion/" /run/completion/a.cfg
try "vane create " /etc/vane/c.cfg
for verb in $(vane help -n); do
	try "vane ${verb%?}" "$verb"
	for option in $(vane help -n "$verb"); do
		try "vane $verb -" "$option"
	done
done
[ $failures = 0 ] && echo "completion: done"
