# SPDX-License-Identifier: BSD-2-Clause
# Functions of bench.sh; $build, $out, $top, $here, $results are its.
# shellcheck shell=sh disable=SC2154,SC2034

row() { echo "$*" >>"$results"; }

# head_ TITLE COLUMN...: a Markdown table's head.
head_() {
	row ""
	row "## $1"
	row ""
	shift
	line "$@"
	sep=$(tail -1 "$results" | sed 's/[^|]/-/g')
	row "$sep"
}

# line FIRST CELL...: one row, aligned.
line() {
	first=$1
	shift
	printf '| %-40s |' "$first" >>"$results"
	[ $# = 0 ] || printf ' %13s |' "$@" >>"$results"
	echo >>"$results"
}

# judge VALUE LIMIT: "ok <= LIMIT" or a miss, in $verdict.
judge() {
	verdict="<= $2"
	[ "$1" -le "$2" ] || { verdict="MISSED $2"; missed=$((missed + 1)); }
}

# judge_min VALUE LIMIT: the same for decimals that are to be larger; a limit
# of 0 is none.
judge_min() {
	if [ "$2" = 0 ]; then
		verdict=
	elif echo "$1 $2" | awk '{ exit !($1 >= $2) }'; then
		verdict=">= $2"
	else
		verdict="MISSED $2" missed=$((missed + 1))
	fi
}

ratio() { echo "$1 $2" | awk '{ printf("%.2f", $1 > 0 ? $2 / $1 : 0) }'; }
# median FILE: of numbers, one a line.
median() {
	sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# count MACHINE MB KERNEL [QEMU OPTION...]: instructions until the guest
# writes 1 to isa-debug-exit.  0: it did not get there.
count() {
	cm=$1 cmb=$2 ck=$3
	shift 3
	rm -f count
	rc=0
	timeout 200 qemu-system-x86_64 -nodefaults -no-user-config \
	    -display none -no-reboot -accel tcg -cpu max -machine "$cm" \
	    -m "$cmb" -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -plugin "$out/insncount.so,out=count" -kernel "$ck" "$@" \
	    </dev/null >count.log 2>&1 || rc=$?
	if [ $rc = 3 ]; then cat count; else echo 0; fi
}

# QEMU prefers a Multiboot 1 header to a PVH note: the image without one.
no_multiboot() {
	LC_ALL=C sed 's/\x02\xb0\xad\x1b/\x00\x00\x00\x00/' "$1"
}
