# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # read by exec.sh
# busybox's shell runs a script; beside Linux's sh.  As many times in the image
# as run at the same time.
rm -rf "$out/root"
mkdir -p "$out/root/bin" "$out/root/tmp"
cp "$here/hush.test" "$out/root/"
for a in sh awk basename cat cut echo env \
    expr false find grep head ls mkdir printf rm sed seq sleep sort tr true \
    uniq wc xargs; do
	ln -sf busybox "$out/root/bin/$a"
done
sh "$here/hush.test" >"$out/want" 2>&1
b=$BUILD/progs/busybox
bake_options="--rootfs $out/root"
bake "$b" "$b" "$b" "$b" "$b" "$b" "$b"
echo '{"rc":[{"argv":["sh","/hush.test"]}],"env":["PATH=/bin"]}' >"$out/rc.json"
run --config "$out/rc.json"
status 0
cmp -s "$out/want" "$out/out" || { bad "other output than Linux's sh"
	diff "$out/want" "$out/out"; }
