# SPDX-License-Identifier: BSD-2-Clause
# Is a guest's text on its screen?  usage: screen.py {vga|fb} TEXT SERIAL
# OPTIONS...: QEMU runs with these options until TEXT has come by the serial
# port (file SERIAL), then the screen must come to show TEXT at the top and
# nothing else.  TEXT is one word three times: its cells must be the same.
import json
import subprocess
import sys
import time

kind, text, serial = sys.argv[1:4]


class Guest:
    def __init__(self, options):
        self.qemu = subprocess.Popen(
            ["timeout", "200", "qemu-system-x86_64", "-accel", "tcg",
             "-display", "none", "-vga", "std", "-no-reboot", "-qmp", "stdio",
             "-serial", "file:" + serial] + options,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.qemu.stdout.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.qemu.stdin.write(json.dumps(
            {"execute": name, "arguments": arguments}) + "\n")
        self.qemu.stdin.flush()
        for line in self.qemu.stdout:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                sys.exit("QEMU: " + str(answer["error"]))
        sys.exit("QEMU has ended")


# All 25 lines of VGA text, as the memory has them.
def vga(guest):
    dump = guest.command("human-monitor-command",
                         **{"command-line": "xp /2000hx 0xb8000"})
    words = [int(w, 16) & 0xff for line in dump.splitlines()
             for w in line.split(":")[1].split()]
    seen = "".join(chr(w) for w in words)
    return seen == text.ljust(2000), seen.rstrip()


# Cells of 8 x 16: the words alike, the blanks dark, and all of the rest.
def fb(guest):
    guest.command("screendump", filename=serial + ".ppm")
    with open(serial + ".ppm", "rb") as f:
        _, size, _, pixels = f.read().split(b"\n", 3)
    row = int(size.split()[0]) * 3
    cell = [b"".join(pixels[y * row + x * 24:y * row + x * 24 + 24]
                     for y in range(16)) for x in range(row // 24)]
    n = len(text.split()[0]) + 1
    ok = (all(any(c) for c in cell[:n - 1]) and
          cell[:n] == cell[n:2 * n] == cell[2 * n:3 * n] and
          cell[0] != cell[1] and not any(cell[n - 1]) and
          not any(any(c) for c in cell[3 * n - 1:]) and
          not any(pixels[16 * row:]))
    lit = sum(any(pixels[i:i + 3]) for i in range(0, len(pixels), 3))
    return ok, "%s pixels, %d of them lit" % (size.decode(), lit)


def until(seconds, condition, what):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            sys.exit(what())
        time.sleep(0.1)


def main():
    open(serial, "w").close()
    guest = Guest(sys.argv[4:])
    try:
        until(160, lambda: text in open(serial, errors="replace").read(),
              lambda: "no '%s' by the serial port" % text)
        look = {"vga": vga, "fb": fb}[kind]
        until(30, lambda: look(guest)[0],
              lambda: "the screen shows: " + look(guest)[1])
    finally:
        guest.qemu.terminate()
        guest.qemu.wait()


main()
