# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Part of cases/coreutils.sh: runs gnulib's tests and coreutils' own, each by
# itself, with the environment that the Makefile gives it.

# In $work/cu: the source without what compilers leave.  The scripts are beside
# $work, which each start of a program looks through for changes.
copy_source()
{
	mkdir -p "$work/cu"
	(cd "$progs/src-coreutils" && tar -cf - --exclude='*.o' --exclude='*.a' \
	    --exclude=.deps --exclude='*.log' "$@") | tar -xf - -C "$work/cu"
	mv "$work/cu/tests" "$work.tests"
	mkdir "$work/cu/tests"
	ln -s "$work.tests"/* "$work/cu/tests"
	# These are read by programs.
	for f in pr init.sh; do
		[ -e "$work.tests/$f" ] || continue
		rm "$work/cu/tests/$f"
		cp -a "$work.tests/$f" "$work/cu/tests"
	done
	chown nobody "$work/cu"
}
# What a makefile's variable is, with the paths of the copy.
variable()
{
	echo "print: ; \$(info \$($2))@:" >"$s/$name/print.mk"
	make -s -C "$progs/src-coreutils/$1" -f Makefile \
	    -f "$s/$name/print.mk" print |
	    sed "s|$(realpath "$progs/src-coreutils")|$work/cu|g"
}

# Without what starts none of the programs (compilers, git, perl).
gnulib_tests()
{
	dir=src-coreutils/gnulib-tests
	programs=$(variable gnulib-tests check_PROGRAMS)
	environment=$(variable gnulib-tests TESTS_ENVIRONMENT)
	# shellcheck disable=SC2046
	serve $(for p in $programs; do echo $dir/$p; done) "$other" "$other" \
	    "$other"
	copy_source gnulib-tests tests/init.sh
	cd "$work/cu/gnulib-tests"
	chown nobody .
	for p in $programs; do rm -f "$p"; done
	# shellcheck disable=SC2086
	standins . $programs
	for test in $(variable gnulib-tests TESTS); do
		case $test in
		test-init.sh|test-update-copyright.sh|test-vc-list-files*|\
		test-verify.sh) continue ;;
		esac
		one "$test" gnulib
	done
	stop_guest
}

# one TEST FOLDER [COMPILER]: in the current one; automake's statuses.  What does
# not want root is run again as nobody.
root="setpriv --groups=0,1,2"
nobody="setpriv --reuid=65534 --regid=65534 --groups=65534,100"
one()
{
	# shellcheck disable=SC2254 # a pattern, for who looks at a few
	case $2/$1 in
	${ONLY:-*}) ;;
	*)	return 0 ;;
	esac
	if [ "$place" != linux ]; then
		case $(known "$place" "$2/$1") in
		"not run:"*) return 0 ;;
		esac
	fi
	echo "== $2/$1" >>"$log"
	rc=77 seconds=120
	# test-regex alone is some seconds of Linux's.
	[ "$place" != hw ] || seconds=900
	for user in "$root" "$nobody"; do
		[ $rc = 77 ] || continue
		rc=0
		# shellcheck disable=SC2086
		f=${1##*/} tst=$1 inside $user timeout -k 10 \
		    "$seconds" sh -c "$environment ${3:-} ./$1" \
		    >>"$log" 2>&1 </dev/null || rc=$?
	done
	case $rc in
	0)	result ok "$2/$1" ;;
	77)	result skip "$2/$1" ;;
	*)	result FAIL "$2/$1" ;;
	esac
}

# The next part has another one.
stop_guest()
{
	cd "$s"
	network_down
	[ ! -f "$state/log" ] || cat "$state/log" >>"$log"
	rm -rf "$state" "$bin" "$work.tests" "${work:?}"/*
}

# Those of `make check`; factor's, which are made of numbers alone, are not run.
# timeout forks, so those that start another program under it have Linux's.
own_tests()
{
	environment=$(variable . TESTS_ENVIRONMENT)
	programs=$(variable . single_binary_progs)
	mkdir -p "$state/root/usr/share/zoneinfo"
	cp -RL /usr/share/zoneinfo/[AE][msu]* "$state/root/usr/share/zoneinfo"
	# shellcheck disable=SC2046
	serve $(for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do echo coreutils; done) \
	    getlimits getlimits "$other" "$other" "$other" "$other"
	copy_source tests init.cfg src/dircolors.hin lib/config.h src/tail.c
	cd "$work/cu"
	standins src coreutils getlimits
	for p in $programs; do ln -sf coreutils "src/$p"; done
	if [ "$place" != linux ]; then
		"$here/selftest.sh" "$build" build coreutils linux
		ln -sf "$s/$name/linux/src-coreutils/src/timeout" src/timeout
	fi
	shell=$(variable . SH_LOG_COMPILER)
	perl=$(variable . PL_LOG_COMPILER)
	taint=$(variable . XPL_LOG_COMPILER)
	for test in $(variable . all_tests); do
		case $test in
		*.sh)	one "$test" own "$shell" ;;
		*.pl)	one "$test" own "$perl" ;;
		*.xpl)	one "$test" own "$taint" ;;
		esac
	done
	stop_guest
}
