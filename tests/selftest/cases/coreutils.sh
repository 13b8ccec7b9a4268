# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# GNU coreutils 9.1 as one program: the tests of gnulib that come with it (C
# programs for single functions), then its own (shell and perl).
sources=coreutils
build()
{
	export FORCE_UNSAFE_CONFIGURE=1
	./configure $cross CC="$CC" AR="$AR" RANLIB="$RANLIB" --disable-nls \
	    --enable-single-binary=symlinks LDFLAGS=-static
	make -j2 man1_MANS= MANS= all
	make -j2 -C gnulib-tests check TESTS=
	cp src/coreutils src/getlimits "$progs"
}
tests()
{
	. "$here/coreutils/tests.sh"
	other busybox busybox
	[ "${PART:-gnulib}" != gnulib ] || gnulib_tests
	[ "${PART:-own}" != own ] || own_tests
}
