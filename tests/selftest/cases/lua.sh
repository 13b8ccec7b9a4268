# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Lua 5.1.5.  No Lua source of Debian's has its test suite; that of 5.1 is in the
# source of gopher-lua, with that project's changes.  Each file by itself, and
# the programs of lua5.1's test/.
sources="lua5.1 golang-github-yuin-gopher-lua"
build()
{
	make -C src lua luac CC="$CC" AR="$AR rcu" RANLIB="$RANLIB" \
	    MYCFLAGS=-DLUA_USE_POSIX
	cp src/lua src/luac "$progs"
}
tests()
{
	other busybox busybox
	serve lua lua luac "$other" "$other" "$other"
	cp -a "$progs/src-golang-github-yuin-gopher-lua/_lua5.1-tests" \
	    "$progs/src-lua5.1/test" "$work"
	cd "$work/_lua5.1-tests"
	for f in *.lua; do
		case ${short}$f in
		-shortsort.lua|-shortverybig.lua|-shortgc.lua) continue ;;
		checktable.lua|all.lua) continue ;;
		esac
		t "$f" inside timeout -k 10 600 lua -e "package.path = '?;./?.lua;'
		    function Message(m) print(m) end" "$f"
	done
	cd ../test
	want=$s/lua/want
	mkdir -p "$want"
	for f in *.lua; do
		case $f in
		*trace-*) set -- lua "$f" ;;
		bisect.lua|cf.lua|factorial.lua|fibfor.lua|hello.lua|\
		life.lua|readonly.lua|sieve.lua|sort.lua)
			set -- lua "$f" ;;
		*)	continue ;;
		esac
		inside timeout -k 10 600 "$@" >"$f.out" 2>&1 </dev/null || true
		sed -i 's/[0-9.]* sec.*//; s/[0-9]*\.[0-9]* *[0-9]* *evals//' "$f.out"
		[ "$place" != linux ] || cp "$f.out" "$want"
		t "test/$f" cmp "$f.out" "$want/$f.out"
	done
}
