#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where the guest's instructions go, by function: insnprof.c's output and the
# image's symbols.  The guest must run without randomisation (rumprun -D).
# usage: profile.sh PROF.OUT IMAGE.debug [OPERATIONS]: instructions for each
# of so many operations
set -eu
nm -n --defined-only "$2" | awk -v ops="${3:-1}" -v prof="$1" '
	function hex(s,  i, v) {
		v = 0
		for (i = 1; i <= length(s); i++)
			v = v * 16 + index("0123456789abcdef",
			    substr(s, i, 1)) - 1
		return v
	}
	BEGIN { name[n++] = "(outside the image)" }
	$2 ~ /^[tTwW]$/ { addr[n] = hex($1); name[n++] = $3 }
	END {
		while ((getline line <prof) > 0) {
			split(line, f, " ")
			a = hex(f[1]); lo = 0; hi = n
			while (hi - lo > 1) {
				mid = int((lo + hi) / 2)
				if (addr[mid] <= a) lo = mid; else hi = mid
			}
			sum[name[lo]] += f[2] * f[3]; calls[name[lo]] += f[3]
			total += f[2] * f[3]
		}
		for (s in sum)
			printf "%12.1f %5.1f%%  %s\n", sum[s] / ops,
			    100 * sum[s] / total, s
		printf "%12.1f 100.0%%  all\n", total / ops
	}' | sort -rn
