#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches a Debian source package that mk/sources.list names, checks the
# upstream tarball's SHA-256 and unpacks it.  The machine's own apt sources are
# used, with deb-src switched on in a private copy; /etc/apt is not touched.
# usage: fetch-source.sh BUILD NAME	unpacks to BUILD/sources/NAME
# Tarballs that are already in $RUMPKIT_DISTFILES or BUILD/distfiles are taken.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=$1 name=$2
dist=${RUMPKIT_DISTFILES:-$build/distfiles}
out=$build/sources/$name
apt=$build/obj/apt

fail() { echo "rumpkit: $name: $*" >&2; exit 1; }

line=$(awk -v n="$name" '$1 == n' "$top/mk/sources.list")
[ -n "$line" ] || fail "not in mk/sources.list"
# shellcheck disable=SC2086
set -- $line
pkg=$2 version=$3 patches=$4 tarball=$2_$3.$5 sha=$6

mkdir -p "$build/sources" "$dist" "$apt/parts" "$apt/lists/partial" \
    "$apt/cache/archives/partial"
exec 9>"$build/sources/.lock"
flock 9
[ -e "$out/.rumpkit-$sha" ] && exit 0

# The private copy: both forms of a source list, deb-src instead of deb.
private_sources() {
	: > "$apt/sources.list"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -e "$f" ] || continue
		sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' "$f"
	done | sort -u > "$apt/sources.list"
	rm -f "$apt"/parts/*
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -e "$f" ] || continue
		sed 's/^[Tt]ypes:.*/Types: deb-src/' "$f" \
		    > "$apt/parts/${f##*/}"
	done
}

aptget() {
	apt-get -q -o Dir::Etc::sourcelist="$apt/sources.list" \
	    -o Dir::Etc::sourceparts="$apt/parts" \
	    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
	    -o APT::Sandbox::User=root "$@" >"$apt/log" 2>&1 </dev/null
}

download() {
	echo "  FETCH   $pkg $version"
	private_sources
	[ -e "$apt/lists/done" ] || { aptget update && : > "$apt/lists/done"; }
	full=$(apt-cache -o Dir::Etc::sourcelist="$apt/sources.list" \
	    -o Dir::Etc::sourceparts="$apt/parts" \
	    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
	    showsrc --only-source "$pkg" 2>/dev/null | awk -v v="$version" \
	    '/^Version:/ { u = $2; sub(/^[0-9]+:/, "", u);
	    sub(/-[^-]*$/, "", u); if (u == v) w = $2 } END { print w }')
	[ -n "$full" ] || return 1
	(cd "$dist" && aptget source --download-only "$pkg=$full")
}

dsc() {
	find "$dist" -maxdepth 1 -name "${pkg}_$version*.dsc" | sort | tail -1
}

if [ ! -e "$dist/$tarball" ] || [ -z "$(dsc)" ]; then
	download || { tail -3 "$apt/log" >&2
	    fail "apt-get cannot fetch source package $pkg $version"; }
fi
[ -e "$dist/$tarball" ] || fail "$tarball is not in the source package"
echo "$sha  $dist/$tarball" | sha256sum -c --status - ||
    fail "$tarball does not have the SHA-256 that mk/sources.list names"
rm -rf "$out" "$out.tmp"
skip=
[ "$patches" = debian ] || skip=--skip-patches
dpkg-source $skip --no-check -x "$(dsc)" "$out.tmp" >"$apt/log" 2>&1 ||
    { cat "$apt/log" >&2; fail "dpkg-source failed"; }
: > "$out.tmp/.rumpkit-$sha"
mv "$out.tmp" "$out"
