# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Part of selftest.sh: building, baking, running, results.
s=$build/selftest
agent=${AGENT:-}
T=x86_64-rumprun-linux-musl
short=${SHORT:+-short}

# Debian's source as it is, unpacked in $src; then the case's build() there.
# For Linux with Debian's musl and the same options.  A build is repeated when
# the case, the pinned source or the toolchain has changed.
build_program()
{
	kind=guest
	[ "$place" != linux ] || kind=linux
	progs=$s/$name/$kind
	key=$({
		sed "/^tests()/,\$d" "$here/cases/$name.sh"
		for p in $sources; do grep "^$p " "$here/../../mk/sources"; done
		[ $kind = linux ] || cat "$build/bin/rumprun-cc.sh" \
		    "$build/$T/lib/libc.a"
	} | sha256sum)
	mkdir -p "$progs"
	exec 8>"$progs/.lock"
	flock 8
	if [ "$key" = "$(cat "$progs/.built" 2>/dev/null)" ]; then
		exec 8>&-
		return 0
	fi
	echo "  BUILD   selftest/$name/$kind"
	rm -rf "$progs"/* "$progs/.built"
	for p in $sources; do
		"$here/../../mk/fetch.sh" "$p" "$build/sources"
		mkdir "$progs/src-$p"
		tar -xf "$(ls "$build"/sources/"${p}"_*.orig.tar.*)" \
		    -C "$progs/src-$p" --strip-components=1
	done
	src=$progs/src-${sources%% *}
	# Where its status is tested, -e would not be heeded within.
	set +e
	(build_in "$src") >"$progs/build.log" 2>&1 </dev/null
	rc=$?
	set -e
	[ $rc = 0 ] || {
		echo "FAIL selftest: $name: build for $kind"
		tail -n 20 "$progs/build.log" | cut -c1-300
		exit 1
	}
	echo "$key" >"$progs/.built"
	exec 8>&-
}
build_in()
{
	cd "$1" || exit 1
	unset BUILD CFLAGS LDFLAGS SHORT
	kernel_headers
	case $kind in
	guest)	export PATH="$build/bin:$PATH"
		host=$T CC="$T-gcc -idirafter $s/kernel" AR=$T-ar RANLIB=$T-ranlib ;;
	linux)	host=x86_64-linux-musl AR=ar RANLIB=ranlib
		CC="musl-gcc -static -idirafter $s/kernel" ;;
	esac
	set -ex
	cross="--host=$host --build=x86_64-linux-gnu"
	build
}

# Debian's musl comes without them, the wrapper with the usual ones.
kernel_headers()
{
	mkdir -p "$s/kernel"
	for d in linux mtd scsi asm-generic x86_64-linux-gnu/asm; do
		ln -sfn /usr/include/$d "$s/kernel/${d##*/}"
	done
}

# image PROGRAM [ROOT [PROGRAM...]]: bakes it unless nothing changed, with more
# programs that it can start; name in $image.
image()
{
	p=$1 r=${2:-}
	shift $(($# > 1 ? 2 : 1))
	case $place in
	linux)	return ;;
	spt)	set=spt_net ;;
	hw)	set=hw_virtio ;;
	esac
	image=$s/$name/$p.$place
	[ -f "$image" ] && [ "$progs/$p" -ot "$image" ] && [ -z "$(find \
	    "$build/lib/rumpkit" ${r:+"$r"} -newer "$image" | head -1)" ] ||
		"$build/bin/rumprun-bake" ${r:+--rootfs "$r"} "$set" \
		    "$image" "$progs/$p" "$@"
}

# boot PROGRAM [ARGUMENT...]: runs it in $root, which is the guest's root file
# system; a machine of its own each time, with $mem MiB and the variables
# $environ (words NAME=VALUE).  In a guest it runs the line $run, if there is one.
boot()
{
	p=$1; shift
	[ "$place" = linux ] || [ -z "${run:=}" ] || set --
	env="${environ:-HOME=/}" opts=
	for v in $env; do opts="$opts -e $v"; done
	# shellcheck disable=SC2086 # words
	case $place in
	linux)	(cd "$root" && exec env -i $env timeout "${limit:-600}" \
		    "$progs/$p" "$@") ;;
	spt)	"$build/bin/rumprun" spt $opts -M "${mem:-256}" \
		    --timeout "${limit:-600}" ${run:+--run "$run"} "$image" "$@" ;;
	hw)	"$build/bin/rumprun" qemu --machine q35 $opts \
		    -M "${mem:-256}" --timeout "${limit:-600}" \
		    ${run:+--run "$run"} "$image" "$@" ;;
	esac </dev/null
}

