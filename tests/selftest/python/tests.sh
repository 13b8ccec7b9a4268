# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Part of cases/python.sh: the root file system and the runs, one boot for the
# modules on each line of python/modules, on Linux and spt of modules.more as
# well, with LONG=1 of all and of modules.long; MODULES="test_x test_y": these.
# python/forks has the tests that call fork, by themselves or by multiprocessing:
# they are run nowhere; nor are those of VSOCK, which wait for a hypervisor.

# Busybox's programs for tests that want a shell or an archiver.
applets="sh bzip2 cat echo env false gzip head id kill ls printf sleep stty tail
tar true unzip xz"

# The standard library with its tests, compiled, and the few files of /etc that
# tests look for.  The programs' files are there for who looks for their names.
make_root()
{
	root=$s/python/root
	want=$(grep '^python3.11 ' "$here/../../mk/sources" | cat - \
	    "$here/python/tests.sh" "$here/python/forks" | sha256sum)
	[ "$want" != "$(cat "$root.made" 2>/dev/null)" ] || return 0
	rm -rf "$root"
	lib=$root/usr/lib/python3.11
	mkdir -p "$lib" "$root/usr/bin" "$root/etc"
	cp -r "$src/Lib/." "$lib"
	rm -rf "$lib/idlelib" "$lib/turtledemo" "$lib/ensurepip" "$lib/tkinter"
	mkdir "$lib/lib-dynload"
	cp "$src"/build/lib.*/_sysconfigdata_*.py "$lib"
	# Some tests are files that cannot be compiled.
	/usr/bin/python3.11 -m compileall -q -s "$root" -p / "$lib" \
	    >/dev/null 2>&1 || true
	: >"$root/usr/bin/python3"
	: >"$root/usr/bin/busybox"
	chmod 755 "$root/usr/bin/"*
	for p in $applets; do ln -s busybox "$root/usr/bin/$p"; done
	ln -s usr/bin "$root/bin"
	cat >"$root/etc/passwd" <<-'EOT'
	root:x:0:0:root:/root:/bin/sh
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	EOT
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 rumpkit\n' \
	    >"$root/etc/hosts"
	for p in echo:7 ftp:21 ssh:22 telnet:23 smtp:25 domain:53 http:80 \
	    pop3:110 imap2:143 https:443; do
		printf '%s\t%s/tcp\n%s\t%s/udp\n' "${p%:*}" "${p#*:}" \
		    "${p%:*}" "${p#*:}"
	done >"$root/etc/services"
	cp "$here/python/forks" "$root"
	echo "$want" >"$root.made"
}

modules()
{
	m=$here/python/modules
	if [ -n "${LONG:-}" ]; then cat "$m" "$m.more" "$m.long"
	elif [ "$place" != hw ]; then cat "$m" "$m.more"
	else
		cat "$m"
		tr ' ' '\n' <"$m" | sed 's/.*/ &./' >"$results.only"
	fi
}
python_tests()
{
	src=$progs/src-python3.11
	make_root
	# On Linux the interpreter finds the same library beside itself.
	if [ "$place" = linux ]; then
		mkdir -p "$progs/lib"
		ln -sfn "$root/usr/lib/python3.11" "$progs/lib/python3.11"
	fi
	others=
	if [ "$place" != linux ]; then
		other busybox busybox
		for p in 2 3 4 5 6 7 8 9 10 11 12; do
			others="$others $progs/python3"
		done
		others="$others $other $other $other $other"
	fi
	# shellcheck disable=SC2086 # words
	image python3 "$root" $others
	mem=1024 environ="HOME=/ PATH=/usr/bin LANG=C.UTF-8"
	# Against hanging; QEMU is twenty times as slow.
	limit=1200
	[ "$place" != hw ] || limit=7200
	if [ -n "${MODULES:-}" ]; then echo "$MODULES"
	else modules
	fi >"$work/list"
	while read -r line; do
		rc=0
		echo "== $line" >>"$log"
		# regrtest's word for slow machines, --timeout: what may take
		# 30 s, as 25 handshakes of TLS at once, may take 180 s.
		# shellcheck disable=SC2086 # words
		boot python3 -m test -v --timeout 7200 --ignorefile forks \
		    -i '*VSOCK*' $line \
		    >"$work/out" 2>&1 || rc=$?
		cat "$work/out" >>"$log"
		# shellcheck disable=SC2086
		/usr/bin/python3.11 "$here/python/results.py" $rc $line \
		    <"$work/out" >>"$results"
	done <"$work/list"
}
