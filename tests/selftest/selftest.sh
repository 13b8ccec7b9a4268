#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program's own test suite in one place.  usage, from make:
# selftest.sh BUILD run NAME {linux|spt|hw}	results: BUILD/selftest/NAME.PLACE
# selftest.sh BUILD build NAME PLACE		its programs alone
# selftest.sh BUILD compare NAME		spt and hw with Linux
# selftest.sh BUILD table NAME...		the numbers, as a table
# SHORT=1: the part for `make check`.  What cases/NAME.sh holds: README.md.
set -eu
build=$1 what=$2 name=$3
here=$(cd "$(dirname "$0")" && pwd)
# What make tells makes under it (-w of `make -C`) is none of the suites'.
unset MAKEFLAGS MFLAGS MAKELEVEL
. "$here/lib.sh"

case $what in
run)	place=$4
	run_suite ;;
build)	place=$4
	. "$here/cases/$name.sh"
	build_program ;;
compare) compare_results ;;
table)	shift 2
	print_table "$@" ;;
esac
