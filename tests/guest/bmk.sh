# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# The images of tests/bmk on bare hardware.
make -s -C "$TOP/tests/bmk" images PLATFORM=hw >"$out/make" 2>&1 ||
    { bad "does not build"; tail -5 "$out/make"; }
for image in "$BUILD"/obj/tests/bmk/hw/t_*; do
	[ $failed = 1 ] || [ ! -x "$image" ] && continue
	run
	status 0 "${image##*/}"
done
