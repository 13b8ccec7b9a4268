#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One program in one way of booting, with Linux at the other end of a TAP
# device in a network namespace of its own.  usage: netprogs.sh BUILD CASE
# CONFIG, run by make.  Everything waits with a limit; nothing is timed.
set -eu
build=$1 case=$2 config=$3
here=$(cd "$(dirname "$0")" && pwd)
out=$build/tests/netprogs
work=$out/$case.$config
progs=$build/netprogs
ns=rknp-$$
host=10.77.0.1 guest=10.77.0.2
pids=

cleanup()
{
	rc=$?
	trap - EXIT
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	for p in $pids; do wait "$p" 2>/dev/null || true; done
	ip netns del "$ns" 2>/dev/null || true
	[ $rc = 0 ] || {
		echo "FAIL netprogs: $case on $config"
		tail -n 15 "$work.client" "$work.log" 2>/dev/null | cut -c1-200
	}
	exit $rc
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

in_ns() { timeout 300 nsenter --net="/run/netns/$ns" "$@"; }
client() { in_ns "$here/client.py" "$@"; }

# A namespace with a TAP device for the guest.
network()
{
	ip netns add "$ns"
	nsenter --net="/run/netns/$ns" ip link set lo up
	nsenter --net="/run/netns/$ns" ip tuntap add dev tap0 mode tap vnet_hdr
	nsenter --net="/run/netns/$ns" ip addr add $host/24 dev tap0
	nsenter --net="/run/netns/$ns" ip link set tap0 up
	in_ns sh -c 'echo 10000 65000 >/proc/sys/net/ipv4/ip_local_port_range'
}

# image PROGRAM [ROOTFS]: bakes it unless nothing changed; name in $image.
image()
{
	case $config in
	spt)	set=spt_net ;;
	*)	set=hw_virtio ;;
	esac
	image=$out/$1.$set
	(	flock 9
		[ -f "$image" ] && [ "$progs/$1" -ot "$image" ] && [ -z \
		    "$(find "$build/lib/rumpkit" "$here" ${2:+"$2"} -newer \
		    "$image" -type f | head -1)" ] && exit
		"$build/bin/rumprun-bake" ${2:+--rootfs "$2"} $set \
		    "$image.$$" "$progs/$1"
		mv "$image.$$.debug" "$image.debug"
		mv "$image.$$" "$image"
	) 9>"$image.lock"
}

# guest MEMORY [ARGUMENT...]: becomes the launcher, output in $work.log.
guest()
{
	m=$1; shift
	case $config in
	spt)	kind=spt ;;
	*)	kind="qemu --machine $config" ;;
	esac
	# shellcheck disable=SC2086
	exec nsenter --net="/run/netns/$ns" "$build/bin/rumprun" $kind --timeout 900 \
	    -M "$m" -I tap0,eth -W tap0,inet,static,$guest/24 -e HOME=/ \
	    "$image" "$@" </dev/null >"$work.log" 2>"$work.err"
}
run() { (guest "$@"); }
# serve MEMORY PORT [ARGUMENT...]: in the background, until PORT answers.
serve()
{
	m=$1 port=$2; shift 2
	guest "$m" "$@" &
	pids="$pids $!"
	client wait $guest "$port"
}

# How much of it: TCG is slow.
case $config in
spt)	many=10000 requests=50000 bulk=1G ;;
pc)	many=10000 requests=10000 bulk=100M ;;
*)	many=1000 requests=10000 bulk=100M ;;
esac
mkdir -p "$out"
rm -f "$work".*
network
. "$here/cases.sh"
"case_$case" >"$work.client" 2>&1
echo "ok   netprogs: $case on $config"
