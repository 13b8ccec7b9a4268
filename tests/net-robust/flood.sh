#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... flood.sh KIND...	(spt, posix)
# A flood of SYNs (100,000; LONG=1: a million) while a real client connects
# and gets what it asks for; the server's memory stays where it was.  Then
# connections that come and go (20,000; LONG=1: a million), the same.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/../net-linux/lib.sh"
mine=$BUILD/obj/tests/net-robust
syns=100000 conns=20000
[ -z "$LONG" ] || syns=1000000 conns=1000000
# KiB.  The SYN queue and neighbours fill up in the first flood: bounded.
bound=4096

direct
# Sources that answer, and ports enough for the client.
nsenter --net=/run/netns/${ns}p ip route add local 10.80.0.128/25 dev lo
peer sh -c 'cd /proc/sys/net/ipv4 && echo 1 >tcp_tw_reuse &&
    echo 2000 >tcp_max_tw_buckets && echo 1024 65535 >ip_local_port_range'

# KiB that are free in the guest; of a process, as if it had 1 GiB.
mem() {
	if [ "$kind" = posix ]; then
		awk '/^VmRSS/ { print 1048576 - $2 }' /proc/$server/status
	else
		xfer mem $guest
	fi
}
# flat BEFORE AFTER SLACK
flat() {
	[ -n "$1" ] && [ -n "$2" ] && [ $(($1 - $2)) -le "$3" ] && return 0
	echo "free: $1 KiB, then $2 KiB"
	return 1
}
flood() {
	LIMIT=900 peer "$mine/flood" tapg $guest 5001 "$1" >"$tmp/flood" &
	flood=$!
}
# Connections all the time, until the flood is over: at least one round.
clients() {
	rounds=0
	while kill -0 $flood 2>/dev/null; do
		xfer churn $guest 20 || return 1
		rounds=$((rounds + 1))
	done
	wait $flood || return 1
	[ $rounds -gt 0 ]
}
for kind; do
	slack=512
	[ "$kind" != posix ] || slack=2048	# the heap of a process
	serve "$kind" ${ns}p
	xfer churn $guest 500
	before=$(mem)
	flood $((syns / 5))
	check "$kind-flood-first" clients
	check "$kind-flood-bound" flat "$before" "$(mem)" $bound
	before=$(mem)
	flood $syns
	check "$kind-flood-$syns" clients
	check "$kind-flood-memory" flat "$before" "$(mem)" $slack
	LIMIT=3000
	check "$kind-churn-first" xfer churn $guest $((conns / 5))
	before=$(mem)
	check "$kind-churn-$conns" xfer churn $guest $((conns * 4 / 5))
	check "$kind-churn-memory" flat "$before" "$(mem)" $slack
	[ -z "$LONG" ] || echo "$before KiB were free, then $(mem)"
	check "$kind-ends" unserve
done
exit $failed
