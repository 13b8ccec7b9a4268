#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: client.py CASE HOST: connections that xfer's client does not make."""
import socket
import sys
import time

ADDR = (sys.argv[2], 5001)


def req(text):
    return text.encode().ljust(32, b"\0")


def rest(s):
    n = 0
    while True:
        b = s.recv(65536)
        if not b:
            return n
        n += len(b)


def half():
    """Our direction is closed first, the server's data come after it."""
    s = socket.create_connection(ADDR)
    s.sendall(req("get 300000 1"))
    s.shutdown(socket.SHUT_WR)
    assert rest(s) == 300000


def again():
    """The server closes first; its port is used again in TIME_WAIT."""
    port = 0
    for _ in range(2):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", port))
        s.connect(ADDR)
        port = s.getsockname()[1]
        s.sendall(req("get 100 1"))
        assert rest(s) == 100
        s.sendall(b"to FIN-WAIT-2")
        time.sleep(.3)
        s.close()
        time.sleep(.3)


def urgent():
    s = socket.create_connection(ADDR)
    s.sendall(req("urgent"))
    time.sleep(.3)
    assert s.recv(1, socket.MSG_OOB) == b"c"
    assert s.recv(10) == b"ab"
    s.close()


globals()[sys.argv[1]]()
