# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: the same program as an image of ours and as /init of a
# Linux guest, in the same QEMU with the same devices, each on a TAP of its
# own in one network namespace.  Both run at once and are used in turn: what
# else the machine does meets both alike, and medians are compared.
# shellcheck shell=sh disable=SC2154,SC2086
ns=rkbench$$
running=

in_ns() { nsenter --net=/run/netns/$ns "$@"; }
# address SYSTEM; they are linux and ours, and native: spt.sh.
address() {
	case $1 in linux) echo 10.66.0.2 ;; *) echo 10.66.1.2 ;; esac
}
tap() { case $1 in linux) echo tap0 ;; *) echo tap1 ;; esac; }

net_up() {
	[ ! -e /run/netns/$ns ] || return 0
	ip netns add $ns
	trap net_down EXIT
	trap 'exit 1' INT TERM HUP
	in_ns ip link set lo up
	for i in 0 1; do
		in_ns ip tuntap add dev tap$i mode tap vnet_hdr
		in_ns ip addr add 10.66.$i.1/24 dev tap$i
		in_ns ip link set tap$i up
	done
}
net_down() {
	for p in $running; do kill "$p" 2>/dev/null || true; done
	ip netns del $ns
	ip netns del ${ns}p 2>/dev/null || true
}

# initrd NAME PROGRAM [FOLDER]: NAME.initrd with the program, the modules that
# a guest needs for virtio-net in the order of loading, and FOLDER's files.
initrd() {
	rm -rf ird
	mkdir -p ird/mods ird/dev ird/proc ird/tmp
	[ -z "${3:-}" ] || cp -r "$3/." ird
	n=0
	for m in virtio_ring virtio virtio_pci_legacy_dev \
	    virtio_pci_modern_dev virtio_pci failover net_failover \
	    virtio_net; do
		ko=$(find linux/lib/modules -name "$m.ko")
		[ -z "$ko" ] || { cp "$ko" ird/mods/$n; n=$((n + 1)); }
	done
	[ -x linux-init ] ||
	    gcc -O2 -s -static -o linux-init "$here/linux-init.c"
	cp linux-init ird/init
	cp "$2" ird/prog
	(cd ird && find . | cpio -o -H newc --quiet) >"$1.initrd"
	rm -r ird
}

# boot SYSTEM NAME MB PORT [ARGUMENT...]: NAME.initrd or the image NAME.pvh in
# the background, until PORT answers; QEMU's process id in $pid_SYSTEM.  With
# $plugin not empty instructions are counted, to the file count; $guest_machine
# and $nic are pc and virtio-net-pci if empty.
boot() {
	system=$1 name=$2 mb=$3 port=$4 addr=$(address "$1")
	shift 4
	case $system in
	linux)	set -- -kernel "$(ls linux/boot/vmlinuz-*)" -initrd \
		    "$name.initrd" -append \
		    "quiet panic=-1 reboot=t -- $addr $*" ;;
	ours)	set -- -kernel "$name.pvh" -append "{\"cmdline\":\"$name $*\",
\"net\":[{\"if\":\"vioif0\",\"type\":\"inet\",\"method\":\"static\",
\"addr\":\"$addr\",\"mask\":\"24\"}]}" ;;
	esac
	rm -f count "qemu.$system.pid"
	# Not by a function: the process id would be that of a shell.
	nsenter --net=/run/netns/$ns timeout 900 qemu-system-x86_64 \
	    -nodefaults -no-user-config -display none -no-reboot \
	    -accel tcg -cpu max -machine "${guest_machine:-pc}" -m "$mb" \
	    -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -serial "file:$name.$system.console" -pidfile "qemu.$system.pid" \
	    -netdev tap,id=n,ifname="$(tap "$system")",script=no,downscript=no \
	    -device "${nic:-virtio-net-pci},netdev=n" \
	    ${plugin:+-plugin "$out/insncount.so,out=count"} "$@" \
	    </dev/null >"$name.$system.log" 2>&1 &
	pid=$!
	eval "pid_$system=$pid"
	running="$running $pid"
	wait_port "$addr" "$port"
}
wait_port() {
	i=0
	until [ "$(in_ns curl -s -m 1 -o /dev/null -w '%{time_connect}' \
	    "http://$1:$2/")" != 0.000000 ]; do
		i=$((i + 1))
		[ $i -lt 120 ] || return 1
		sleep 0.3
	done
}
# halt SYSTEM.
halt() {
	eval "pid=\$pid_$1"
	kill "$pid" 2>/dev/null || true
	wait "$pid" || true
	rm -f "qemu.$1.pid"
}

# cpu SYSTEM: ticks of CPU time that its QEMU has used, 0 without one.
cpu() {
	awk '{ t = $14 + $15 } END { print t + 0 }' \
	    "/proc/$(cat qemu."$1".pid 2>/dev/null)/stat" 2>/dev/null || echo 0
}

# compare TIMES COMMAND...: runs COMMAND linux and COMMAND ours in turn, each
# is the first every other time and prints a rate and a number of operations.
# The median rates in $linux and $ours; the ratio of the median CPU time an
# operation in $cpu_ratio.
compare() {
	times=$1 turn="linux ours"
	shift
	for system in $turn; do
		: >compare.$system
		: >compare.$system.cpu
	done
	while [ "$times" -gt 0 ]; do
		times=$((times - 1))
		for system in $turn; do
			ticks=$(cpu $system)
			"$@" $system >once
			cut -d' ' -f1 once >>compare.$system
			echo "$(cpu $system) $ticks $(cat once)" |
			    awk '{ printf("%.9f\n", $4 > 0 ? ($1 - $2) / $4 : 0) }' \
			    >>compare.$system.cpu
		done
		turn="${turn#* } ${turn% *}"
	done
	linux=$(median compare.linux) ours=$(median compare.ours)
	cpu_ratio=$(ratio "$(median compare.ours.cpu)" \
	    "$(median compare.linux.cpu)")
}

# ratio_line WHAT TARGET: of what compare left.
ratio_line() {
	r=$(ratio "$linux" "$ours")
	judge_min "$r" "$2"
	line "$1" "$linux" "$ours" "$r" "$verdict" "$cpu_ratio"
}

# load CONNECTIONS SECONDS URL: "requests rate" by wrk, "0 0" when it saw an
# error.
load() {
	in_ns wrk -t1 -c"$1" -d"$2" "$3" >wrk.log
	if grep -qE "Socket errors|Non-2xx" wrk.log; then
		cat wrk.log >>wrk.errors
		echo 0 0
		return
	fi
	echo "$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' wrk.log)" \
	    "$(sed -n 's,^Requests/sec: *,,p' wrk.log)"
}
# wrk_rate CONNECTIONS PORT SYSTEM
wrk_rate() {
	load "$1" 2 "http://$(address "$3"):$2/" | awk '{ print $2, $1 }'
}
