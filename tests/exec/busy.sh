# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by exec.sh
# A program runs once at a time, unless the image has it several times.
bake source count
run --run 'source 3 | count | count'
status 1
has 'count runs already, and this image has its data once'
has 'count: cannot start: error 26'
bake source count count count
run --run 'source 300 | count x | count x | count'
status 0
lines 3 '^count 300$'
# By another name it is another program.
bake source one=source two=count "$OBJ/count"
run --run 'WHO=a one 2 | two x | count; WHO=b one 3'
status 0
has '^two 2$'
has '^count 2$'
lines 3 '^line . b$'
