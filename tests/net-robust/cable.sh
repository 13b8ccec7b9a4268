#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... cable.sh KIND...	(spt, posix, pc, dhcp)
# The cable is pulled in the middle of transfers both ways, and put back: they
# go on and every byte arrives.  On pc by QEMU's monitor (the device says so;
# who connects meanwhile gets through later), else the TAP device goes down.
# dhcp: a guest on pc asks its server as soon as the cable is back.
set -u
# shellcheck source=tests/net-linux/lib.sh
. "$(dirname "$0")/../net-linux/lib.sh"
mon=$tmp/mon
dhcplog=$tmp/dhcplog

direct
mkfifo "$mon.in" "$mon.out"
cat "$mon.out" >/dev/null &
pids="$pids $!"
exec 3<>"$mon.in" 4<>"$mon.out"

# cable on|off
cable() {
	case $kind in
	pc|dhcp) echo "set_link tapg $1" >&3 ;;
	*)	if [ "$1" = on ]; then up=up; else up=down; fi
		nsenter --net=/run/netns/${ns}p ip link set tapg $up ;;
	esac
}
# Bytes on the cable, both ways.
moved() {
	nsenter --net=/run/netns/${ns}p awk '$1 == "tapg:" {
	    printf "%d\n", $2 + $10 }' /proc/self/net/dev
}
# Goes on while the cable is pulled, a second time if it takes so long.
through() {
	had=$(moved)
	STALL=30 LIMIT=300 xfer "$@" &
	client=$!
	until [ $(($(moved) - had)) -gt 1000000 ]; do
		kill -0 $client 2>/dev/null || break
		sleep 0.02
	done
	rc=0
	for pull in 1 2; do
		cable off
		kill -0 $client 2>/dev/null || { echo "over before $pull"
		    [ $pull != 1 ] || rc=1; }
		sleep 1
		cable on
		sleep 0.2
	done
	wait $client && return $rc
}
# Who comes while there is no link gets through later.
late() {
	cable off
	STALL=30 xfer get $guest 100000 5 &
	client=$!
	sleep 1
	cable on
	wait $client
}
requests() { grep -cs DHCPREQUEST "$dhcplog" || true; }
waitrequests() {
	i=0
	until [ "0$(requests)" -ge "$1" ]; do
		i=$((i + 1))
		[ $i -lt 200 ] || return 1
		sleep 0.1
	done
}
# The lease is for two minutes: who asks within 20 s was told by the link.
renews() {
	n=$(requests)
	cable off
	sleep 1
	cable on
	waitrequests $((n + 1)) && xfer get $guest 100000 6
}
dhcp_guest() {
	peer dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 \
	    --pid-file --dhcp-leasefile="$tmp/leases" --user=root --no-ping \
	    --interface=tapg --bind-interfaces --dhcp-authoritative \
	    --log-facility="$dhcplog" --dhcp-range=$guest,$guest,2m &
	pids="$pids $!"
	peer "$BUILD/bin/rumprun" qemu --machine pc -M 64 -I tapg,eth \
	    -W tapg,inet,dhcp -g -monitor -g "pipe:$mon" "$out/xfer.hw" serve \
	    >"$tmp/out" 2>&1 </dev/null &
	server=$!
	waitrequests 1 && waitserver
}
waitserver() {
	i=0
	until STALL=1 xfer mem $guest; do
		i=$((i + 1))
		[ $i -lt 100 ] || return 1
		sleep 0.2
	done
}
for kind; do
	if [ "$kind" = dhcp ]; then
		command -v dnsmasq >/dev/null || continue
		LIMIT=120
		check dhcp-lease dhcp_guest || break
		check dhcp-renews renews
		check dhcp-renews-again renews
		check dhcp-ends unserve
		continue
	fi
	QARGS="-g -monitor -g pipe:$mon" bytes=400000000
	[ "$kind" != pc ] || bytes=100000000
	serve "$kind" ${ns}p
	check "$kind-cable-get" through get $guest $bytes 3
	check "$kind-cable-put" through put $guest $bytes 4
	[ "$kind" != pc ] || check "$kind-cable-connect" late
	check "$kind-cable-ends" unserve
done
exit $failed
