# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: httpd.c on spt over a TAP, beside the same program as a
# native process over a pair of veth devices.
# shellcheck shell=sh disable=SC2154,SC2086,SC2094

# served CONNECTIONS ADDRESS COMMAND...: "rate microseconds" of CPU time for
# each request, from the start of the command to its end.
served() {
	c=$1 addr=$2
	shift 2
	sh -c '"$@" >server.log 2>&1; times >server.times' sh "$@" </dev/null &
	pid=$!
	wait_port "$addr" 8080
	l=$(load "$c" 3 "http://$addr:8080/")
	in_ns curl -s -m 5 "http://$addr:8080/quit" >/dev/null || true
	wait $pid || true
	tr 'ms\n' '   ' <server.times | awk -v n="${l% *}" -v rate="${l#* }" '
	    { cpu = 60 * ($5 + $7) + $6 + $8
	    printf("%s %.2f\n", rate, n > 0 ? cpu * 1e6 / n : 0) }'
}
# served_on CONNECTIONS SYSTEM: the time goes to the file cpu.SYSTEM.
served_on() {
	case $2 in
	linux)	served "$1" 10.66.2.2 nsenter --net=/run/netns/${ns}p \
		    ./httpd.native >served ;;
	ours)	served "$1" 10.66.1.2 nsenter --net=/run/netns/$ns \
		    "$build/bin/rumprun" -I tap1,vioif0 \
		    -W tap1,inet,static,10.66.1.2/24 spt httpd.spt >served ;;
	esac
	cut -d' ' -f2 served >>cpu."$2"
	cut -d' ' -f1 served
}

topic_spt() {
	"$gcc" -O2 -o httpd.prog "$here/httpd.c"
	"$bake" --add net_tcp --add net_config --add net_virtif spt_minimal \
	    httpd.spt httpd.prog
	gcc -O2 -o httpd.native "$here/httpd.c"
	ip netns add ${ns}p
	in_ns ip link set lo up
	in_ns ip link add veth0 type veth peer name veth1 netns ${ns}p
	in_ns ip addr add 10.66.2.1/24 dev veth0
	in_ns ip link set veth0 up
	nsenter --net=/run/netns/${ns}p ip addr add 10.66.2.2/24 dev veth1
	nsenter --net=/run/netns/${ns}p ip link set veth1 up
	head_ "HTTP, requests a second and their CPU time, medians in turn" \
	    connections native spt ratio target "CPU, ratio"
	for c in 1 16; do
		rm -f cpu.linux cpu.ours
		compare 5 served_on $c
		cpu_linux=$(median cpu.linux) cpu_ours=$(median cpu.ours)
		cpu_ratio=$(ratio "$cpu_ours" "$cpu_linux")
		ratio_line "$c, requests a second" 0.7
		line "$c, microseconds of CPU a request" "$cpu_linux" \
		    "$cpu_ours" "$cpu_ratio" "" ""
	done
	ip netns del ${ns}p
}
