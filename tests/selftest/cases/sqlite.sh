# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# SQLite 3.40.1, what its `make test` runs: the test scripts of veryquick, each
# by a testfixture (SQLite within a Tcl) of its own; fuzzcheck and sessionfuzz.
# SCRIPTS="x.test y.test": these scripts alone; LONG=1: all of them on hw.
sources="sqlite3 tcl8.6 zlib"
programs="testfixture sqlite3 sqldiff dbhash sqlite3_analyzer"
# Tcl's own switch for systems without fork: exec and pipes call vfork.
build()
{
	export CC AR RANLIB
	(cd ../src-tcl8.6/unix && ./configure $cross --disable-shared \
	    --disable-load CFLAGS="-O2 -DUSE_VFORK=1" tcl_cv_strstr_unbroken=ok \
	    tcl_cv_strtoul_unbroken=ok && make libtcl8.6.a)
	tcl=$progs/src-tcl8.6 r=$progs/zlib
	(cd ../src-zlib && CHOST=$host ./configure --static --prefix="$r" &&
	    make libz.a && make install)
	./configure $cross --disable-shared --disable-load-extension \
	    --disable-readline --with-tcl="$tcl/unix" \
	    CFLAGS="-O2 -I$r/include -I$tcl/generic -I$tcl/unix" \
	    LDFLAGS="-L$r/lib"
	make $programs fuzzcheck sessionfuzz
	cp $programs fuzzcheck sessionfuzz "$progs"
}
tests()
{
	mem=2048
	[ "$place" != hw ] || limit=3600
	make_roots
	fuzzers
	# Scripts start as many as three other testfixtures.
	cd "$progs"
	image testfixture "$root" testfixture testfixture testfixture sqlite3 \
	    sqldiff dbhash sqlite3_analyzer
	cd "$work"
	# One machine for many scripts where its boot takes longer than most.
	n=1
	[ "$place" != hw ] || n=16
	scripts | xargs -n $n >list
	while read -r line; do
		# shellcheck disable=SC2086 # words
		together $line
	done <list
}
# together SCRIPT...: those that did not end, again in machines of their own.
together()
{
	rm -f rest
	script="testfixture test/permutations.test veryquick --verbose=0"
	if [ $# = 1 ]; then
		run_and_read "$1" $script "$1"
		[ ! -f rest ] || result FAIL "$1 status"
		return 0
	fi
	run=$(printf "$script %s; " "$@") && run=${run%; }
	run_and_read "$*" testfixture
	run=
	[ -f rest ] || return 0
	# shellcheck disable=SC2013 # words
	for f in $(cat rest); do together "$f"; done
}
# run_and_read NAMES COMMAND...: for each how many tests passed, each that did
# not by its name; names of those that did not end in `rest`.
run_and_read()
{
	names=$1
	shift
	printf ' %s\n' $names >>"$results.only"
	echo "== $names" >>"$log"
	boot "$@" >out 2>&1 || true
	[ "$place" != linux ] || rm -rf "$root/testdir"
	cat out >>"$log"
	awk -v names="$names" '
	function passed(n) { print "ok", f, n; ended[f] = 1 }
	BEGIN { n = split(names, all, " "); f = all[1] }
	/^Time: / { f = $2 }
	match($0, /[0-9]+ errors out of [0-9]+ tests/) {
		split(substr($0, RSTART, RLENGTH), t, " ")
		passed(t[5] - t[1])
	}
	/ cases, 0 crashes$/ { passed($2) }
	sub(/^!Failures on these tests: /, "") {
		m = split($0, t, " ")
		for (i = 1; i <= m; i++)
			print "FAIL", f, t[i]
	}
	/files were left open$|^Unfreed memory/ { print "FAIL", f, "leak" }
	END {
		for (i = 1; i <= n; i++)
			if (!(all[i] in ended))
				print all[i] >"rest"
	}' out >>"$results"
}
# Scripts and Tcl's library, fuzz test cases, and the programs' names; on Linux the
# programs, which run in that folder.
make_roots()
{
	src=$progs/src-sqlite3 root=$work/root fuzz=$work/fuzz
	mkdir -p "$root/usr/bin" "$root/usr/lib" "$fuzz"
	cp -r "$src/test" "$src/ext" "$root"
	cp -r "$progs/src-tcl8.6/library" "$root/usr/lib/tcl8.6"
	mv "$root"/test/fuzzdata*.db "$root"/test/sessionfuzz-data1.db "$fuzz"
	lib=/usr/lib/tcl8.6
	[ "$place" != linux ] || lib=$root$lib
	environ="HOME=/ PATH=/usr/bin TCL_LIBRARY=$lib"
	for p in $programs; do
		case $place in
		linux)	ln -s "$progs/$p" "$root/$p" ;;
		*)	: >"$root/usr/bin/$p"
			chmod 755 "$root/usr/bin/$p"
			ln -s "usr/bin/$p" "$root/$p" ;;
		esac
	done
}
# As SQLite itself finds them, in the first part of permutations.test, and
# chooses them for the suite.
scripts()
{
	# shellcheck disable=SC2086 # words
	[ -z "${SCRIPTS:-}" ] || { printf '%s\n' $SCRIPTS; return; }
	cat >list.tcl <<-'EOT'
		proc finish_test {} { exit }
		set testdir [lindex $argv 0]
		set text [read [open $testdir/permutations.test]]
		eval [string range $text [string first "proc test_set " $text] \
		    [string first "# Start of tests" $text]]
		regexp {test_suite "veryquick".*?-files (\[.*?\n\])} $text all files
		foreach f [lsort [subst $files]] { puts [file tail $f] }
	EOT
	tclsh list.tcl "$root/test" | if [ -n "$short" ]; then
		awk 'NR % 50 == 0'
	elif [ "$place" = hw ] && [ -z "${LONG:-}" ]; then
		awk 'NR % 8 == 0'
	else
		cat
	fi
}
# The test cases of fuzzcheck, some of them on hw, and of sessionfuzz.
fuzzers()
{
	[ -z "${SCRIPTS:-}" ] || return 0
	scripts=$root root=$fuzz
	cd "$progs"
	image fuzzcheck "$fuzz" sessionfuzz
	cd "$work"
	files=$(cd "$fuzz" && ls fuzzdata*.db)
	[ "$place$short" = linux ] || [ "$place$short" = spt ] ||
	    files="fuzzdata4.db fuzzdata6.db"
	for f in $files; do
		rm -f rest
		run_and_read "$f" fuzzcheck "$f"
		[ ! -f rest ] || result FAIL "$f status"
	done
	rm -f rest
	f=sessionfuzz-data1.db run="sessionfuzz run $f"
	run_and_read "$f" sessionfuzz run "$f"
	[ ! -f rest ] || result FAIL "$f status"
	root=$scripts run=
}
