# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: what IPv4, TCP and virtio-net weigh: the HTTP server's
# image, and the guest's instructions until its main(), with a network device
# and a static address.
# shellcheck shell=sh disable=SC2154

# bake_httpd OUTPUT PROGRAM: hw_minimal and the least that serves HTTP.
bake_httpd() {
	"$bake" --add net_tcp --add net_config --add net_virtio hw_minimal \
	    "$1" "$2"
}

# netcount MB KERNEL: as count, with a NIC that leads nowhere.
netcount() {
	count pc "$1" "$2" -netdev hubport,id=n,hubid=0 \
	    -device virtio-net-pci,netdev=n -append "{\"net\":[{\"if\":\
\"vioif0\",\"type\":\"inet\",\"method\":\"static\",\"addr\":\"10.66.0.2\",\
\"mask\":\"24\"}]}"
}

topic_netboot() {
	"$gcc" -O2 -o httpd.plain "$here/httpd.c"
	bake_httpd httpd.small httpd.plain
	"$gcc" -O2 -DOUTB_MAIN -o httpd.main "$here/httpd.c"
	bake_httpd httpd.boot httpd.main
	no_multiboot httpd.boot >httpd.boot.pvh
	null_image
	head_ "HTTP server on pc with a virtio NIC" what "" "beyond null" target
	n=$(stat -c %s httpd.small)
	judge "$n" 256000
	line "stripped image, bytes" "$n" "" "$verdict"
	for mem in 64 4; do
		null=$(netcount $mem null)
		line "null kernel, $mem MB, instructions" "$null" 0 ""
		n=$(netcount $mem httpd.boot.pvh)
		if [ "$n" = 0 ]; then
			verdict="no boot" missed=$((missed + 1))
		else
			judge $((n - null)) 100000
		fi
		line "reset to main(), $mem MB, PVH" "$n" $((n - null)) \
		    "$verdict"
	done
}
