# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: calls.c, one source and one libc (musl), as a native
# process and as an spt image, and as /init of a Linux guest and as an image
# of ours in the same QEMU.  All in turn, medians; and the guests' instructions
# a call, of another run.
# shellcheck shell=sh disable=SC2154
COUNTED=2000

calls_build() {
	musl-gcc -O2 -static -s -pthread -o calls.native "$here/calls.c"
	"$gcc" -O2 -pthread -o calls.prog "$here/calls.c"
	"$bake" spt_generic calls.spt calls.prog
	"$bake" hw_virtio calls.hw calls.prog
	no_multiboot calls.hw >calls.pvh
	initrd calls calls.native
}

# native_call KIND SYSTEM: "nanoseconds 1", for compare.
native_call() {
	case $2 in
	linux)	./calls.native "$1" ;;
	ours)	"$build/bin/rumprun" spt calls.spt "$1" ;;
	esac | sed 's/$/ 1/'
}
guest_call() {
	in_ns curl -s -m 100 "http://$(address "$2"):8080/$1" | sed 's/$/ 1/'
}

# calls_line KIND TARGET [CELL...]: of what compare left.
calls_line() {
	r=$(ratio "$ours" "$linux")
	judge_min "$r" "$2"
	kind=$1
	shift 2
	line "$kind" "$linux" "$ours" "$r" "$verdict" "$@"
}

# calls_counted SYSTEM: file counted.SYSTEM, instructions a call, a line each.
calls_counted() {
	case $1 in
	linux)	set -- linux -kernel "$(ls linux/boot/vmlinuz-*)" -initrd \
		    calls.initrd -append \
		    "quiet panic=-1 reboot=t -- 10.0.0.1 mark $COUNTED" ;;
	ours)	set -- ours -kernel calls.pvh -append \
		    "{\"cmdline\":\"calls mark $COUNTED\"}" ;;
	esac
	system=$1
	shift
	rm -f count
	timeout 300 qemu-system-x86_64 -nodefaults -no-user-config \
	    -display none -no-reboot -accel tcg -cpu max -machine pc -m 256 \
	    -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -serial "file:calls.$system.console" \
	    -plugin "$out/insncount.so,out=count" "$@" </dev/null \
	    >count.log 2>&1 || true
	awk -v n=$COUNTED 'NR == FNR { slow[NR - 1] = $2; kinds = NR; next }
	    { v[FNR] = $1 }
	    END { if (FNR != 2 * kinds + 1) exit 1
	    for (i = 0; i < kinds; i++) printf("%.0f\n",
	    (v[2 * i + 2] - v[2 * i + 1]) * slow[i] / n) }' calls.names count \
	    >counted.$system || yes "?" | head -99 >counted.$system
}

topic_calls() {
	calls_build
	./calls.native names >calls.names
	head_ "System calls, native Linux and spt, ns" \
	    "call" Linux spt "Linux / spt" target
	while read -r kind _; do
		target=0.91
		[ "$kind" != getppid ] || target=20
		compare 7 native_call "$kind"
		calls_line "$kind" $target
	done <calls.names

	calls_counted linux
	calls_counted ours
	head_ "System calls in the same emulator, ns and instructions" \
	    "call" Linux hw "Linux / hw" target "Linux, insns" "hw, insns"
	boot linux calls 256 8080 serve
	boot ours calls 256 8080 serve
	n=0
	while read -r kind _; do
		n=$((n + 1))
		compare 5 guest_call "$kind"
		calls_line "$kind" 0.91 "$(sed -n ${n}p counted.linux)" \
		    "$(sed -n ${n}p counted.ours)"
	done <calls.names
	halt linux
	halt ours
}
