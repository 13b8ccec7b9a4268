# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by guest.sh
# rumprun -D and gdb: main, through the write gate into the platform, threads.
bake gate
# Below those that the system gives out itself.
port=$((20000 + $$ % 12000))
timeout 100 "$BUILD/bin/rumprun" -M 64 --machine microvm -D $port -p qemu \
    "$image" </dev/null >"$out/guest" 2>&1 &
guest=$!
sleep 1
# shellcheck disable=SC2016 # $... is for gdb
timeout 90 gdb -nx -batch -x "$BUILD/share/rumpkit/rumpkit-gdb.py" \
    -ex "file $image.debug" -ex "target remote 127.0.0.1:$port" \
    -ex 'hbreak main' -ex continue -ex 'backtrace 3' \
    -ex 'tbreak bmk_platform_putc' -ex 'tbreak rumpuser_putchar' \
    -ex "break ${GATE_BREAK:-hw_cons_putc}" -ex continue -ex 'backtrace' \
    -ex 'info rumpkit-threads' -ex 'delete' -ex continue \
    >"$out/out" 2>&1
has '^Breakpoint 1, .*main '
has 'main .*gate\.c:'
has '^#0 .*cons'
has ' say .*gate\.c:'
has 'rump_sys.*write'
has 'running'
wait $guest || bad "the guest ended with $?"
grep -q '^hello' "$out/guest" || bad "no hello"
