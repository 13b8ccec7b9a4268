#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Clocks by every source there is, memory, console input, PCI.
. ./lib.sh
for o in "-M microvm" "-M pc" "-M q35" "-cpu qemu64,-hypervisor -M q35" \
    "-cpu qemu64,-hypervisor -M pc -no-hpet" \
    "-cpu qemu64,-hypervisor -M pc,acpi=off" "-cpu max -M microvm"; do
	# 200 ms, and much more only while the host is busy.
	for try in 1 2 3 4 5; do
		before=$(date +%s)
		# shellcheck disable=SC2086
		qemu 100 $o -kernel "$guest" -append clock
		expect "clock $o" 7 'slept'
		us=$(sed -n 's/^slept \([0-9]*\) us.*/\1/p' "$tmp/out")
		[ "${us:-0}" -ge 1000000 ] || break
	done
	[ "${us:-0}" -lt 1000000 ] || bad "clock $o: slept $us us ($try times)"
	wall=$(sed -n 's/^wall \([0-9]*\).*/\1/p' "$tmp/out")
	now=$(date +%s)
	[ "${wall:-0}" -gt $((before - 5)) ] &&
	    [ $((${wall:-0} - now)) -lt 3 ] ||
	    bad "clock $o: wall time $wall, it is $before to $now"
done
qemu 100 -M microvm -kernel "$guest" -append memory
expect memory 7 'config: memory'
for m in pc q35 microvm; do
	mkfifo "$tmp/in.$m"
	(sleep 3; echo xy; sleep 1) >"$tmp/in.$m" &
	input=$tmp/in.$m
	qemu 100 -M $m -kernel "$guest" -append echo
	input=
	expect "input $m" 7 'got 121'
	printf 'ab\n' >"$tmp/early"	# before anyone reads
	input=$tmp/early
	qemu 100 -M $m -kernel "$guest" -append echo
	input=
	expect "early input $m" 7 'got 97'
	expect "early input $m" 7 'got 98'
done
qemu 100 -M pc -kernel "$guest" -append pci
expect "pci by ports" 7 'pci 0:0 12378086'
qemu 100 -M q35 -kernel "$guest" -append pci
expect "pci by ECAM" 7 'pci 0:0 29c08086'
qemu 100 -M microvm -kernel "$guest" -append pci
expect "no pci" 7 'config: pci'
exit $failed
