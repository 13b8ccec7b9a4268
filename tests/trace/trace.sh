#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One test on one platform.  usage: trace.sh TEST {spt|hw}, run by make (BUILD,
# OBJ, TOP).
set -u
test=$1 config=$2
out=$OBJ/run/$test.$config
mkdir -p "$out"
failed=0
bad() { echo "  $test on $config: $*"; failed=1; }

# bake PROGRAM [OPTIONS]: the image is $out/image; with $more programs.
more=
bake()
{
	prog=$1; shift
	# shellcheck disable=SC2086 # none, or one path without blanks
	"$BUILD/bin/rumprun-bake" "$@" "${config}_generic" "$out/image" \
	    "$OBJ/$prog" $more || { bad "bake failed"; exit 1; }
}

# run OPTIONS [-- ARGUMENTS]: status in $rc, output in $out/out and $out/err.
run()
{
	opts=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		opts="$opts $1"; shift
	done
	[ $# -eq 0 ] || shift
	target=spt
	[ "$config" = spt ] || target="qemu --machine microvm"
	rc=0
	# shellcheck disable=SC2086 # words without blanks
	"$BUILD/bin/rumprun" --timeout 300 $target -M 64 $opts "$out/image" \
	    "$@" </dev/null >"$out/out" 2>"$out/err" || rc=$?
}
status() { [ "$rc" = "$1" ] ||
	{ bad "status $rc, not $1"; tail -n 5 "$out/out"; tail -n 5 "$out/err"; }; }
has() { grep -q -e "$1" "${2:-$out/err}" ||
	{ bad "lacks '$1'"; tail -n 20 "${2:-$out/err}"; }; }
lacks() { ! grep -e "$1" "${2:-$out/err}" || bad "has '$1'"; }

# What must differ, made the same: ids, addresses, blanks before the result.
plain()
{
	sed -n '/close(-1000)/,/close(-1001)/p' "$1" | sed \
	    -e 's/^\[[0-9.]*\] //' -e 's/^[0-9][0-9]* *//' \
	    -e 's/0x[0-9a-f]\{5,\}/ADDRESS/g' \
	    -e 's/nodename="[^"]*"/nodename="NAME"/' \
	    -e 's/ *= \([^=]*\)$/ = \1/' -e 's/^getppid() = .*/getppid()/' \
	    -e 's/^getuid() = .*/getuid()/' \
	    -e 's|^getcwd("[^"]*/trace.d", 256) = .*|getcwd(trace.d)|'
}

case $test in
linux)	# As strace prints them on Linux, line by line.
	(cd "$out" && strace -f -o "$out/strace" "$OBJ/calls.linux") \
	    >"$out/linux" 2>&1 || bad "strace failed: $(cat "$out/linux")"
	bake calls --add trace --add net_local
	run --trace
	status 0
	plain "$out/strace" >"$out/want"
	plain "$out/err" >"$out/got"
	[ "$(wc -l <"$out/want")" -gt 90 ] || bad "strace shows too little"
	diff "$out/want" "$out/got" || bad "not as strace prints it"
	has '^\[1\.1\] exit_group(0) = ?$'
	has '^\[1\.1\] +++ exited with 0 +++$' ;;
options)
	bake calls
	run --trace
	status 125
	has 'no component trace in this image.*--add trace'
	bake calls --add trace --add net_local
	run
	status 0
	lacks 'close('				# not asked for
	run --trace=umask,%network -- 7
	status 7
	has '^\[1\.1\] umask(022) = 022$'
	has '^\[1\.1\] listen(3, 5) = 0$'
	lacks '] close('
	run --trace=!all
	lacks '^\[1'
	run --trace=!desc
	has '] getuid('
	lacks '] close('
	run '--trace=no;'
	status 125
	run --trace --trace-file "$out/file"
	status 0
	has '^\[1\.1\] umask(022) = 022$' "$out/file"
	lacks '] close('
	run --trace --trace-file /nowhere/file
	status 125
	run --trace-file "$out/file"
	status 125 ;;
