# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# Arguments and environment arrive as they were given.
bake args
nl='
'
run 'two  words' '' "it's" 'say "x"' 'back\slash' '{"json":[1]}' '$HOME `x` *' \
    "a${nl}b" 'grüße' --timeout -e
status 0
cat >"$out/want" <<'W'
argv[0]=<args>
argv[1]=<two  words>
argv[2]=<>
argv[3]=<it's>
argv[4]=<say "x">
argv[5]=<back\slash>
argv[6]=<{"json":[1]}>
argv[7]=<$HOME `x` *>
argv[8]=<a
b>
argv[9]=<grüße>
argv[10]=<--timeout>
argv[11]=<-e>
W
grep -v '^env=' "$out/out" | cmp -s - "$out/want" ||
    { bad "arguments differ"; diff "$out/out" "$out/want"; }
opts='-e A=1 -e EMPTY= -e Q="=\'
run
has '^env=<A=1>$'
has '^env=<EMPTY=>$'
has '^env=<Q="=\\>$'
opts=
# More than a kernel command line holds.
long=$(head -c 6000 /dev/zero | tr '\0' x)
run "$long" last
has "^argv\[1\]=<$long>\$" "6,000 bytes"
has '^argv\[2\]=<last>$'
