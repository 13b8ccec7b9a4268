# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: nginx, Redis and iperf3 from Debian's sources, as images
# of ours (tests/netprogs) and as /init of a Linux guest (Makefile beside
# this), with the same files, arguments and -m.
# shellcheck shell=sh disable=SC2154
progs=$build/netprogs
native=$out/native

servers_build() {
	{ env -u MAKEFLAGS make -C "$top/tests/netprogs" BUILD="$build" \
	    "$progs/nginx" "$progs/redis-server" "$progs/iperf3" &&
	    env -u MAKEFLAGS make -C "$here" BUILD="$build"; } \
	    >servers.log 2>&1 || { tail -3 servers.log; return 1; }
	rm -rf files
	mkdir -p files/data/conf files/data/logs files/data/html files/etc \
	    files/tmp
	cp "$here/nginx.conf" "$here/redis.conf" \
	    "$progs/src-nginx/conf/mime.types" files/data/conf
	echo 'root:x:0:0:root:/:/bin/sh
nobody:x:65534:65534::/:/' >files/etc/passwd
	echo 'root:x:0:
nogroup:x:65534:' >files/etc/group
	head -c 612 /dev/zero | tr '\0' x >files/data/html/index.html
	for p in nginx redis-server iperf3; do
		"$bake" --rootfs files hw_virtio $p.hw "$progs/$p"
		no_multiboot $p.hw >$p.pvh
		initrd $p "$native/$p" files
	done
}

# pair NAME PORT [ARGUMENT...]: both systems run it.
pair() {
	name=$1 port=$2
	shift 2
	boot linux "$name" 256 "$port" "$@"
	boot ours "$name" 256 "$port" "$@"
}
halt_pair() {
	halt linux
	halt ours
}

# redis_rate COMMAND CONNECTIONS REQUESTS SYSTEM
redis_rate() {
	in_ns redis-benchmark -h "$(address "$4")" --csv -t "$1" -c "$2" \
	    -n "$3" 2>>redis.log |
	    sed -n "2s/^\"[^\"]*\",\"\([0-9.]*\)\".*/\1 $3/p"
}

# iperf_rate FLAGS SYSTEM: megabits a second, as the receiver saw them.
iperf_rate() {
	# shellcheck disable=SC2086
	in_ns iperf3 -J -t 3 $1 -c "$(address "$2")" >iperf.json || true
	sed -n '/"sum_received"/,/}/s/.*"bits_per_second":[^0-9]*\([0-9.e+]*\).*/\1/p' \
	    iperf.json | awk '{ printf("%.0f %.0f\n", $1 / 1e6, $1 / 1e6); n++ }
	    END { if (!n) print 0, 0 }'
}

nginx() {
	pair nginx 80
	for c in 1 16 256; do
		compare 5 wrk_rate $c 80
		ratio_line "nginx, 612 bytes, $c connections" 1.7
	done
	halt_pair
}

redis() {
	pair redis-server 6379 /data/conf/redis.conf
	# As redis-benchmark has them: what is got was set before.
	for t in set get; do
		for c in 1 16 256; do
			n=20000
			[ $c != 1 ] || n=5000
			compare 9 redis_rate $t $c $n
			ratio_line "Redis, $t, $c connections" 1.7
		done
	done
	halt_pair
}

bulk() {
	pair iperf3 5201 -s
	compare 5 iperf_rate ""
	ratio_line "iperf3, guest receives" 1.3
	compare 5 iperf_rate -R
	ratio_line "iperf3, guest sends" 1.3
	halt_pair
}

topic_servers() {
	servers_build
	head_ "Servers, -m 256, medians in turn: requests, Mbit a second" \
	    "program" Linux Rumpkit ratio target "CPU, ratio"
	nginx
	redis
	bulk
}
