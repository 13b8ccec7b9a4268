# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: the same program on Debian's cloud kernel, beside ours.
# shellcheck shell=sh disable=SC2154

# Debian's cloud kernel with the same program as /init.
topic_linux() {
	[ -e hello.minimal ] || hello_images
	have=0
	! vmlinuz || have=1
	head_ "Debian's cloud kernel, /init is the same program" \
	    "${pkg:-linux-image-cloud-amd64}" Linux hw_minimal hw_generic
	if [ "$have" = 0 ]; then
		line "not measured: no package to be had"
		return
	fi
	gcc -O2 -static -DOUTB_MAIN -o init "$hello" "$here/ioperm.c"
	strip init
	echo init | cpio -o -H newc --quiet >initrd
	lsize=$(cat "$out"/linux/boot/vmlinuz-* initrd | wc -c)
	line "image, with initramfs, bytes" "$lsize" \
	    "$(stat -c %s hello.minimal)" "$(stat -c %s hello.generic)"
	for machine in microvm pc; do
		line "instructions to main, $machine" \
		    "$(on_linux $machine 128)" \
		    "$(count $machine 64 outb.minimal.pvh)" \
		    "$(count $machine 64 outb.generic.pvh)"
	done
	line "least -m, MB, pc" "$(least on_linux 32 128 3)" \
	    "$(least on_minimal 0 64 1)" "$(least on_generic 0 64 1)"
}
on_linux() {
	count "$1" "$2" "$(ls "$out"/linux/boot/vmlinuz-*)" -initrd initrd \
	    -append "quiet panic=-1 reboot=t"
}
on_minimal() { count "$1" "$2" outb.minimal; }
on_generic() { count "$1" "$2" outb.generic; }

# Unpacked below BUILD, never installed.
vmlinuz() {
	pkg=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
	[ -n "$pkg" ] || return 1
	[ -f "linux/boot/vmlinuz-${pkg#linux-image-}" ] && return
	rm -rf linux
	mkdir linux
	(cd linux && apt-get -o APT::Sandbox::User=root download "$pkg") \
	    >linux.log 2>&1 </dev/null && dpkg-deb -x linux/*.deb linux &&
	    rm linux/*.deb
}

# least FUNCTION LOW HIGH STEP: the least -m that reaches main, found by
# halving, at most STEP - 1 too high.
least() {
	lo=$2 hi=$3
	while [ $((hi - lo)) -gt "$4" ]; do
		mid=$(((lo + hi) / 2))
		if [ "$("$1" pc $mid)" = 0 ]; then lo=$mid; else hi=$mid; fi
	done
	echo "$hi"
}
