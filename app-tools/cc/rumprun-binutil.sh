#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# x86_64-rumprun-linux-musl-{ar,nm,ranlib,ld,strip,objcopy,...}: the host's
# tool of that name; ar, nm and ranlib are gcc's, which know LTO objects.
# strip leaves a program's symbols to bake, which needs its entry.
set -eu
tool=${0##*/x86_64-rumprun-linux-musl-}
self=$(readlink -f "$0")
case $tool in
ar|nm|ranlib)
	exec "gcc-$tool" "$@" ;;
strip)	# debug information may go, symbols and relocations may not
	exec strip --strip-debug --keep-symbol=rumprun_entry "$@" ;;
pkg-config)
	PKG_CONFIG_LIBDIR=${self%/*/*}/x86_64-rumprun-linux-musl/lib/pkgconfig
	export PKG_CONFIG_LIBDIR
	exec pkg-config --static "$@" ;;
*)	exec "$tool" "$@" ;;
esac
