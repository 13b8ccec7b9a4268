# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by exec.sh
# Several programs by configuration and by --run.
cp "$OBJ/count" "$OBJ/count2"
bake helper source count count2
cat >"$out/rc.json" <<'J'
{"env":["WHO=all"],"rc":[
 {"bin":"source","argv":["2"]},
 {"bin":"source","argv":["3"],"env":{"WHO":"me"}},
 {"bin":"helper"},{"bin":"helper"},{"bin":"helper"},
 {"bin":"source","argv":["5000"],"runmode":"|"},
 {"bin":"count","argv":["x"],"runmode":"|"},{"bin":"count2"},
 {"bin":"helper","argv":["exit","7"],"runmode":"&"},
 {"bin":"source","argv":["107","5"],"runmode":"|"},{"bin":"count"}]}
J
run --config "$out/rc.json"
status 7			# 107 lines
lines 2 '^line . all$'
lines 3 '^line . me$'
has '^count 5000$'
has '^count2 5000$'
has '^count 107$'
hasnot stale
run --run 'source 2; WHO=you source 2;helper & source 300 3 | count2'
status 0
lines 2 '^line . -$'
lines 2 '^line . you$'
has '^count2 300$'
run --run 'source 1 0 & helper exit 9'
status 9
run --run 'helper exit 8 &'
status 8
# What is wrong is said before anything runs.
wrong()
{
	echo "$1" >"$out/rc.json"
	run --config "$out/rc.json"
	status 2
	has "$2"
	hasnot '^line'
}
wrong '{"rc":[{"bin":"source"},{"bin":"sorce"}]}' \
    'no such program in this image: "sorce"'
wrong '{"rc":[{"bin":"source","runmode":"|"}]}' 'no program after runmode'
wrong '{"rc":[{"bin":"source","runmode":"||"}]}' 'unknown value "runmode"'
wrong '{"rc":[{"bin":"source","env":["x"]}]}' 'not a variable "env"'
# An image for one run of one program says so; one more makes it more.
(cd "$OBJ" && "$BUILD/bin/rumprun-bake" "${config}_minimal" "$out/image" \
    source) || bad "bake"
wrong '{"rc":[{},{}]}' 'rumprun-bake --add "exec"'
(cd "$OBJ" && "$BUILD/bin/rumprun-bake" -a exec "${config}_minimal" \
    "$out/image" helper) || bad "bake"
echo '{"rc":[{},{},{"argv":["exit","6"]}]}' >"$out/rc.json"
run --config "$out/rc.json"
status 6
