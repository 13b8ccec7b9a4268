# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# The conformance test of a librumpuser as an image on bare hardware.
make -s -C "$TOP/tests/rumpuser" "$BUILD/obj/tests/rumpuser/kernel-hw" \
    >"$out/make" 2>&1 || { bad "does not build"; tail -5 "$out/make"; }
image=$BUILD/obj/tests/rumpuser/kernel-hw
[ $failed = 1 ] || { run; status 0; }
