#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The programs of Makefile one after the other in one guest, again and again
# for MINUTES: each must end well every time, and from the end of the second
# cycle on no memory may be lost.  usage: stress.sh {spt|hw}, run by make
# (BUILD, MINUTES, BENCH, TORTURE).
set -u
config=$1
out=$BUILD/stress/$config
src=$BUILD/stress/src-liburcu/tests
cycles=3
threads=32
slack=1024		# kB: what lists of free objects may still grow
mkdir -p "$out"
cd "$out" || exit 1
nbench=$(echo "$BENCH" | wc -w) ntorture=$(echo "$TORTURE" | wc -w)
# The time of rcutorture is its own: ten seconds.
secs=$(((MINUTES * 60 / cycles - ntorture * 10) / nbench))
[ $secs -ge 1 ] || secs=1

line=free progs="$BUILD/stress/free"
for p in $BENCH; do
	line="$line; $p $((threads / 2)) $((threads / 2)) $secs"
	progs="$progs $src/benchmark/$p"
done
for p in $TORTURE; do
	line="$line; $p $threads stress"
	progs="$progs $src/regression/$p"
done
all=$line
for _ in $(seq 2 $cycles); do all="$all; $line"; done
# shellcheck disable=SC2086
"$BUILD/bin/rumprun-bake" "${config}_generic" image $progs || exit 1
[ "$config" = spt ] && how=spt || how="--machine microvm qemu"
start=$(date +%s)
# shellcheck disable=SC2086
"$BUILD/bin/rumprun" -M 256 --timeout $((MINUTES * 120 + 300)) \
    --run "$all; free" $how image >log 2>&1 </dev/null
rc=$?
took=$((($(date +%s) - start + 30) / 60))
done_=$(grep -c '^SUMMARY' log) ok=$(grep -c '^ok 1' log)
free=$(sed -n 's/^free //p' log | xargs)
lost=$(echo "$free" | awk '{ print (NF > 3 ? $3 - $NF : 0) }')
echo "     stress: $config: $took minutes, $done_ + $ok runs, free kB: $free"
[ $rc = 0 ] && [ "$done_" = $((nbench * cycles)) ] &&
    [ "$ok" = $((ntorture * cycles)) ] && [ "$lost" -le $slack ] &&
    ! grep -q '^not ok\|^panic\|Assert' log &&
    echo "ok   stress: $config" && exit 0
tail -5 log
echo "FAIL stress: $config: status $rc, lost $lost kB, $out/log"
exit 1
