#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches an upstream tarball as Debian's source package ships it and checks
# it.  usage: fetch.sh NAME DESTDIR; name, version, hash and where it is not
# the machine's own release, the suite: mk/sources.
# apt works with a configuration of its own, derived from the machine's, so
# that deb-src need not be enabled there.
set -eu
name=$1 dest=$2
read -r _ version file sha suite <<EOF
$(grep "^$name[[:space:]]" "$(dirname "$0")/sources" || echo none)
EOF
[ -n "${sha:-}" ] || { echo "rumpkit: no source $name in mk/sources" >&2; exit 1; }
ok() { [ -f "$1" ] && echo "$sha  $1" | sha256sum -c --status; }
mkdir -p "$dest"
ok "$dest/$file" && exit 0
# One at a time: they share apt's lists.
exec 9>"$dest/.lock"
flock 9
ok "$dest/$file" && exit 0

apt=$dest/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/get"
. /etc/os-release
# Only the distribution's own archive, deb and deb-src.
awk -v code="$VERSION_CODENAME" -v more="${suite:-}" '
	function flush(  i, n, s, keep) {
		if (suites == "") return
		n = split(suites, s, " "); keep = ""
		for (i = 1; i <= n; i++)
			if (s[i] == code || s[i] == code "-updates" ||
			    s[i] == code "-security") {
				keep = keep " " s[i]
				if (more != "" && s[i] == code)
					keep = keep " " more
			}
		if (keep != "") {
			printf "Types: deb-src\nURIs: %s\nSuites:%s\n", uris, keep
			printf "Components: main\n"
			if (sig != "") print "Signed-By: " sig
			print ""
		}
		suites = uris = sig = ""
	}
	FNR == 1 { flush() }
	/^[ \t]*$/ { flush(); next }
	/^URIs:/ { sub(/^URIs:[ \t]*/, ""); uris = $0 }
	/^Suites:/ { sub(/^Suites:[ \t]*/, ""); suites = $0 }
	/^Signed-By:/ { sub(/^Signed-By:[ \t]*/, ""); sig = $0 }
	/^deb / {
		sig = ""
		if (match($0, /signed-by=[^] ]+/))
			sig = substr($0, RSTART + 10, RLENGTH - 10)
		sub(/\[[^]]*\][ \t]*/, "")
		uris = $2; suites = $3; flush()
	}
	END { flush() }
' $(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.sources \
    /etc/apt/sources.list.d/*.list 2>/dev/null) /dev/null > "$apt/src.sources"
run() {
	apt-get -o Dir::Etc::sourcelist=/dev/null \
	    -o Dir::Etc::sourceparts="$apt/parts" \
	    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
	    -o APT::Sandbox::User=root -o Acquire::Retries=3 \
	    "$@" >"$apt/log" 2>&1 </dev/null
}
mkdir -p "$apt/parts"
mv "$apt/src.sources" "$apt/parts/src.sources"
echo "  FETCH   $name $version"
# The archive drops a version when the next is out, most often with the same
# upstream tarball; mirrors lack files of a package that are not needed here.
fetch() {
	(cd "$apt/get" && { run source --download-only "$name=$version" ||
	    ok "$file" || run source --download-only "$name"; }) ||
	    ok "$apt/get/$file"
}
fetch || { run update && fetch; } || {
	tail -3 "$apt/log" >&2
	echo "rumpkit: apt-get source $name=$version failed" >&2
	exit 1
}
if ! ok "$apt/get/$file"; then
	echo "rumpkit: $file is not what mk/sources pins (SHA-256)" >&2
	exit 1
fi
mv "$apt/get/$file" "$dest/$file"
