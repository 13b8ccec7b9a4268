# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# The exit status is the program's, all eight bits of it.
bake args
for n in 0 1 2 3 63 64 77 123 126 127 128 129 134 200 254 255; do
	run exit $n
	status $n "exit $n"
done
run exit 256
status 0 "exit 256"
