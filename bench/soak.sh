#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Load for MINUTES (60) at full speed on httpd.c as an image on pc, with every
# feature of virtio-net that the driver knows.  Rounds of wrk at 16, every
# fifth at 256 connections.  Fails when wrk sees an error, the server did not
# count every answer or had more connections than wrk has (a lost one is made
# anew), no round ends with an answer, or free memory shrinks after the
# first cycle of rounds.  A line for each round: BUILD/bench/soak.log.
# usage: [MINUTES=60] [ROUND=30] soak.sh BUILD, run by make soak
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
out=$build/bench/soak
log=$build/bench/soak.log
ns=rksoak$$
guest=10.66.1.2
minutes=${MINUTES:-60}
round=${ROUND:-30}
slack=1048576		# what mbufs' free lists may still grow: mbuf.c
pid=
mkdir -p "$out"
cd "$out"
: >"$log"

in_ns() { nsenter --net=/run/netns/$ns "$@"; }
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	ip netns del $ns
}
ip netns add $ns
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
in_ns ip link set lo up
in_ns ip tuntap add dev tap0 mode tap vnet_hdr
in_ns ip addr add 10.66.1.1/24 dev tap0
in_ns ip link set tap0 up

say() { echo "$*" | tee -a "$log"; }
fail() {
	say "soak: FAILED: $*"
	exit 1
}
# stats: $requests $connections $free of the guest.
stats() {
	# shellcheck disable=SC2046
	set -- $(in_ns curl -s -m 10 http://$guest:8080/stats) || true
	[ $# = 3 ] || fail "no answer"
	requests=$1 connections=$2 free=$3
}
# What both ends agreed on, as QEMU's monitor tells it.
features() {
	echo "info virtio-status /machine/peripheral/net/virtio-backend" >mon.in
	timeout 2 cat mon.out >status || true
	sed -n '/Guest features/,/Host features/s/^\t\([A-Z0-9_]*\).*/\1/p' \
	    status >features
	say "features:" "$(tr '\n' ' ' <features)"
	grep -q EVENT_IDX features || fail "no event index"
}

"$build/bin/x86_64-rumprun-linux-musl-gcc" -O2 -DSTATS -DMAXCONN=300 \
    -o httpd.prog "$here/httpd.c"
"$build/bin/rumprun-bake" --add net_tcp --add net_config --add net_virtio \
    hw_minimal httpd httpd.prog
rm -f mon.in mon.out
mkfifo mon.in mon.out
nsenter --net=/run/netns/$ns qemu-system-x86_64 -nodefaults \
    -no-user-config -display none -no-reboot -accel tcg -cpu max \
    -machine pc -m 64 -serial file:console \
    -chardev pipe,id=mon,path=mon -mon mon \
    -netdev tap,id=n,ifname=tap0,script=no,downscript=no \
    -device virtio-net-pci,netdev=n,id=net,event_idx=on,indirect_desc=on \
    -kernel httpd -append '{"net":[{"if":"vioif0","type":"inet",
	"method":"static","addr":"'$guest'","mask":"24"}]}' \
    </dev/null >qemu.log 2>&1 &
pid=$!
i=0
until in_ns curl -s -m 1 http://$guest:8080/ >/dev/null; do
	i=$((i + 1))
	[ $i -lt 60 ] || fail "does not start"
	sleep 0.5
done
features

end=$(($(date +%s) + minutes * 60)) n=0 total=0 first=0
while [ "$(date +%s)" -lt $end ]; do
	n=$((n + 1)) c=16
	[ $((n % 5)) != 0 ] || c=256
	stats
	r0=$requests c0=$connections
	in_ns wrk -t1 -c$c -d"$round" --timeout 10s --latency \
	    http://$guest:8080/ >wrk.log
	stats
	done=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' wrk.log)
	rate=$(sed -n 's,^Requests/sec: *,,p' wrk.log)
	longest=$(awk '/^ *Latency .*%/ { print $4 }' wrk.log)
	total=$((total + done))
	say "$n: $c connections, $done requests, $rate/s," \
	    "longest $longest, free $free"
	! grep -E "Socket errors|Non-2xx" wrk.log || fail "wrk: errors"
	# At wrk's end each connection may have one request under way.
	r=$((requests - r0 - 1))
	if [ $r -lt "$done" ] || [ $r -gt $((done + c)) ]; then
		fail "$r requests served"
	fi
	# wrk connects once more, to find an address.
	[ $((connections - c0 - 2)) = $c ] ||
	    fail "$((connections - c0 - 2)) connections"
	[ $n != 10 ] || first=$free
	[ "$free" -ge $((first - slack)) ] ||
	    fail "$free bytes free, $first at first"
done
say "soak: $minutes minutes, $n rounds, $total requests, no error," \
    "free $first after 10 rounds, $free at the end"
