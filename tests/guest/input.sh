# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# Bad input that only shows when the guest runs, or just before it does.
bake args
refuse()		# WHAT STATUS TEXT
{
	status "$2" "$1"
	has "$3" "$1"
	grep -q '^argv' "$out/out" && bad "$1: the program ran"
	[ "$(wc -l <"$out/out")" -le 2 ] ||
	    { bad "$1: more than a line"; cat "$out/out"; }
}
for c in '{"nonsense":1}=nonsense' '{"hostname":[1]}=hostname' \
    '{"env":"A=1","x":2}=env' '{"rc":[{"bin":7}]}=bin' \
    '{"rc":[{"bin":"none"}]}=none'; do
	printf '%s' "${c%=*}" >"$out/c.json"
	opts="--config $out/c.json"
	run
	refuse "${c%=*}" 2 "${c##*=}"
done
opts=
# Too little memory: how much is needed is said, and that is enough.
mem=512K
run
[ $rc != 0 ] || bad "512 KiB are enough?"
has 'at least [0-9]* KiB' "-M $mem"
mem=$(sed -n 's/.*at least \([0-9]*\) KiB.*/\1K/p' "$out/out")
run
status 0 "-M $mem"
has '^argv' "-M $mem"
mem=64
# An image for another platform.
case $config in spt) config=hw ;; hw) config=spt ;; esac
run
[ $rc != 0 ] || bad "the other platform's launcher ran it"
has 'is for \|image for\|spt\|hw' "other platform"
grep -q '^argv' "$out/out" && bad "the other platform ran it"
config=$2
