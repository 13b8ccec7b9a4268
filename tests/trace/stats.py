#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks what --stats=json said of tests/trace/calls.c; stdin, {spt|hw}."""
import json
import sys

stats = json.load(sys.stdin)
calls = {c["name"]: c for c in stats["calls"]}
comps = {c["name"]: c for c in stats["components"]}
failed = False


def check(what, got, want):
    global failed
    if got != want:
        print(f"  {what}: {got}, not {want}")
        failed = True


for name, count, errors in (("close", 14, 3), ("read", 3, 1), ("umask", 1, 0),
                            ("poll", 3, 0), ("exit_group", 1, 0)):
    check(name, (calls[name]["count"], calls[name]["errors"]), (count, errors))
check("times", [c for c in calls.values() if c["max_ns"] > c["ns"]], [])
check("the nanosleep", calls["nanosleep"]["ns"] >= 1000, True)
check("calls of components", sum(c["calls"] for c in comps.values()),
      sum(c["count"] for c in calls.values()))
for name in "base", "poll", "vfs", "vfs_tmpfs", "net", "net_local":
    check(name, comps[name]["peak"] >= comps[name]["memory"] >= 0 and
          comps[name]["allocations"] > 0, True)
# Its socket and its pairs of them are closed.
check("net_local's memory", comps["net_local"]["memory"], 0)
check("poll's memory", comps["poll"]["memory"], 0)
check("switches", stats["context_switches"] > 0, True)
check("free memory", 0 < stats["memory_free"] < stats["memory_total"], True)
if sys.argv[1] == "hw":
    check("page faults", stats["page_faults"] > 0, True)
    check("interrupts", sum(stats["interrupts"].values()) > 0, True)
sys.exit(failed)
