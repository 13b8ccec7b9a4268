# SPDX-License-Identifier: BSD-2-Clause
# Part of bench.sh: goodput over bad links, beside a Linux in the same place
# (tests/net-linux/links.sh).
# shellcheck shell=sh disable=SC2154

topic_links() {
	if [ "$(id -u)" != 0 ]; then
		head_ "links" "not measured: needs root"
		return
	fi
	head_ "Goodput over bad links, KiB/s, CUBIC, to and from a Linux" \
	    "link" "direction" "Linux" "spt" "ratio" "quartiles" \
	    "target 1.00"
	if ! env -u MAKEFLAGS SUMMARY="$out/links.txt" ROUNDS="${ROUNDS:-4}" \
	    make -s -C "$top/tests/net-linux" BUILD="$build" links \
	    >links.log 2>&1; then
		tail -n 5 links.log
		missed=$((missed + 1))
	fi
	while read -r link way linux spt ratio low high; do
		judge_min "$ratio" 1.00
		line "$link" "$way" "$linux" "$spt" "$ratio" "$low-$high" \
		    "$verdict"
	done <links.txt
}
