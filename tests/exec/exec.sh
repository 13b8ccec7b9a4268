#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One test on one platform.  usage: exec.sh TEST {linux|spt|hw}, run by make
# (BUILD, OBJ, TOP, LONG).
set -u
test=$1 config=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$OBJ/run/$test.$config
mkdir -p "$out"
failed=0
bad() { echo "  $test on $config: $*"; failed=1; }

# bake PROGRAM...: the image is $image.
bake()
{
	image=$out/image
	# shellcheck disable=SC2086 # options without blanks
	(cd "$OBJ" && "$BUILD/bin/rumprun-bake" ${bake_options:-} \
	    "${config}_generic" "$image" "$@") || { bad "bake failed"; exit 1; }
}

# run OPTIONS -- ARGUMENTS: status in $rc, output in $out/out.
run()
{
	rc=0
	platform=$config
	[ "$config" = spt ] || platform="--machine microvm qemu"
	opts=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		--run)	opts="$opts --run" line=$2; shift ;;
		*)	opts="$opts $1" ;;
		esac
		shift
	done
	[ $# = 0 ] || shift
	# shellcheck disable=SC2086 # options without blanks
	if [ "${opts% --run}" != "$opts" ]; then
		"$BUILD/bin/rumprun" --timeout 3000 $platform ${opts% --run} \
		    --run "$line" "$image"
	else
		"$BUILD/bin/rumprun" --timeout 3000 $platform $opts "$image" \
		    "$@"
	fi </dev/null >"$out/out" 2>&1 || rc=$?
}
has() { grep -q -e "$1" "$out/out" ||
	{ bad "output lacks '$1'"; head -40 "$out/out"; }; }
hasnot() { ! grep -q -e "$1" "$out/out" ||
	{ bad "output has '$1'"; head -40 "$out/out"; }; }
lines() { n=$(grep -c -e "$2" "$out/out")
	[ "$n" = "$1" ] || { bad "'$2' $n times, not $1"; cat "$out/out"; }; }
status() { [ "$rc" = "$1" ] ||
	{ bad "status $rc, not $1"; head -40 "$out/out"; }; }

case $test in
t_*)	n=10000
	[ "$config" != spt ] || n=100000
	[ -z "${LONG:-}" ] || n=1000000
	if [ "$config" = linux ]; then
		rc=0
		"$OBJ/linux/$test" "$OBJ/linux" 1000 </dev/null \
		    >"$out/out" 2>&1 || rc=$?
	else
		bake "$test" helper helper2 nop
		run -- /bin $n
	fi
	[ "$test" != t_loop ] || sed 's/^/  /' "$out/out"
	status 0
	if [ "$test" = t_wait ] && [ "$config" != linux ]; then
		lines 11 '^fault: '
		lines 11 '^end-of-fault'
		has '^  #0 .*crash .*helper.c:[0-9]'
		hasnot '^panic'
	fi ;;
*)	. "$here/$test.sh" ;;
esac
[ $failed = 0 ] && echo "ok   exec: $test on $config" && exit 0
echo "FAIL exec: $test on $config"
exit 1
