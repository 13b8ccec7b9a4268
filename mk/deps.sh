#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the Debian packages that a stage needs and that are missing; where
# that is not possible, names them in one line.  usage: deps.sh STAGE...
set -eu
dir=$(dirname "$0")
missing=
for stage; do
	while read -r pkg file; do
		case $pkg in ''|\#*) continue ;; esac
		[ -e "$file" ] || missing="$missing $pkg"
	done < "$dir/deps.$stage"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "  APT    $missing"
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp)
	# A fresh machine may be updating itself, and holds apt's locks; of those
	# only dpkg's is waited for by apt.
	apt() { apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }
	update()
	{
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			apt update && return 0
			grep -q 'get lock' "$log" || return 1
			sleep 6
		done
		return 1
	}
	# shellcheck disable=SC2086
	install() { apt install -y --no-install-recommends $missing; }
	{ install || { update && install; }; } >"$log" 2>&1 </dev/null || {
		tail -5 "$log" >&2
		echo "rumpkit: apt-get could not install:$missing" >&2
		exit 1
	}
	rm -f "$log"
else
	echo "rumpkit: missing packages, install them:$missing" >&2
	exit 1
fi
