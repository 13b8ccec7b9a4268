#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs images of the spt platform; a test passes when it exits with 0.
bad=0
for t in "$@"; do
	if timeout 300 "$t" </dev/null >"$t.log" 2>&1; then
		echo "ok    $(basename "$t")"
	else
		echo "FAIL  $(basename "$t") status $?"
		tail -40 "$t.log"
		bad=1
	fi
done
exit $bad