wrong)	bake wrong --add trace
	run --trace
	status 0
	has '] write(-1, 0x8, 5) = -1 E'
	has '] bind(-1, 0x7fffffffffff, 128) = -1 E'
	has '] sendmsg(-1, 0x8000000000000000, 0) = -1 E'
	has '] sendmsg(-1, .*msg_iov=\[{iov_base=0x8000000000000000, iov_len=5}\]'
	has '] sendmsg(-1, {msg_name=0x8, .*msg_iov=0xffffffffffffffff, '
	has '] write(-1, 0x[0-9a-f]*ffa, 20) = -1 E'
	has '] write(-1, "x\\0\\0\\0\\0\\0", 6) = -1 E' ;;
threads)
	bake threads --add trace
	run --trace
	status 5
	has '^\[1\.[0-9]*\] read([0-9]*, *<unfinished ...>$'
	has '^\[1\.[0-9]*\] <... read resumed>"z", 1) = 1$'
	has '^\[1\.1\] clone(CLONE_VM|CLONE_FS|CLONE_FILES|'
	has '^\[1\.1\] getppid() = 0$'
	has '^\[1\.1\] unknown(0x1, ' ;;
spawn)	cp "$OBJ/spawn" "$OBJ/other"
	more=$OBJ/other
	bake spawn --add trace --add stats
	run --trace --stats
	status 3
	has '^\[1\.1\] vfork( <unfinished ...>$'
	has '\] execve("/bin/other", \["other", "word"\], 0x[0-9a-f]* /\* 0 v'
	has '^\[2\.[0-9]*\] +++ exited with 3 +++$'
	has 'wait4.*\[{WIFEXITED(s) && WEXITSTATUS(s) == 3}\], 0, NULL) = 2$'
	has ' 2 *0 exit_group$' ;;
signals)
	bake signals --add trace
	run --trace
	status 143
	has '\] read(3, 0x[0-9a-f]*, 1) = -1 EINTR (Interrupted system call)$'
	has '\] --- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---$'
	has '\] write(4, "w", 1) = 1$'
	has '\] read(3, "w", 1) = 1$'		# made again, and seen again
	has '\] kill(1, SIGUSR1) = 0$'
	has '] --- SIGUSR1 {.*, si_code=SI_USER, si_pid=1, si_uid=0} ---$'
	has '] --- SIGSEGV {.*, si_code=SEGV_MAPERR, si_addr=0x8} ---$'
	has '\] +++ killed by SIGTERM +++$' ;;
size)	# Who does not ask for it has nothing of it.
	bake wrong
	nm "$out/image.debug" | grep -E 'rump_(syscall|calls|trace|stats)_' &&
	    bad "the image has some of it"
	nm "$out/image.debug" | grep -q rump_sysimpl_write ||
	    bad "no gate in the image" ;;
stats)	bake calls
	run --stats
	status 125
	has 'no component stats in this image.*--add stats'
	bake calls --add stats --add trace --add net_local
	run
	status 0
	[ ! -s "$out/err" ] || bad "printed without --stats"
	run --stats --trace=umask
	status 0
	has '^\[1\.1\] umask(022) = 022$'
	has '^ *[0-9.]* *[0-9]*\.[0-9]* *[0-9]* *14 *3 close$'
	has '^100\.00 .* total$'
	has '^ *[1-9][0-9]* *[1-9][0-9]* *[1-9][0-9]* *[1-9][0-9]* *0 *0 base$'
	run --stats=json
	status 0
	python3 stats.py "$config" <"$out/err" || bad "JSON" ;;
*)	bad "no such test" ;;
esac
[ $failed = 0 ] && echo "ok   trace: $test on $config" && exit 0
echo "FAIL trace: $test on $config"
exit 1
