# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: what a server costs that has nothing to do.  httpd.c with
# 16 open connections, each of which had an answer: two runs that differ only
# in how long they stay idle.  Uses $ns, in_ns, insncount.so, httpd.hw.
# shellcheck shell=sh disable=SC2154
idle_connections=16

# Answers on all connections, then idle for so many seconds, then the end.
idle_client() {
	in_ns timeout 120 python3 -c '
import socket, sys, time
ss = [socket.create_connection((sys.argv[1], 8080), 5)
    for i in range(int(sys.argv[2]))]
def ask(s, what):
    s.settimeout(10)
    s.sendall(b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % what)
    if s.recv(4096)[:12] != b"HTTP/1.1 200":
        raise SystemExit("no answer")
for s in ss:
    ask(s, b"")
time.sleep(float(sys.argv[3]))
for s in ss:
    ask(s, b"")
' "$1" "$idle_connections" "$2"
}

# idle_run MACHINE DEVICE IMAGE SECONDS: instructions, 0: it did not work.
idle_run() {
	rm -f count
	in_ns timeout 200 qemu-system-x86_64 -nodefaults -no-user-config \
	    -display none -no-reboot -accel tcg -cpu max -machine "$1" -m 64 \
	    -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -netdev tap,id=n,ifname=tap0,script=no,downscript=no \
	    -device "$2,netdev=n" -plugin "$out/insncount.so,out=count" \
	    -kernel "$3" -append "{\"net\":[{\"if\":\"vioif0\",\"type\":\
\"inet\",\"method\":\"static\",\"addr\":\"$guest\",\"mask\":\"24\"}]}" \
	    </dev/null >idle.log 2>&1 &
	pid=$!
	i=0
	until in_ns curl -s -m 1 http://$guest:8080/ >/dev/null; do
		i=$((i + 1))
		[ $i -lt 60 ] || break
		sleep 0.5
	done
	idle_client $guest "$4" >>idle.log 2>&1 || ok=0
	in_ns curl -s -m 5 http://$guest:8080/quit >/dev/null || true
	wait $pid || true
	cat count 2>/dev/null || echo 0
}

# A row for each machine; a run that fails is a miss.
idle() {
	head_ "Idle, $idle_connections connections, guest instructions a second" \
	    machine instructions target
	for m in pc q35 microvm; do
		dev=virtio-net-pci
		[ $m != microvm ] || dev=virtio-net-device
		ok=1
		idle_run $m $dev httpd.pvh 2 >idle.1
		idle_run $m $dev httpd.pvh 22 >idle.2
		n=$((($(cat idle.2) - $(cat idle.1)) / 20))
		if [ $ok = 0 ] || [ "$(cat idle.1)" = 0 ] || [ $n -lt 0 ]; then
			line $m "not measured" MISSED
			missed=$((missed + 1))
			continue
		fi
		judge $n 20000
		line $m $n "$verdict"
	done
}
