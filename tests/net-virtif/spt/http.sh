#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: http.sh HTTP-GET
# examples/http-get on a TAP device fetches from a server of Linux's.
set -u
get=$1
if [ "$(id -u)" != 0 ] || ! ip netns add "rkhttp$$" 2>/dev/null; then
	echo "skipped: needs root and network namespaces"
	exit 0
fi
tmp=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; ip netns del "rkhttp$$"; rm -rf "$tmp"' EXIT
ns="nsenter --net=/run/netns/rkhttp$$"
ns() { $ns "$@"; }
ns ip tuntap add tk0 mode tap
ns ip link set tk0 up
ns ip addr add 10.79.0.1/24 dev tk0
head -c 20000000 /dev/urandom >"$tmp/big"
cd "$tmp" || exit 1
$ns python3 -m http.server 80 >/dev/null 2>&1 &	# kill ends it, not a shell
server=$!
export RUMP_NET0=tap:tk0
tries=0
until ns "$get" 10.79.0.2/24 10.79.0.1 80 /big >got 2>err; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || break
	sleep 0.3
done
if tail -c 20000000 got | cmp - big; then
	echo "  ok	http-get"
else
	echo "FAIL http-get"
	cat err
	exit 1
fi
