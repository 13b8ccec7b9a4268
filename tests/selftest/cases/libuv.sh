# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# libuv 1.44.2: the tests of test/run-tests, each in a machine of its own (on Linux
# in a network of its own).  Processes are started by vfork, here as on Linux: the
# child of each only moves descriptors, then calls execve or _exit.  Left out: what
# calls fork itself (fork_*, pipe_close_stdout_read_stdin).
sources=libuv1
files="async core dl fs getaddrinfo getnameinfo loop-watcher loop pipe poll process
random-devurandom signal stream tcp thread tty udp proctitle linux-core linux-inotify
linux-syscalls random-getrandom random-sysctl-linux procfs-exepath epoll"
build()
{
	mkdir o t
	all=$(for f in $files; do echo "../src/unix/$f.c"; done)
	opts="-O2 -w -D_GNU_SOURCE -D_POSIX_C_SOURCE=200112 -Dfork=vfork"
	opts="$opts -I../include -I../src -I../test -pthread"
	tests=$(cd t && ls ../test/*.c | grep -v 'benchmark\|dns-server\|-win')
	# shellcheck disable=SC2086
	(cd o && $CC $opts -c ../src/*.c $all && $AR rcs ../libuv.a ./*.o)
	# shellcheck disable=SC2086
	(cd t && $CC $opts -c $tests)
	$CC -pthread -o uv t/*.o libuv.a
	cp uv "$progs"
	cp -r test/fixtures "$progs"
}
uv()
{
	# shellcheck disable=SC2086
	case $place in
	linux)	(cd "$root" && unshare -n sh -c 'ip link set lo up && "$@"' - \
		    env -i $environ timeout "$limit" "$progs/uv" "$1") ;;
	*)	boot uv "$1" ;;
	esac </dev/null
}
tests()
{
	root=$work/root limit=120
	environ="HOME=/tmp UV_RUN_AS_ROOT=1 UV_TEST_TIMEOUT_MULTIPLIER=4"
	mkdir -p "$root/test" "$root/tmp" "$root/usr/bin" "$root/etc"
	cp -r "$progs/fixtures" "$root/test"
	cp /etc/passwd /etc/group /etc/hosts "$root/etc"
	cp "$progs/uv" "$root/usr/bin"		# what /proc/self/exe shows
	image uv "$root" "$progs/uv" "$progs/uv" "$progs/uv"
	uv --list | awk '{ print $1 }' | tr -d '\r' |
	    grep -v '^fork_\|^platform_output\|^pipe_close_stdout_read' \
	    >"$work/names"
	while read -r test; do
		echo "== $test" >>"$log"
		rc=0
		uv "$test" >>"$log" 2>&1 || rc=$?
		case $rc in
		0)	result ok "$test" ;;
		7)	result skip "$test" ;;
		*)	result FAIL "$test" ;;
		esac
	done <"$work/names"
}
