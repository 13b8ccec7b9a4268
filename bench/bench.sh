#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What README.md beside this says is measured, with the tree in BUILD; the
# tables go to BUILD/bench/results.md.  Exit 1 when a figure misses its
# target.  usage: bench.sh BUILD, run by make bench
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
top=${here%/*}
out=$build/bench
results=$out/results.md
gcc=$build/bin/x86_64-rumprun-linux-musl-gcc
bake=$build/bin/rumprun-bake
hello=$top/tests/progs/hello/hello.c
missed=0
mkdir -p "$out"
cd "$out"
# shellcheck source=bench/lib.sh
. "$here/lib.sh"
# shellcheck source=bench/linux.sh
. "$here/linux.sh"
# shellcheck source=bench/net.sh
. "$here/net.sh"
# shellcheck source=bench/idle.sh
. "$here/idle.sh"
# shellcheck source=bench/netboot.sh
. "$here/netboot.sh"

gcc -shared -fPIC -O2 -o insncount.so "$here/insncount.c"
gcc -nostdlib -static -no-pie -Wl,--build-id=none,-Ttext=0x100000 \
    -o null "$here/null.S"
"$gcc" -O2 -o hello.prog "$hello"
"$gcc" -O2 -DOUTB_MAIN -o outb.prog "$hello"
for set in minimal generic; do
	"$bake" hw_$set hello.$set hello.prog
	"$bake" hw_$set outb.$set outb.prog
	no_multiboot outb.$set >outb.$set.pvh
done
cc=$(gcc -dumpfullversion) date=$(date -u +%Y-%m-%d)
: >"$results"
row "# Rumpkit bench, $date, gcc $cc, $(qemu-system-x86_64 --version |
    sed -n '1s/ (.*//p')"

head_ "Guest instructions from reset to main()" \
    "image, machine, memory" total "beyond null" target
for machine in microvm pc; do
	for mem in 64 2; do
		null=$(count $machine $mem null)
		line "null kernel, $machine, $mem MB" "$null" 0 ""
		for set in minimal generic; do
			for boot in .pvh ""; do
				reach "hw_$set" "$boot"
			done
		done
	done
done

head_ "Size of the stripped hello" image bytes target
size hello.minimal 65536
size hello.generic 204800

linux
network_boot
network

head_ "Time" what seconds
seconds "bake hello for hw_minimal" "$bake" hw_minimal t.img hello.prog
seconds "bake hello for hw_generic" "$bake" hw_generic t.img hello.prog
edit_to_result

head_ "Native and spt, the same program" what native spt ratio
gcc -O2 -o getppid.native "$here/getppid.c"
"$gcc" -O2 -o getppid.prog "$here/getppid.c"
"$bake" spt_minimal getppid.spt getppid.prog
a=$(./getppid.native)
b=$("$build/bin/rumprun" spt getppid.spt 20000000)
line "getppid, ns" "$a" "$b" "$(ratio "$a" "$b")"
sqlite

echo
cat "$results"
echo
[ $missed = 0 ] || echo "bench: $missed figures miss their target"
echo "bench: the tables are in $results"
[ $missed = 0 ]
