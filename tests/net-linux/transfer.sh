#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... transfer.sh KIND...	(spt, posix, pc, linux)
# Transfers both ways over bad links between Linux and a server of that kind:
# every byte arrives.  TABLE=file: KiB/s of each, "kind case get put".
# LONG=1: 1 GiB each where that ends within the day.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/lib.sh"
wires

# name  loss reorder dup corrupt RTT  KiB LONG-MiB
cases() {
	cat <<-END
	clean-1ms	0 0 0 0 1	16384	1024
	loss1-5ms	1 0 0 0 5	4096	1024
	loss5-1ms	5 0 0 0 1	2048	1024
	loss2-50ms	2 0 0 0 50	256	32
	reorder-10ms	0 20 0 0 10	8192	1024
	dup5-5ms	0 0 5 0 5	8192	1024
	corrupt1-5ms	0 0 0 1 5	4096	1024
	delay200	0 0 0 0 200	512	1024
	loss5-200ms	5 0 0 0 200	64	8
	all-20ms	1 5 1 1 20	1024	64
	END
}
one() {
	LIMIT=${LONG:+3600} STALL=30
	export STALL
	rm -f "$tmp/get" "$tmp/put"
	check "$kind-$name-get" \
	    sh -c "nsenter --net=/run/netns/${ns}p timeout ${LIMIT:-60} \
	    '$out/xfer' get $guest $bytes 3 >'$tmp/get'"
	check "$kind-$name-put" \
	    sh -c "nsenter --net=/run/netns/${ns}p timeout ${LIMIT:-60} \
	    '$out/xfer' put $guest $bytes 4 >'$tmp/put'"
	[ -z "${TABLE:-}" ] || echo "$kind $name $(cat "$tmp/get" 2>/dev/null ||
	    echo 0) $(cat "$tmp/put" 2>/dev/null || echo 0)" >>"$TABLE"
}
for kind; do
	[ "$kind" != linux ] || linux_guest
	link 0 0 0 0 0
	serve "$kind"
	while read -r name loss reorder dup corrupt rtt kib mib <&3; do
		[ -n "$name" ] || continue
		link "$loss" "$reorder" "$dup" "$corrupt" "$rtt"
		bytes=$((kib * 1024))
		[ -z "$LONG" ] || bytes=$((mib * 1048576))
		one
	done 3<<-END
	$(cases | grep -E "${CASES:-.}")
	END
	if [ "$kind" != linux ] && echo zerocopy | grep -qE "${CASES:-.}"; then
		link 0 0 0 0 0
		check "$kind-zerocopy" xfer zget $guest 8000001 5
		link 1 1 1 0 2
		check "$kind-zerocopy-loss" xfer zget $guest 3000001 6
	fi
	link 0 0 0 0 0
	check "$kind-ends" unserve
done
exit $failed
