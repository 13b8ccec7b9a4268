#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The checks of `make lint`, each one a function; all run, exit 1 when one
# fails.  usage: lint.sh BUILD [CHECK...], in the top folder of the tree,
# which is built in BUILD.
set -eu
build=$1
shift
top=$PWD
out=$build/lint
mkdir -p "$out"
jobs=$(nproc)
tracked() { git ls-files -- "$@"; }
c_files() { tracked '*.c'; }

# Every file: licence, no white space at line ends; C also: 80 columns, and
# the return type of a function on a line of its own.
text() {
	tracked '*.[chS]' '*.sh' '*.py' '*.lds' | while read -r f; do
		head -4 "$f" | grep -q 'SPDX-License-Identifier: BSD-2' ||
			echo "$f: no SPDX line"
		grep -nE '[[:blank:]]+$' /dev/null "$f" | cut -d: -f1-2 |
		    sed 's/$/: white space at the end/'
		case $f in *.[chS]) ;; *) continue ;; esac
		expand "$f" | awk -v f="$f" '
		length($0) > 80 { print f ":" NR ": beyond 80 columns" }
		/\)$/ && !/__attribute__/ &&
		/^(static |inline |const |unsigned |struct )*[a-z_0-9]+ \**[a-z_0-9]+\(/ {
			line = NR; next }
		/^\{/ && NR == line + 1 {
			print f ":" line ": return type is not on its own line" }'
	done >"$out/text"
	! grep . "$out/text"
}

# The -I of a C file or header, from its folder.
includes() {
	dirs="include rumpsrc/include lib/libbmk_core/include \
	    lib/librumprun tests $(dirname "$1") \
	    $(dirname "$(dirname "$1")")"
	printf ' -I%s' $dirs "$build/obj/gen/include" "$build/include"
}
# Host code: tools, tests, posix.  The rest is freestanding.
flags() {
	case $1 in
	app-tools/*|tests/*|bench/*|platform/posix/*)
		echo "-std=gnu11 -D_GNU_SOURCE $(includes "$1")" ;;
	*)	echo "-std=gnu11 -ffreestanding -mgeneral-regs-only \
		    $(includes "$1")" ;;
	esac
}

headers() {
	tracked '*.h' | while read -r f; do
		# shellcheck disable=SC2046
		gcc -fsyntax-only -Wall -Werror -x c $(flags "$f") -include "$f" \
		    /dev/null || echo "$f: does not compile alone"
	done >"$out/headers" 2>&1
	! grep . "$out/headers"
}

# tests: ordinary programs, read by the compiler's warnings only.
tidy() {
	c_files | grep -v -e '^tests/' -e '^lib/libc/' -e '^bench/' |
	    xargs -P "$jobs" -n 1 "$top/mk/lint.sh" "$build" tidy_one >"$out/tidy"
	# tidy.skip: looked at and no error; "PATH.*CHECK" each.
	grep -v '^#' mk/tidy.skip >"$out/skip"
	! grep ': error: \|: warning: ' "$out/tidy" | grep -v -f "$out/skip"
}
tidy_one() {
	# shellcheck disable=SC2046
	clang-tidy --quiet --config-file="$top/mk/clang-tidy.yaml" \
	    "$file" -- $(flags "$file") -w 2>/dev/null
}

cppcheck_() {
	c_files | grep -v -e '^tests/' -e '^lib/libc/' >"$out/files"
	# shellcheck disable=SC2046
	cppcheck -q -j "$jobs" --template='{file}:{line}: {message} [{id}]'  --std=c11 --language=c --inline-suppr \
	    --enable=warning,portability --error-exitcode=1 \
	    --suppressions-list="$top/mk/cppcheck.txt" \
	    $(includes x) --file-list="$out/files"
}

shell() {
	command -v shellcheck >/dev/null || {
		echo "lint: no shellcheck, shell scripts are not checked"
		return 0
	}
	tracked '*.sh' '.ci/run' | xargs shellcheck -x -S error \
	    -e SC1087,SC2148
}

# Global names carry their layer's prefix (doc/contracts.md).
CFUNCS='mem(cpy|move|set|cmp|chr)|str(n?len|n?cmp|r?chr|lcpy|lcat)|v?snprintf'
names() {
	(cd "$build/lib/rumpkit" && find . -name '*.a' ! -path '*-*san*' ! -name '*-*san.a' ! -path '*-fuzz*') | while read -r a; do
		case $a in
		*/libgcc.a)	continue ;;
		*/libbmk_core.a) ok="bmk_|__stack_chk_|($CFUNCS)\$" ;;
		*/libplatform.a) ok="hw_|spt_|xen_|acpi_|bmk_|rumpcomp_|_start" ;;
		*/librumprun.a)	ok="rumprun_|conf_" ;;
		*/posix/librumpuser.a)
			ok="rumpuser_|rumpcomp_|posix_|__stack_chk_|strl(cpy|cat)\$" ;;
		*/librumpuser.a) ok="rumpuser_|rumpcomp_|user_|bmk_|__wrap_" ;;
		*/librumpvfs*.a) ok="rump_|vfs_|nc_|vref|vrele" ;;
		*/librumpdev_screen.a|*/librumpdev_fwcfg.a) ok="rump_|hw_" ;;
		*/librumpdev_virtio.a) ok="rump_|virtq_" ;;
		*/librumpnet.a)	ok="rump_|m_|so_|sb_|cmsg_|inaddr_|cksum_" ;;
		*/librumpnet_local.a) ok="rump_|unp_" ;;
		*/librumpnet_netlink.a) ok="rump_|nl_" ;;
		*/librumpnet_packet.a) ok="rump_|pk_" ;;
		*/librumpnet_inet.a)
			ok="rump_|in_|ip4_|inpcb_|icmp_|arp_" ;;
		*/librumpnet_mcast.a)
			ok="rump_|inmulti_|infilter_|ingroup_|igmp_" ;;
		*/librumpnet_inet6.a)
			ok="rump_|in6_|ip6_|icmp6_|nd6_|mld_|mcast6_" ;;
		*/librumpnet_virtio.a) ok="rump_|vioif_" ;;
		*/librumptrace.a) ok="rump_|trace_|__wrap_" ;;
		*/librumpstats.a) ok="rump_|stats_|__wrap_" ;;
		*)		ok="rump_" ;;
		esac
		own=$(echo "$a" | sed -n 's/.*librump[a-z]*_\([a-z0-9_]*\).*/\1_/p')
		nm -g --defined-only "$build/lib/rumpkit/$a" 2>/dev/null |
		    awk 'NF == 3 { print $3 }' | sort -u |
		    grep -vE "^($ok${own:+|$own})" | sed "s,^,$a: exports ,"
	done >"$out/names"
	! grep . "$out/names"
}

# Not a failure: clang-format 14 knows neither tabs inside a line nor where
# a person breaks one; white space inside lines is not compared.
format() {
	command -v clang-format >/dev/null || return 0
	tracked '*.[ch]' >"$out/files"
	same=0 all=0
	while read -r f; do
		all=$((all + 1))
		clang-format "$f" | squeeze >"$out/formatted"
		! squeeze <"$f" | cmp -s - "$out/formatted" || same=$((same + 1))
	done <"$out/files"
	echo "lint: $same of $all C files break lines just as .clang-format"
}
squeeze() { expand | sed -E 's/([^ ]) +/\1 /g; s/ +$//'; }

if [ "${1:-}" = tidy_one ]; then
	file=$2
	tidy_one
	exit
fi
bad=
for check in ${*:-text headers names shell cppcheck_ tidy format}; do
	printf '  %-7s %s\n' LINT "${check%_}"
	"$check" || bad="$bad ${check%_}"
done
[ -z "$bad" ] || { echo "lint: failed:$bad" >&2; exit 1; }
