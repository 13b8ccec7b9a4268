#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A good bake: the image, its debug file, several programs, the same bytes
# each time.
. "$(dirname "$0")/lib.sh"
tree
"$BAKE" full "$T/out" "$T/hello"
[ -x "$T/out" ] || fail "the image is not executable"
readelf -hlW "$T/out" > "$T/h"
grep -q 'Number of section headers: *0' "$T/h" || fail "has sections"
nm "$T/out.debug" | grep -q rumprun_entry_0 || fail "no symbols"
readelf -SW "$T/out.debug" | grep -q debug_info || fail "no debug information"
nm "$T/out.debug" | grep -q rump_comp_vfs_init || fail "vfs not linked"
grep -qa hello "$T/out" || fail "no program name"
[ "$(ls -A "$T" | grep -c out)" = 2 ] || fail "$(ls -A "$T")"
clean

# Determinism, also from another folder and with other names around.
cp -r "$T/hello" "$T/tmp/hello"
(cd "$T/tmp" && "$BAKE" full "$T/out2" hello)
cmp "$T/out" "$T/out2" || fail "two bakes differ"
cmp "$T/out.debug" "$T/out2.debug" || fail "two debug files differ"
rm "$T/tmp/hello"

# Several programs, each with symbols of its own.
prog other -DABI=1
"$BAKE" mini "$T/out" "$T/hello" "$T/other"
nm "$T/out.debug" | grep -q 'rumprun_entry_1' || fail "second entry"
grep -qa other "$T/out" || fail "no second name"
! nm "$T/out.debug" | grep -q rump_comp_vfs_init || fail "vfs in mini"

# --add, --drop, a component from outside, a set by path and by folder.
"$BAKE" --add vfs_tmpfs mini "$T/out" "$T/hello"
nm "$T/out.debug" | grep -q rump_comp_vfs_init || fail "--add, needs"
"$BAKE" --drop vfs_tmpfs full "$T/out" "$T/hello"
! nm "$T/out.debug" | grep -q rump_comp_vfs || fail "--drop"
mkdir "$T/own"
CDIR=$T/own comp own_thing
printf 'include full\ndrop vfs_tmpfs\ncomponent own_thing # mine\n' \
    > "$T/own/mine.set"
"$BAKE" --component-dir "$T/own" "$T/own/mine.set" "$T/out" "$T/hello"
nm "$T/out.debug" | grep -q rump_comp_own_thing || fail "--component-dir"
"$BAKE" --component-dir "$T/own" --set-dir "$T/own" mine "$T/out" "$T/hello"
"$BAKE" --list | grep -q 'full  *fake  *with files' || fail "--list"
[ "$("$BAKE" list)" = "$("$BAKE" --list)" ] || fail "list"
"$BAKE" describe full | grep -q 'vfs  *librumpvfs.a (needed by vfs_tmpfs)' ||
    fail "describe: $("$BAKE" describe full)"

# The archive's .conflicts file alone does no harm.
echo nothing_linked > "$T/lib/rumpkit/components/librumpvfs.conflicts"
"$BAKE" full "$T/out" "$T/hello"
clean
