#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends frames to test_echo through QEMU's -netdev socket,udp and checks what
comes back: everything, in order, unchanged.
usage: frames.py PORT COUNT MAC"""
import select
import socket
import struct
import sys

SIZES = (60, 61, 100, 333, 1000, 1514)


def frame(mac, n):
    size = SIZES[n % len(SIZES)]
    how = (n // 7) % 3
    head = mac + b'\x02\0\0\0\0\x01\x88\xb5' + bytes([how])
    body = struct.pack('>I', n)
    fill = bytes((n + i) & 255 for i in range(size - len(head) - 4))
    return head + body + fill


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    mac = bytes.fromhex(sys.argv[3].replace(':', ''))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(('127.0.0.1', port + 1))
    s.connect(('127.0.0.1', port))
    sent = got = 0
    while got < count:
        while sent < count and sent - got < 40:
            s.send(frame(mac, sent))
            sent += 1
        if not select.select([s], [], [], 60)[0]:
            sys.exit(f'stalled: {sent} sent, {got} back')
        data = s.recv(65536)
        if data[12:14] != b'\x88\xb5':
            continue
        want = frame(mac, got)
        if data[14:] != want[14:] or data[6:12] != mac:
            sys.exit(f'frame {got} of {len(want)} bytes came back wrong')
        got += 1


main()
