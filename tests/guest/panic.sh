# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# A kernel that panics: a component from outside the tree fails at its start.
for comp in badinit failinit; do
	component $comp
	bake args -- --component-dir "$out/$comp" --add "$comp"
	run
	[ $secs -lt 60 ] || bad "$comp: took $secs s"
	grep -q '^argv' "$out/out" && bad "$comp: the program started"
	if [ $comp = failinit ]; then
		[ $rc != 0 ] || bad "$comp: status 0"
		has 'failinit' $comp
		continue
	fi
	status 134 $comp
	has '^panic: .*lucky == 7' $comp
	has '^  rip=[0-9a-f]' $comp
	has '^  #[0-9]* .*badinit_check.*badinit\.c:[0-9]' $comp
	has '^  #[0-9]* .*rump_init.*init\.c:[0-9]' $comp
	has '^end-of-panic' $comp
done
