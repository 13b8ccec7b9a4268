#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Multiboot 2 from a GRUB image, BIOS and UEFI; the configuration is a module.
. ./lib.sh
ovmf=/usr/share/OVMF/OVMF_CODE_4M.fd
command -v grub-mkrescue >/dev/null && [ -e $ovmf ] || {
	echo "      t_grub: needs grub-mkrescue, xorriso, mtools and ovmf"
	exit 0
}
mkdir -p "$tmp/iso/boot/grub"
cp "$guest" "$tmp/iso/boot/image"
printf vm >"$tmp/iso/boot/config"
cat >"$tmp/iso/boot/grub/grub.cfg" <<'END'
set timeout=0
menuentry x {
	insmod all_video
	multiboot2 /boot/image
	module2 /boot/config
}
END
timeout 100 grub-mkrescue -o "$tmp/iso.iso" "$tmp/iso" >"$tmp/out" 2>&1 ||
    bad "grub-mkrescue"
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$tmp/vars"
for mem in 64 3000; do
	qemu 100 -M pc -m $mem -cdrom "$tmp/iso.iso"
	expect "BIOS, $mem MiB" 7 'config: vm'
	[ "$status" = 0 ] || bad "BIOS: the end gave $status"
done
for mem in 256 3000; do
	qemu 200 -M q35 -m $mem -cdrom "$tmp/iso.iso" \
	    -drive if=pflash,format=raw,readonly=on,file=$ovmf \
	    -drive if=pflash,format=raw,file="$tmp/vars"
	expect "UEFI, $mem MiB" 7 'config: vm'
	[ "$status" = 0 ] || bad "UEFI: the end gave $status"
done
exit $failed
