#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bad input: a clear line, the right status, and the old output stays.
. "$(dirname "$0")/lib.sh"
tree
C=$T/lib/rumpkit/components
S=$T/lib/rumpkit/sets
bad() { refuse 1 "$1" full "$T/out" "$2"; }

# Programs.
: > "$T/empty"; bad "empty: is empty" "$T/empty"
echo "int main;" > "$T/text"; bad "text: not an ELF file" "$T/text"
echo "#!/bin/sh" > "$T/script"; bad "but a script" "$T/script"
printf '\177EL' > "$T/tiny"; bad "not an ELF file" "$T/tiny"
head -c 40 "$T/hello" > "$T/cut"; bad "is cut off" "$T/cut"
head -c 1000 "$T/hello" > "$T/cut"; bad "cut: damaged" "$T/cut"
bad "is a Linux executable, not made by x86_64-rumprun" /bin/sh
bad "sh" /nowhere/sh
bad "a folder" "$T"
bad "is an archive" "$C/librump.a"
# hello, with the machine, the class, the byte order changed
patch() {
	cp "$T/hello" "$T/odd"
	printf "$2" | dd of="$T/odd" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
patch 18 '\267'; bad "another machine (ELF machine 183)" "$T/odd"
patch 4 '\1'; bad "not a 64-bit ELF" "$T/odd"
patch 5 '\2'; bad "big-endian" "$T/odd"
patch 16 '\4'; bad "ELF type 4" "$T/odd"
patch 40 '\377\377\377\377'; bad "odd: damaged" "$T/odd"
echo 'int main(void) { return 0; }' > "$T/host.c"
gcc -c -o "$T/host.o" "$T/host.c"
bad "without the section .note.rumprun" "$T/host.o"
prog oldabi -DABI=7; bad "made for program ABI 7" "$T/oldabi"
prog lost -DABI=1 -DREFERS=lost_function
bad 'lost: unresolved symbol "lost_function", referred to in rumprun_entry (prog.c)' "$T/lost"
gcc $CFL -DABI=1 -Drumprun_entry=other -c -o "$T/noentry" "$here/fake/prog.c"
bad "no symbol rumprun_entry" "$T/noentry"
if [ "$(id -u)" != 0 ]; then
	cp "$T/hello" "$T/secret"; chmod 0 "$T/secret"
	bad "Permission denied" "$T/secret"
fi
mkdir "$T/other" && cp "$T/hello" "$T/other/"
refuse 1 "two programs of one name" mini "$T/out" "$T/hello" "$T/other/hello"
refuse 1 "two programs of one name" mini "$T/out" "$T/hello" "hello=$T/other/hello"
refuse 1 "no: cannot read the program" mini "$T/out" "hello=$T/no"
refuse 1 "is a program and the output" mini "$T/out" "$T/out"

# Unresolved symbols in components: all of them are named.
comp needy -DREFERS=rumpuser_nothing
LINES_MAX=2 refuse 1 'unresolved symbol "rumpuser_nothing", referred to by librumpneedy.a(c-needy.o) in rump_comp_needy_init' \
    --add needy mini "$T/out" "$T/hello"
LINES_MAX=1
rm "$C/librumpneedy.a"

# Sets and components.
refuse 1 'no component set "ful", did you mean full?' ful "$T/out" "$T/hello"
refuse 1 'no component set "zzzzzz" (' zzzzzz "$T/out" "$T/hello"
refuse 1 'no component "vfs_tmpfz"' --add vfs_tmpfz mini "$T/out" "$T/hello"
refuse 1 'did you mean vfs_tmpfs?' --add tmpfs mini "$T/out" "$T/hello"
refuse 1 'no component "nope"' --drop nope full "$T/out" "$T/hello"
refuse 1 'component vfs is dropped, but vfs_tmpfs needs it' --drop vfs full \
    "$T/out" "$T/hello"
refuse 1 'the base cannot be dropped' --drop base full "$T/out" "$T/hello"
refuse 1 'both added and dropped' --drop vfs --add vfs mini "$T/out" "$T/hello"
refuse 1 'no such folder' --component-dir "$T/no" mini "$T/out" "$T/hello"
printf 'platform fake\ncomponent vfs base\nconflict vfs base\n' > "$S/cf.set"
refuse 1 'vfs and base exclude each other' cf "$T/out" "$T/hello"
comp loner; echo 'vfs' > "$C/librumploner.conflicts"
refuse 1 'loner and vfs exclude each other' --add loner full "$T/out" "$T/hello"
"$BAKE" --add loner mini "$T/out" "$T/hello" || fail "loner alone"
comp orphan; echo gone > "$C/librumporphan.needs"
refuse 1 'no component "gone", needed by orphan' --add orphan mini \
    "$T/out" "$T/hello"
mkset() { printf "$1" > "$S/bad.set"; }
mkset 'include other_bad\n'; printf 'include bad\n' > "$S/other_bad.set"
refuse 1 'includes itself' bad "$T/out" "$T/hello"
mkset 'platform fake\ncomponents vfs\n'
refuse 1 'bad.set:2: unknown directive "components", did you mean component?' \
    bad "$T/out" "$T/hello"
mkset 'platform fake\n\ninclude mimi\n'
refuse 1 'bad.set:3: no component set "mimi", did you mean mini?' bad \
    "$T/out" "$T/hello"
mkset 'platform fake extra\n'; refuse 1 'expected one' bad "$T/out" "$T/hello"
mkset 'platform fake\ndrop vfs\n'
refuse 1 'bad.set:2: drop vfs: not in the set' bad "$T/out" "$T/hello"
mkset 'platform fale\n'; refuse 1 'no platform "fale", did you mean fake?' bad \
    "$T/out" "$T/hello"
mkset 'component base\n'; refuse 1 'names no platform' bad "$T/out" "$T/hello"
mkset 'component ../x\n'; refuse 1 'is no component name' bad "$T/out" "$T/hello"
printf 'platform\0fake\n' > "$S/bad.set"
refuse 1 'no text file' bad "$T/out" "$T/hello"

# Output.
refuse 1 'No such file' full "$T/no/out" "$T/hello"
refuse 1 'is no folder' full "$T/hello/out" "$T/hello"
mkdir "$T/own"; refuse 1 'is no ordinary file' full "$T/own" "$T/hello"
refuse 1 'must be a file name' full "$T/own/" "$T/hello"

# Root file systems.
R() { refuse 1 "$1" --rootfs "$2" full "$T/out" "$T/hello"; }
R 'No such file' "$T/no"
R 'expected a folder or a tar archive' /dev/null
R 'is empty' "$T/empty"
R 'neither a folder nor a tar archive' "$T/text"
R 'neither a folder nor a tar archive' /bin/sh
mkdir "$T/d"; echo x > "$T/d/f"
head -c 3000 /dev/urandom > "$T/d/g"; tar -C "$T" -cf "$T/t.tar" d
head -c 2000 "$T/t.tar" > "$T/c.tar"; R 'is cut off' "$T/c.tar"
gzip -c "$T/t.tar" | head -c 2000 > "$T/c.tgz"; R 'is cut off' "$T/c.tgz"
gzip -c "$T/t.tar" > "$T/c.tgz"; truncate -s -4 "$T/c.tgz"
R 'cannot be unpacked' "$T/c.tgz"
(cd "$T/d" && tar -Pcf "$T/up.tar" ../d/f); R 'contains ".."' "$T/up.tar"
sed 's/ustar/ustaR/' "$T/t.tar" > "$T/s.tar"; R 'tar archive' "$T/s.tar"

# Usage.
refuse 2 'no component set given'
refuse 2 'no output file given' full
refuse 2 'no program given' full "$T/out"
refuse 2 'unknown option --fast' --fast
refuse 2 'needs a value' --add

# A component whose constructor is lost by the linker script.
sed -i 's/KEEP(\*(rump_components))/*(rump_xomponents)/' \
    "$P/image.lds"
sed -i '/DISCARD/s/$/\n\t\t*(rump_components)/' "$P/image.lds"
refuse 1 'the archives register 1 entries of rump_components, the image has 0' mini "$T/out" \
    "$T/hello"
