# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Part of cases/posixtestsuite.sh: runs the tests, JOBS at once, and reads what
# run.c says of them.  A guest that dies, or in which a test cannot be ended, is
# replaced by one that goes on with the tests after it.  TESTS="a/1-1 b/2-1": these.

# some TEST...: those whose results are not there yet, in one guest.
some()
{
	case $place in
	linux)	# A process tree, message queues and /tmp of its own, and
		# nothing that could set this machine's clock.
		unshare --pid --ipc --mount --fork --kill-child \
		    sh -c 'mount -t tmpfs tmpfs /dev/shm
			mount -t tmpfs tmpfs /tmp
			exec setpriv --bounding-set -sys_time "$@"' sh \
		    "$progs/run" "$jobs" "$seconds" "$progs/pts" "$@" ;;
	*)	boot run "$jobs" "$seconds" /bin/pts "$@" ;;
	esac
}
# What run.c said, one word for each result.
read_results()
{
	tr -d '\r' <"$1" | awk '
	BEGIN {
		split("FAIL UNRESOLVED 3 UNSUPPORTED UNTESTED", word, " ")
	}
	sub(/^.*@@ /, "") && NF >= 2 {
		s = $2
		if (s == "status")
			s = $3 == 0 ? "PASS" : $3 in word ? word[$3] : "status" $3
		else if (s == "signal")
			s = "signal" $3
		print $1, s
	}'
}
# batch JOBS FILE: its tests in one guest; what has been started, but has no
# result, goes to $work/lost, what has not even been started stays in FILE.
batch()
{
	jobs=$1 rc=0
	# shellcheck disable=SC2046
	some $(cat "$2") >"$work/out" 2>&1 || rc=$?
	cat "$work/out" >>"$log"
	[ $rc = 0 ] || echo "== the guest ended with status $rc" >>"$log"
	read_results "$work/out" >"$work/new"
	cat "$work/new" >>"$results.status"
	sed 's/ .*//' "$work/new" >"$work/done"
	sed -n 's/^.*@> //p' "$work/out" | tr -d '\r' >"$work/started"
	[ -s "$work/started" ] || { tail "$work/out"; exit 1; }
	grep -vxF -f "$work/done" "$work/started" >"$work/lost" || true
	grep -vxF -f "$work/started" "$2" >"$work/left" || true
	mv "$work/left" "$2"
}
# A test whose guest died runs once more, alone.
alone()
{
	while read -r test; do
		echo "$test" >"$work/one"
		batch 1 "$work/one" </dev/null
		[ ! -s "$work/lost" ] || echo "$test died" >>"$results.status"
	done
}
# run_all JOBS FILE
run_all()
{
	while [ -s "$2" ]; do
		head -n 100 "$2" >"$work/batch"
		sed -i 1,100d "$2"
		batch "$1" "$work/batch"
		cat "$work/batch" "$2" >"$work/rest"
		mv "$work/rest" "$2"
		cp "$work/lost" "$work/again"
		alone <"$work/again"
	done
}

pts_tests()
{
	root=$work/root
	mkdir -p "$root/tmp" "$root/dev/shm" "$root/etc"
	cat >"$root/etc/passwd" <<-'EOT'
	root:x:0:0:root:/root:/bin/sh
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	EOT
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	cd "$progs"
	n=${JOBS:-4}
	# shellcheck disable=SC2046 # as often as it may run at once
	image run "$root" "$progs/sleep" $(yes "$progs/pts" |
	    head -n "$n")
	# sem_philosopher sleeps for 50 seconds and more, as chance has it.
	mem=512 limit=3000 seconds=100 environ="HOME=/ PATH=/bin"
	: >"$results.status"
	if [ -n "${TESTS:-}" ]; then echo "$TESTS" | tr ' ' '\n'
	else cat "$progs/names"
	fi >"$work/all"
	# Those that set the clock after the others, one at a time.
	grep -vxF -f "$progs/clock" "$work/all" >"$work/todo" || true
	run_all "$n" "$work/todo"
	if [ "$place" != linux ]; then
		grep -xF -f "$progs/clock" "$work/all" >"$work/todo" || true
		run_all 1 "$work/todo"
	fi
	sort -o "$results.status" "$results.status"
	awk '$2 == "PASS" { print "ok", $1; next }
	    $2 ~ /^UN/ { print "skip", $1; next }
	    { print "FAIL", $1 }' "$results.status" >>"$results"
}
