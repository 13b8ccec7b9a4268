#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes table.c: a description of each system call and its entry.

usage: gen.py SYSCALLS.LIST ARGS.LIST, to standard output
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../syscalls"))
sys.dont_write_bytecode = True
import gen  # noqa: E402: the list's reader is there

CLASSES = {
    "NETWORK": "socket connect accept accept4 sendto recvfrom sendmsg recvmsg "
               "sendmmsg recvmmsg shutdown bind listen getsockname "
               "getpeername socketpair setsockopt getsockopt sendfile",
    "MEMORY": "mmap munmap mprotect mremap msync mincore madvise brk shmat "
              "shmdt mlock mlock2 munlock mlockall munlockall mbind "
              "pkey_mprotect process_madvise",
    "PROCESS": "clone clone3 fork vfork execve execveat exit exit_group wait4 "
               "waitid kill tkill tgkill pidfd_open pidfd_send_signal "
               "rumpkit_clone rumpkit_vfork rumpkit_unmapself arch_prctl",
    "SIGNAL": "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending "
              "rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend sigaltstack "
              "kill tkill tgkill rt_tgsigqueueinfo signalfd signalfd4 pause "
              "pidfd_send_signal",
    "IPC": "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget "
           "msgsnd msgrcv msgctl",
    "DESC": "socket socketpair pipe pipe2 eventfd eventfd2 epoll_create "
            "epoll_create1 timerfd_create inotify_init inotify_init1 poll "
            "ppoll select pselect6 memfd_create mmap splice tee sendfile "
            "copy_file_range open openat openat2 creat",
}
CLASS_OF = {}
for cls, names in CLASSES.items():
    for name in names.split():
        CLASS_OF.setdefault(name, set()).add(cls)

FDS = {"fd", "dfd", "epfd", "newfd", "fromfd", "tofd", "mqd", "in", "out"}
PATHS = {"path", "from", "to", "target", "newroot", "putold", "source"}


def split(arg):
    m = re.match(r"(.*?)(\w+)$", arg)
    return m[1].replace(" ", ""), m[2]


def kind(arg):
    """What the C type and the name tell."""
    ctype, name = split(arg)
    if ctype == "constchar*":
        return "STR"
    if "*" in ctype:
        return "PTR"
    if name in ("dfd", "fromfd", "tofd"):
        return "DFD"
    if name == "mode" and ctype == "unsigned":
        return "OCT"
    return {"int": "INT", "unsigned": "UINT", "uint32_t": "UINT",
            "int64_t": "LONG", "long": "LONG"}.get(ctype, "ULONG")


def classes(name, args):
    found = set(CLASS_OF.get(name, ()))
    for a in args:
        ctype, arg = split(a)
        if "*" not in ctype and arg in FDS:
            found.add("DESC")
        if ctype == "constchar*" and arg in PATHS:
            found.add("FILE")
    return " | ".join("CC_" + c for c in sorted(found)) or "0"


def read_args(path, calls):
    known = {n: a for _, n, a in calls}
    kinds = {}
    for n, line in enumerate(open(path), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        name, words, ret = words[0], words[1:], "LONG"
        if name not in known:
            sys.exit(f"{path}:{n}: no system call {name}")
        if len(words) > 1 and words[-2] == "=":
            words, ret = words[:-2], words[-1]
        if len(words) != len(known[name]):
            sys.exit(f"{path}:{n}: {name} has {len(known[name])} arguments, "
                     f"not {len(words)}")
        kinds[name] = ([kind(a) if w == "-" else w for w, a in
                        zip(words, known[name])], ret)
    return kinds


def main(listfile, argsfile):
    calls = gen.parse(listfile)
    kinds = read_args(argsfile, calls)
    print("/* Generated from syscalls.list and args.list; do not edit. */")
    print("#include <stddef.h>\n#include <kern/calls.h>\n")
    for nr, name, args in calls:
        ks, ret = kinds.get(name, ([kind(a) for a in args], "LONG"))
        shown = re.sub(r"^rumpkit_", "", name)
        print(f"long rump_sysimpl_{name}(long, long, long, long, long, long);")
        print(f"void rump_syscall_{name}(void);")
        print(f"extern const struct rump_calldesc rump_calldesc_{name};")
        print(f"const struct rump_calldesc rump_calldesc_{name} = {{\n"
              f"\t\"{shown}\", rump_sysimpl_{name}, "
              f"rump_syscall_{name}, {nr}, "
              f"{classes(name, args)}, {len(args)}, CK_{ret}, "
              f"{{ {', '.join('CK_' + k for k in ks) or '0'} }}\n}};")
        print(f'__asm__(".section .text.rump_syscall_{name}, \\"ax\\"\\n"\n'
              f'\t".globl rump_syscall_{name}\\n"\n'
              f'\t".hidden rump_syscall_{name}\\n"\n'
              f'\t".type rump_syscall_{name}, @function\\n"\n'
              f'\t"rump_syscall_{name}:\\n"\n'
              f'\t"\\tleaq rump_calldesc_{name}(%rip), %rax\\n"\n'
              f'\t"\\tjmp rump_calls_entry\\n"\n'
              f'\t".size rump_syscall_{name}, . - rump_syscall_{name}\\n"\n'
              f'\t".previous\\n");')
    print("\nconst struct rump_calldesc *const "
          "rump_calls_bynr[RUMP_CALLS_MAXNR] = {")
    for nr, name, _ in calls:
        print(f"\t[{nr}] = &rump_calldesc_{name},")
    print("};")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
