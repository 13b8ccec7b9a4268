#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random calls on Linux and in a guest, compared line by line; the first
# difference is shown with the lines before it and how to see it again.
# usage, from make: differ.sh NAME {spt|hw} FIRST LAST STEPS (BUILD, OBJ)
set -eu
name=$1 place=$2 first=$3 last=$4 steps=$5
out=$OBJ/run/$name.$place
mkdir -p "$out/root/tmp"
parts="net_local net_tcp net_udp net_udplite net_inet6 net_raw net_netlink net_packet"
# The Linux whose answers the programs were written with.  Another one's may
# have changed: a difference is told then, but is no failure.
known=6.18.

if ! unshare -m -p -i -n -u --fork true 2>/dev/null; then
	echo "skipped: $name: needs root and namespaces"
	exit 0
fi

# Linux: in a tmpfs of its own as root's folder.  What random calls take of memory
# (a memfd has no limit) is the machine's where there is no cgroup, so a program
# asks for 64 MiB at most.
cgroup=/sys/fs/cgroup/memory/differ.$$
if mkdir "$cgroup" 2>/dev/null; then
	echo 512M >"$cgroup/memory.limit_in_bytes"
else
	cgroup=
fi
cp "$OBJ/$name.linux" "$out/root/prog"
cat >"$out/linux.sh" <<'EOF'
cgroup=$1; shift
[ -z "$cgroup" ] || echo $$ >"$cgroup/cgroup.procs"
echo 1000 >/proc/self/oom_score_adj
mount -t tmpfs -o size=64m,mode=1777 differ "$1/tmp"
mkdir -p "$1/dev" "$1/proc"
# Not the machine's: a random chmod is meant for nobody else.
mount -t tmpfs -o size=1m,mode=755 differ "$1/dev"
umask 0
mknod "$1/dev/null" c 1 3
mknod "$1/dev/zero" c 1 5
mknod "$1/dev/full" c 1 7
mknod "$1/dev/random" c 1 8
mknod "$1/dev/urandom" c 1 9
mkdir -m 1777 "$1/dev/shm"
mount -t proc proc "$1/proc"
dir=$1; shift
exec chroot "$dir" /prog "$@"
EOF
rc=0
timeout 900 unshare -m -p -i -n -u --fork --mount-proc sh "$out/linux.sh" \
    "$cgroup" "$out/root" "$first" "$last" "$steps" </dev/null \
    >"$out/linux" 2>"$out/linux.err" || rc=$?
[ -z "$cgroup" ] || rmdir "$cgroup" || true
if [ $rc != 0 ]; then
	echo "FAIL differ: $name on Linux: status $rc"
	tail -n 3 "$out/linux"
	tail -n 3 "$out/linux.err"
	exit 1
fi

set -- "$first" "$last" "$steps"
# shellcheck disable=SC2046 # names of components
"$BUILD/bin/rumprun-bake" $(printf -- '--add %s ' $parts) "${place}_generic" \
    "$out/image" "$OBJ/$name"
case $place in
spt)	set -- spt "$out/image" "$@" ;;
hw)	set -- --machine microvm qemu "$out/image" "$@" ;;
esac
"$BUILD/bin/rumprun" --timeout 900 -M 256 "$@" </dev/null \
    >"$out/guest" 2>"$out/guest.err" || rc=$?
# A terminal's lines end in \r\n.
tr -d '\r' <"$out/guest" >"$out/guest.lines"
if cmp -s "$out/linux" "$out/guest.lines" && [ $rc = 0 ]; then
	echo "ok   differ: $name on $place: $((last - first + 1)) seeds," \
	    "$(wc -l <"$out/linux") lines alike"
	exit 0
fi
case $(uname -r) in
"$known"*)	verdict=FAIL ;;
*)		verdict="not judged, this Linux is not $known*:" ;;
esac
line=$(diff "$out/linux" "$out/guest.lines" | sed -n '1s/^\([0-9]*\).*/\1/p')
seed=$(head -n "${line:-1}" "$out/linux" | sed -n 's/^seed //p' | tail -n 1)
echo "$verdict differ: $name on $place: status $rc, line ${line:-?} differs;" \
    "again: make $name.$place FIRST=$seed LAST=$seed STEPS=$steps"
sed -n "${line:-1}p" "$out/guest.lines" | sed 's/^/  guest: /'
sed -n "${line:-1}p" "$out/linux" | sed 's/^/  linux: /'
head -n "${line:-1}" "$out/linux" | tail -n 12 | sed 's/^/   | /'
tail -n 3 "$out/guest.err" | sed 's/^/  /'
# A guest that crashed is a failure everywhere.
[ "$verdict" != FAIL ] && [ $rc = 0 ]
