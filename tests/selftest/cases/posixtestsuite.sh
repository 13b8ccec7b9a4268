# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Open POSIX Test Suite 1.5.2: the tests of conformance/interfaces, of
# conformance/behavior and of functional, all in one program, pts, which calls the
# main() of the one that it is told; what is different on the three places is in
# build/selftest/posixtestsuite.PLACE.status.
# Left out: what calls fork; what musl has not got; pi_test, which draws curves for
# minutes and has no verdict; on Linux what sets the clock, this machine's.
# The options are the suite's without -Werror.  What it demands of a system of 2001
# (_POSIX_ASYNCHRONOUS_IO to be 200112L) today's says with a later year, and glibc's
# headers bring <fcntl.h> and <sys/resource.h> along there: asked.h.
sources=posixtestsuite
# A folder's tests at once; notall: where something did not compile.
compile()
{
	dir=$1 opts=-D_POSIX_C_SOURCE=200112L
	o=$progs/obj/$(echo "$dir" | sed 's|^conformance/\(interfaces/\)*||')
	mkdir -p "$o"
	! grep -q _POSIX_ASYNCHRONOUS_IO "$dir"/*.c ||
		opts="-D_XOPEN_SOURCE=600 -include $here/pts/asked.h"
	files=$(find "$PWD/$dir" -maxdepth 1 -name '*.c' \
	    ! -name '*buildonly*' ! -name 'testfrmw.c' \
	    ! -name 'threads_scenarii.c' ! -name coverage.c)
	# shellcheck disable=SC2086
	(i=$PWD && cd "$o" && $CC -O2 -w -std=gnu99 $opts -I"$i/include" \
	    -I"$i/functional/threads/include" -c $files) ||
		echo "$dir" >>"$progs/notall"
}
# Sorted by what they refer to; `main` is a name of its own in each.
choose()
{
	(cd obj && find . -name '*.o' | sed 's|^\./||' | sort) >objects
	(cd obj && xargs nm -A <../objects) | sed 's/\.o:/ /' >symbols
	awk '
	{ seen[$1] = 1; s = $NF }
	$(NF - 1) == "T" && s == "main" { main[$1] = 1 }
	$(NF - 1) != "U" { next }
	s ~ /^v?fork$/ { left[$1] = "fork" }
	s ~ /^pthread_mutexattr_[gs]etprioceiling$/ { left[$1] = "musl" }
	s ~ /^(clock_settime|settimeofday|adjtime)$/ { clock[$1] = 1 }
	END {
		for (t in seen)
			if (t in left)
				print t, left[t] >"left"
			else if (t in main) {
				print t >"names"
				if (t in clock)
					print t >"clock"
			}
	}' symbols
	sort -o names names
}
table()
{
	awk '{ printf "int t%d(int, char **);\n", NR }
	    END { print "struct test { const char *t_name;" \
		" int (*t_main)(int, char **); };" \
		"const struct test tests[] = {" }' names
	awk '{ printf "\t{ \"%s\", t%d },\n", $1, NR }
	    END { print "\t{ 0, 0 } };" }' names
}
build()
{
	mkdir "$progs/obj"
	find conformance/interfaces conformance/behavior functional -name '*.c' |
	    sed 's|/[^/]*$||' | grep -v pi_test | sort -u >"$progs/folders"
	while read -r dir; do compile "$dir"; done <"$progs/folders"
	cd "$progs"
	choose
	table >table.c
	awk '{ printf "objcopy --redefine-sym main=t%d --keep-global-symbol" \
	    "=t%d obj/%s.o && mv obj/%s.o obj/t%d.o\n",
	    NR, NR, $1, $1, NR }' names | sh -e
	$AR rcs libpts.a obj/t[0-9]*.o
	$CC -O2 -o pts "$here/pts/main.c" table.c libpts.a -lpthread -lrt
	$CC -O2 -D_GNU_SOURCE -o run "$here/pts/run.c"
	$CC -O2 -o sleep "$here/pts/sleep.c"
	rm -rf obj symbols
}
tests()
{
	. "$here/pts/tests.sh"
	pts_tests
}
