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

mem=64 file=
case $case in
hello)		prog=hello; set -- ;;
hello210)	prog=hello210; set -- -g "greetings  from 'the' \"shell\"" ;;
lua)		prog=lua; set -- -e "$(cat "$here/case.lua")" ;;
zlib)		prog=example; set -- ;;
sqlite-memory)	prog=sqlite3 mem=512; set -- :memory: "$(cat "$here/million.sql")" ;;
sqlite-file)	prog=sqlite3 mem=512 file=/tmp/million.$$.db
		set -- "$file" "$(cat "$here/million.sql")" ;;
*)		echo "boot.sh: no case $case" >&2; exit 2 ;;
esac

# What Linux does; once for all configurations.
want=$out/$case.want
if [ ! -f "$want.rc" ]; then
	rc=0
	env -i HOME=/ "$build/progs-native/$prog" "$@" >"$want.$$" 2>&1 || rc=$?
	echo $rc >"$want.rc.$$"
	mv "$want.$$" "$want"
	mv "$want.rc.$$" "$want.rc"
	[ -z "$file" ] || rm -f "$file"
fi

case $config in spt) set=spt_generic ;; *) set=hw_generic ;; esac
image=$out/$prog.$set
if [ ! -f "$image" ] || [ "$build/progs/$prog" -nt "$image" ] || [ -n \
    "$(find "$build/lib/rumpkit" -name '*.a' -newer "$image" | head -1)" ]; then
	"$build/bin/rumprun-bake" "$set" "$image.$$" "$build/progs/$prog"
	mv "$image.$$.debug" "$image.debug"
	mv "$image.$$" "$image"
fi

rc=0
case $config in
spt)	"$rumprun" -e HOME=/ --timeout 120 -M $mem spt "$image" "$@" ;;
pvh-*)	"$rumprun" -e HOME=/ --timeout 240 -M $mem --machine "${config#pvh-}" \
	    --boot pvh qemu "$image" "$@" ;;
multiboot-*)
	"$rumprun" -e HOME=/ --timeout 240 -M $mem --machine "${config#multiboot-}" \
	    --boot multiboot qemu "$image" "$@" ;;
iso-*)	"$rumprun" -e HOME=/ iso -o "$work.iso" "$image" "$@"
	[ "$config" = iso-bios ] || uefi=--uefi
	"$rumprun" --timeout 240 -M $((mem + 192)) ${uefi:-} qemu "$work.iso" ;;
esac </dev/null >"$work.got" 2>"$work.err" || rc=$?
rm -f "$work.iso"

if [ $rc = "$(cat "$want.rc")" ] &&
    cat "$work.got" "$work.err" | cmp -s - "$want"; then
	echo "ok   boot: $case on $config"
	exit 0
fi
echo "FAIL boot: $case on $config: status $rc, on Linux $(cat "$want.rc")"
cat "$work.got" "$work.err" | diff - "$want" | head -20
exit 1
