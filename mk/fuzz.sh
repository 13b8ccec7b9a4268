#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: fuzz.sh run|check|min FUZZER N SEEDS ARG...	(for mk/fuzz.mk)
# run: N CPU seconds from SEEDS and what was found before.  check: SEEDS, then
# N inputs made of them.  min: fewest inputs that reach what all do become
# SEEDS, 40 KB at most.  New inputs are in FUZZER.corpus, findings beside it.
set -u
what=$1 fuzzer=$2 n=$3 seeds=$4
shift 4
name=${fuzzer##*/}
mkdir -p "$fuzzer.corpus" "$seeds"
corpus=$fuzzer.corpus
set -- "$@" -artifact_prefix="$fuzzer."

# CPU seconds that process $1 used; nothing when it has ended.
used() {
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, "");
	    print int(($12 + $13) / hz) }' "/proc/$1/stat" 2>/dev/null
}
case $what in
run)
	"$fuzzer" "$@" "$corpus" "$seeds" >"$fuzzer.log" 2>&1 &
	pid=$!
	trap 'kill $pid' INT TERM
	# It ends by itself only with a finding.
	while s=$(used $pid) && [ "${s:-$n}" -lt "$n" ]; do sleep 1; done
	kill -USR1 $pid 2>/dev/null
	wait $pid
	rc=$?
	if [ $rc != 0 ] || ! grep -q '^stat::number_of_exec' "$fuzzer.log"; then
		echo "FAIL $name"
		tail -40 "$fuzzer.log"
		exit 1
	fi
	echo "  ok	$name $(awk '/number_of_exec/ { print $2 }' "$fuzzer.log"
	    ) inputs, ${s:-?} CPU seconds" ;;
check)
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	cp "$seeds"/* "$dir" 2>/dev/null
	k=$(find "$dir" -type f | wc -l)
	if timeout 120 "$fuzzer" "$@" -seed=1 -runs=$((k + n)) "$dir" \
	    >"$fuzzer.log" 2>&1; then
		echo "  ok	$name"
	else
		echo "FAIL $name"
		tail -40 "$fuzzer.log"
		exit 1
	fi ;;
min)
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	"$fuzzer" "$@" -set_cover_merge=1 "$dir" "$corpus" "$seeds" \
	    >"$fuzzer.log" 2>&1 || { tail "$fuzzer.log"; exit 1; }
	[ -n "$(ls "$dir")" ] || { tail -n 30 "$fuzzer.log"; exit 1; }
	rm -f "$seeds"/*
	# The smallest first, under names that say their order.
	find "$dir" -type f -printf '%s %p\n' | sort -n | awk '
	    (sum += $1) < 40000 { printf "%s %03d\n", $2, ++i }' |
	    while read -r from to; do cp "$from" "$seeds/$to"; done
	echo "$name: $(find "$seeds" -type f | wc -l) inputs," \
	    "$(cat "$seeds"/* | wc -c) bytes" ;;
esac
