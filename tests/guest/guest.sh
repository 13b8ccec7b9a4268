#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One test on one platform, from the user's side: bake, run, look at output
# and status.  usage: guest.sh TEST {spt|hw|linux}, run by make (BUILD, OBJ, TOP).
set -u
test=$1 config=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$OBJ/run/$test.$config
mkdir -p "$out"
failed=0
bad() { echo "  $test on $config: $*"; failed=1; }

# bake PROGRAM... [-- OPTIONS]: the image is $image.
bake()
{
	[ "$config" != linux ] || return 0
	image=$out/image
	progs=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		progs="$progs $OBJ/$1"; shift
	done
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2086 # a list of paths without blanks
	"$BUILD/bin/rumprun-bake" "$@" "${config}_generic" "$image" $progs ||
	    { bad "bake failed"; exit 1; }
}

# run ARGUMENTS: status in $rc, output in $out/out, seconds in $secs.
run()
{
	start=$(date +%s)
	rc=0
	case $config in
	spt)	"$BUILD/bin/rumprun" --timeout "${limit:-300}" -M "${mem:-64}" ${opts:-} \
		    spt "$image" "$@" ;;
	linux)	timeout "${limit:-300}" "$OBJ/linux/$test" "$@" ;;
	hw)	"$BUILD/bin/rumprun" --timeout "${limit:-300}" -M "${mem:-64}" ${opts:-} \
		    --machine microvm qemu "$image" "$@" ;;
	esac </dev/null >"$out/out" 2>&1 || rc=$?
	secs=$(($(date +%s) - start))
}
# component NAME [GCC OPTION...]: NAME.c here as mk/vars.mk compiles components;
# the folder for --component-dir is $out/NAME.
component()
{
	comp=$1
	shift
	mkdir -p "$out/$comp"
	(cd "$TOP" && gcc -Iinclude -I"$BUILD/obj/gen/include" \
	    -Irumpsrc/include -std=gnu11 -O2 -g -fPIE -fvisibility=hidden \
	    -ffreestanding -ffunction-sections -fno-omit-frame-pointer \
	    -mgeneral-regs-only -fstack-protector-strong \
	    -mstack-protector-guard=global "$@" -c -o "$out/$comp/$comp.o" \
	    "tests/guest/$comp.c") || bad "$comp does not compile"
	rm -f "$out/$comp/"*.a
	ar rcsD "$out/$comp/librump$comp.a" "$out/$comp/$comp.o"
	: >"$out/$comp/librump$comp.needs"
}
has() { grep -q -e "$1" "$out/out" ||
	{ bad "${2:-}: output lacks '$1'"; head -40 "$out/out"; }; }
status() { [ "$rc" = "$1" ] ||
	{ bad "${2:-}: status $rc, not $1"; head -40 "$out/out"; }; }

case $test in
t_*)	[ -z "${LONG:-}" ] || { opts="-e LONG=1" limit=1500; export LONG; }
	case $test in
	t_sigintr|t_sigqueue|t_efault|t_poll)
		bake "$test" -- --add net_local ;;
	t_caps|t_zerocopy)	bake "$test" -- --add net_tcp ;;
	*)			bake "$test" ;;
	esac
	run
	status 0
	# Linux may not let us; of ours nothing is skipped that it has to do.
	[ "$config" = linux ] && allowed=. || allowed="QEMU's interpreter"
	grep '^skip' "$out/out" | grep -v "$allowed" && bad "skipped"
	if [ "$test" = t_call ]; then
		has '999'	"unknown call is named"
		has 'fork'	"fork is named"
	fi ;;
baked)	rm -rf "$out/root"
	mkdir -p "$out/root/etc/sub" "$out/root/tmp"
	echo baked >"$out/root/etc/motd"
	echo deep >"$out/root/etc/sub/deep"
	ln -s etc/motd "$out/root/link"
	head -c 100000 /dev/zero >"$out/root/big"
	bake t_file -- --rootfs "$out/root"
	run baked
	status 0
	run baked			# nothing of the first run is left
	status 0 "second run" ;;
*)	. "$here/$test.sh" ;;
esac
[ $failed = 0 ] && echo "ok   guest: $test on $config" && exit 0
echo "FAIL guest: $test on $config"
exit 1