# other NAME PROGRAM: a program of another case, path in $other.
other()
{
	"$here/selftest.sh" "$build" build "$1" "$place"
	other=$s/$1/$kind/$2
}

# serve PROGRAM...: each as often as it may run at once, in a guest that starts
# when it is needed and keeps $work as it is here, and /tmp: that is $work/.tmp
# unless $work is in it.
# In $work/.bin are stand-ins for them; `inside` has those first in PATH.  What is
# in $state/root already comes with its root file system, so do links to busybox,
# if that is one of them.  A program may run $limit seconds.
serve()
{
	mkdir -p "$state" "$bin" "$tmp"
	chmod 1777 "$tmp"
	cd "$progs"
	if [ "$place" = linux ]; then
		for p; do cp "$p" "$bin"; done
		return
	fi
	case $place in
	spt)	set=spt_net kind=spt ;;
	hw)	set=hw_virtio kind="qemu --machine q35" ;;
	esac
	for p; do
		cp "$agent/standin" "$bin/${p##*/}"
		chmod u+s "$bin/${p##*/}"
	done
	conf
	guest_root "$@"
	for _ in 1 2 3 4; do set -- "$@" "$agent/runas"; done
	"$build/bin/rumprun-bake" --rootfs "$state/root" $set "$state/image" \
	    "$agent/agent" "$@"
	echo '{"rc":[{"bin":"agent"}]}' >"$state/config"
	cat >"$state/start" <<-EOF
		#!/bin/sh
		PATH=/usr/sbin:/usr/bin:/sbin:/bin
		[ ! -f $state/pid ] || kill \$(cat $state/pid) 2>/dev/null
		setsid $build/bin/rumprun $kind -M ${mem:-512} -N $(uname -n) \\
		    -I tap0,eth -W tap0,inet,static,10.78.0.2/24 \\
		    --config $state/config $state/image \\
		    </dev/null >>$state/log 2>&1 &
		echo \$! >$state/pid
	EOF
	chmod +x "$state/start"
	network
}
conf() { echo "$work 10.78.0.2 $state ${limit:-0}" >"$bin/.conf"; }
# Users and hosts as here; busybox's programs where they are used to be.
guest_root()
{
	r=$state/root
	mkdir -p "$r/etc" "$r/usr/bin"
	cp /etc/passwd /etc/group /etc/hosts "$r/etc"
	if [ "$tmp" = /tmp ]; then mkdir "$r/tmp"; else ln -s "$tmp" "$r/tmp"; fi
	case " $*" in
	*busybox*) commands "$r" ;;
	*)	ln -s usr/bin "$r/bin" ;;
	esac
	for p; do
		cp --remove-destination "$agent/standin" "$r/bin/${p##*/}"
	done
}
# commands ROOT: busybox's names in a guest's root.
commands()
{
	ln -s usr/bin "$1/bin"
	: >"$1/bin/busybox"
	chmod 755 "$1/bin/busybox"
	for a in $(applets); do
		ln -sf busybox "$1/bin/$a"
	done
}
# The names that busybox has here.
applets()
{
	(cd "$s/busybox/guest/src-busybox" && HOSTCC=gcc sh applets/busybox.mkll |
	    sed 's|.*/||' | sort -u)
}
# In a network of its own, where the guest is.
network()
{
	ns=rkst-$$
	ip netns add $ns
	trap network_down EXIT
	trap 'exit 1' INT TERM HUP
	for c in "link set lo up" "tuntap add dev tap0 mode tap vnet_hdr" \
	    "addr add 10.78.0.1/24 dev tap0" "link set tap0 up"; do
		# shellcheck disable=SC2086
		nsenter --net=/run/netns/$ns ip $c
	done
}
network_down()
{
	[ ! -f "${state:-}/pid" ] || kill "$(cat "$state/pid")" 2>/dev/null || true
	[ -z "${ns:-}" ] || ip netns del "$ns" 2>/dev/null || true
	ns=
}
# The guest's /tmp is $tmp here, in mounts of its own; a chroot that is no mount
# point cannot have these: there /tmp stays, and what is in it is not carried.
# The shell of a guest is busybox's: no test shall look for bash.
inside()
{
	if [ -n "${ns:-}" ] && unshare -m true 2>/dev/null; then
		# shellcheck disable=SC2016 # of the inner shell
		set -- unshare -m sh -c \
		    'mount --bind "$0" /tmp && exec "$@"' "$tmp" "$@"
	fi
	if [ -n "${ns:-}" ]; then
		set -- nsenter --net="/run/netns/$ns" "$@"
	fi
	SHELL=/bin/sh PATH=$bin:$PATH "$@"
}
# standins DIR PROGRAM...: they take the programs' places in a folder of $work.
standins()
{
	dir=$1; shift
	for p; do ln -sf "$bin/$p" "$dir/$p"; done
}

