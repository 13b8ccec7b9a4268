#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Datagrams of all sizes to port 7 of ADDRESS and back, unchanged.
usage: datagrams.py ADDRESS COUNT"""
import select
import socket
import sys

SIZES = (0, 1, 17, 18, 19, 200, 1472, 1473, 3000, 9000, 30000)


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((sys.argv[1], 7))
    for i in range(int(sys.argv[2])):
        want = bytes((i + k) & 255 for k in range(SIZES[i % len(SIZES)]))
        for _ in range(3):
            s.send(want)
            if select.select([s], [], [], 2)[0]:
                break
            print(f'{i}: {len(want)} bytes: sent again')
        else:
            sys.exit(f'{i}: {len(want)} bytes: no answer')
        if s.recv(65536) != want:
            sys.exit(f'{i}: {len(want)} bytes came back wrong')


main()
