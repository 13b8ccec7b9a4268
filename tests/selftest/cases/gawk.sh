# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# gawk 5.2.1: its `make check`, each test a target of test/Makefile, without the
# loadable extensions (there is no dlopen).
sources=gawk
build()
{
	./configure $cross --disable-extensions --disable-nls --disable-mpfr \
	    --without-readline
	make -C support
	make gawk
	cp gawk "$progs"
}
tests()
{
	serve - gawk gawk gawk gawk gawk gawk
	cp -a "$progs/src-gawk" "$work/gawk"
	cd "$work/gawk/test"
	rm -f ../*.o ../support/*.[oa]
	standins .. gawk
}
