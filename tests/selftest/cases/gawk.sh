# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# gawk 5.2.1: its `make check`, each test a target of test/Makefile, without the
# loadable extensions (there is no dlopen).  What gawk starts itself in the guest
# are busybox's programs.  Wherever gawk calls fork, its child moves descriptors,
# then calls execl or _exit: vfork is enough, here as on Linux.
sources=gawk
build()
{
	./configure $cross --disable-extensions --disable-nls --disable-mpfr \
	    --without-readline CPPFLAGS=-Dfork=vfork
	make -C support
	make gawk
	cp gawk "$progs"
}
tests()
{
	other busybox busybox
	serve gawk gawk gawk gawk "$other" "$other" "$other" "$other"
	cp -a "$progs/src-gawk" "$work/gawk"
	cd "$work/gawk/test"
	rm -rf ../*.o ../support ../doc ../po ../builtin.c
	sed -i "s|$progs/src-gawk|$work/gawk|g" Makefile
	standins .. gawk
	echo 'list: ; @echo $(BASIC_TESTS) $(UNIX_TESTS) $(GAWK_EXT_TESTS) \
	    $(ARRAYDEBUG_TESTS) $(LOCALE_CHARSET_TESTS) $(MACHINE_TESTS)' >list.mk
	list=$(make -s -f Makefile -f list.mk list)
	[ -z "$short" ] || list=$(echo "$list" | tr ' ' '\n' | awk 'NR % 20 == 0')
	for test in $list; do
		echo "== $test" >>"$log"
		inside timeout -k 10 600 make -s "$test" >>"$log" 2>&1 </dev/null ||
		    touch "_$test"
		# gawk's own criterion: what it wrote is removed when it is right.
		if [ ! -e "_$test" ]; then result ok "$test"; continue; fi
		result FAIL "$test"
		diff "$test.ok" "_$test" >>"$log" 2>&1 || true
	done
}
