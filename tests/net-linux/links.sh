#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... links.sh [ROUNDS]	(CASES=pattern: only these)
# Goodput over bad links between a Linux and, in the same place on the same
# wire, a guest on spt and another Linux (CUBIC, all as Debian has it) in turn:
# bytes of all rounds by their time, so that a stall counts as what it costs.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${1:-4}
LIMIT=60
wires
beside=10.80.0.3
linux_guest $beside
link 0 0 0 0 0
serve linux
linux=$server
serve spt

# name  loss reorder dup corrupt RTT  KiB of a transfer
cases() {
	cat <<-END
	clean-1ms	0 0 0 0 1	131072
	delay-20ms	0 0 0 0 20	65536
	delay-200ms	0 0 0 0 200	8192
	loss1%-5ms	1 0 0 0 5	4096
	loss2%-50ms	2 0 0 0 50	768
	loss5%-1ms	5 0 0 0 1	2048
	loss5%-200ms	5 0 0 0 200	96
	reorder20%-10ms	0 20 0 0 10	8192
	dup5%-5ms	0 0 5 0 5	32768
	corrupt1%-5ms	0 0 0 1 5	4096
	all-20ms	1 5 1 1 20	1024
	END
}
# one KIND ADDRESS: a line "case kind direction KiB KiB/s" for each direction
one() {
	for way in ${WAYS:-get put}; do
		rate=$(STALL=20 xfer $way "$2" $((kib * 1024)) "$SEED") || {
			echo "FAIL $name $1 $way" >&2
			failed=1
			rate=0
			STALL=5 xfer mem "$2" >/dev/null || {
				tail -n 20 "$tmp/out" >&2
				exit 1
			}
		}
		echo "$name $1 $way $kib $rate"
	done
}
round() {
	while read -r name loss reorder dup corrupt rtt kib; do
		link "$loss" "$reorder" "$dup" "$corrupt" "$rtt"
		one linux $beside
		one spt $guest
	done <<-END
	$(cases | grep -E "${CASES:-.}")
	END
}
for SEED in $(seq "$rounds"); do
	round
done >"$tmp/table"
cp "$tmp/table" "${TABLE:-/dev/null}"
awk '{ kib[$1, $2, $3] += $4; t[$1, $2, $3] += $4 / ($5 > 0 ? $5 : .001)
    if (!(($1, $3) in seen)) { seen[$1, $3]; name[n++] = $1 " " $3 } }
function rate(k) { return kib[c[1], k, c[2]] / t[c[1], k, c[2]] }
END {
	for (i = 0; i < n; i++) {
		split(name[i], c)
		way = "in"
		if (c[2] == "get")
			way = "out"
		printf("%s %s %d %d %.2f\n", c[1], way, rate("linux"),
		    rate("spt"), rate("spt") / rate("linux"))
	}
}' "$tmp/table" >"$tmp/summary" || failed=1
cp "$tmp/summary" "${SUMMARY:-/dev/null}"
awk 'BEGIN { printf "%-17s%-5s%10s%10s%7s  target 1.00\n", "goodput, KiB/s", "",
	"Linux", "spt", "ratio" }
    { printf "%-17s%-5s%10d%10d%7.2f\n", $1, $2, $3, $4, $5 }' "$tmp/summary"
unserve
kill $linux
exit $failed
