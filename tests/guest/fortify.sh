# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# _FORTIFY_SOURCE: what fits passes, one byte more is reported with its line.
bake fortify
run
status 0
calls=$(grep -x '[a-z]*' "$out/out")
[ "$(echo "$calls" | wc -l)" = 17 ] || bad "not all calls: $calls"
for call in $calls; do
	run "$call"
	status 139 "$call"
	has '^panic: invalid instruction' "$call"
	has "^  #0 .*do_$call.*fortify\.c:[0-9]" "$call"
	grep -q '^survived' "$out/out" && bad "$call: survived"
done
