# SPDX-License-Identifier: BSD-2-Clause
# For the scripts here: run QEMU, check what came.
set -u
guest=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# qemu SECONDS OPTIONS...: console in $tmp/out, debug port in $tmp/debug,
# QEMU's status in $status.
qemu() {
	seconds=$1
	shift
	: >"$tmp/debug"
	timeout "$seconds" qemu-system-x86_64 -accel tcg -display none \
	    -monitor none -serial stdio -no-reboot \
	    -debugcon "file:$tmp/debug" "$@" >"$tmp/out" 2>&1 \
	    <"${input:-/dev/null}"
	status=$?
}

# bad TEXT: one failure, with what was printed.
bad() {
	echo "FAIL  $*"
	sed 's/^/      /' "$tmp/out" | head -30
	failed=$((failed + 1))
}

# expect NAME STATUS PATTERN: the record on the debug port, and the console.
expect() {
	if ! grep -q "exit $2\$" "$tmp/debug"; then
		bad "$1: no record 'exit $2', qemu ended with $status"
	elif ! grep -q -- "$3" "$tmp/out"; then
		bad "$1: no '$3' on the console"
	fi
}

# The same image without its Multiboot 1 header: QEMU takes PVH then.
pvh_of() {
	python3 - "$1" "$2" <<'PY'
import sys
d = bytearray(open(sys.argv[1], 'rb').read())
i = d.find(b'\x02\xb0\xad\x1b')
assert 0 <= i < 8192
d[i:i + 4] = b'\0\0\0\0'
open(sys.argv[2], 'wb').write(d)
PY
}
