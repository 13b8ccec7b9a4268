#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes doc/syscalls.md from the source.

usage: table.py SYSCALLS.LIST STATUS.LIST FOLDER..., to standard output.

A call is done when one of the folders' C files has its gate (RUMP_SYSCALLn or
rump_sysimpl_NAME by hand), but for what STATUS.LIST says.
"""
import pathlib
import re
import sys

# By RUMP_SYSCALLn, by hand, or by a macro of a few calls that are alike.
GATE = re.compile(r"^(?:RUMP_(?:SYSCALL|RESTART|NOHAND)\d\((\w+)|rump_sysimpl_(\w+)\(|"
                  r"[A-Z]+_(?:GET|OWN)\((\w+), .+\)$)", re.M)
HEAD = """# System calls

Made from the source by `make -C rumpsrc/syscalls doc`; do not edit. Linux x86-64's numbers.
A call that is not in an image, whatever this table says, answers ENOSYS and is named on the console
once. {done} done, {partial} partial, {none} not there.

| number | call | state |
| ---: | --- | --- |
"""


def gates(folders):
    """Name of each gate: the file that has it."""
    found = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.c")):
            text = path.read_text(encoding="utf-8")
            for m in GATE.finditer(text):
                name = m[1] or m[2] or m[3]
                found.setdefault(name, path)
    return found


def statuses(path):
    found = {}
    for n, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        m = re.match(r"(\w+) (partial|none): (.+)$", line)
        if not m:
            sys.exit(f"{path}:{n}: expected 'name partial|none: text'")
        found[m[1]] = (m[2], m[3])
    return found


def calls(path):
    for line in open(path, encoding="utf-8"):
        m = re.match(r"(\d+) (\w+) ", line.split("#")[0])
        if m and int(m[1]) < 600:
            yield int(m[1]), m[2]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    have, said = gates(sys.argv[3:]), statuses(sys.argv[2])
    count = {"done": 0, "partial": 0, "none": 0}
    rows, bad = [], []
    for number, name in calls(sys.argv[1]):
        state, text = said.pop(name, ("done", ""))
        if state == "none" and name in have:
            bad.append(f"{name} is said to be missing, but "
                       f"{have[name]} has it")
        if state == "done" and name not in have:
            bad.append(f"{name} has no gate and no line in {sys.argv[2]}")
        count[state] += 1
        shown = {"done": "done", "partial": f"partial: {text}",
                 "none": f"ENOSYS: {text}"}[state]
        rows.append(f"| {number} | {name} | {shown} |\n")
    bad += [f"{name} is no system call" for name in said]
    if bad:
        sys.exit("\n".join(bad))
    sys.stdout.write(HEAD.format(**count) + "".join(rows))


if __name__ == "__main__":
    main()
