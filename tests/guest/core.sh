# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# rumprun --core: gdb opens the file with names, lines, arguments, variables
# and all threads, of a randomised image; and only a crash makes one.
core=$out/core
opts="--core $core"
rm -f "$core"
bake core
run normal
status 134 "no crash"
[ ! -e "$core" ] || bad "a core file without a crash"

look()			# gdb's COMMANDS; its output replaces the guest's
{
	[ -s "$core" ] || { bad "no core file"; cat "$out/out"; return; }
	timeout 90 gdb -nx -batch "$@" "$image.debug" "$core" \
	    >"$out/out" 2>&1
}
stack()			# the program's functions, of ARGC arguments
{
	has '^#[0-9]* .*store (value=.*42, how=.*) at .*core\.c:[0-9]'
	has '^#[0-9]* .*descend (depth=.*0, .*core\.c:[0-9]'
	has '^#[0-9]* .*descend (depth=.*2, .*core\.c:[0-9]'
	has '^#[0-9]* .*main (argc='"$1"', .*core\.c:[0-9]'
}
run
status 139
has '^panic: .*NULL'
has '^  #[0-9]* .*store at .*core\.c:[0-9]'
has "core file: $core"
look -ex bt -ex 'print nowhere' -ex 'print fds[1]' \
    -ex 'x/i $pc' -ex 'thread apply all bt'
stack 1
has 'Program terminated with signal SIGSEGV'
has '^#0 .*store '
has '(int \*) 0x0'
has '^\$2 = [1-9]'
has '^=> .*mov'
has '^#[0-9]* .*wait_for_ever (fd=.*) at .*core\.c:[0-9]'
has '^#[0-9]* .*rump_sysimpl_read'
has '^#[0-9]* .*spin (step=.*) at .*core\.c:[0-9]'

# The program gives up: the registers are those of its call.
rm -f "$core"
run abort
status 134
look -ex bt
has 'Program terminated with signal SIGABRT'
has '^#[0-9]* .*abort () at'
stack 2

# Not ours to write: said before anything is started.
opts="--core $out/nofolder/core"
run
status 125
has 'nofolder'
