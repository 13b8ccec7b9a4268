#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --map: each column is the sum of the image's sections of that kind, each
# component has its own line; --map-svg is well-formed and names them.
. "$(dirname "$0")/lib.sh"
tree
mkdir "$T/d"; head -c 100000 /dev/urandom > "$T/d/f"
check() {
	"$BAKE" --map="$T/map" --map-svg "$T/map.svg" "$@"
	readelf -SW "$T/out.debug" | sed -n 's/^ *\[ *[0-9]*\] //p' |
	    awk '$7 ~ /A/ || $8 ~ /A/ { print $1, $2, "0x" $5, $7 }' |
	    while read -r n t s f; do
		k=rodata
		case $f in *X*) k=text ;; *W*) k=data ;; esac
		case $n in .data.rel.ro*|.got*) k=rodata ;; .bss*) k=bss ;; esac
		echo "$k $((s))"
	    done | awk '{ a[$1] += $2 } END { print a["text"] + 0,
		a["rodata"] + 0, a["data"] + 0, a["bss"] + 0 }' > "$T/want"
	awk '$1 == "total" { print $2, $3, $4, $5 }' "$T/map" > "$T/got"
	cmp -s "$T/want" "$T/got" ||
	    fail "sections: $(cat "$T/want"), map: $(cat "$T/got")"
	awk 'NR > 1 && $1 != "total" { n = NF - 4; for (i = 0; i < 5; i++)
	    s[i] += $(n + i) } $1 == "total" { for (i = 0; i < 5; i++)
	    if (s[i] != $(i + 2)) exit 1 }' "$T/map" || fail "rows: $(cat "$T/map")"
}
check full "$T/out" "$T/hello"
for c in base vfs vfs_tmpfs hello platform total; do
	grep -q "^$c " "$T/map" || fail "no line for $c: $(cat "$T/map")"
	[ $c = total ] || grep -q ">$c: \|>$c  " "$T/map.svg" ||
	    fail "$c is not in the picture"
done
grep -q 'rumprun_entry_0: ' "$T/map.svg" || fail "no functions of the program"
# rump_sysimpl_write's 800 bytes of counters are the base's.
awk '$1 == "base" && $6 >= 800 { ok = 1 } END { exit !ok }' "$T/map" ||
    fail "base: $(cat "$T/map")"
check --rootfs "$T/d" mini "$T/out" "$T/hello"
grep -q '^(root file system)' "$T/map" || fail "no root file system"
python3 -c 'import sys, xml.dom.minidom as m
r = m.parse(sys.argv[1]).getElementsByTagName("rect")
assert len(r) > 5
for x in r: assert 0 <= float(x.getAttribute("width")) <= 1280
' "$T/map.svg" || fail "the picture"
"$BAKE" -m mini "$T/out" "$T/hello" > "$T/stdout"
grep -q '^total' "$T/stdout" || fail "-m prints nothing"
rc=0; "$BAKE" --map="$T/no/map" mini "$T/out2" "$T/hello" 2> "$T/stderr" ||
    rc=$?
[ $rc = 1 ] && [ ! -e "$T/out2" ] || fail "--map into nowhere: $rc"
clean
