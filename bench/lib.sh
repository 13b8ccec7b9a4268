# SPDX-License-Identifier: BSD-2-Clause
# Functions of bench.sh; $build, $out, $top, $here, $results are its.
# shellcheck shell=sh disable=SC2154

row() { echo "$*" >>"$results"; }

# head_ TITLE COLUMN...: a Markdown table's head.
head_() {
	row ""
	row "## $1"
	row ""
	shift
	line "$@"
	sep=$(tail -1 "$results" | sed 's/[^|]/-/g')
	row "$sep"
}

# line FIRST CELL...: one row, aligned.
line() {
	first=$1
	shift
	printf '| %-40s |' "$first" >>"$results"
	[ $# = 0 ] || printf ' %13s |' "$@" >>"$results"
	echo >>"$results"
}

# judge VALUE LIMIT: "ok <= LIMIT" or a miss, in $verdict.
judge() {
	verdict="<= $2"
	[ "$1" -le "$2" ] || { verdict="MISSED $2"; missed=$((missed + 1)); }
}

# count MACHINE MB KERNEL [QEMU OPTION...]: instructions until the guest
# writes 1 to isa-debug-exit.  0: it did not get there.
count() {
	cm=$1 cmb=$2 ck=$3
	shift 3
	rm -f count
	rc=0
	timeout 100 qemu-system-x86_64 -nodefaults -no-user-config \
	    -display none -no-reboot -accel tcg -cpu max -machine "$cm" \
	    -m "$cmb" -device isa-debug-exit,iobase=0x501,iosize=4 \
	    -plugin "$out/insncount.so,out=count" -kernel "$ck" "$@" \
	    </dev/null >count.log 2>&1 || rc=$?
	if [ $rc = 3 ]; then cat count; else echo 0; fi
}

# QEMU prefers a Multiboot 1 header to a PVH note: the image without one.
no_multiboot() {
	LC_ALL=C sed 's/\x02\xb0\xad\x1b/\x00\x00\x00\x00/' "$1"
}

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

# Debian's cloud kernel with the same program as /init.
linux() {
	pkg=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
	head_ "Debian's cloud kernel, /init is the same program" \
	    "${pkg:-linux-image-cloud-amd64}" Linux hw_minimal hw_generic
	if ! vmlinuz; then
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

now() { date +%s%N; }
since() { echo "$1 $(now)" | awk '{ printf "%.2f", ($2 - $1) / 1e9 }'; }
seconds() {
	what=$1 t=$(now)
	shift
	"$@" >seconds.log 2>&1 || { tail -3 seconds.log; return 1; }
	line "$what" "$(since "$t")"
}

# A component's file compiled anew, its test linked and run on posix.
edit_to_result() {
	vfstest="env -u MAKEFLAGS make -C $top/tests/vfs BUILD=$build"
	exe=$build/obj/tests/vfs/t_basic
	$vfstest libs >edit.log 2>&1 && $vfstest "$exe" >>edit.log 2>&1 || {
		line "edit to result" "no tests/vfs"
		return
	}
	rm -f "$build/obj/rumpsrc/fs/tmpfs/tmpfs.o"
	seconds "edit of tmpfs.c to t_basic's result" sh -c \
	    "env -u MAKEFLAGS make -C $top/rumpsrc/fs/tmpfs BUILD=$build &&
	    $vfstest $exe && $exe"
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 / $1 }'; }

sqlite() {
	[ -x "$build/progs-native/sqlite3" ] && [ -x "$build/progs/sqlite3" ] || {
		line "SQLite, a million rows" "not built" "" ""
		return
	}
	"$bake" spt_generic sqlite.spt "$build/progs/sqlite3"
	sql=$(cat "$top/tests/boot/million.sql")
	t=$(now)
	"$build/progs-native/sqlite3" :memory: "$sql" >/dev/null
	a=$(since "$t") t=$(now)
	"$build/bin/rumprun" -M 512 spt sqlite.spt :memory: "$sql" >/dev/null
	b=$(since "$t")
	line "SQLite, a million rows, s" "$a" "$b" "$(ratio "$a" "$b")"
}
