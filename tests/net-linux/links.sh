#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... links.sh [ROUNDS]	(CASES=pattern: only these)
# Goodput over bad links between a Linux and, in the same place on the same
# wire, a guest on spt and another Linux (CUBIC, all as Debian has it) in turn:
# bytes by their time, so that a stall counts as what it costs; several
# connections at a time where chance decides.  In a round both meet the same
# losses: the link starts anew for each, and its seed decides what becomes of
# the nth frame of each way of the mth connection.  Of the rounds the median
# and the quartiles are told.  All run at a real-time priority, the same one:
# a wire that waits for other programs of the machine would be another one.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${1:-4}
# A connection's buffer is at most 1/8 of what packets may have: of 64 MiB
# 2 MiB, less than a bandwidth-delay product here.  Linux has all the host's.
LIMIT=60 MIB=256
chrt -r -p 5 $$ || echo "no real-time priority: the machine's load counts" >&2
wires
beside=10.80.0.3
linux_guest $beside
link 0 0 0 0 0
serve linux
linux=$server pids=$server
serve spt
# Linux would ask for addresses anew on each new link: a round trip more, and a
# second for all connections at once when that is lost.
known() {
	mac=$(peer ip neigh show to "$1" dev tapp | awk '{ print $3 }')
	peer ip neigh replace "$1" lladdr "$mac" dev tapp nud permanent
}
known $beside
known $guest

# name  loss reorder dup corrupt RTT  KiB of a transfer, that many at a time
cases() {
	cat <<-END
	clean-1ms	0 0 0 0 1	131072 1
	delay-20ms	0 0 0 0 20	65536 1
	delay-200ms	0 0 0 0 200	8192 1
	loss1%-5ms	1 0 0 0 5	8192 8
	loss2%-50ms	2 0 0 0 50	768 96
	loss5%-1ms	5 0 0 0 1	2048 16
	loss5%-200ms	5 0 0 0 200	96 128
	reorder20%-10ms	0 20 0 0 10	8192 4
	dup5%-5ms	0 0 5 0 5	32768 1
	corrupt1%-5ms	0 0 0 1 5	8192 8
	all-20ms	1 5 1 1 20	2048 32
	END
}
# one KIND ADDRESS: a line "case kind direction KiB KiB/s" for each direction
one() {
	for way in ${WAYS:-get put}; do
		link "$loss" "$reorder" "$dup" "$corrupt" "$rtt"
		rate=$(STREAMS=$streams STALL=20 xfer $way "$2" \
		    $((kib * 1024)) "$SEED") || {
			echo "FAIL $name $1 $way" >&2
			failed=1
			rate=0
			STALL=5 xfer mem "$2" >/dev/null || {
				tail -n 20 "$tmp/out" >&2
				exit 1
			}
		}
		echo "$name $1 $way $((kib * streams)) $rate"
	done
}
round() {
	while read -r name loss reorder dup corrupt rtt kib streams; do
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
	if (!(k in seen))
		name[names++] = k
	seen[k] = 1
	v[k, $2, $2 == "spt" ? ++n[k] : ++nl[k]] = $5 > 0 ? $5 : .001
}
# The q-th part of the sorted rates of case k, or of their ratios.
function part(k, kind, q,    i, j, x, a) {
	for (i = 1; i <= n[k]; i++) {
		x = v[k, "spt", i]
		if (kind == "linux")
			x = v[k, kind, i]
		else if (kind == "")
			x /= v[k, "linux", i]
		for (j = i; j > 1 && a[j - 1] > x; j--)
			a[j] = a[j - 1]
		a[j] = x
	}
	i = 1 + q * (n[k] - 1)
	j = int(i)
	return j == n[k] ? a[j] : a[j] + (i - j) * (a[j + 1] - a[j])
}
END {
	for (i = 0; i < names; i++) {
		k = name[i]
		split(k, c)
		printf("%s %s %d %d %.2f %.2f %.2f\n", c[1],
		    c[2] == "get" ? "out" : "in", part(k, "linux", .5),
		    part(k, "spt", .5), part(k, "", .5), part(k, "", .25),
		    part(k, "", .75))
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
