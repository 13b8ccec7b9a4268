#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One program in one way of booting: its output and exit status must be those
# of the same program on Linux.  usage: boot.sh BUILD CASE CONFIG, run by make.
set -eu
build=$1 case=$2 config=$3
here=$(cd "$(dirname "$0")" && pwd)
out=$build/tests/boot
mkdir -p "$out"
work=$out/$case.$config
rumprun=$build/bin/rumprun

mem=64 file= root= conf=
case $case in
hello)		prog=hello; set -- ;;
hello210)	prog=hello210; set -- -g "greetings  from 'the' \"shell\"" ;;
lua)		prog=lua; set -- -e "$(cat "$here/case.lua")" ;;
zlib)		prog=example; set -- ;;
# zlib's make test pipes it into itself; here it goes through files, as a tty
# would change the bytes between.
minigzip)	prog=minigzip; root=$out/minigzip.root.$config conf=$work.json
		set -- ;;
sqlite-memory)	prog=sqlite3 mem=512; set -- :memory: "$(cat "$here/million.sql")" ;;
sqlite-file)	prog=sqlite3 mem=512 file=/tmp/million.$$.db
		set -- "$file" "$(cat "$here/million.sql")" ;;
*)		echo "boot.sh: no case $case" >&2; exit 2 ;;
esac

# Compresses two files (and removes them), then writes what comes back; -c
# closes stdout, so one file each.
if [ -n "$root" ]; then
	rm -rf "$root"
	mkdir "$root"
	echo hello world >"$root/hello"
	cp "$build/progs/src-zlib/zlib.h" "$root/zlib.h"
	echo '{"rc":[{"argv":["hello","zlib.h"]},' \
	    '{"argv":["-c","-d","hello.gz"]},' \
	    '{"argv":["-c","-d","zlib.h.gz"]}]}' >"$conf"
fi
linux()
{
	set -- env -i HOME=/ "$build/progs-native/$prog" "$@"
	[ -n "$root" ] || { "$@"; return; }
	mkdir "$root.native"
	cp "$root"/* "$root.native"
	(cd "$root.native" && "$@" hello zlib.h &&
	    "$@" -c -d hello.gz && "$@" -c -d zlib.h.gz)
	rm -r "$root.native"
}

# What Linux does; once for all configurations.
want=$out/$case.want
if [ ! -f "$want.rc" ]; then
	rc=0
	linux "$@" >"$want.$$" 2>&1 || rc=$?
	echo $rc >"$want.rc.$$"
	[ -z "$root" ] || cat "$root/hello" "$root/zlib.h" | cmp - "$want.$$"
	mv "$want.$$" "$want"
	mv "$want.rc.$$" "$want.rc"
	[ -z "$file" ] || rm -f "$file"
fi

case $config in spt) set=spt_generic ;; *) set=hw_generic ;; esac
image=$out/$prog.$set
if [ ! -f "$image" ] || [ "$build/progs/$prog" -nt "$image" ] || [ -n \
    "$(find "$build/lib/rumpkit" -name '*.a' -newer "$image" | head -1)" ]; then
	"$build/bin/rumprun-bake" ${root:+--rootfs "$root"} "$set" \
	    "$image.$$" "$build/progs/$prog"
	mv "$image.$$.debug" "$image.debug"
	mv "$image.$$" "$image"
fi

rc=0
opts="-e HOME=/${conf:+ --config $conf}"
case $config in
spt)	"$rumprun" $opts --timeout 400 -M $mem spt "$image" "$@" ;;
pvh-*)	"$rumprun" $opts --timeout 400 -M $mem --machine "${config#pvh-}" \
	    --boot pvh qemu "$image" "$@" ;;
multiboot-*)
	"$rumprun" $opts --timeout 400 -M $mem --machine "${config#multiboot-}" \
	    --boot multiboot qemu "$image" "$@" ;;
iso-*)	"$rumprun" $opts iso -o "$work.iso" "$image" "$@"
	[ "$config" = iso-bios ] || uefi=--uefi
	"$rumprun" --timeout 400 -M $((mem + 192)) ${uefi:-} qemu "$work.iso" ;;
esac </dev/null >"$work.got" 2>"$work.err" || rc=$?
rm -rf "$work.iso" ${root:+"$root"}

if [ $rc = "$(cat "$want.rc")" ] &&
    cat "$work.got" "$work.err" | cmp -s - "$want"; then
	echo "ok   boot: $case on $config"
	exit 0
fi
echo "FAIL boot: $case on $config: status $rc, on Linux $(cat "$want.rc")"
cat "$work.got" "$work.err" | diff - "$want" | head -20
exit 1
