#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... spt.sh IMAGE
# The guest echo on a TAP device in a namespace, against Linux: ping, UDP, an
# idle guest that does nothing, a busy one that answers, a capture whose sums
# are right, DHCP, and what the launcher says when something is wrong.
set -u
image=$1
dir=$(dirname "$0")
if [ "$(id -u)" != 0 ] || ! ip netns add "rkspt$$" 2>/dev/null; then
	echo "skipped: needs root and network namespaces"
	exit 0
fi
tmp=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; ip netns del "rkspt$$"; rm -rf "$tmp"' EXIT
failed=0
# In the background only as $ns: kill would end the function's shell alone.
ns="nsenter --net=/run/netns/rkspt$$"
ns() { $ns "$@"; }
check() {
	what=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then
		echo "  ok	spt-$what"
	else
		echo "FAIL spt-$what"
		tail -n 5 "$tmp/log"
		failed=1
	fi
}
# The guest in the background; its output is in $tmp/out.
start() {
	: > "$tmp/out"
	$ns "$BUILD/bin/rumprun" --timeout 300 -I tk0,vioif "$@" \
	    >"$tmp/out" 2>&1 &
	guest=$!
	pids=$guest
	tries=0
	until grep -q ready "$tmp/out"; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || {
			cat "$tmp/out"
			break
		}
		sleep 0.2
	done
}
finish() {
	check "$1-udp" ns python3 "$dir/udp.py" "$2" end
	check "$1-status" wait "$guest"
	pids=
}
# CPU time of the guest, in ticks.
ticks() {
	set -- $(cat "/proc/$(cat "/proc/$guest/task/$guest/children" |
	    tr -d ' ')/stat")
	echo $((${14} + ${15}))
}
# A second without work, one of a few: what others left may wake it.
idle() {
	for _ in 1 2 3 4 5; do
		before=$(ticks)
		sleep 1
		after=$(ticks)
		[ $((after - before)) -gt 1 ] || return 0
	done
	return 1
}

ns ip tuntap add tk0 mode tap
ns ip link set tk0 up
ns ip addr add 10.78.0.1/24 dev tk0
addr=tk0,inet,static,10.78.0.2/24,10.78.0.1

start -W "$addr" spt "$image"
check ping ns ping -q -c 3 -i 0.05 -W 20 10.78.0.2
check large ns ping -q -c 2 -i 0.05 -W 20 -s 60000 10.78.0.2
check flood sh -c "nsenter --net=/run/netns/rkspt$$ ping -q -f -c 5000 -w 100 \
    10.78.0.2 | grep ' 0% packet loss'"
check idle idle
finish plain 10.78.0.2

start -W "$addr" spt "$image" busy
check busy ns ping -q -c 3 -i 0.05 -W 20 10.78.0.2
finish busy 10.78.0.2

start -W "$addr" --pcap "$tmp/pcap" spt "$image"
finish pcap 10.78.0.2
tcpdump -nvvr "$tmp/pcap" 'udp or icmp' >"$tmp/dump" 2>/dev/null
check pcap-packets grep -q '10.78.0.2.7 > 10.78.0.1.*udp sum ok' "$tmp/dump"
check pcap-sums sh -c "! grep -i 'bad' '$tmp/dump'"

if command -v dnsmasq >/dev/null; then
	$ns dnsmasq --conf-file=/dev/null --keep-in-foreground --pid-file \
	    --dhcp-leasefile="$tmp/leases" --user=root --interface=tk0 \
	    --bind-interfaces --port=0 --log-facility=/dev/null --no-ping \
	    --dhcp-range=10.78.0.9,10.78.0.9,2m &
	dhcpd=$!
	start -W tk0,inet,dhcp spt "$image"
	check dhcp grep -q '10.78.0.9/24 by DHCP from 10.78.0.1' "$tmp/out"
	finish dhcp 10.78.0.9
	kill $dhcpd
fi

says() {
	want=$1
	shift
	ns "$BUILD/bin/rumprun" "$@" "$image" 2>&1 | grep -q -- "$want"
}
check no-interface says 'no interface vioif7; there are: eth0' \
    -I tk0,vioif7 -W "$addr" spt
check no-tap says 'there is no TAP device nonet' -I nonet,vioif spt
ns ip link set tk0 down
check tap-down says 'tk0 is down' -I tk0,vioif --timeout 1 spt
exit $failed
