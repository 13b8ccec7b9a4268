# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: from reset to main(), and the size of an image.
# shellcheck shell=sh disable=SC2154

# reach SET SUFFIX: one line of the first table.
reach() {
	n=$(count "$machine" "$mem" "outb.${1#hw_}$2")
	case $2 in .pvh) how="PVH" ;; *) how="as is" ;; esac
	if [ "$n" = 0 ]; then
		line "$1, $machine, $mem MB, $how" "no boot" "" "MISSED"
		missed=$((missed + 1))
		return
	fi
	judge $((n - null)) 40000
	line "$1, $machine, $mem MB, $how" "$n" $((n - null)) "$verdict"
}

size() {
	n=$(stat -c %s "$1")
	judge "$n" "$2"
	line "hw_${1#hello.}" "$n" "$verdict"
}

# The machine's firmware and nothing else.
null_image() {
	gcc -nostdlib -static -no-pie -Wl,--build-id=none,-Ttext=0x100000 \
	    -o null "$here/null.S"
}

hello_images() {
	"$gcc" -O2 -o hello.prog "$hello"
	"$gcc" -O2 -DOUTB_MAIN -o outb.prog "$hello"
	for set in minimal generic; do
		"$bake" hw_$set hello.$set hello.prog
		"$bake" hw_$set outb.$set outb.prog
		no_multiboot outb.$set >outb.$set.pvh
	done
}

topic_boot() {
	null_image
	hello_images
	head_ "Guest instructions from reset to main()" \
	    "image, machine, memory" total "beyond null" target
	for machine in microvm pc; do
		for mem in 64 2; do
			null=$(count $machine $mem null)
			line "null kernel, $machine, $mem MB" "$null" 0 ""
			for set in minimal generic; do
				for boot in .pvh ""; do
					reach "hw_$set" "$boot"
				done
			done
		done
	done
	head_ "Size of the stripped hello" image bytes target
	size hello.minimal 65536
	size hello.generic 204800
}
