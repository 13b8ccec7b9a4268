#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every kind of fault is named, and ends the machine with its status.
. ./lib.sh
while read -r what st text; do
	qemu 100 -M microvm -m 8 -kernel "$guest" -append "$what"
	expect "$what" "$st" "panic: $text"
	grep -q 'end-of-panic' "$tmp/out" || bad "$what: report is cut"
done <<'END'
null 139 NULL pointer
const 139 write to constant memory
relro 139 write to constant memory
text 139 write to constant memory
exec 139 execution of data
stack 139 stack overflow
unmapped 139 access to unmapped memory
readonly 139 write to read-only memory
reserved 139 access to reserved memory
oom 139 out of memory
invalid 139 invalid instruction
protection 139 general protection fault
assert 134 assertion
END
exit $failed
