#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the suites that tests/suites names (or those given), each with a log
# in BUILD/tests; counts lines "ok NAME" and "FAIL..." of suites that print
# them, else the suite as one.  A suite that only printed "skipped..." has not
# passed.  Ends with what failed, once more, and a line "N passed, N failed".
set -u
: "${BUILD:?}" "${MAKE:=make}"
cd "$(dirname "$0")" || exit 2
# What whoever calls has left (nohup, a CI's runner) is not what is tested.
umask 022
ulimit -S -c 0
ulimit -S -s 8192 2>/dev/null || :
logs=$BUILD/tests/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0 again=
list=$(grep -v '^#' suites)
[ $# -eq 0 ] || list=$(for s; do grep "^$s[[:space:]]" suites ||
    echo "$s -"; done)

while read -r name dir args; do
	[ -n "$name" ] || continue
	if [ ! -f "$dir/Makefile" ]; then
		echo "FAIL $name: no such suite"
		failed=$((failed + 1))
		continue
	fi
	start=$(date +%s)
	rc=0
	# shellcheck disable=SC2086
	timeout 3600 env --default-signal $MAKE -C "$dir" BUILD="$BUILD" $args \
	    >"$logs/$name" 2>&1 </dev/null || rc=$?
	ok=$(grep -cE '^ *ok[[:space:]]' "$logs/$name")
	bad=$(grep -cE '^ *FAIL' "$logs/$name")
	skip=$(grep -c '^ *skipped' "$logs/$name")
	[ $rc = 0 ] && [ "$ok" = 0 ] && [ "$skip" = 0 ] && ok=1
	[ $rc != 0 ] && [ "$bad" = 0 ] && bad=1
	passed=$((passed + ok)) failed=$((failed + bad))
	skipped=$((skipped + skip))
	printf '%-4s %-16s %4d passed, %d failed, %s%d s\n' \
	    "$([ $rc = 0 ] && echo ok || echo FAIL)" "$name" "$ok" "$bad" \
	    "$([ "$skip" = 0 ] || echo "$skip skipped, ")" \
	    $(($(date +%s) - start))
	[ $rc = 0 ] && continue
	# What went well would hide what did not where output is cut.
	grep -vE '^ *ok[[:space:]]|^  [A-Z]+ +[^ ]+$' "$logs/$name" |
	    tail -n 25 | cut -c1-200
	again="$again $name"
done <<EOF
$list
EOF
for name in $again; do
	grep -E '^ *FAIL' "$logs/$name" | cut -c1-100
done
[ $skipped = 0 ] || echo "$skipped skipped: grep skipped $logs/*"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
