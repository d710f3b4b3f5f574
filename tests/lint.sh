#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make lint: formatting, cppcheck, headers that stand alone, machine code only
# where it may be, licence lines, shell syntax, links in the documents. Runs
# every check, prints what each found, and fails if any found something.
# `lint.sh NAME...` runs only those named.
set -u
cd "$(dirname "$0")/.." || exit 1

failures=0

sources() {
	find hypervisor dom0-tools include tests \
		\( -name '*.c' -o -name '*.h' \) -print | LC_ALL=C sort
}

# found NAME TEXT: reports a check's result.
found() {
	if [ -z "$2" ]; then
		echo "lint: $1: clean"
		return
	fi
	printf '%s\n' "$2"
	echo "lint: $1: $(printf '%s\n' "$2" | wc -l) lines of complaint"
	failures=$((failures + 1))
}

# The include path that a file's area is compiled with.
includes() {
	case $1 in
	hypervisor/*) echo -Ihypervisor -Iinclude \
		-include hypervisor/lib/hidden.h ;;
	dom0-tools/*) echo -Idom0-tools -Iinclude -I. ;;
	tests/unit/dom0-tools/*) echo -Itests/unit -Iinclude -Idom0-tools -I. ;;
	tests/unit/*) echo -Itests/unit/fake -Itests/unit -Ihypervisor \
		-Iinclude -I. ;;
	tests/guest/*) echo -Itests/guest/lib -Iinclude ;;
	*) echo -Iinclude -I. ;;
	esac
}

check_format() {
	found format "$(sources | xargs clang-format --dry-run 2>&1 |
		grep -E '(error|warning):' | cut -d: -f1 | uniq -c |
		awk '{ print $2 ": " $1 " places; make format mends them" }')"
}

check_cppcheck() {
	local out area
	for area in hypervisor dom0-tools tests/system tests/demo tests/bench \
		tests/soak; do
		# shellcheck disable=SC2046
		out+=$(cppcheck --quiet --std=c11 --inline-suppr \
			--enable=warning,performance,portability \
			--suppress=missingInclude --suppress=missingIncludeSystem \
			--suppress=normalCheckLevelMaxBranches \
			--suppress=unknownMacro -D__x86_64__ -D__GNUC__ \
			--template='{file}:{line}: {severity}: {message} [{id}]' \
			-j "$(nproc)" -Iinclude \
			$([ "$area" = hypervisor ] && echo -Ihypervisor) \
			$([ "$area" = dom0-tools ] && echo -Idom0-tools) \
			-I. "$area" 2>&1)
		[ -z "$out" ] || [ "${out: -1}" = $'\n' ] || out+=$'\n'
	done
	found cppcheck "${out%$'\n'}"
}

# Each header compiles by itself, twice included.
check_headers() {
	local h out=
	for h in $(sources | grep '\.h$'); do
		# shellcheck disable=SC2046
		out+=$(printf '#include "%s"\n#include "%s"\n' "$PWD/$h" \
			"$PWD/$h" | gcc -std=gnu11 -D_GNU_SOURCE -fsyntax-only \
			-Wall -Wextra -Wno-unused -x c $(includes "$h") - 2>&1 |
			grep -E 'error|warning' | sed "s|$PWD/||g")
		[ -z "$out" ] || [ "${out: -1}" = $'\n' ] || out+=$'\n'
	done
	found headers "${out%$'\n'}"
}

# Assembly, control registers and ports belong to two folders only.
check_machine_code() {
	found machine-code "$(grep -rnE '\b(__asm__|asm)\b *(volatile|\()|\b__builtin_ia32_' \
		hypervisor include --include='*.[ch]' |
		grep -vE '^hypervisor/(boot|x86)/')"
	found assembly-files "$(find hypervisor include dom0-tools -name '*.S' |
		grep -vE '^hypervisor/(boot|x86)/')"
}

check_licences() {
	local f out=
	while read -r f; do
		head -n 3 "$f" | grep -q SPDX-License-Identifier ||
			out+="$f: no SPDX line in its first three"$'\n'
	done < <({ sources; find hypervisor tests dom0-tools .ci \
		\( -name '*.mk' -o -name '*.sh' -o -name '*.S' -o -name '*.py' \)
		echo Makefile; echo .ci/run; })
	found licences "${out%$'\n'}"
}

# Every script parses in the shell that its first line names.
check_shell() {
	local f out= first
	while read -r f; do
		IFS= read -r first <"$f"
		case $first in
		'#!/bin/sh'*) out+=$(busybox sh -n "$f" 2>&1) ;;
		'#!/bin/bash'*) out+=$(bash -n "$f" 2>&1) ;;
		esac
	done < <(find dom0-tools/image dom0-tools/completion tests .ci -type f)
	found shell "$out"
}

# Relative links in the documents lead to files that exist.
check_links() {
	local f link out=
	while read -r f; do
		while read -r link; do
			link=${link%%#*}
			case $link in ''|*://*|mailto:*) continue ;; esac
			[ -e "$(dirname "$f")/$link" ] ||
				out+="$f: dead link: $link"$'\n'
		done < <(grep -oE '\]\([^) ]+\)' "$f" | sed 's/^](//; s/)$//')
	done < <(find . -name '*.md' -not -path './build/*' -not -path './.git/*')
	found links "${out%$'\n'}"
}

# Trailing blanks and missing last newlines, which no formatter sees in text.
check_text() {
	local f out=
	while read -r f; do
		[ -z "$(tail -c 1 "$f")" ] || out+="$f: no newline at its end"$'\n'
		out+=$(grep -nE '[[:blank:]]+$' "$f" | sed "s|^|$f:|; s|:[^:]*$|: blanks at the end|")
		[ -z "$out" ] || [ "${out: -1}" = $'\n' ] || out+=$'\n'
	done < <(find . -type f \( -name '*.[chS]' -o -name '*.md' -o \
		-name '*.mk' -o -name '*.sh' -o -name '*.cfg' \) \
		-not -path './build/*' -not -path './.git/*')
	found text "${out%$'\n'}"
}

# The generated list of hypercalls is what the tables say.
# Manuals: all that mandoc warns of; its matters of style are not ours.
check_manuals() {
	found manuals "$(find docs/man -name '*.[1-8]' \
		-exec mandoc -Tlint -Wwarning {} + 2>&1)"
}

check_docs() {
	found docs "$(docs/gen-hypercalls.py --check 2>&1)"
}

all="format cppcheck headers machine_code licences shell links text docs manuals"
for check in ${*:-$all}; do
	"check_$check"
done
[ "$failures" = 0 ]
