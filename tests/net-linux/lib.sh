# SPDX-License-Identifier: BSD-2-Clause
# Parts of the tests here: two network namespaces joined by a bad link,
#	$ns: guest - TAP (or Linux's veth) - bridge - tapm - badlink -
#	${ns}p: tapp, $host; or, without a link, the guest's TAP in ${ns}p.
# shellcheck shell=sh disable=SC2034,SC2154
here=$(cd "$(dirname "$0")" && pwd)
out=$BUILD/obj/tests/net-linux
ns=rknl$$
host=10.80.0.1 guest=10.80.0.2
failed=0 pids='' link='' server=''
LONG=${LONG:-}

if [ "$(id -u)" != 0 ] || [ ! -c /dev/net/tun ] ||
    ! ip netns add $ns 2>/dev/null; then
	echo "skipped: needs root, network namespaces and /dev/net/tun"
	exit 0
fi
tmp=$(mktemp -d)
cleanup() {
	trap - EXIT
	# shellcheck disable=SC2086
	kill $pids $link $server 2>/dev/null
	wait 2>/dev/null
	for n in $ns ${ns}p ${ns}q ${ns}r; do ip netns del $n 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

peer() { timeout "${LIMIT:-60}" nsenter --net=/run/netns/${ns}p "$@"; }
xfer() { peer "$out/xfer" "$@"; }
check() {
	what=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then
		echo "  ok	$what"
	else
		echo "FAIL $what"
		tail -n 8 "$tmp/log"
		[ ! -f "$tmp/out" ] || tail -n 5 "$tmp/out"
		failed=1
		return 1
	fi
}

# Linux's part: no IPv6 of its own accord.
linux_net() {
	nsenter --net="/run/netns/$1" sh -c 'cd /proc/sys/net
	    echo 1 >ipv6/conf/all/disable_ipv6
	    echo 1 >ipv4/tcp_no_metrics_save' 2>/dev/null
	nsenter --net=/run/netns/"$1" ip link set lo up
}
# The wires: guest's side with a bridge, the peer's side with an address.
wires() {
	ip netns add ${ns}p
	nsenter --net=/run/netns/$ns ip link add br0 type bridge
	nsenter --net=/run/netns/$ns ip tuntap add tapg mode tap vnet_hdr
	nsenter --net=/run/netns/$ns ip tuntap add tapm mode tap
	nsenter --net=/run/netns/${ns}p ip tuntap add tapp mode tap
	linux_net $ns
	linux_net ${ns}p
	for i in tapg tapm; do nsenter --net=/run/netns/$ns ip link set $i master br0 up; done
	nsenter --net=/run/netns/$ns ip link set tapm txqueuelen 8192
	nsenter --net=/run/netns/${ns}p ip link set tapp txqueuelen 8192
	nsenter --net=/run/netns/$ns ip link set br0 up
	nsenter --net=/run/netns/${ns}p ip addr add $host/24 dev tapp
	nsenter --net=/run/netns/${ns}p ip link set tapp up
}
# The guest's TAP directly at the peer.
direct() {
	ip netns add ${ns}p
	linux_net ${ns}p
	nsenter --net=/run/netns/${ns}p ip tuntap add tapg mode tap vnet_hdr
	nsenter --net=/run/netns/${ns}p ip addr add $host/24 dev tapg
	nsenter --net=/run/netns/${ns}p ip link set tapg up
}
# link LOSS REORDER DUP CORRUPT RTT
link() {
	[ -z "$link" ] || { kill $link; wait $link; } 2>/dev/null
	"$out/badlink" "${SEED:-1}" "$@" $ns tapm ${ns}p tapp &
	link=$!
	until nsenter --net=/run/netns/${ns}p ip link show tapp |
	    grep -q LOWER_UP; do
		kill -0 $link || exit 1
		sleep 0.02
	done
	sleep 0.1
}
# serve KIND [NETNS]: a server in the guest's place, until it answers.
serve() {
	in=${2:-$ns}
	case $1 in
	spt)	exec nsenter --net=/run/netns/$in "$BUILD/bin/rumprun" spt --timeout 3600 \
		    -M ${MIB:-64} -I tapg,eth -W tapg,inet,static,$guest/24 \
		    "$out/xfer.spt" serve ;;
	pc)	exec nsenter --net=/run/netns/$in "$BUILD/bin/rumprun" qemu --machine pc \
		    --timeout 3600 -M 64 -I tapg,eth \
		    -W tapg,inet,static,$guest/24 ${QARGS:-} \
		    "$out/xfer.hw" serve ;;
	posix)	exec env RUMP_NET0=tap:tapg${POPTS:-} nsenter --net=/run/netns/$in \
		    "$out/xfer.posix" $guest ;;
	linux)	exec nsenter --net=/run/netns/${ns}q "$out/xfer" serve ;;
	esac >"$tmp/out" 2>&1 </dev/null &
	server=$!
	at=$guest i=0
	[ "$1" != linux ] || at=${beside:-$guest}
	until STALL=1 xfer mem $at >/dev/null 2>&1; do
		i=$((i + 1))
		[ $i -lt 100 ] || { echo "FAIL $1: no server"; cat "$tmp/out"
		    exit 1; }
		sleep 0.2
	done
}
unserve() {
	STALL=5 xfer quit $guest >/dev/null 2>&1
	wait $server
	rc=$?
	server=
	[ $rc = 0 ]
}
# A Linux in the guest's place, or beside it with an address of its own.
linux_guest() {
	[ -n "${1:-}" ] || nsenter --net=/run/netns/$ns ip link set tapg down
	ip netns add ${ns}q
	linux_net ${ns}q
	nsenter --net=/run/netns/$ns ip link add vg type veth peer name eth0 netns ${ns}q
	nsenter --net=/run/netns/${ns}q ip addr add ${1:-$guest}/24 dev eth0
	nsenter --net=/run/netns/${ns}q ip link set eth0 up
	nsenter --net=/run/netns/$ns ip link set vg master br0 up
	nsenter --net=/run/netns/${ns}p ip neigh flush all
}
