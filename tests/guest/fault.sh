# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# A program's fault: cause, registers, functions with file and line, status.
bake fault
run
has 'still alive'
status 0
at() { grep -n "$1" "$here/fault.c" | head -1 | cut -d: -f1; }
report()		# WAY STATUS CAUSE FUNCTION
{
	run "$1"
	status "$2" "$1"
	[ $secs -lt 60 ] || bad "$1: took $secs s"
	has "^panic: .*$3" "$1"
	grep -q '^back$' "$out/out" && bad "$1: went on"
	has '^  rip=[0-9a-f]\{16\}' "$1"
	has 'rsp=[0-9a-f]' "$1"
	has '^  #0 0x[0-9a-f]' "$1"
	has "^  #[0-9]* .*$4.*fault\.c:[0-9]" "$1"
	has '^end-of-panic' "$1"
}
# The last line of the backtrace: nothing but the start of the thread.
ends()			# FUNCTION WAY
{
	grep '^  #' "$out/out" | tail -n 1 | grep -q "$1" ||
	    { bad "$2: the backtrace does not end at $1"; cat "$out/out"; }
}
report null 139 'NULL' die_null
ends 'rumprun_entry' null
report call 139 'NULL' die_call
report invalid 139 'invalid instruction' die_invalid
report text 139 'write' die_text
report const 139 'write' die_const
report exec 139 'exec' die_exec
report stack 139 'stack overflow' deeper
report main 139 'stack overflow' deeper
report thread 139 'NULL' die_null
ends 'clone_entry\|start' thread
report abort 134 'abort' die_abort
run assert
status 134 assert
has 'Assertion failed: zero == 42 (.*fault.c: die_assert' assert
has "^  #[0-9]* .*die_assert.*fault\.c:[0-9]" assert
