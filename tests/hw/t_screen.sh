#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program's text on the screen, from an ISO image: VGA text when a BIOS
# booted it, the framebuffer when UEFI did.
. ./lib.sh
ovmf=/usr/share/OVMF/OVMF_CODE_4M.fd
command -v grub-mkrescue >/dev/null && [ -e $ovmf ] || {
	echo "      t_screen: needs grub-mkrescue, xorriso, mtools and ovmf"
	exit 0
}
text="seen seen seen"
# shellcheck disable=SC2086 # three arguments
"$BUILD/bin/rumprun" iso -e WAIT=1 -o "$tmp/iso" "$OBJ/show" $text \
    >"$tmp/out" 2>&1 || bad "rumprun iso"

# on NAME KIND OPTIONS...
on() {
	name=$1 kind=$2
	shift 2
	python3 screen.py "$kind" "$text" "$tmp/serial" -m 128 \
	    -cdrom "$tmp/iso" "$@" >"$tmp/out" 2>&1 || bad "$name"
}
on "VGA text" vga -M pc
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$tmp/vars"
on "UEFI framebuffer" fb -M q35 \
    -drive if=pflash,format=raw,readonly=on,file=$ovmf \
    -drive if=pflash,format=raw,file="$tmp/vars"
exit $failed
