#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: BUILD=... bench.sh: goodput over bad links to and from Linux, of a
# Linux (CUBIC) and of a guest on spt in the same place; the better of two.
set -u
cd "$(dirname "$0")" || exit 2
TABLE=$(mktemp)
export TABLE
trap 'rm -f "$TABLE"' EXIT
for seed in 1 2; do
	SEED=$seed sh transfer.sh linux spt | grep -v '  ok'
done
awk 'function max(a, b) { return a > b ? a : b }
{ g[$1, $2] = max(g[$1, $2], $3); p[$1, $2] = max(p[$1, $2], $4)
  if (!($2 in seen)) { seen[$2]; name[n++] = $2 } }
END { printf "%-16s%10s%10s%7s%12s%10s%7s\n", "KiB/s", "Linux out", "spt out",
	"", "Linux in", "spt in", ""
    for (i = 0; i < n; i++) { c = name[i]
	printf "%-16s%10d%10d%7.2f%12d%10d%7.2f\n", c, g["linux", c],
	    g["spt", c], g["spt", c] / max(g["linux", c], 1),
	    p["linux", c], p["spt", c],
	    p["spt", c] / max(p["linux", c], 1) } }' "$TABLE"
