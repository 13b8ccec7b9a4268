#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What README.md beside this says is measured, with the tree in BUILD; the
# tables go to BUILD/bench/results.md.  Exit 1 when a figure misses its
# target.  usage: [TOPICS="boot net ..."] bench.sh BUILD, run by make bench
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
top=${here%/*}
out=$build/bench
results=$out/results.md
# shellcheck disable=SC2034
gcc=$build/bin/x86_64-rumprun-linux-musl-gcc
# shellcheck disable=SC2034
bake=$build/bin/rumprun-bake
# shellcheck disable=SC2034
hello=$top/tests/progs/hello/hello.c
missed=0
mkdir -p "$out"
cd "$out"
for part in lib boot linux guest calls netboot net idle servers spt links \
    time; do
	# shellcheck source=/dev/null
	. "$here/$part.sh"
done
topics=${TOPICS:-boot netboot linux calls net idle servers spt links time}

# How long this machine's CPUs take to wake is not what is measured: they do
# not sleep while this is open, as cyclictest does it (Linux,
# Documentation/power/pm_qos_interface.rst).
qos=/dev/cpu_dma_latency awake=
if [ -w $qos ]; then
	exec 8>$qos
	printf '\0\0\0\0' >&8
	awake=', kept awake'
fi

gcc -shared -fPIC -O2 -o insncount.so "$here/insncount.c"
cc=$(gcc -dumpfullversion) date=$(date -u +%Y-%m-%d)
: >"$results"
row "# Rumpkit bench, $date, gcc $cc, $(qemu-system-x86_64 --version |
    sed -n '1s/ (.*//p'), $(nproc) processors$awake"
for topic in $topics; do
	case $topic in
	calls|net|idle|servers|spt)
		if [ "$(id -u)" != 0 ] || ! vmlinuz; then
			head_ "$topic" "not measured: needs root, and Debian"
			continue
		fi
		net_up ;;
	esac
	"topic_$topic"
done

echo
cat "$results"
echo
[ $missed = 0 ] || echo "bench: $missed figures miss their target"
echo "bench: the tables are in $results"
[ $missed = 0 ]
