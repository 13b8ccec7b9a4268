#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every machine, protocol and size of memory; how machines end.
. ./lib.sh
pvh_of "$guest" "$tmp/pvh"
for m in pc q35 microvm microvm,pit=off,pic=off,rtc=off \
    microvm,x-option-roms=off pc,acpi=off; do
	for i in "$guest" "$tmp/pvh"; do
		qemu 100 -M $m -m 16 -kernel "$i" -append ok \
		    -device isa-debug-exit,iobase=0x501,iosize=1
		expect "$m ${i##*/}" 7 'config: ok'
		[ "$status" = 15 ] || bad "$m: debug-exit gave $status"
		# Without it: power-off or reset, but an end.
		qemu 100 -M $m -m 16 -kernel "$i" -append ok
		expect "$m ${i##*/}, no debug-exit" 7 'config: ok'
		[ "$status" = 0 ] || bad "$m: the end gave $status"
	done
done
for mem in 2 3 64 1000 3000 5000; do
	qemu 100 -M pc -m $mem -kernel "$guest" -append vm
	expect "$mem MiB" 7 'config: vm'
done
for cpu in qemu64 max qemu64,-hypervisor Nehalem EPYC; do
	qemu 100 -M q35 -cpu $cpu -kernel "$guest" -append vm 2>/dev/null
	expect "$cpu" 7 'config: vm'
done
# The address differs, and does not where that is wished for.
qemu 100 -M microvm -kernel "$guest" -append ok
a=$(grep base: "$tmp/out")
qemu 100 -M microvm -kernel "$guest" -append ok
[ "$a" != "$(grep base: "$tmp/out")" ] || bad "base is not random"
python3 - "$guest" "$tmp/fixed" <<'PY'
import sys
d = bytearray(open(sys.argv[1], 'rb').read())
i = d.find(b'\2\0\0\0Rumpkit\0')
d[i + 12] |= 1
open(sys.argv[2], 'wb').write(d)
PY
qemu 100 -M microvm -kernel "$tmp/fixed" -append ok
expect "not randomised" 7 'base: 0[^0-9a-f]*$'
exit $failed
