#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... capture.sh spt|posix PART...	(CASES=pattern: only these)
# Parts: basics, features, more, slowly.
# Captures of a guest's features as Linux's end of the wire sees them, read
# by capture.py: spt's TAP with offloads, posix without (our own sums).
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/lib.sh"
command -v tshark >/dev/null && command -v tcpdump >/dev/null || {
	echo "skipped: needs tcpdump and tshark"
	exit 0
}
wires
exec 3>&1

# Both ends have said all: a machine that is busy takes its time.
talking() {
	nsenter --net=/run/netns/${ns}p ss -Htn state connected \
	    exclude time-wait dst $guest | grep -q .
}
# Until tcpdump, asked by SIGUSR1, has written all that it was given.
behind() {
	kill -USR1 $dump || return 1
	sleep 0.1
	! tail -n 1 "$tmp/dump" | awk '{ exit $2 != $5 }'
}
# at_most SECONDS COMMAND...: until it is false.
at_most() {
	end=$(($(date +%s) + $1))
	shift
	while "$@" && [ "$(date +%s)" -lt $end ]; do sleep 0.05; done
}
# What the wire at the peer, or the one before the link, sees of a command;
# false when tcpdump was too slow.
dump() {
	rm -f "$tmp/dump"
	nsenter --net=/run/netns/"${where:-${ns}p}" tcpdump -Z root -B 16384 -s 2048 \
	    --immediate-mode -U -ni "${wire:-tapp}" -w "$tmp/$case" \
	    'tcp or icmp' 2>"$tmp/dump" &
	dump=$!
	pids="$pids $dump"
	until grep -qs listening "$tmp/dump"; do
		kill -0 $dump 2>/dev/null || break
		sleep 0.05
	done
	"$@" >"$tmp/cmd" 2>&1
	at_most 20 talking
	sleep 0.3
	at_most 20 behind
	kill -INT $dump
	wait $dump
	grep -q '^0 packets dropped by kernel' "$tmp/dump"
}
# capture CASE COMMAND...
capture() {
	case=$1
	shift
	echo "$case" | grep -qE "${CASES:-.}" || return 0
	dump "$@" || dump "$@" || dump "$@" || echo "  ($case: frames missed)"
	[ -z "${KEEP:-}" ] || cp "$tmp/$case" "$KEEP/$kind.$case"
	check "$kind-$case" env SUMS=$sums python3 "$here/capture.py" "$tmp/$case" "$case"
}
# As the guest's side of the link sees it.
before() {
	where=$ns wire=tapm
	"$@"
	where='' wire=''
}
sysctl() { nsenter --net=/run/netns/${ns}p sh -c "cd /proc/sys/net/ipv4
    for i in tcp_sack tcp_window_scaling tcp_timestamps; do
	    echo $1 >\$i; done"; }
closed() { peer python3 -c "import socket
socket.create_connection(('$guest', 9))"; }
# The peer is gone: the guest's keepalive ends the connection.
gone() {
	: >"$tmp/out"
	timeout 60 nsenter --net=/run/netns/${ns}p "$out/xfer" keep $guest 60 &
	c=$!
	at_most 20 sh -c "! nsenter --net=/run/netns/${ns}p ss -Htn \
	    state established dst $guest | grep -q ."
	sleep 0.5
	link 100 0 0 0 0
	at_most 30 sh -c "! grep -qi 'timed out' '$tmp/out'"
	kill $c
	link 0 0 0 0 1
	grep -qi 'timed out' "$tmp/out"
}
sends_late() { LATE=1 xfer get $guest 4194304 1; }

# What needs its time, and no other sums than the cases before.
slowly() {
	capture passive peer python3 -c "import socket, time
s = socket.create_connection(('$guest', 5001))
s.send(b'echo'.ljust(32, b'\\0') + b'hello')
s.recv(10)
s.close()"
	capture reset xfer reset $guest
	capture closed closed
	before capture keep xfer keep $guest 4
	before capture probe sends_late
	check "$kind-gone" gone
}

# Bytes that the peer has had from the link.
received() {
	nsenter --net=/run/netns/${ns}p sed -n 's/^ *tapp: *\([0-9]*\).*/\1/p' \
	    /proc/self/net/dev
}
# Nothing arrives for three seconds in the middle.
outage() {
	had=$(received)
	xfer get $guest 8000000 1 &
	c=$!
	until [ $(($(received) - had)) -gt 200000 ]; do
		kill -0 $c || return 1
		sleep 0.02
	done
	kill -USR1 $link
	sleep 3
	kill -USR1 $link
	wait $c
}
ecn() { nsenter --net=/run/netns/${ns}p sh -c \
    "echo $1 >/proc/sys/net/ipv4/tcp_ecn"; }
client() {
	peer python3 "$here/client.py" "$1" $guest && return
	echo "FAIL $kind: client.py $1" >&3
	failed=1
}
features() {
	for c in half again urgent; do
		capture $c client $c
	done
	ecn 1
	MARK=5 link 0 0 0 0 5
	capture marked xfer get $guest 2000000 1
	capture marks xfer put $guest 2000000 1
	ecn 2
	link 0 0 0 0 100
	before capture outage outage
	link 0 0 0 0 1
}

# A host behind the peer, which has a link of 1,200 bytes to it.
router() {
	ip netns add ${ns}r
	linux_net ${ns}r
	nsenter --net=/run/netns/${ns}p ip link add vr mtu 1200 type veth peer name eth0 netns ${ns}r
	nsenter --net=/run/netns/${ns}r ip link set eth0 mtu 1500 up
	nsenter --net=/run/netns/${ns}r ip addr add $behind/24 dev eth0
	nsenter --net=/run/netns/${ns}p ip link set vr up
	nsenter --net=/run/netns/${ns}p ip route add $behind dev vr
	nsenter --net=/run/netns/${ns}p sh -c 'cd /proc/sys/net/ipv4
	    for i in ip_forward conf/tapp/proxy_arp conf/vr/proxy_arp; do
		    echo 1 >$i; done'
}
narrow() {
	timeout 30 nsenter --net=/run/netns/${ns}r "$out/xfer" get $guest \
	    300000 1
}
more() {
	capture delack client delack
	capture narrow narrow
	link 0 0 0 0 400
	before capture fastopen client fastopen
	capture crossing client crossing
	link 0 0 0 0 1
	capture cookies client flood
}

basics() {
	capture options xfer get $guest 300000 1
	capture active xfer get $guest 1 1
	sysctl 0
	capture plain xfer get $guest 300000 1
	sysctl 1
	capture scale xfer put $guest 4194304 1
	capture late xfer late $guest 2097152 1
	link 2 0 0 0 2
	capture sack xfer put $guest 2000000 1
	capture resend xfer get $guest 2000000 1
	before capture fastrtx xfer get $guest 2000000 1
	link 0 0 0 0 1
}

kind=$1 sums=linux behind=10.80.0.9
shift
[ "$kind" = spt ] || sums=ours POPTS=,nooffload
router
link 0 0 0 0 1
serve "$kind"
for part; do
	"$part"
done
check "$kind-ends" unserve
exit $failed
