# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: how long baking and a change take; computing on spt.
# shellcheck shell=sh disable=SC2154

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

topic_time() {
	"$gcc" -O2 -o hello.prog "$hello"
	head_ "Time" what seconds
	seconds "bake hello for hw_minimal" "$bake" hw_minimal t.img hello.prog
	seconds "bake hello for hw_generic" "$bake" hw_generic t.img hello.prog
	edit_to_result

	head_ "Native and spt, the same program" what native spt ratio
	gcc -O2 -o getppid.native "$here/getppid.c"
	"$gcc" -O2 -o getppid.prog "$here/getppid.c"
	"$bake" spt_minimal getppid.spt getppid.prog
	a=$(./getppid.native)
	b=$("$build/bin/rumprun" spt getppid.spt 20000000)
	line "getppid, ns" "$a" "$b" "$(ratio "$a" "$b")"
	sqlite
}
