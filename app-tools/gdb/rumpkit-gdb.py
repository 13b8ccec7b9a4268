# SPDX-License-Identifier: BSD-2-Clause
"""gdb commands for Rumpkit images, on hw (QEMU's gdb stub) and spt.

  rumpkit-symbols FILE    load IMAGE.debug at the address where it runs
  info rumpkit-threads    all guest threads, with state and place
  rumpkit-bt [N|all]      backtrace of guest thread N, or of all

Load with: gdb -x rumpkit-gdb.py.  `rumprun -D PORT` prints a command line.
A thread that does not run has its registers on its own stack, where
bmk_cpu_switch() (lib/libbmk_core/switch.S) put them; for its backtrace the
CPU's registers are set to those and put back afterwards.
"""
import os
import struct

import gdb

STATES = ("runnable", "running", "blocked", "zombie")
# As pushed by bmk_cpu_switch, from bt_sp upwards; rsp is what comes after.
SAVED = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")
PAGE = 4096
SAMPLE = 64


class Image:
    """Executable segments of an ELF file: [(link address, bytes)]."""

    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        if data[:5] != b"\x7fELF\x02":
            raise gdb.GdbError("%s: not a 64-bit ELF file" % path)
        phoff, = struct.unpack_from("<Q", data, 32)
        phentsize, phnum = struct.unpack_from("<HH", data, 54)
        self.code = []
        for i in range(phnum):
            kind, flags, off, vaddr, _, filesz = struct.unpack_from(
                "<IIQQQQ", data, phoff + i * phentsize)
            if kind == 1 and flags & 1:
                self.code.append((vaddr, data[off:off + filesz]))

    def slide(self):
        """Distance from link to run-time addresses, or None: not found."""
        for vaddr, code in self.code:
            if same(vaddr, code[:SAMPLE]):
                return 0
        # The code around the program counter tells where it came from.
        pc = register("rip")
        here = read(pc, SAMPLE)
        for vaddr, code in self.code:
            at = code.find(here) if here else -1
            while at != -1:
                if (pc - vaddr - at) % PAGE == 0:
                    return pc - vaddr - at
                at = code.find(here, at + 1)
        return None


def read(addr, size):
    try:
        return bytes(gdb.selected_inferior().read_memory(addr, size))
    except gdb.MemoryError:
        return b""


def same(addr, code):
    return len(code) != 0 and read(addr, len(code)) == code


def register(name):
    return int(gdb.parse_and_eval("(unsigned long)$" + name))


class Symbols(gdb.Command):
    """Load the symbols of an image at the address where it runs.
Usage: rumpkit-symbols IMAGE.debug  (IMAGE must lie beside it)"""

    def __init__(self):
        super().__init__("rumpkit-symbols", gdb.COMMAND_FILES,
                         gdb.COMPLETE_FILENAME)

    def invoke(self, arg, from_tty):
        if not arg:
            raise gdb.GdbError("usage: rumpkit-symbols IMAGE.debug")
        arg = os.path.expanduser(arg)
        image = arg[:-6] if arg.endswith(".debug") else arg
        debug = image + ".debug"
        if not os.path.exists(debug):
            debug = arg
        slide = Image(image).slide()
        if slide is None:
            # Paused before its start, and -D turned randomisation off.
            slide = 0
            print("rumpkit: the image does not run yet, "
                  "taking it as not randomised")
        quoted = debug.replace("\\", "\\\\").replace('"', '\\"')
        gdb.execute('symbol-file "%s" -o %#x' % (quoted, slide),
                    to_string=True)
        print("rumpkit: symbols of %s, image base %#x" % (debug, slide))


def all_threads():
    """Guest threads, oldest first."""
    try:
        t = gdb.parse_and_eval("bmk_threads")
    except gdb.error:
        raise gdb.GdbError("no symbol bmk_threads: use rumpkit-symbols")
    found = []
    seen = set()
    while int(t) != 0 and int(t) not in seen:
        seen.add(int(t))
        found.append(t)
        t = t["bt_link"]
    found.reverse()
    return found


def running_thread():
    """Address of the thread on this CPU (gs:0), 0 before there is one."""
    try:
        word = read(register("gs_base"), 8)
    except gdb.error:
        return 0
    return struct.unpack("<Q", word)[0] if word else 0


def saved_registers(thread):
    sp = int(thread["bt_sp"])
    data = read(sp, 8 * len(SAVED))
    if not data:
        return None
    regs = dict(zip(SAVED, struct.unpack("<%dQ" % len(SAVED), data)))
    regs["rsp"] = sp + 8 * len(SAVED)
    return regs


def in_thread(thread, function):
    """Calls function() with the CPU's registers as the thread left them."""
    if int(thread) == running_thread():
        return function()
    regs = saved_registers(thread)
    if regs is None:
        return "  (its stack cannot be read)"
    old = {name: register(name) for name in regs}
    level = gdb.selected_frame().level()
    try:
        for name, value in regs.items():
            gdb.execute("set $%s = %#x" % (name, value))
        return function()
    finally:
        for name, value in old.items():
            gdb.execute("set $%s = %#x" % (name, value))
        gdb.execute("frame %d" % level, to_string=True)


def name_of(thread):
    return thread["bt_name"].string(errors="replace")


def place():
    """The innermost function that is not the scheduler's."""
    frame = gdb.newest_frame()
    while frame is not None and (frame.name() or "").startswith(
            ("bmk_cpu_switch", "bmk_sched", "schedule")):
        frame = frame.older()
    if frame is None:
        return "?"
    sal = frame.find_sal()
    where = "%#x" % frame.pc()
    if frame.name():
        where += " in %s" % frame.name()
    if sal.symtab is not None:
        where += " at %s:%d" % (sal.symtab.filename, sal.line)
    return where


class Threads(gdb.Command):
    """List all guest threads: number, state, name, where they are."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_STATUS)

    def invoke(self, arg, from_tty):
        current = running_thread()
        print("  Num  Thread              State     Name")
        for n, t in enumerate(all_threads(), 1):
            state = int(t["bt_state"])
            print("%s %-4d %#-19x %-9s %-12s %s" % (
                "*" if int(t) == current else " ", n, int(t),
                STATES[state] if state < len(STATES) else state,
                name_of(t), in_thread(t, place)))


class Backtrace(gdb.Command):
    """Backtrace of guest thread N, of all without a number.
Usage: rumpkit-bt [N|all]"""

    def __init__(self):
        super().__init__("rumpkit-bt", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        threads = all_threads()
        if arg in ("", "all"):
            chosen = range(1, len(threads) + 1)
        elif arg.isdigit() and 1 <= int(arg) <= len(threads):
            chosen = [int(arg)]
        else:
            raise gdb.GdbError("expected a number from 1 to %d, or all"
                               % len(threads))
        for n in chosen:
            t = threads[n - 1]
            print("Guest thread %d (%s):" % (n, name_of(t)))
            print(in_thread(t, lambda: gdb.execute(
                "backtrace", to_string=True)))


Symbols()
Threads("info rumpkit-threads")
Threads("rumpkit-threads")
Backtrace()
