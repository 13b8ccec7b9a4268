#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libc in an image must not trap: no member may hold a syscall instruction.
set -eu
if objdump -d --no-show-raw-insn "$1" | awk '/file format/ { f = $1 }
    $2 == "syscall" { print f; bad = 1 } END { exit bad }' | sort -u |
    sed 's/$/ holds a syscall instruction/' | grep .; then
	echo "rumpkit: $1: the overlay misses the members above" >&2
	exit 1
fi
