#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... ipss.sh {spt|pc|q35|microvm} IP SS NETSTAT (images)
# What ip, ss and netstat print in a guest with a TAP device, line by line.
set -u
config=$1 ip=$2 ss=$3 netstat=$4
case $config in
spt)	kind=spt ;;
*)	kind="qemu --machine $config -M 64" ;;
esac
if [ "$(id -u)" != 0 ] || ! ip netns add "rknl$$" 2>/dev/null; then
	echo "skipped: needs root and network namespaces"
	exit 0
fi
tmp=$(mktemp -d)
trap 'ip netns del "rknl$$"; rm -rf "$tmp"' EXIT
failed=0
nsenter --net=/run/netns/"rknl$$" ip tuntap add tk0 mode tap
nsenter --net=/run/netns/"rknl$$" ip link set tk0 up

# run IMAGE CONFIG: one guest; each line of standard input is a pattern that
# a line of its output has to match.
run()
{
	cat >"$tmp/want"
	printf '%s\n' "$3" >"$tmp/config"
	# shellcheck disable=SC2086
	nsenter --net="/run/netns/rknl$$" "$BUILD/bin/rumprun" $kind --timeout 200 \
	    -I tk0,vioif -W tk0,inet,static,10.79.0.2/24,10.79.0.1 \
	    --config "$tmp/config" "$2" >"$tmp/out" 2>&1
	rc=$?
	bad=0
	while IFS= read -r line; do
		grep -Eq -- "$line" "$tmp/out" || {
			echo "no line: $line"
			bad=1
		}
	done <"$tmp/want"
	if [ $bad = 0 ] && [ $rc = 0 ]; then
		echo "  ok	$1"
	else
		echo "FAIL $1 (status $rc)"
		cat "$tmp/out"
		failed=1
	fi
}

# tool IMAGE NAME ARGUMENT...: the same beside a program that has sockets.
tool()
{
	image=$1 bin=$2; shift 2
	args=
	for a in "$@"; do args="$args${args:+,}\"$a\""; done
	run "$bin $*" "$image" '{"rc":[
{"bin":"peer","argv":["serve"],"runmode":"&"},
{"bin":"peer","argv":["ready"]},{"bin":"'"$bin"'","argv":['"$args"']},
{"bin":"peer","argv":["stop"]}]}'
}

