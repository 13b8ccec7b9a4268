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

# crash PROGRAM-ARGUMENT STATUS SIGNAL: the core has one whole backtrace.
crash()
{
	rm -f "$core"
	run ${1:+"$1"}
	status "$2" "$1"
	look -ex 'bt 8' -ex 'bt -8' -ex 'print 40 + 2'
	sed -i '/^#0 *0x0* in ?? ()$/d' "$out/out"	# the jump there
	has "Program terminated with signal $3" "$1"
	has '^\$1 = 42' "$1"
	grep -q 'corrupt\|Backtrace stopped\|?? ()' "$out/out" &&
	    { bad "$1: not to the end"; cat "$out/out"; }
}
# Each kind of a program's own: fault.c's functions with lines, to the start.
bake fault
while read -r way st signal function outermost; do
	crash "$way" "$st" "$signal"
	has "^#[0-9]* .*$function (.*) at .*fault\.c:[0-9]" "$way"
	has "^#[0-9]* .*$outermost (" "$way"
done <<'END'
null	139 SIGSEGV	die_null	main
call	139 SIGSEGV	die_call	main
invalid	139 SIGILL	die_invalid	main
const	139 SIGSEGV	die_const	main
main	139 SIGSEGV	deeper		main
thread	139 SIGSEGV	die_null	clone_entry
stack	139 SIGSEGV	run_off		clone_entry
abort	134 SIGABRT	die_abort	main
assert	134 SIGABRT	die_assert	main
END

# The kernel's: a fault and two panics in a system call, from main on; a
# component's failed assertion, from the boot thread on.
component attackkern -Wno-infinite-recursion -Wno-use-after-free
bake attack -- --component-dir "$out/attackkern" --add attackkern
while read -r way st signal function; do
	crash "$way" "$st" "$signal"
	[ "$st" != 134 ] || has '^#0 .*bmk_panic (' "$way"
	has "^#[0-9]* .*$function (.*) at .*attackkern\.c:[0-9]" "$way"
	has '^#[0-9]* .*main (argc=.*attack\.c:[0-9]' "$way"
done <<'END'
kernel_const	139 SIGSEGV	attack
kernel_twice	134 SIGABRT	attack
kernel_over	134 SIGABRT	overflow
END
component badinit
bake args -- --component-dir "$out/badinit" --add badinit
crash "" 134 SIGABRT
has '^#0 .*bmk_panic (' badinit
has '^#[0-9]* .*badinit_check () at .*badinit\.c:[0-9]' badinit
has '^#[0-9]* .*rump_init () at .*init\.c:[0-9]' badinit
has '^#[0-9]* .*bmk_thread_main () at' badinit

# Six lines, compiled with no option at all.
cat >"$out/six.c" <<'END'
#include <stddef.h>
int main(void)
{
	int *p = NULL;
	return *p;
}
END
(cd "$out" && "$BUILD/bin/x86_64-rumprun-linux-musl-gcc" -o six six.c &&
    "$BUILD/bin/rumprun-bake" "${config}_minimal" image six) ||
    bad "six.c: not built"
image=$out/image
rm -f "$core"
run
status 139 six
has '^  #0 0x[0-9a-f]* main at .*six\.c:5' six
look -ex bt
has '^#0 .*main () at .*six\.c:5' six

# Not ours to write: said before anything is started.
opts="--core $out/nofolder/core"
run
status 125
has 'nofolder'
