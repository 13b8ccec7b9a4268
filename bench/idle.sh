# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: what a server costs that has nothing to do.  httpd.c with
# 16 open connections, each of which had an answer: two runs that differ only
# in how long they stay idle.
# shellcheck shell=sh disable=SC2154,SC2034
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

# idle_run MACHINE DEVICE SECONDS: instructions, 0: it did not work.
idle_run() {
	addr=$(address ours)
	plugin=1 guest_machine=$1 nic=$2
	boot ours httpd 64 8080 || ok=0
	plugin='' guest_machine='' nic=''
	idle_client "$addr" "$3" >>idle.log 2>&1 || ok=0
	in_ns curl -s -m 5 "http://$addr:8080/quit" >/dev/null || true
	wait "$pid" || true
	cat count 2>/dev/null || echo 0
}

# A row for each machine; a run that fails is a miss.
topic_idle() {
	[ -e httpd.pvh ] || http_build
	head_ "Idle, $idle_connections connections, guest instructions a second" \
	    machine instructions target
	for m in pc q35 microvm; do
		dev=virtio-net-pci
		[ $m != microvm ] || dev=virtio-net-device
		ok=1
		idle_run $m $dev 2 >idle.1
		idle_run $m $dev 22 >idle.2
		n=$((($(cat idle.2) - $(cat idle.1)) / 20))
		if [ $ok = 0 ] || [ "$(cat idle.1)" = 0 ]; then
			line $m "not measured" MISSED
			missed=$((missed + 1))
			continue
		fi
		# Below zero the firmware's own differences are more than the
		# server's: they bound it, too.
		judge ${n#-} 20000
		line $m $n "$verdict"
	done
}
