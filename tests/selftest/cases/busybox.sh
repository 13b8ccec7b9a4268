# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# busybox 1.35, its default configuration for machines without fork (NOMMU: hush
# is the shell), and its testsuite.
sources=busybox
build()
{
	make defconfig
	sed -i 's/# CONFIG_NOMMU is not set/CONFIG_NOMMU=y/' .config
	yes '' | make oldconfig
	make CC="$CC" AR="$AR" LD=ld SKIP_STRIP=y busybox_unstripped
	cp busybox_unstripped "$progs/busybox"
}
tests()
{
	program=busybox
	serve - busybox busybox busybox busybox busybox busybox busybox busybox
	mkdir "$work/bb"
	cp -a "$progs/src-busybox/testsuite" "$progs/src-busybox/.config" \
	    "$progs/src-busybox/scripts" \
	    "$work/bb"
	standins "$work/bb" busybox
	cd "$work/bb/testsuite"
	inside ./runtest >>"$log" 2>&1 </dev/null || true
	verdicts "$log"
}
