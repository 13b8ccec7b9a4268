#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The Linux side of the tests; see each function's first line."""
import hashlib
import http.client
import http.server
import os
import resource
import socket
import ssl
import sys
import threading
import time
import urllib.parse


def wait(host, port):
    """Until the port answers, at most 240 s."""
    end = time.monotonic() + 240
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def get(url, folder, ca=None):
    """Every file of folder, compared; ranges, HEAD, 404, one connection."""
    u = urllib.parse.urlparse(url)
    if ca:
        con = http.client.HTTPSConnection(
            u.hostname, timeout=60, context=ssl.create_default_context(cafile=ca))
    else:
        con = http.client.HTTPConnection(u.hostname, timeout=60)

    def fetch(path, method="GET", headers={}):
        con.request(method, path, headers=headers)
        r = con.getresponse()
        return r.status, r.read(), r

    for name in sorted(os.listdir(folder)):
        want = open(os.path.join(folder, name), "rb").read()
        status, body, r = fetch("/" + name)
        assert status == 200, (name, status)
        assert hashlib.sha256(body).digest() == hashlib.sha256(
            want).digest(), (name, len(body), len(want))
        status, body, r = fetch("/" + name, "HEAD")
        assert (status, body, r.getheader("Content-Length")) == (
            200, b"", str(len(want))), name
        if len(want) > 100:
            status, body, _ = fetch("/" + name, headers={
                "Range": "bytes=17-99"})
            assert (status, body) == (206, want[17:100]), name
    assert fetch("/nosuch")[0] == 404
    assert fetch("/echo/one")[0] == 200
    con.close()


def request(path="/index.html"):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def keepalive(host, port, count, file):
    """So many requests on one connection, pipelined by sixteen."""
    want = open(file, "rb").read()
    s = socket.create_connection((host, int(port)), 30)
    f = s.makefile("rb")
    for _ in range(int(count) // 16):
        s.sendall(request() * 16)
        for _ in range(16):
            assert f.readline().startswith(b"HTTP/1.1 200")
            while f.readline() != b"\r\n":
                pass
            assert f.read(len(want)) == want


def many(host, port, count, file):
    """So many connections, open together, two requests on each."""
    count = int(count)
    want = open(file, "rb").read()
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, max(
        count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    socks = []
    for _ in range(count):
        s = socket.create_connection((host, int(port)), 30)
        s.sendall(request())
        socks.append(s)
    for turn in range(2):
        for s in socks:
            data = b""
            while not data.endswith(want):
                more = s.recv(65536)
                assert more, "closed"
                data += more
            assert data.startswith(b"HTTP/1.1 200"), data[:100]
            if turn == 0:
                s.sendall(request())
    for s in socks:
        s.close()


def memcached(host):
    """Text protocol: set, get, counters, cas, large values, many clients."""
    def connect():
        s = socket.create_connection((host, 11211), 30)
        return s, s.makefile("rb")

    s, f = connect()

    def cmd(line, data=None):
        s.sendall(line.encode() + b"\r\n" + (
            b"" if data is None else data + b"\r\n"))
        return f.readline().rstrip()

    def value(key):
        first = cmd("get " + key)
        if first == b"END":
            return None
        data = f.read(int(first.split()[3]) + 2)[:-2]
        assert f.readline() == b"END\r\n"
        return data

    assert cmd("version").startswith(b"VERSION 1.6")
    assert cmd("set a 0 0 5", b"hello") == b"STORED"
    assert value("a") == b"hello"
    assert cmd("add a 0 0 1", b"x") == b"NOT_STORED"
    assert cmd("append a 0 0 1", b"!") == b"STORED"
    assert value("a") == b"hello!"
    assert cmd("set n 0 0 2", b"41") == b"STORED"
    assert cmd("incr n 1") == b"42"
    assert cmd("delete a") == b"DELETED"
    assert value("a") is None
    big = os.urandom(1000000)
    assert cmd("set big 0 0 1000000", big) == b"STORED"
    assert value("big") == big
    for i in range(2000):
        assert cmd(f"set k{i} 0 0 {len(str(i))}", str(i).encode()) == b"STORED"
    s.sendall(b"get " + b" ".join(b"k%d" % i for i in range(100)) + b"\r\n")
    for i in range(100):
        assert f.readline().split()[1] == b"k%d" % i
        assert f.readline() == b"%d\r\n" % i
    assert f.readline() == b"END\r\n"
    others = [connect() for _ in range(200)]
    for t, _ in others:
        t.sendall(b"get k7\r\n")
    for _, g in others:
        assert [g.readline() for _ in range(3)][1] == b"7\r\n"
    assert cmd("flush_all") == b"OK"
    assert value("k7") is None
    s.sendall(b"stats\r\n")
    stats = {}
    while (line := f.readline().split())[0] != b"END":
        stats[line[1]] = line[2]
    assert int(stats[b"curr_connections"]) >= 200, stats


def serve(host, folder, cert, key):
    """HTTP on port 8080, HTTPS on 8443."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *a):
            super().__init__(*a, directory=folder)

    servers = [http.server.ThreadingHTTPServer((host, p), Handler)
               for p in (8080, 8443)]
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert, key)
    servers[1].socket = ctx.wrap_socket(servers[1].socket, server_side=True)
    threading.Thread(target=servers[0].serve_forever, daemon=True).start()
    servers[1].serve_forever()


if __name__ == "__main__":
    {f.__name__: f for f in (wait, get, keepalive, many, memcached, serve)}[
        sys.argv[1]](*sys.argv[2:])
