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
	# start-stop-daemon's test: "this fails if /bin/false is a busybox symlink".
	false=
	if [ "$place" != linux ]; then
		mkdir -p "$state/program"
		false=$state/program/false
		echo 'int main(void) { return 1; }' |
		    "$build/bin/$T-gcc" -x c -o "$false" -
	fi
	# shellcheck disable=SC2086 # nothing, on Linux
	serve busybox busybox busybox busybox busybox busybox busybox busybox \
	    busybox $false
	mkdir "$work/bb"
	cp -a "$progs/src-busybox/testsuite" "$progs/src-busybox/.config" \
	    "$progs/src-busybox/scripts" \
	    "$work/bb"
	standins "$work/bb" busybox
	cd "$work/bb/testsuite"
	set --
	if [ -n "$short" ]; then
		set -- busybox awk cat cp cpio cut diff du expand find head hostname \
		    id ls mv pidof readlink realpath sed sort tail tr uniq wc xargs
	elif [ "$place" = hw ]; then
		# Two tests of bc's write 7 million lines, each by a call: an
		# emulated CPU does not get to their end.
		limit=120 && conf
		runtest bc
		limit=0 && conf
		# shellcheck disable=SC2046 # words
		set -- busybox $(applets | grep -vx bc)
	fi
	runtest "$@"
	verdicts "$log"
}
runtest()
{
	inside timeout -k 10 7200 ./runtest "$@" >>"$log" 2>&1 </dev/null || true
}
