#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Stress programs one after the other in one guest, again and again for
# MINUTES: each must end well every time, and from the end of the second
# cycle on no memory may be lost.  usage: stress.sh {urcu|fio} {spt|MACHINE},
# run by make (BUILD, MINUTES, BENCH, TORTURE).
set -u
set=$1 place=$2
here=$(cd "$(dirname "$0")" && pwd)
base=$BUILD/stress
out=$base/$set.$place
slack=1024		# kB: what lists of free objects may still grow
mkdir -p "$out"
cd "$out" || exit 1
rm -rf root
mkdir -p root/tmp
progs=$base/free line=free

# For each set: $cycles, $line (what a cycle runs), $progs, and good, which
# judges the log and says what was done.
urcu()
{
	cycles=3 threads=32
	nbench=$(echo "$BENCH" | wc -w) ntorture=$(echo "$TORTURE" | wc -w)
	# The time of rcutorture is its own: ten seconds.
	secs=$(((MINUTES * 60 / cycles - ntorture * 10) / nbench))
	[ $secs -ge 1 ] || secs=1
	for p in $BENCH; do
		line="$line; $p $((threads / 2)) $((threads / 2)) $secs"
		progs="$progs $base/src-liburcu/tests/benchmark/$p"
	done
	for p in $TORTURE; do
		line="$line; $p $threads stress"
		progs="$progs $base/src-liburcu/tests/regression/$p"
	done
	good() {
		sums=$(grep -c '^SUMMARY' log) ok=$(grep -c '^ok 1' log)
		say="$sums + $ok runs"
		[ "$sums" = $((nbench * cycles)) ] &&
		    [ "$ok" = $((ntorture * cycles)) ] &&
		    ! grep -q '^not ok\|Assert' log
	}
}
# A job is a line of the log, its fields are fio's: 3 its name, 5 an error,
# 6 and 47 KiB read and written.
fio()
{
	cycles=5
	secs=$((MINUTES * 60 / cycles / 2))
	progs="$progs $base/src-fio/fio"
	cp "$here"/*.fio root
	for j in data mixed; do
		line="$line; fio --max-jobs=64 --eta=never --output-format=terse /$j.fio"
	done
	jobs=$(awk '/^\[/ { n = $0 != "[global]"; t += n }
	    /^numjobs=/ { split($0, a, "="); t += a[2] - 1 }
	    END { print t }' root/*.fio)
	good() {
		say=$(awk -F ';' '$1 == 3 { n++; r += $6; w += $47; bad += $5 != 0 }
		    END { printf "%d jobs (%d failed), %.1f GiB read, %.1f GiB written",
		    n, bad, r / 1048576, w / 1048576 }' log)
		[ "${say%% *}" = $((jobs * cycles)) ] &&
		    ! grep -q '^3;[^;]*;[^;]*;[^;]*;[^0]' log &&
		    ! grep -q '^fio: \|^verify: ' log
	}
}

$set
all=$line
for _ in $(seq 2 $cycles); do all="$all; $line"; done
[ "$place" = spt ] && config=spt how=spt ||
    config=hw how="--machine $place qemu"
# shellcheck disable=SC2086
"$BUILD/bin/rumprun-bake" --rootfs root "${config}_generic" image $progs || exit 1
start=$(date +%s)
# shellcheck disable=SC2086
"$BUILD/bin/rumprun" -M 256 --timeout $((MINUTES * 120 + 300)) \
    -e "SECS=$secs" -e DIR=/tmp --run "$all; free" $how image \
    >log 2>&1 </dev/null
rc=$?
took=$((($(date +%s) - start + 30) / 60))
free=$(sed -n 's/^free //p' log | xargs)
lost=$(echo "$free" | awk '{ print (NF > 3 ? $3 - $NF : 0) }')
good
well=$?
echo "     stress: $set on $place: $took minutes, $say, free kB: $free"
[ $rc = 0 ] && [ $well = 0 ] && [ "$lost" -le $slack ] &&
    ! grep -q '^panic' log && echo "ok   stress: $set on $place" && exit 0
grep '^fio: \|^verify: \|^not ok\|^panic' log | head -5
tail -5 log
echo "FAIL stress: $set on $place: status $rc, lost $lost kB, $out/log"
exit 1
