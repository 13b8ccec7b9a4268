# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# bzip2 1.0.8: its `make test`, each command a test.
sources=bzip2
build()
{
	make CC="$CC" AR="$AR" RANLIB="$RANLIB" libbz2.a bzip2 bzip2recover
	cp bzip2 bzip2recover "$progs"
}
tests()
{
	serve bzip2 bzip2recover
	cp "$progs"/src-bzip2/sample* "$progs"/src-bzip2/words* \
	    "$progs/src-bzip2/Makefile" "$work"
	cd "$work"
	standins . bzip2
	make -s -n -o bzip2 test | grep -v '@\?cat words' >commands
	while read -r command; do
		t "$command" inside sh -c "$command"
	done <commands
}
