#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... links.sh [ROUNDS]	(CASES=pattern: only these)
# Goodput over bad links between a Linux and, in the same place on the same
# wire, a guest on spt and another Linux (CUBIC, all as Debian has it) in turn:
# bytes of all rounds by their time, so that a stall counts as what it costs.
# In a round both meet the same losses: the link starts anew for each, and its
# seed decides what becomes of the nth frame of each way.  The spread is the
# quartiles of the rounds' ratios.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${1:-4}
# A connection's buffer is at most 1/8 of what packets may have: of 64 MiB
# 2 MiB, less than a bandwidth-delay product here.  Linux has all the host's.
LIMIT=60 MIB=256
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
		link "$loss" "$reorder" "$dup" "$corrupt" "$rtt"
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
		[ $((SEED % 2)) = 0 ] || one linux $beside
		one spt $guest
		[ $((SEED % 2)) = 1 ] || one linux $beside
	done <<-END
	$(cases | grep -E "${CASES:-.}")
	END
}
for SEED in $(seq "$rounds"); do
	round
done >"$tmp/table"
cp "$tmp/table" "${TABLE:-/dev/null}"
awk '{
	k = $1 " " $3
	if (!(k in n))
		name[names++] = k
	n[k] += $2 == "spt"
	r[k, $2, ++seen[k, $2]] = $5
	kib[k, $2] += $4
	t[k, $2] += $4 / ($5 > 0 ? $5 : .001)
}
function rate(k, kind) { return kib[k, kind] / t[k, kind] }
# The q-th part of the sorted ratios of case k.
function part(k, q,    i, j, v, a) {
	for (i = 1; i <= n[k]; i++) {
		v = r[k, "spt", i] / (r[k, "linux", i] > 0 ? r[k, "linux", i] : 1)
		for (j = i; j > 1 && a[j - 1] > v; j--)
			a[j] = a[j - 1]
		a[j] = v
	}
	return a[int(1 + q * (n[k] - 1) + .5)]
}
END {
	for (i = 0; i < names; i++) {
		k = name[i]
		split(k, c)
		printf("%s %s %d %d %.2f %.2f %.2f\n", c[1],
		    c[2] == "get" ? "out" : "in", rate(k, "linux"),
		    rate(k, "spt"), rate(k, "spt") / rate(k, "linux"),
		    part(k, .25), part(k, .75))
	}
}' "$tmp/table" >"$tmp/summary" || failed=1
cp "$tmp/summary" "${SUMMARY:-/dev/null}"
awk 'BEGIN { printf "%-17s%-5s%10s%10s%7s  %s  target 1.00\n", "goodput, KiB/s",
	"", "Linux", "spt", "ratio", "quartiles" }
    { printf "%-17s%-5s%10d%10d%7.2f  %.2f-%.2f\n", $1, $2, $3, $4, $5, $6,
	$7 }' "$tmp/summary"
unserve
kill $linux
exit $failed
