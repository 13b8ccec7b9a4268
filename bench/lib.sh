# SPDX-License-Identifier: BSD-2-Clause
# Functions of bench.sh; $build, $out, $top, $here, $results are its.
# shellcheck shell=sh disable=SC2154

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

# count MACHINE MB KERNEL [QEMU OPTION...]: instructions until the guest
# writes 1 to isa-debug-exit.  0: it did not get there.
count() {
	cm=$1 cmb=$2 ck=$3
	shift 3
	rm -f count
	rc=0
	timeout 100 qemu-system-x86_64 -nodefaults -no-user-config \
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

# reach SET SUFFIX: one line of the first table.
reach() {
	n=$(count "$machine" "$mem" "outb.${1#hw_}$2")
	case $2 in .pvh) how="PVH" ;; *) how="as is" ;; esac
	if [ "$n" = 0 ]; then
		line "$1, $machine, $mem MB, $how" "no boot" "" "MISSED"
		missed=$((missed + 1))
		return
	fi
	judge $((n - null)) 40000
	line "$1, $machine, $mem MB, $how" "$n" $((n - null)) "$verdict"
}

size() {
	n=$(stat -c %s "$1")
	judge "$n" "$2"
	line "hw_${1#hello.}" "$n" "$verdict"
}

now() { date +%s%N; }
since() { echo "$1 $(now)" | awk '{ printf "%.2f", ($2 - $1) / 1e9 }'; }
seconds() {
	what=$1 t=$(now)
	shift
	"$@" >seconds.log 2>&1 || { tail -3 seconds.log; return 1; }
	line "$what" "$(since "$t")"
}

# A component's file compiled anew, its test linked and run on posix.
edit_to_result() {
	vfstest="env -u MAKEFLAGS make -C $top/tests/vfs BUILD=$build"
	exe=$build/obj/tests/vfs/t_basic
	if ! { $vfstest libs && $vfstest "$exe"; } >edit.log 2>&1; then
		line "edit to result" "not built"
		return
	fi
	rm -f "$build/obj/rumpsrc/fs/tmpfs/tmpfs.o"
	seconds "edit of tmpfs.c to t_basic's result" sh -c \
	    "env -u MAKEFLAGS make -C $top/rumpsrc/fs/tmpfs BUILD=$build &&
	    $vfstest $exe && $exe"
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 / $1 }'; }

sqlite() {
	if ! [ -x "$build/progs-native/sqlite3" ] ||
	    ! [ -x "$build/progs/sqlite3" ]; then
		line "SQLite, a million rows" "not built" "" ""
		return
	fi
	"$bake" spt_generic sqlite.spt "$build/progs/sqlite3"
	sql=$(cat "$top/tests/boot/million.sql")
	t=$(now)
	"$build/progs-native/sqlite3" :memory: "$sql" >/dev/null
	a=$(since "$t") t=$(now)
	"$build/bin/rumprun" -M 512 spt sqlite.spt :memory: "$sql" >/dev/null
	b=$(since "$t")
	line "SQLite, a million rows, s" "$a" "$b" "$(ratio "$a" "$b")"
}
