# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# Several programs in one image, run one after the other by "rc".
bake args gate t_call
cat >"$out/rc.json" <<'J'
{"hostname":"many","env":["K=v"],"rc":[
 {"bin":"gate"},{"bin":"args","argv":["from","rc"]},{"bin":"gate"}]}
J
opts="--config $out/rc.json"
run
status 0
[ "$(grep -c '^hello$' "$out/out")" = 2 ] || bad "gate did not run twice"
has '^argv\[0\]=<args>$'
has '^argv\[2\]=<rc>$'
has '^env=<K=v>$'
echo '{"rc":[{"bin":"args","argv":["exit","9"]}]}' >"$out/rc.json"
run
status 9 "the status of a named program"
