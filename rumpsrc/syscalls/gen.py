#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reads syscalls.list, writes everything that is made from it.

usage: gen.py LIST KIND, to standard output.  KIND:
  gates     prototypes of the gates
  wrappers  prototypes of rump_sys_*() for C programs on posix
  wrap      the wrappers themselves
  stub      weak ENOSYS gates for what no component provides
  sysent    the table behind syscall(n, ...)
  musl      bits/syscall.h for building musl: __NR_x is the gate's address
  doc       a table in Markdown
"""
import re
import sys

HEAD = "/* Generated from syscalls.list; do not edit. */\n"


def parse(path):
    calls = []
    for n, line in enumerate(open(path), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        m = re.match(r"(\d+) (\w+) (.*)$", line)
        if not m:
            sys.exit(f"{path}:{n}: expected 'number name arguments'")
        args = [] if m[3] == "-" else [a.strip() for a in m[3].split(",")]
        calls.append((int(m[1]), m[2], args))
    return calls


def proto(prefix, name, args):
    return f"long {prefix}{name}({', '.join(args) or 'void'})"


def argnames(args):
    return ", ".join(re.search(r"(\w+)$", a)[1] for a in args)


def guard(name, body):
    return (f"{HEAD}#ifndef {name}\n#define {name}\n\n#include <stddef.h>\n"
            f"#include <stdint.h>\n\n{body}\n#endif /* {name} */\n")


def gates(calls):
    body = "".join(proto("rump_sysimpl_", n, a) + ";\n" for _, n, a in calls)
    return guard("RUMP_SYSCALLS_GATES_H",
                 body + "long rump_sysent_call(long n, long, long, long, "
                 "long, long, long);\n")


def wrappers(calls):
    body = ("/* The gate's result by the rump(3) convention: -1 and errno. */\n"
            "long rump_sysret(long);\n")
    return guard("RUMP_SYSCALLS_H", body + "".join(
        proto("rump_sys_", n, a) + ";\n" for k, n, a in calls if k < 600))


# Gates for who may mean any operation; libc calls the plain ones.
ANY = {"futex": "rump_futex_any"}


def gatenames(calls):
    return {n: ANY.get(n, f"rump_sysimpl_{n}") for _, n, _ in calls}


def wrap(calls):
    name = gatenames(calls)
    out = (HEAD + "#include <rump/rump_syscalls.h>\n"
           "#include <rump/rump_syscalls_gates.h>\n"
           "#include <rump/rumpuser.h>\n\n"
           + "".join(proto("", ANY[n], a) + ";\n" for _, n, a in calls
                     if n in ANY) + "\n"
           "long\nrump_sysret(long r)\n{\n\tif (r >= 0 || r < -4095)\n"
           "\t\treturn r;\n\trumpuser_seterrno((int)-r);\n\treturn -1;\n}\n")
    for k, n, a in calls:
        if k < 600:
            out += (f"\n{proto('rump_sys_', n, a)}\n{{\n\treturn rump_sysret("
                    f"{name[n]}({argnames(a)}));\n}}\n")
    return out


def stub(calls):
    out = HEAD + "long rump_enosys(const char *, int);\n"
    for k, n, _ in calls:
        out += (f"\nlong rump_sysimpl_{n}(void);\n__attribute__((__weak__)) "
                f"long\nrump_sysimpl_{n}(void)\n{{\n"
                f"\treturn rump_enosys(\"{n}\", {k});\n}}\n")
    return out


def sysent(calls):
    last = max(k for k, _, _ in calls if k < 600)
    out = HEAD + "#include <stddef.h>\n"
    out += "long rump_enosys(const char *, int);\n"
    out += "long rump_sysent_call(long, long, long, long, long, long, long);\n"
    out += "typedef long (*gate)(long, long, long, long, long, long);\n"
    name = gatenames(calls)
    for k, n, _ in calls:
        if k < 600:
            out += f"long {name[n]}(long, long, long, long, long, long);\n"
    out += f"\nstatic const gate rump_sysent[{last + 1}] = {{\n"
    for k, n, _ in calls:
        if k < 600:
            out += f"\t[{k}] = {name[n]},\n"
    return out + ("};\n\nlong\nrump_sysent_call(long n, long a, long b, long c,"
                  " long d, long e, long f)\n{\n"
                  f"\tif (n < 0 || n > {last} || rump_sysent[n] == NULL)\n"
                  "\t\treturn rump_enosys(NULL, (int)n);\n"
                  "\treturn rump_sysent[n](a, b, c, d, e, f);\n}\n")


def musl(calls):
    out = HEAD
    for k, n, _ in calls:
        out += f"long rump_sysimpl_{n}();\n"
    for k, n, _ in calls:
        out += f"#define __NR_{n} ((long)rump_sysimpl_{n})\n"
        out += f"#define SYS_{n} __NR_{n}\n"
    return out


def doc(calls):
    return "| number | call | arguments |\n| --- | --- | --- |\n" + "".join(
        f"| {k} | {n} | {', '.join(a)} |\n" for k, n, a in calls)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in globals():
        sys.exit(__doc__)
    sys.stdout.write(globals()[sys.argv[2]](parse(sys.argv[1])))