# One line for each test.
result() { echo "$1 $2" >>"$results"; }
# verdicts FILE: of a suite that prints PASS: TEST, as automake's do.
verdicts()
{
	sed -n "s/^PASS: /ok /p; s/^FAIL: /FAIL /p; s/^ERROR: /FAIL /p
	    s/^SKIP[PED]*: /skip /p; s/^XFAIL: /ok /p" "$1" >>"$results"
}
# t TEST COMMAND...: by its status; what it prints is in the log.
t()
{
	test=$1; shift
	echo "== $test" >>"$log"
	if ("$@") >>"$log" 2>&1; then result ok "$test"
	else result FAIL "$test"
	fi
}

run_suite()
{
	. "$here/cases/$name.sh"
	build_program
	work=$s/work/$name.$place results=$s/$name.$place$short
	state=$work.state bin=$work/.bin tmp=$work/.tmp log=$results.log
	case $work in /tmp/*) tmp=/tmp ;; esac
	rm -rf "$work" "$work".* "$results" "$results".*
	mkdir -p "$work"
	: >"$results"
	start=$(date +%s)
	tests
	network_down
	[ -z "${KEEP:-}" ] || return 0
	rm -rf "$work"
	for d in "$work".*; do
		[ ! -f "$d/log" ] || cp "$d/log" "$log.guest"
		[ ! -d "$d" ] || rm -rf "$d"
	done
	printf '  %-12s %-5s %5d ok %4d FAIL %4d skip, %d s\n' "$name" "$place" \
	    "$(count ok "$results")" "$(count FAIL "$results")" \
	    "$(count skip "$results")" $(($(date +%s) - start))
}
count() { grep -c "^$1 " "$2" || true; }

# The tests that passed on Linux and not here, or were not run here at all; of
# those with a line of RESULTS.only in them, when a case runs a part of them.
worse()
{
	f=$s/$name.$1$short
	[ -f "$f.only" ] || echo "ok " >"$f.only"
	[ "$(count ok "$s/$name.linux$short")" != 0 ] ||
	    { echo "nothing passed on Linux"; return; }
	grep '^ok ' "$s/$name.linux$short" | grep -F -f "$f.only" | sort \
	    >"$f.want"
	{ grep '^ok ' "$f" || true; } | sort | comm -23 "$f.want" - |
	    sed 's/^ok //'
	rm "$f.want"
}
compare_results()
{
	rc=0
	for place in spt hw; do
		n=0
		list=$(worse $place)
		for test in $(echo "$list" | tr ' ' '~'); do
			why=$(known "$place" "$(echo "$test" | tr '~' ' ')")
			if [ -n "$why" ]; then continue; fi
			n=$((n + 1))
			[ $n -gt 20 ] || echo "FAIL selftest: $name: $test on $place"
		done
		if [ $n != 0 ]; then rc=1; else
			echo "ok   selftest: $name on $place: $(count ok \
			    "$s/$name.$place$short") of $(count ok \
			    "$s/$name.linux$short") that pass on Linux"
		fi
	done
	exit $rc
}
# known PLACE TEST: why it cannot pass in a unikernel, from known/NAME:
# TEST (a pattern) or PLACE:TEST, then the reason.
known()
{
	[ -f "$here/known/$name" ] || return 0
	while read -r pattern why; do
		# shellcheck disable=SC2254 # a pattern
		case $2 in $pattern) echo "$why"; return ;; esac
		# shellcheck disable=SC2254
		case $1:$2 in $pattern) echo "$why"; return ;; esac
	done <"$here/known/$name"
}

print_table()
{
	printf '| program | Linux | spt | hw |\n| --- | --- | --- | --- |\n'
	for name; do
		[ -f "$s/$name.linux" ] || continue
		printf '| %s |' "$name"
		for place in linux spt hw; do
			f=$s/$name.$place
			[ -f "$f" ] || { printf ' - |'; continue; }
			printf ' %d of %d |' "$(count ok "$f")" \
			    "$(grep -c . "$f")"
		done
		echo
	done
}
