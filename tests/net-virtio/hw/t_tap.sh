#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A guest on a TAP device in a network namespace of its own: ping and UDP with
# Linux, with the offloads that only TAP devices have.  Root only.
# usage: t_tap.sh IMAGE
set -u
image=$1
here=$(dirname "$0")
if [ "$(id -u)" != 0 ] || [ ! -c /dev/net/tun ]; then
	echo "skip  t_tap: needs root and /dev/net/tun"
	exit 0
fi
ns=rkvirtio$$
tmp=$(mktemp -d)
qemu=
failed=0
trap 'test -z "$qemu" || kill $qemu; ip netns del $ns; rm -rf "$tmp"' EXIT
ip netns add $ns || exit 1
# tap OPTIONS...: the device anew
tap() {
	nsenter --net=/run/netns/$ns ip link del t0 2>/dev/null
	nsenter --net=/run/netns/$ns ip tuntap add t0 mode tap "$@"
	nsenter --net=/run/netns/$ns ip addr add 10.9.0.1/24 dev t0
	nsenter --net=/run/netns/$ns ip link set t0 up
}
tap
queues=
config='{"net":[{"if":"vioif0","type":"inet","method":"static",
    "addr":"10.9.0.2","mask":"24"}]}'

# run NAME DEVICE OPTIONS...
run() {
	name=$1 device=$2
	shift 2
	# shellcheck disable=SC2086
	nsenter --net=/run/netns/$ns timeout 300 \
	    qemu-system-x86_64 -accel tcg -nodefaults \
	    -display none -serial "file:$tmp/out" -no-reboot -kernel "$image" \
	    -append "$(echo $config)" -device "$device,netdev=n" \
	    -netdev tap,id=n,ifname=t0,script=no,downscript=no$queues "$@" \
	    </dev/null >"$tmp/qemu" 2>&1 &
	qemu=$!
	serve
}

# What is there until it is ready, then traffic, then the end.
serve() {
	tries=0
	until grep -q '^ready' "$tmp/out" 2>/dev/null || [ $tries -gt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	{
		nsenter --net=/run/netns/$ns ping -q -c 100 -i 0.002 -w 60 10.9.0.2 &&
		    nsenter --net=/run/netns/$ns ping -q -c 20 -i 0.01 -s 20000 -w 60 \
		    10.9.0.2 &&
		    nsenter --net=/run/netns/$ns python3 "$here/datagrams.py" 10.9.0.2 300
	} >"$tmp/err" 2>&1 || {
		echo "FAIL  $name"
		sed 's/^/      /' "$tmp/err" "$tmp/out" "$tmp/qemu" | head -20
		failed=$((failed + 1))
	}
	kill $qemu
	wait $qemu 2>/dev/null
	qemu=
	rm -f "$tmp/out"
}

run pc virtio-net-pci -M pc -m 32
run '4 MiB' virtio-net-pci -M pc -m 4
run 'legacy' virtio-net-pci,disable-modern=on,vectors=0 -M q35 -m 32
run 'no merging' virtio-net-pci,mrg_rxbuf=off -M q35 -m 32
run 'no offload' virtio-net-pci,csum=off,guest_csum=off,gso=off -M pc -m 32
run microvm virtio-net-device -M microvm -m 32
# Of the device's pairs as many are used as there are CPUs; the TAP device's
# others must get nothing.
tap multi_queue
queues=,queues=4
run 'four pairs' virtio-net-pci,mq=on,vectors=10 -M q35 -m 32
run 'four pairs, INTx' virtio-net-pci,mq=on,vectors=0 -M pc -m 32
tap
queues=
# As the launcher starts it, with a capture whose sums are right.
name=pcap
nsenter --net=/run/netns/$ns timeout 300 "$BUILD/bin/rumprun" qemu -M 32 \
    -I t0,vioif -W t0,inet,static,10.9.0.2/24 --pcap "$tmp/pcap" "$image" \
    </dev/null >"$tmp/out" 2>"$tmp/qemu" &
qemu=$!
serve
# IPv6 addresses of Linux's side are of random digits: "bad" may be among them.
if ! tcpdump -nvvr "$tmp/pcap" ip >"$tmp/dump" 2>"$tmp/err" ||
    ! grep -q '10.9.0.2.* > 10.9.0.1.*udp sum ok' "$tmp/dump" ||
    grep -qi bad "$tmp/dump"; then
	echo "FAIL  pcap of QEMU"
	head -5 "$tmp/err" "$tmp/dump"
	failed=$((failed + 1))
fi
image=$image-data
run 'much data, Multiboot' virtio-net-pci -M pc -m 32
exit $failed
