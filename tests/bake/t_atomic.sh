#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The output appears whole or not at all: killed at many moments, ended by a
# signal, disk full, folder not writable.
. "$(dirname "$0")/lib.sh"
tree
mkdir "$T/d" "$T/o"
head -c 30000000 /dev/zero | tr '\0' x > "$T/d/large"
cleanup() { umount "$T/small" 2>/dev/null || :; }

"$BAKE" full "$T/o/out" "$T/hello"
cp "$T/o/out" "$T/old"; cp "$T/o/out.debug" "$T/old.debug"
"$BAKE" --rootfs "$T/d" full "$T/new" "$T/hello"
whole() {
	cmp -s "$T/o/out" "$T/old" || cmp -s "$T/o/out" "$T/new" ||
	    fail "$1: a part of an image"
	cmp -s "$T/o/out.debug" "$T/old.debug" ||
	    cmp -s "$T/o/out.debug" "$T/new.debug" ||
	    fail "$1: a part of a debug file"
}
# SIGTERM: nothing stays behind.  SIGKILL: only the output must be whole.
for sig in TERM INT KILL; do
	for ms in 001 004 010 020 030 040 060 080 120 160; do
		cp "$T/old" "$T/o/out"; cp "$T/old.debug" "$T/o/out.debug"
		timeout -s $sig 0.$ms "$BAKE" --rootfs "$T/d" full \
		    "$T/o/out" "$T/hello" > "$T/stdout" 2>&1 && rc=0 || rc=$?
		whole "$sig after $ms ms"
		if [ $sig = KILL ]; then
			# Its children may take a moment to die.
			until rm -rf "$TMPDIR"/* "$T"/o/.out*; do sleep 1; done
			continue
		fi
		clean
		[ "$(ls -A "$T/o" | wc -l)" = 2 ] || fail "$sig: $(ls -A "$T/o")"
	done
done

# Disk full, in the output's folder and in TMPDIR.
mkdir "$T/small"
if [ "$(id -u)" = 0 ] &&
    mount -t tmpfs -o size=1m none "$T/small" 2>/dev/null; then
	echo old > "$T/small/out"
	! "$BAKE" --rootfs "$T/d" full "$T/small/out" "$T/hello" \
	    2> "$T/stderr" || fail "disk full, and no error"
	grep -q 'No space left' "$T/stderr" || fail "$(cat "$T/stderr")"
	[ "$(wc -l < "$T/stderr")" = 1 ] || fail "$(cat "$T/stderr")"
	[ "$(ls -A "$T/small")" = out ] || fail "left: $(ls -A "$T/small")"
	[ "$(cat "$T/small/out")" = old ] || fail "disk full: touched"
	clean
	rm "$T/small/out"
	! TMPDIR=$T/small "$BAKE" --rootfs "$T/d" full "$T/o/out" "$T/hello" \
	    2> "$T/stderr" || fail "TMPDIR full, and no error"
	grep -q 'No space left.*TMPDIR' "$T/stderr" || fail "$(cat "$T/stderr")"
	[ -z "$(ls -A "$T/small")" ] || fail "left: $(ls -A "$T/small")"
fi

# A folder that may not be written (root may write everywhere).
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	chmod 755 "$T"; chmod 1777 "$TMPDIR"; chmod 755 "$T/o"
	! setpriv --reuid 65534 --regid 65534 --clear-groups "$BAKE" full \
	    "$T/o/out" "$T/hello" 2> "$T/stderr" || fail "wrote there"
	grep -q 'cannot write into folder' "$T/stderr" ||
	    fail "$(cat "$T/stderr")"
	whole "not writable"
fi
clean
