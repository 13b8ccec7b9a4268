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
	serve busybox busybox busybox busybox busybox busybox busybox busybox
	mkdir "$work/bb"
	cp -a "$progs/src-busybox/testsuite" "$progs/src-busybox/.config" \
	    "$progs/src-busybox/scripts" \
	    "$work/bb"
	standins "$work/bb" busybox
	cd "$work/bb/testsuite"
	# The programs for checksums start 2,000 programs each.
	slow="md5sum sha1sum sha256sum sha512sum sha3sum"
	set --
	if [ -n "$short" ]; then
		set -- busybox awk cat cp cpio cut diff du expand find head hostname \
		    id ls mv pidof readlink realpath sed sort tail tr uniq wc xargs
	elif [ "$place" = hw ]; then
		grep '^ok' "$s/busybox.linux" | grep -vwF "$(echo $slow |
		    tr ' ' '\n')" >"$results.only"
		set -- $(applets | grep -vxF "$(echo $slow | tr ' ' '\n')")
	fi
	# shellcheck disable=SC2046,SC2086
	inside timeout -k 10 3600 ./runtest "$@" >>"$log" 2>&1 </dev/null || true
	verdicts "$log"
}
