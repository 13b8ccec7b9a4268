# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2046,SC2154 # words; read by exec.sh
# Each of forty processes has a heap by brk, while all of them are there.
bake $(yes heap | head -n 40)
run --run 'heap 40'
status 0
lines 1 '^the last has a heap$'
