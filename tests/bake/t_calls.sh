#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Watched system calls: programs' gates are renamed where component calls is
# in the set and nowhere else; librump<name>.wrap; where components' code is.
. "$(dirname "$0")/lib.sh"
tree
# source NAME: a component from the C text on standard input
source()
{
	gcc $CFL -x c -c -o "$T/c-$1.o" -
	ar rcD "$T/lib/rumpkit/components/librump$1.a" "$T/c-$1.o"
	echo "${2:-}" > "$T/lib/rumpkit/components/librump$1.needs"
}
# calls FUNCTION TARGET: does the code of FUNCTION in the image call TARGET?
calls()
{
	objdump -d --no-show-raw-insn --disassemble="$1" "$T/out.debug" |
	    grep -q "<$2>"
}
source calls <<'C'
long rump_sysimpl_write(void), rump_syscall_write(void);
long rump_syscall_write(void) { return rump_sysimpl_write() + 1; }
C
source other calls <<'C'
long __real_rump_sysimpl_write(void), __wrap_rump_sysimpl_write(void);
long __wrap_rump_sysimpl_write(void)
{
	return __real_rump_sysimpl_write() + 2;
}
C

"$BAKE" mini "$T/out" "$T/hello"
calls rumprun_entry_0 rump_sysimpl_write || fail "no call of the gate"
cp "$T/out" "$T/before"

"$BAKE" --add calls mini "$T/out" "$T/hello"
calls rumprun_entry_0 rump_syscall_write || fail "the gate is not renamed"
! calls rumprun_entry_0 rump_sysimpl_write || fail "the old gate is called"
calls rump_syscall_write rump_sysimpl_write || fail "not the gate behind it"

# A component stands before a function, with the name that its file says.
echo rump_sysimpl_write > "$T/lib/rumpkit/components/librumpother.wrap"
"$BAKE" --add other mini "$T/out" "$T/hello"
calls rump_syscall_write __wrap_rump_sysimpl_write || fail "not wrapped"
calls __wrap_rump_sysimpl_write rump_sysimpl_write || fail "no way through"

# The program itself is as it was; an image without is, too.
"$BAKE" mini "$T/out" "$T/hello"
cmp "$T/out" "$T/before" || fail "an image without calls is another one"

# Statistics need a platform whose script has places for them.
source stats calls <<'C'
C
refuse 1 'no statistics on this platform' --add stats mini "$T/out" "$T/hello"
sed -i -e '/^		\*(.text /i/* BAKE: TEXT OF COMPONENTS */' \
    -e '/^	.rodata/s|}|/* BAKE: TABLE OF COMPONENTS */ }|' "$P/image.lds"
"$BAKE" --add stats --add vfs mini "$T/out" "$T/hello"
# In one of the pieces; the addresses are hexadecimal, of one length.
nm "$T/out.debug" | awk '
	$3 ~ /^rump_stats_[0-9]*$/ { start[$3] = $1 }
	$3 ~ /^rump_stats_[0-9]*_end$/ { sub(/_end/, "", $3); end[$3] = $1 }
	$3 == "rump_comp_vfs_init" { at = $1 }
	END {
		for (s in start)
			n += "x" start[s] <= "x" at && "x" at < "x" end[s]
		exit n != 1
	}' || fail "the code of vfs is in no piece: $(nm -n "$T/out.debug")"
