#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: client.py CASE HOST: connections that xfer's client does not make."""
import errno
import fcntl
import select
import socket
import struct
import sys
import termios
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


def acknowledged(s):
    """Until the other end has all."""
    while struct.unpack("i", fcntl.ioctl(s, termios.TIOCOUTQ, bytes(4)))[0]:
        time.sleep(.01)


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
        while (e := s.connect_ex(ADDR)) == errno.EADDRNOTAVAIL:
            time.sleep(.01)     # our FIN is not acknowledged yet
        assert e == 0, e
        port = s.getsockname()[1]
        s.sendall(req("get 100 1"))
        assert rest(s) == 100
        s.sendall(b"to FIN-WAIT-2")
        acknowledged(s)
        s.close()
        time.sleep(.3)


def urgent():
    s = socket.create_connection(ADDR)
    s.sendall(req("urgent"))
    assert select.select([], [], [s], 30)[2]
    assert s.recv(1, socket.MSG_OOB) == b"c"
    assert s.recv(2, socket.MSG_WAITALL) == b"ab"
    s.close()


def delack():
    """Small pieces that the server's program does not look at yet."""
    s = socket.create_connection(ADDR)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(req("late 24 1"))
    for _ in range(24):
        s.sendall(b"x")
        time.sleep(.08)
    assert s.recv(32, socket.MSG_WAITALL).startswith(b"wrong")


def fastopen():
    """The first asks for a cookie, the second sends data with its SYN."""
    for _ in range(2):
        s = socket.socket()
        s.sendto(req("get 3000 1"), socket.MSG_FASTOPEN, ADDR)
        assert rest(s) == 3000
        s.close()


def word_sum(b):
    n = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    n = (n & 0xffff) + (n >> 16)
    return ~(n + (n >> 16)) & 0xffff


def flood():
    """SYNs of a host that is not there, while a client is served."""
    src, dst = (socket.inet_aton(a) for a in ("10.80.0.99", ADDR[0]))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for port in range(20000, 21500):
        tcp = [port, ADDR[1], port, 0, 0x5002, 1000, 0, 0]
        fmt = "!HHIIHHHH"
        tcp[6] = word_sum(src + dst + struct.pack("!HH", 6, 20) +
            struct.pack(fmt, *tcp))
        raw.sendto(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, port, 0, 64, 6,
            0, src, dst) + struct.pack(fmt, *tcp), (ADDR[0], 0))
        if port % 50 == 0:
            time.sleep(.005)
    s = socket.create_connection(ADDR)
    s.sendall(req("get 300000 1"))
    assert rest(s) == 300000


def crossing():
    """Both open at once: on a link of 400 ms the SYNs meet, or it fails."""
    for port in range(6001, 6021):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", port))
        a = socket.create_connection(ADDR)
        a.sendall(req("cross %d" % port))
        time.sleep(.3)
        try:
            s.connect((ADDR[0], 5002))
        except OSError:
            continue
        s.sendall(b"hello")
        assert s.recv(5, socket.MSG_WAITALL) == b"hello"
        s.shutdown(socket.SHUT_WR)
        assert rest(s) == 0
        return
    sys.exit(1)


globals()[sys.argv[1]]()
