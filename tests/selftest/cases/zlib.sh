# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# zlib 1.2.13: what its `make test`, `make test64` and `make cover` run.
sources=zlib
build()
{
	CHOST=$host ./configure --static
	make static all64 infcover
	cp example minigzip example64 minigzip64 infcover "$progs"
}
tests()
{
	root=$work
	for p in example example64 infcover; do
		image $p
		t $p boot $p
	done
}
