# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: httpd.c as an image of ours and as /init of a Linux guest.
# shellcheck shell=sh disable=SC2154

http_build() {
	gcc -O2 -static -s -DOUTB_EXIT -o httpd.linux "$here/httpd.c" \
	    "$here/ioperm.c"
	"$gcc" -O2 -DOUTB_EXIT -o httpd.prog "$here/httpd.c"
	bake_httpd httpd.hw httpd.prog
	no_multiboot httpd.hw >httpd.pvh
	initrd httpd httpd.linux
}

# counted SYSTEM CONNECTIONS SECONDS: "instructions requests", to the end.
counted() {
	plugin=1 boot "$1" httpd "$3" 8080 || { echo 0 0; return; }
	requests=$(load "$2" "$4" "http://$(address "$1"):8080/")
	in_ns curl -s -m 5 "http://$(address "$1"):8080/quit" >/dev/null || true
	wait "$pid" || true
	echo "$(cat count) ${requests% *}"
}

# per_request SYSTEM CONNECTIONS MB: instructions a request, of two runs that
# differ only in how long they are loaded.
per_request() {
	counted "$1" "$2" "$3" 1 >short
	counted "$1" "$2" "$3" 4 >long
	cat short long | xargs | awk '{ d = $4 - $2
	    printf("%d\n", d > 0 ? ($3 - $1) / d : 99999999) }'
}

http_insns() {
	head_ "HTTP, instructions a request, virtio-net-pci, -m 64" \
	    connections Linux Rumpkit target
	for c in 1 16; do
		a=$(per_request linux $c 128)
		b=$(per_request ours $c 64)
		limit=6500
		[ $c = 1 ] || limit=5000
		judge "$b" $limit
		line $c "$a" "$b" "$verdict"
	done
}

# least_memory MB REQUESTS: served at 16 connections.
least_memory() {
	n=0
	if boot ours httpd "$1" 8080; then
		n=$(load 16 3 "http://$(address ours):8080/")
		halt ours
	fi
	judge_min "${n% *}" "$2"
	line "-m $1, requests served at 16 connections" "" "${n% *}" "" \
	    "$verdict" ""
}

http_rates() {
	head_ "HTTP, requests a second, wrk -t1, medians in turn" \
	    connections Linux Rumpkit ratio target "CPU, ratio"
	boot linux httpd 128 8080
	boot ours httpd 64 8080
	for c in 1 16 64; do
		compare 5 wrk_rate $c 8080
		if [ $c = 16 ]; then target=2.5; else target=0; fi
		ratio_line $c $target
	done
	halt linux
	halt ours
	least_memory 4 5000
}

topic_net() {
	http_build
	http_insns
	http_rates
}
