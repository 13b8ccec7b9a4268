# SPDX-License-Identifier: BSD-2-Clause
# Echoes of all sizes from the guest; "end" lets it end.
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(30)
s.connect((sys.argv[1], 7))
for i in range(100):
    for n in (2, 100, 1473, 9000, 65507):
        d = bytes((k * 7 + i) % 256 for k in range(n))
        s.send(d)
        assert s.recv(70000) == d, n
if sys.argv[2:] == ["end"]:
    s.send(b"x")
