# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: the network.  The same HTTP server as an image of ours, as
# /init of a Linux guest, and natively; same QEMU, same TAP, in a namespace
# of its own.  Requests per second are compared only as ratios of one run.
# shellcheck shell=sh disable=SC2154
ns=rkbench$$
guest=10.66.0.2

net_up() {
	ip netns add $ns
	trap 'ip netns del $ns; ip netns del ${ns}p 2>/dev/null' EXIT
	nsenter --net=/run/netns/$ns ip link set lo up
	nsenter --net=/run/netns/$ns ip tuntap add dev tap0 mode tap vnet_hdr
	nsenter --net=/run/netns/$ns ip addr add 10.66.0.1/24 dev tap0
	nsenter --net=/run/netns/$ns ip link set tap0 up
}
in_ns() { nsenter --net=/run/netns/$ns "$@"; }

# The modules that a guest needs for virtio-net, in the order of loading.
net_initrd() {
	rm -rf ird
	mkdir -p ird/mods ird/dev ird/proc
	i=0
	for m in virtio_ring virtio virtio_pci_legacy_dev \
	    virtio_pci_modern_dev virtio_pci failover net_failover \
	    virtio_net; do
		ko=$(find linux/lib/modules -name "$m.ko")
		[ -z "$ko" ] || { cp "$ko" ird/mods/$i; i=$((i + 1)); }
	done
	gcc -O2 -static -o ird/init "$here/linux-init.c"
	cp "$1" ird/prog
	strip ird/init ird/prog
	(cd ird && find . | cpio -o -H newc --quiet) >net.initrd
}

# guest_start WHAT: in the background, its process id in $pid; counts
# instructions to the file count.
guest_start() {
	rm -f count
	case $1 in
	linux)	set -- -m 128 -kernel "$(ls linux/boot/vmlinuz-*)" -initrd \
		    net.initrd -append "quiet panic=-1 reboot=t" ;;
	*)	set -- -m "${2:-64}" -kernel "$1" -append "{\"net\":[{\"if\":\
\"vioif0\",\"type\":\"inet\",\"method\":\"static\",\"addr\":\"$guest\",\
\"mask\":\"24\"}]}" ;;
	esac
	in_ns timeout 300 qemu-system-x86_64 -nodefaults -no-user-config \
	    -display none -no-reboot -accel tcg -cpu max -machine pc \
	    -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -netdev tap,id=n,ifname=tap0,script=no,downscript=no \
	    -device virtio-net-pci,netdev=n \
	    -plugin "$out/insncount.so,out=count" "$@" \
	    </dev/null >net.log 2>&1 &
	pid=$!
	i=0
	until in_ns curl -s -m 1 http://$guest:8080/ >/dev/null; do
		i=$((i + 1))
		[ $i -lt 60 ] || return 1
		sleep 0.5
	done
}
guest_stop() {
	in_ns curl -s -m 5 http://$guest:8080/quit >/dev/null || true
	wait $pid || true
}

# load CONNECTIONS SECONDS: "requests rate".
load() {
	in_ns wrk -t1 -c"$1" -d"$2" http://$guest:8080/ >wrk.log
	sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' wrk.log
	sed -n 's,^Requests/sec: *,,p' wrk.log
}

# per_request WHAT CONNECTIONS: instructions a request, of two runs that
# differ only in how long they are loaded; the rate of the longer in $rate.
per_request() {
	guest_start "$1" || { insns=0 rate=0; return; }
	load "$2" 1 >l
	guest_stop
	c1=$(cat count) n1=$(head -1 l)
	guest_start "$1"
	load "$2" 4 >l
	guest_stop
	c2=$(cat count) n2=$(head -1 l) rate=$(tail -1 l)
	insns=$(((c2 - c1) / (n2 - n1)))
}

# rate_of COMMAND...: requests a second of a server in $ns, at $c connections.
rate_of() {
	"$@" </dev/null >server.log 2>&1 &
	pid=$!
	i=0
	until in_ns curl -s -m 1 http://$guest:8080/ >/dev/null; do
		i=$((i + 1))
		[ $i -lt 60 ] || break
		sleep 0.2
	done
	load $c 3 >l
	guest_stop
	rate=$(tail -1 l)
}

# The same on spt over the TAP and natively over a veth pair.
spt_and_native() {
	head_ "HTTP, requests a second" connections native spt ratio
	for c in 1 16; do
		rate_of in_ns "$build/bin/rumprun" -I tap0,vioif0 \
		    -W tap0,inet,static,$guest/24 spt httpd.spt
		spt_rate=$rate
		nsenter --net=/run/netns/$ns ip link set tap0 down
		ip netns add ${ns}p
		nsenter --net=/run/netns/$ns ip link add veth0 type veth \
		    peer name veth1 netns ${ns}p
		nsenter --net=/run/netns/$ns ip addr add 10.66.0.3/24 dev veth0
		nsenter --net=/run/netns/${ns}p ip addr add $guest/24 dev veth1
		nsenter --net=/run/netns/$ns ip link set veth0 up
		nsenter --net=/run/netns/${ns}p ip link set veth1 up
		rate_of nsenter --net=/run/netns/${ns}p ./httpd.native
		ip netns del ${ns}p
		nsenter --net=/run/netns/$ns ip link set tap0 up
		line $c "$rate" "$spt_rate" "$(ratio "$rate" "$spt_rate")"
	done
}

network() {
	if [ "$(id -u)" != 0 ] || ! command -v wrk >/dev/null; then
		head_ "Network" "not measured: needs root and wrk"
		return
	fi
	gcc -O2 -static -DOUTB_EXIT -o httpd.linux "$here/httpd.c" \
	    "$here/ioperm.c"
	"$gcc" -O2 -DOUTB_EXIT -o httpd.prog "$here/httpd.c"
	bake_httpd httpd.hw httpd.prog
	"$bake" --add net_tcp --add net_config --add net_virtif spt_minimal \
	    httpd.spt httpd.prog
	gcc -O2 -o httpd.native "$here/httpd.c"
	no_multiboot httpd.hw >httpd.pvh
	net_up
	net_initrd httpd.linux
	head_ "HTTP, instructions a request, virtio-net-pci, -m 64" \
	    connections Linux Rumpkit target "rate, ratio"
	for c in 1 16; do
		per_request linux $c
		linux_insns=$insns linux_rate=$rate
		per_request httpd.pvh $c
		limit=6500
		[ $c = 1 ] || limit=5000
		judge "$insns" $limit
		line $c "$linux_insns" "$insns" "$verdict" \
		    "$(ratio "$linux_rate" "$rate")"
	done
	spt_and_native
	idle
}
