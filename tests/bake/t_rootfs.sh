#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --rootfs: what goes in can be read back from the image, from a folder and
# from archives of several kinds; the same input gives the same image.
. "$(dirname "$0")/lib.sh"
tree
gcc -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -I"$TOP/include" \
    -o "$T/check" "$here/rootfs_check.c"
D=$T/d
mkdir -p "$D/etc" "$D/a/b/c/d" "$D/many" "$D/empty dir"
long=$(printf '%0255d' 0)
echo root:x:0:0::/:/bin/sh > "$D/etc/passwd"
: > "$D/empty"
head -c 4096 /dev/urandom > "$D/page"
head -c 4097 /dev/urandom > "$D/page1"
head -c 3000001 /dev/urandom > "$D/a/b/large"
echo x > "$D/$long"
echo y > "$D/a/b/c/d/a name with blanks"
echo z > "$D/$(printf 'b\303\244rli')"
ln "$D/page1" "$D/a/hard"; ln "$D/page1" "$D/a/b/hard"
ln -s ../etc/passwd "$D/a/link"; ln "$D/etc/passwd" "$D/etc/passwd2"
ln -s "$(printf '%0200d' 7)/$(printf '%0200d' 8)" "$D/long link"
mkfifo "$D/fifo"
chmod 4751 "$D/page"; chmod 1777 "$D/empty dir"; chmod 0400 "$D/empty"
[ "$(id -u)" != 0 ] || { mknod "$D/null" c 1 3; mknod "$D/disk" b 259 300000
    chown 12:34 "$D/page1"; chown -h 70000:80000 "$D/a/link"; }
for i in $(seq 300); do echo "$i" > "$D/many/file$i"; done
touch -d '1999-12-31 23:59:59.123456789' "$D/page"
touch -d '1955-11-05 06:00:00.25' "$D/page1"

bake() { "$BAKE" --rootfs "$1" full "$T/out" "$T/hello" ||
    fail "bake of $1"; }
bake "$D"
"$T/check" "$T/out" "$D" || fail "folder"
cp "$T/out" "$T/first"
[ "$(stat -c %s "$T/out.debug")" -lt 200000 ] || fail "the debug file has it"
bake "$D"; cmp "$T/out" "$T/first" || fail "two bakes differ"

# Archives; pax keeps all of it.  An order of its own each.
(cd "$D" && tar -cf "$T/p.tar" --format=pax --sort=none . )
bake "$T/p.tar"; "$T/check" "$T/out" "$D" || fail "pax"
for c in gzip xz bzip2 zstd; do
	command -v $c > /dev/null || continue
	$c -c < "$T/p.tar" > "$T/z.tar"
	bake "$T/z.tar"; cmp "$T/out" "$T/first" > /dev/null ||
	    "$T/check" "$T/out" "$D" || fail "$c"
done
find "$D" -exec touch -h -d '2001-02-03 04:05:06' {} +
(cd "$D" && tar -cf "$T/g.tar" --format=gnu --sort=name --exclude=./page1 \
    --exclude=./a/hard --exclude=./a/b/hard *)
rm "$D/page1" "$D/a/hard" "$D/a/b/hard"
touch -h -d '2001-02-03 04:05:06' "$D" "$D/a" "$D/a/b"
mkdir "$T/e"
tar -C "$T/e" -xpf "$T/g.tar"
bake "$T/g.tar"
touch -h -d '1970-01-01 00:00:00 UTC' "$T/e"; chmod 755 "$T/e"
"$T/check" "$T/out" "$T/e" || fail "gnu"
# ustar: split names; numeric owners up to 2097151
u=$T/u/$(printf '%070d' 1)/$(printf '%070d' 2)
mkdir -p "$u"; echo 1 > "$u/$(printf '%090d' 3)"
find "$T/u" -exec touch -h -d '2001-02-03 04:05:06' {} +
tar -C "$T/u" --format=ustar -cf "$T/u.tar" .
bake "$T/u.tar"; "$T/check" "$T/out" "$T/u" || fail "ustar"

# Later entries win; a missing folder is made.
mkdir -p "$T/v/x/y"; echo 1 > "$T/v/x/y/f"
tar -C "$T/v" -cf "$T/v.tar" x/y/f
echo second > "$T/v/x/y/f"
tar -C "$T/v" -rf "$T/v.tar" x/y/f
bake "$T/v.tar"
"$T/check" "$T/out" "$T/v" | grep -v ri_mtime > "$T/diff" || :
[ ! -s "$T/diff" ] || fail "replaced: $(cat "$T/diff")"

# Times after SOURCE_DATE_EPOCH are held back to it.
echo new > "$T/v/new"
SOURCE_DATE_EPOCH=1000 bake "$T/v"; cp "$T/out" "$T/first"
touch "$T/v/new" "$T/v" "$T/v/x"
SOURCE_DATE_EPOCH=1000 bake "$T/v"; cmp "$T/out" "$T/first" || fail "epoch"
find "$T/v" -exec touch -h -d @1000 {} +
"$T/check" "$T/out" "$T/v" || fail "epoch: times"

# The check can fail.
echo other > "$T/v/new"
! "$T/check" "$T/out" "$T/v" > /dev/null || fail "the check saw nothing"
clean
