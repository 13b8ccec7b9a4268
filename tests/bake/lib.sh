# SPDX-License-Identifier: BSD-2-Clause
# Included by the tests of rumprun-bake: makes a small fake tree in $T with
# the tool under test ($BAKE, default build/) and helpers.  Tests print only
# what is wrong; exit status 0 is a pass.
set -eu
umask 022		# of somebody else, too, is read
here=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$TOP/build}
T=$(mktemp -d "${TMPDIR:-/tmp}/t_bake.XXXXXX")
mkdir "$T/tmp"
export TMPDIR="$T/tmp"
trap 'cleanup; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
cleanup() { :; }
CFL="-O1 -g -fPIE -fvisibility=hidden -ffreestanding -fno-stack-protector
    -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
    -I$TOP/include"

fail() {
	echo "$0: FAIL: $*" >&2
	exit 1
}
# comp NAME [flags]: librumpNAME.a in the fake tree ("base": librump.a)
comp() {
	cname=$1; shift
	afile=$cname; [ "$cname" != base ] || afile=
	gcc $CFL -DNAME="$cname" "$@" -c -o "$T/c-$cname.o" "$here/fake/comp.c"
	ar rcD "${CDIR:-$T/lib/rumpkit/components}/librump$afile.a" \
	    "$T/c-$cname.o"
	: > "${CDIR:-$T/lib/rumpkit/components}/librump$afile.needs"
}
# prog NAME [flags]
prog() {
	pname=$1; shift
	gcc $CFL -fvisibility=default "$@" -c -o "$T/p-$pname.o" \
	    "$here/fake/prog.c"
	objcopy -G rumprun_entry "$T/p-$pname.o" "$T/$pname"
}
tree() {
	P=$T/lib/rumpkit/platform/fake
	mkdir -p "$T/bin" "$P" "$T/lib/rumpkit/components" "$T/lib/rumpkit/sets"
	cp "$BUILD/bin/rumprun-bake" "$T/bin/"
	BAKE=$T/bin/rumprun-bake
	gcc $CFL -c -o "$T/platform.o" "$here/fake/platform.c"
	ar rcD "$P/libplatform.a" "$T/platform.o"
	for l in librumprun librumpuser libbmk_core; do
		ar rcD "$P/$l.a"
	done
	cp "$here/fake/image.lds" "$P/"
	comp base -DSYSCALL=write
	comp vfs; comp vfs_tmpfs; echo vfs > \
	    "$T/lib/rumpkit/components/librumpvfs_tmpfs.needs"
	printf 'describe the base\nplatform fake\ncomponent base\n' \
	    > "$T/lib/rumpkit/sets/mini.set"
	printf 'describe with files\ninclude mini\ncomponent vfs_tmpfs\n' \
	    > "$T/lib/rumpkit/sets/full.set"
	prog hello -DABI=1
}
# refuse STATUS TEXT ARGS...: bake ARGS must fail so, in one line that
# contains TEXT, and leave $T/out and no temporary files alone.
refuse() {
	want=$1; text=$2; shift 2
	rm -rf "$T/out" "$T/out.debug"
	echo old > "$T/out"; echo old > "$T/out.debug"
	rc=0
	"$BAKE" "$@" > "$T/stdout" 2> "$T/stderr" || rc=$?
	[ "$rc" = "$want" ] || fail "$*: exit status $rc, expected $want:" \
	    "$(cat "$T/stderr")"
	grep -qF -- "$text" "$T/stderr" || fail "$*: expected \"$text\", got" \
	    "$(cat "$T/stderr")"
	lines=$(wc -l < "$T/stderr")
	[ "$lines" -le $((want > 1 ? 2 : ${LINES_MAX:-1})) ] ||
	    fail "$*: $lines lines: $(cat "$T/stderr")"
	[ "$(cat "$T/out" "$T/out.debug")" = "old
old" ] || fail "$*: the output was touched"
	clean
}
# Nothing may stay in the temporary folder or beside the output.
clean() {
	left=$(ls -A "$TMPDIR"; cd "$T" && ls -A | grep '^\.' || :)
	[ -z "$left" ] || fail "left behind: $left"
}
