#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Frames to a guest and back: machines, transports, feature sets, memory.
# usage: t_echo.sh IMAGE [COUNT]
set -u
image=$1 count=${2:-3000}
here=$(dirname "$0")
tmp=$(mktemp -d)
qemu=
failed=0
trap 'test -z "$qemu" || kill $qemu 2>/dev/null; rm -rf "$tmp"' EXIT

# guest NAME DEVICE OPTIONS...: DEVICE is the -device of the first interface.
guest() {
	name=$1 device=$2
	shift 2
	port=$(python3 -c 'import socket
while True:
    a, b = socket.socket(2, 2), socket.socket(2, 2)
    a.bind(("127.0.0.1", 0))
    p = a.getsockname()[1]
    try:
        b.bind(("127.0.0.1", p + 1))
        print(p)
        break
    except OSError:
        pass')
	mkfifo "$tmp/mon.in" "$tmp/mon.out"
	timeout 300 qemu-system-x86_64 -accel tcg -nodefaults -display none \
	    -serial "file:$tmp/out" -no-reboot -kernel "$image" \
	    -netdev "socket,id=n,udp=127.0.0.1:$((port + 1)),localaddr=127.0.0.1:$port" \
	    -device "$device,id=nic,netdev=n,mac=52:54:00:00:00:07" "$@" \
	    -chardev "pipe,id=mon,path=$tmp/mon" -mon chardev=mon \
	    </dev/null >"$tmp/qemu" 2>&1 &
	qemu=$!
	exec 3<>"$tmp/mon.in"
	cat <"$tmp/mon.out" >/dev/null &
	waitfor '^ready'
}

waitfor() {
	tries=0
	until grep -q "$1" "$tmp/out" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}

finish() {
	kill $qemu 2>/dev/null
	wait $qemu 2>/dev/null
	qemu=
	exec 3>&-
	rm -f "$tmp"/mon.* "$tmp/out"
}

bad() {
	echo "FAIL  $name: $*"
	sed 's/^/      /' "$tmp/out" "$tmp/qemu" | head -20
	failed=$((failed + 1))
}

echoes() {
	guest "$@"
	python3 "$here/frames.py" "$port" "$count" 52:54:00:00:00:07 \
	    >"$tmp/err" 2>&1 || bad "$(cat "$tmp/err")"
	finish
}

for m in pc q35; do
	for o in '' ,disable-legacy=on ,disable-modern=on ,vectors=0 \
	    ,vectors=0,disable-modern=on,disable-legacy=off ,event_idx=off \
	    ,indirect_desc=off ,mrg_rxbuf=off ,gso=off,csum=off \
	    ,disable-modern=on,any_layout=off ,ctrl_vq=off ,status=off,mq=on \
	    ,rx_queue_size=1024,tx_queue_size=1024; do
		case $m$o in q35,e*|q35,i*|q35,g*|q35,c*) continue ;; esac
		echoes "$m$o" "virtio-net-pci$o" -M $m -m 32
	done
done
for m in microvm microvm,acpi=off microvm,ioapic2=off microvm,pcie=on; do
	echoes "$m" virtio-net-device -M $m -m 32
	echoes "$m, version 2" virtio-net-device -M $m -m 32 \
	    -global virtio-mmio.force-legacy=false
done
echoes '4 MiB' virtio-net-pci -M pc -m 4

# The second of two interfaces is eth1; the cable, pulled and put back.
guest 'two interfaces' virtio-net-pci -M pc -m 32 \
    -netdev user,id=u,restrict=on \
    -device virtio-net-pci,netdev=u,mac=52:54:00:00:00:08
grep -q 'eth0: 52:54:00:00:00:07' "$tmp/out" &&
    grep -q 'eth1: 52:54:00:00:00:08' "$tmp/out" || bad 'order'
echo 'set_link nic off' >&3
waitfor 'eth0: link down' || bad 'no link down'
echo 'set_link nic on' >&3
waitfor 'eth0: link up' || bad 'no link up'
python3 "$here/frames.py" "$port" 200 52:54:00:00:00:07 >"$tmp/err" 2>&1 ||
    bad "after link up: $(cat "$tmp/err")"
finish
guest 'two on microvm' virtio-net-device -M microvm -m 32 \
    -netdev user,id=u,restrict=on \
    -device virtio-net-device,netdev=u,mac=52:54:00:00:00:08
grep -q 'eth0: 52:54:00:00:00:07' "$tmp/out" || bad 'order'
finish
exit $failed