# Each run of a program in a guest begins with fresh variables: -o, -4 and -br
# of one do not change the next.
run ip-twice "$ip" '{"rc":[{"argv":["-o","-4","-br","addr"]},
{"argv":["addr","show","dev","lo"]},{"argv":["-br","link"]},
{"argv":["link","show","dev","lo"]}]}' <<'END'
^lo +UNKNOWN +127\.0\.0\.1/8
^1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
^    inet 127\.0\.0\.1/8 scope host lo$
^       valid_lft forever preferred_lft forever$
^lo +UNKNOWN +00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP>
^    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00$
END
run ip-show "$ip" '{"rc":[{"argv":["addr"]},{"argv":["route"]},
{"argv":["-s","link"]}]}' <<'END'
^1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
^    inet 127\.0\.0\.1/8 scope host lo$
^2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 .* state UP
^    link/ether ..:..:..:..:..:.. brd ff:ff:ff:ff:ff:ff$
^    inet 10\.79\.0\.2/24 brd 10\.79\.0\.255 scope global eth0$
^       valid_lft forever preferred_lft forever$
^default via 10\.79\.0\.1 dev eth0
^10\.79\.0\.0/24 dev eth0 proto kernel scope link src 10\.79\.0\.2 $
^    RX: +bytes +packets +errors +dropped
END
run ip-rule "$ip" '{"rc":[{"argv":["rule"]}]}' <<'END'
^0:	from all lookup local$
^32766:	from all lookup main$
END
run ip-get "$ip" '{"rc":[{"argv":["route","get","1.2.3.4"]}]}' <<'END'
^1\.2\.3\.4 via 10\.79\.0\.1 dev eth0 src 10\.79\.0\.2 uid 0 $
END
run ip-getlocal "$ip" '{"rc":[{"argv":["route","get","10.79.0.2"]}]}' <<'END'
^local 10\.79\.0\.2 dev lo src 10\.79\.0\.2 uid 0 $
END
run ip-change "$ip" '{"rc":[
{"argv":["addr","add","10.5.0.1/16","brd","+","dev","eth0"]},
{"argv":["route","add","10.9.0.0/16","via","10.5.0.9","metric","7"]},
{"argv":["route","replace","default","via","10.5.0.8"]},
{"argv":["neigh","add","10.5.0.9","lladdr","2:0:0:0:0:9","dev","eth0"]},
{"argv":["link","set","eth0","mtu","1400"]},
{"argv":["addr","show","dev","eth0"]},{"argv":["route"]},
{"argv":["neigh"]},
{"argv":["addr","del","10.79.0.2/24","dev","eth0"]},
{"argv":["-o","-4","addr"]},
{"argv":["route","del","10.9.0.0/16"]},
{"argv":["neigh","del","10.5.0.9","dev","eth0"]},
{"argv":["link","set","dev","eth0","down"]},
{"argv":["-br","link"]}]}' <<'END'
^2: eth0: .* mtu 1400
^    inet 10\.5\.0\.1/16 brd 10\.5\.255\.255 scope global eth0$
^10\.9\.0\.0/16 via 10\.5\.0\.9 dev eth0 metric 7 $
^default via 10\.5\.0\.8 dev eth0
^10\.5\.0\.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT $
^2: eth0    inet 10\.5\.0\.1/16 .* eth0
^eth0 +DOWN
END
tool "$ss" ss -tuanpx <<'END'
^Netid +State +Recv-Q +Send-Q
^u_str +LISTEN +1 +5 +@ready [0-9]+ +\* 0
^tcp +ESTAB +77 +0 +127\.0\.0\.1:7002 +127\.0\.0\.1:7000
^tcp +ESTAB +0 +0 +127\.0\.0\.1:7000 +127\.0\.0\.1:7002
^tcp +LISTEN +0 +5 +127\.0\.0\.1:7000 +0\.0\.0\.0:\*
^udp +UNCONN +0 +0 +127\.0\.0\.1:7001 +0\.0\.0\.0:\*
END
tool "$ss" ss -tniO <<'END'
^ESTAB +77 .* 127\.0\.0\.1:7000 +.* cubic wscale:.* rto:.* bytes_acked:3000 bytes_received:77
END
tool "$ss" ss -s <<'END'
^TCP: +3 \(estab 2, closed 0, orphaned 0, timewait 0\)
^UDP	  1         1
END
tool "$netstat" netstat -tuanx <<'END'
^tcp +77 +0 127\.0\.0\.1:7002 +127\.0\.0\.1:7000 +ESTABLISHED
^tcp +0 +0 127\.0\.0\.1:7000 +0\.0\.0\.0:\* +LISTEN
^udp +0 +0 127\.0\.0\.1:7001 +0\.0\.0\.0:\*
^unix +2 +\[ ACC \] +STREAM +LISTENING +[0-9]+ +@ready
END
tool "$netstat" netstat -s <<'END'
^    1 active connection openings
^    1 passive connection openings
^    2 connections established
^    0 segments retransmitted
^ +InOctets: [1-9]
END
tool "$netstat" netstat -rn <<'END'
^0\.0\.0\.0 +10\.79\.0\.1 +0\.0\.0\.0 +UG +0 0 +0 eth0
^10\.79\.0\.0 +0\.0\.0\.0 +255\.255\.255\.0 +U +0 0 +0 eth0
END
# Counters of packets are 0: it reads them with %Lu, which musl does not store.
tool "$netstat" netstat -i <<'END'
^eth0 +1500 .* BMRU
^lo +65536 .* LRU
END
exit $failed
