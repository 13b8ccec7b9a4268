# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# xz 5.4.1: its `make check`, C programs and shell scripts.
sources=xz-utils
build()
{
	./configure $cross --disable-shared --disable-nls --disable-doc
	make
	make check TESTS=
}
tests()
{
	src=$progs/src-xz-utils
	tests=$(cd "$src/tests" && ls test_*.c | sed 's/\.c$//')
	for p in xz xzdec $tests create_compress_files; do
		cp "$(find "$src" -name "$p" -type f)" "$progs"
	done
	# shellcheck disable=SC2086
	serve xz xz xzdec create_compress_files $tests
	cp -a "$src" "$work/xz"
	standins "$work/xz/src/xz" xz
	standins "$work/xz/src/xzdec" xzdec
	standins "$work/xz/tests" create_compress_files $tests
	inside make -C "$work/xz/tests" check >>"$log" 2>&1 || true
	verdicts "$log"
}
