#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make install: what was installed is found from there, public headers are
# there, each compiles alone, and a relative PREFIX is refused.
. "$(dirname "$0")/lib.sh"
install() { make -s -C "$TOP" -o all BUILD="$BUILD" DESTDIR="$T" install "$@"; }
install PREFIX=/opt/kit > "$T/log" 2>&1 || fail "$(tail -3 "$T/log")"
I=$T/opt/kit
[ -n "$("$I/bin/rumprun-bake" --list)" ] || fail "no sets"
[ "$("$I/bin/rumprun-bake" --list)" = "$("$BUILD/bin/rumprun-bake" --list)" ] ||
    fail "other sets"
[ -s "$I/lib/rumpkit/libgcc.a" ] || fail "no libgcc.a"
[ -s "$I/share/man/man1/rumprun-bake.1" ] || fail "no manual"
for h in "$TOP"/include/rump/*.h; do
	echo "#include <rump/${h##*/}>" | gcc -I"$I/include" -Wall -Werror \
	    -fsyntax-only -x c - || fail "${h##*/} alone"
done
[ ! -e "$I/obj" ] || fail "objects were installed"
! install PREFIX=some/where > "$T/log" 2>&1 || fail "relative PREFIX"
grep -q 'expected an absolute path' "$T/log" || fail "$(cat "$T/log")"
