# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# Attacks end the guest with a report that names cause and function; no two
# boots have an address in common; no code is left that writes CR0 or CR4.
component attackkern -Wno-infinite-recursion -Wno-use-after-free
bake attack -- --component-dir "$out/attackkern" --add attackkern

# Two boots; $same: what does not differ.
two()
{
	for boot in 1 2; do
		run
		status 0 addresses
		grep -v '^rumpkit' "$out/out" | sort >"$out/boot$boot"
		grep -E '^(text|heap|mmap|brk|main-stack|thread-stack) ' \
		    "$out/boot$boot" | sed 's/0x.*\(.\{8\}\)$/\1/' \
		    >"$out/low$boot"
	done
	[ "$(wc -l <"$out/boot1")" = 19 ] &&
	    [ "$(wc -l <"$out/low1")" = 6 ] ||
	    bad "not all addresses: $(cat "$out/out")"
	same=$(comm -12 "$out/boot1" "$out/boot2")
}
two
[ -z "$same" ] || bad "the same in two boots: $same"
# Nor are they apart by a few upper bits alone: on hw, where stacks and heaps
# move by 2 MiB, 11 of these are random, so now and then some are the same.
tries=1
while low=$(comm -12 "$out/low1" "$out/low2") && [ -n "$low" ] &&
    [ $tries -lt 5 ]; do
	two
	tries=$((tries + 1))
done
[ -z "$low" ] || bad "the lower 32 bits are the same, $tries times: $low"

# Platforms, attack, status, a pattern of the cause, one of the backtrace.
count=0
while read -r where what st cause function; do
	case $where in \#*|"") continue ;; both|"$config") ;; *) continue ;; esac
	run "$what"
	status "$st" "$what"
	has "^panic: .*$(echo "$cause" | tr _ ' ')" "$what"
	has "^  #[0-9]* .*$function.*\.c:[0-9]" "$what"
	has '^end-of-panic' "$what"
	grep -q '^survived' "$out/out" && bad "$what: survived"
	[ "$what" != jit ] || has '^asked' jit
	count=$((count + 1))
done <<'END'
both text	139 write		text
both libc_text	139 write		libc_text
both kernel_text 139 write		kernel_text
both constants	139 write		constants
both string	139 write		string
both relocated	139 write		relocated
both heap_code	139 execution_of_data 	heap_code
both stack_code	139 execution_of_data 	stack_code
both data_code	139 execution_of_data 	data_code
both constant_code 139 execut		constant_code
both mmap_code	139 execution_of_data 	mmap_code
both jit	139 write		jit
both null_read	139 NULL_pointer	null_read
both null_write	139 NULL_pointer	null_write
both null_member 139 NULL_pointer	null_member
both null_call	139 jump_to_a_NULL_pointer null_call
both main_stack	139 stack_overflow	deeper
both thread_stack 139 stack_overflow	deeper
both smash	139 general_protection	__stack_chk_fail
both free_twice	139 general_protection	free_twice
both heap_overflow 139 general_protection heap_overflow
both kernel_stack 139 stack_overflow	runaway
both kernel_smash 134 stack_smashed	smash_kernel
both kernel_twice 134 freed_twice	attack
both kernel_over 134 written_over_its_end overflow
both kernel_over1 134 written_over_its_end overflow_all
both kernel_after 134 was_written_to	write_after_free
both kernel_wrong 134 is_none		attack
both kernel_inside 134 is_none		attack
both kernel_const 139 write		attack
both kernel_exec 139 execut		attack
both kernel_null 139 NULL_pointer	attack
hw idt		139 write_to_constant	idt
hw gdt		139 write_to_constant	gdt
hw cr0		134 CR0_or_CR4_changed	.
hw cr4		134 CR0_or_CR4_changed	.
spt cr0		139 general_protection	cr0
spt cr4		139 general_protection	cr4
END
# Boot code that is gone may; what stays executable may not.
if [ $config = hw ]; then
	bake args
	objdump -d -j .text "$image.debug" >"$out/text"
	grep -q 'mov *%cr0,%' "$out/text" || bad "nothing reads CR0"
	grep 'mov *%[re].*,%cr[04]' "$out/text" && bad "code writes CR0 or CR4"
fi
[ $count -ge 34 ] || bad "only $count attacks were made"
