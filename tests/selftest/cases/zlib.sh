# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# zlib 1.2.13: its `make test` and `make test64`, whose parts are tests, and the
# program of its `make cover`.
sources=zlib
build()
{
	CHOST=$host ./configure --static
	make static all64 infcover
	cp example minigzip example64 minigzip64 infcover "$progs"
}
tests()
{
	serve example example64 infcover minigzip minigzip minigzip64 minigzip64
	cd "$work"
	for p in minigzip minigzip64; do
		t "echo hello world | $p | $p -d" inside sh -c \
		    "echo hello world | $p | $p -d"
	done
	for p in example example64; do
		t $p inside $p tmpst
	done
	t infcover inside infcover
}
