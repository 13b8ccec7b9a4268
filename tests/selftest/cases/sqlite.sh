# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# SQLite 3.40.1: of its `make test` the test scripts (veryquick), by testfixture,
# which is SQLite within a Tcl, and fuzzcheck.
sources="sqlite3 tcl8.6"
build()
{
	(cd "$progs/src-tcl8.6/unix" && ./configure $cross --disable-shared \
	    --disable-load && make binaries)
	./configure $cross --disable-shared --disable-load-extension \
	    --disable-readline --with-tcl="$progs/src-tcl8.6/unix" \
	    CFLAGS="-O2 -I$progs/src-tcl8.6/generic -I$progs/src-tcl8.6/unix"
	make testfixture fuzzcheck
	cp testfixture fuzzcheck "$progs"
}
# Both read the scripts at the same place; the guest has them in its root.
tests()
{
	src=$s/sqlite/linux/src-sqlite3 tcl=$s/sqlite/linux/src-tcl8.6/library
	if [ "$place" != linux ]; then
		for d in "$src/test" "$src/ext" "$src/src" "$tcl"; do
			mkdir -p "$state/root${d%/*}"
			cp -al "$d" "$state/root$d"
		done
	fi
	mem=1024
	serve testfixture testfixture fuzzcheck
	cd "$work"
	for f in "$src"/test/fuzzdata*.db; do
		[ -z "$short" ] || continue
		echo " fuzzcheck" >>"$results.only"
		t "fuzzcheck ${f##*/}" inside timeout -k 10 1200 fuzzcheck "$f"
	done
	for f in $(veryquick); do
		test=${f#"$src"/}
		echo " $test" >>"$results.only"
		echo "== $test" >>"$log"
		TCL_LIBRARY=$tcl inside timeout -k 10 "${limit:-300}" testfixture "$f" \
		    >out 2>&1 </dev/null || true
		count_tests out
		rm -rf ./*
	done
}
# One result for each of its tests, by name; the file, if it did not end.
count_tests()
{
	cat "$1" >>"$log"
	grep -q ' errors out of ' "$1" || result FAIL "$test"
	sed -n "s|^\([^ ].*\)\.\.\. Ok\$|ok $test \1|p" "$1" >>"$results"
	for f in $(sed -n 's/^!Failures on these tests://p' "$1"); do
		result FAIL "$test $f"
	done
}
# The files of test/permutations.test's veryquick.
veryquick()
{
	cat >list.tcl <<-'EOF'
		proc finish {args} { exit }
		set f [open [lindex $argv 0]/permutations.test]
		set text [read $f]
		set testdir [lindex $argv 0]
		set from [string first "proc test_set " $text]
		set to [string first "# Start of tests" $text]
		eval [string range $text $from $to]
		foreach x [lsort [test_set $allquicktests -exclude *malloc* \
		    *ioerr* *fault* *bigfile* *_err* *fts5corrupt* *fts5big* \
		    *fts5aj*]] {
			if {[string first / $x] < 0} { set x $testdir/$x }
			puts $x
		}
	EOF
	tclsh list.tcl "$src/test" | if [ -n "$short" ]; then
		awk 'NR % 50 == 0'
	elif [ "$place" = hw ]; then
		awk 'NR % 8 == 0'
	else
		cat
	fi
	rm list.tcl
}
