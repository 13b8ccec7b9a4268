#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest configuration in QEMU's fw_cfg file opt/rumpkit/config.
. ./lib.sh
show=$OBJ/show
pvh_of "$show" "$tmp/pvh"
# QEMU wants commas twice.
good='{"rc":[{"argv":["told","by","fw_cfg"]}]}'
good=$(echo "$good" | sed 's/,/,,/g')

# told NAME CONFIG PATTERN STATUS QEMU OPTIONS...
told() {
	name=$1 config=$2 pattern=$3 code=$4
	shift 4
	qemu 100 -m 64 -fw_cfg "name=opt/rumpkit/config,$config" "$@"
	expect "$name" "$code" "$pattern"
}
for m in microvm pc q35; do
	told $m "string=$good" '^told by fw_cfg' 7 -M $m -kernel "$tmp/pvh"
done
told "Multiboot" "string=$good" '^told by fw_cfg' 7 -M pc -kernel "$show"
told "without DMA" "string=$good" '^told by fw_cfg' 7 -M pc \
    -global fw_cfg_io.dma_enabled=off -kernel "$tmp/pvh"
told "the command line comes first" "string=$good" '^line' 7 -M microvm \
    -kernel "$show" -append '{"rc":[{"argv":["line"]}]}'
told "a wrong key" 'string={"rc":[{"argw":["x"]}]}' 'column 9:.*"argw"' 2 \
    -M microvm -kernel "$show"

# More than a page; as much as may be; one byte too many.
python3 - "$tmp" <<'PY'
import sys
text = '{"rc":[{"argv":["told","by","fw_cfg"]}]'
for name, size in (("page", 5000), ("most", 1 << 20), ("more", 1 + (1 << 20))):
    with open(sys.argv[1] + "/" + name, "w") as f:
        f.write(text + " " * (size - len(text) - 1) + "}")
PY
told "5,000 bytes" "file=$tmp/page" '^told by fw_cfg' 7 -M microvm \
    -kernel "$show"
told "1 MiB" "file=$tmp/most" 'column 1: text too long' 2 -M microvm \
    -kernel "$show"
told "1 MiB and a byte" "file=$tmp/more" \
    'opt/rumpkit/config: 1048577 bytes, at most 1048576' 1 -M microvm \
    -kernel "$show"

# No such file: no configuration.
qemu 100 -m 64 -M microvm -fw_cfg name=opt/rumpkit/confix,string=x \
    -kernel "$show"
expect "another file" 7 '^.$'
exit $failed
