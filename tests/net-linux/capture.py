#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: capture.py PCAP CASE: what a capture must show of the guest."""
import os
import subprocess
import sys

GUEST = "10.80.0.2"
NAMES = """ip.src tcp.flags tcp.seq_raw tcp.ack_raw tcp.len
    tcp.window_size_value tcp.checksum.status ip.checksum.status
    tcp.options.mss_val tcp.options.wscale.shift tcp.options.sack_perm
    tcp.options.timestamp.tsval tcp.options.timestamp.tsecr
    tcp.options.sack_le tcp.options.sack_re frame.time_epoch
    tcp.stream ip.dsfield.ecn tcp.urgent_pointer ip.flags.df
    tcp.options.tfo.cookie tcp.options.tfo.request tcp.checksum
    tcp.checksum_calculated icmp.type icmp.code icmp.mtu""".split()
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
bad = []
icmp = []		# type, code, MTU, time


def must(what, ok):
    if not ok:
        bad.append(what)


def diff(a, b):
    d = (a - b) & 0xffffffff
    return d - (1 << 32) if d >> 31 else d


class Segment:
    def __init__(self, f):
        self.guest = f["ip.src"] == GUEST
        self.flags = int(f["tcp.flags"], 16)
        self.seq, self.ack, self.len, self.win = (int(f[k] or 0) for k in
            ("tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.window_size_value"))
        self.sums = f["tcp.checksum.status"], f["ip.checksum.status"]
        # Where the sum is left to Linux it says 0xffff for 0: right, and
        # no sum of ours (SUMS=ours) does.
        if os.environ.get("SUMS") != "ours" and \
                f["tcp.checksum"] == "0xffff" and \
                f["tcp.checksum_calculated"] in ("0x0000", "0xffff"):
            self.sums = "1", self.sums[1]
        opt = lambda k: f["tcp.options." + k]
        self.mss, self.wscale = opt("mss_val"), opt("wscale.shift")
        self.sackok = opt("sack_perm")
        self.tsval, self.tsecr = opt("timestamp.tsval"), \
            opt("timestamp.tsecr")
        pair = lambda k: [int(x) for x in opt(k).split(",") if x]
        self.sack = list(zip(pair("sack_le"), pair("sack_re")))
        self.time = float(f["frame.time_epoch"])
        self.stream = int(f["tcp.stream"])
        self.ecn = int(f["ip.dsfield.ecn"] or 0)
        self.df = f["ip.flags.df"] in ("1", "True")
        self.cookie, self.asks = (f["tcp.options.tfo." + k]
            for k in ("cookie", "request"))
        self.urp = int(f["tcp.urgent_pointer"] or 0)
        self.end = (self.seq + self.len + bool(self.flags & FIN) +
            bool(self.flags & SYN)) & 0xffffffff


def read(pcap):
    cmd = ["tshark", "-r", pcap, "-o", "tcp.check_checksum:TRUE", "-o",
        "ip.check_checksum:TRUE", "-o",
        "tcp.relative_sequence_numbers:FALSE", "-Y", "tcp", "-T", "fields"]
    for n in NAMES:
        cmd += ["-e", n]
    out = subprocess.run(cmd, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, check=True).stdout
    lines = [dict(zip(NAMES, x.split("\t"))) for x in out.splitlines()]
    for f in lines:
        if f["icmp.type"]:
            icmp.append((f["icmp.type"], f["icmp.code"], f["icmp.mtu"],
                float(f["frame.time_epoch"])))
    return [Segment(f) for f in lines if not f["icmp.type"]]


def find(segs, guest, flags, mask=FIN | SYN | RST):
    return [s for s in segs if s.guest == guest and s.flags & mask == flags]


def first(segs):
    """The first of each connection: what was not sent again."""
    seen = {}
    return [seen.setdefault(s.stream, s) for s in segs
        if s.stream not in seen]


def apart(times, least):
    """
    Timers of which each is twice as long as the one before; a machine that
    was busy made any of them late, none early.
    """
    for i, (a, b) in enumerate(zip(times, times[1:])):
        must("%.3f s between, later twice as long: %s" % (least, times),
            b - a > least * 2 ** i)


def general(segs):
    """What holds of every connection."""
    mine = [s for s in segs if s.guest]
    must("segments of the guest", len(mine) > 0)
    for s in mine:
        must("sums right: %s" % (s.sums,), s.sums == ("1", "1"))
        must("ACK set but in a SYN or RST", s.flags & (ACK | SYN | RST))
    shift = nxt = edge = tsval = None
    stream = -1
    sent = {}
    for s in segs:
        if s.stream != stream:
            if s.flags & SYN == 0:
                continue
            stream, nxt, edge, sent = s.stream, None, None, {}
            ts = sent_ts = None
        if not s.guest:
            if s.flags & (SYN | ACK) == SYN:
                ts = s.tsval
            nxt = s.end if nxt is None or diff(s.end, nxt) > 0 else nxt
            continue
        if s.flags & RST:
            continue
        if s.flags & SYN:
            shift = int(s.wscale) if s.wscale else 0
            continue
        must("acknowledges what was sent", diff(s.ack, nxt) <= 0)
        right = (s.ack + (s.win << shift)) & 0xffffffff
        # A unit of the scaled window may be lost to rounding.
        must("right edge stays", edge is None or
            diff(right, edge) > -(1 << shift))
        edge = right if edge is None or diff(right, edge) > 0 else edge
        if ts:
            must("timestamps in all segments", s.tsval and s.tsecr)
            must("time goes on", sent_ts is None or
                diff(int(s.tsval), sent_ts) >= 0)
            sent_ts = int(s.tsval)


def case_options(segs):
    syn, = find(segs, False, SYN)[:1]
    ack, = find(segs, True, SYN)[:1]
    must("SYN-ACK acknowledges the SYN", ack.ack == syn.end)
    must("MSS", ack.mss == "1460")
    must("window scale", ack.wscale != "" and int(ack.wscale) <= 14)
    must("SACK permitted", ack.sackok != "")
    must("timestamp echoed", ack.tsecr == syn.tsval and ack.tsval != "")
    must("first segment is next", find(segs, True, 0)[0].seq == ack.end)
    for s in find(segs, True, 0):
        must("MSS less options", s.len <= 1448)


def case_plain(segs):
    """Nothing is offered that was not asked for."""
    ack = find(segs, True, SYN)[0]
    must("MSS alone", ack.mss == "1460" and
        not (ack.wscale or ack.sackok or ack.tsval))
    for s in find(segs, True, 0):
        must("no options", not (s.tsval or s.sack))
    must("full segments", any(s.len == 1460 for s in find(segs, True, 0)))


def case_scale(segs):
    shift = int(find(segs, True, SYN)[0].wscale)
    must("window beyond 64 KiB", max(s.win << shift
        for s in find(segs, True, 0)) > 65535)


def case_sack(segs):
    """The guest as receiver with losses."""
    got, n = set(), 0
    una = None
    for s in segs:
        if not s.guest:
            got.add(s.end)
            got.add(s.seq)
            continue
        for i, (l, r) in enumerate(s.sack):
            n += 1
            must("block %d-%d of what was sent" % (l, r), diff(r, l) > 0 and
                r in got)
            if i > 0:
                must("behind the acknowledgement", diff(l, s.ack) > 0)
        must("at most 3 blocks with timestamps", len(s.sack) <= 3)
    must("SACK blocks", n > 5)


def case_resend(segs):
    """The guest as sender with losses: what arrived is not sent again."""
    sent, again, total = [], 0, 0
    high = None
    for s in find(segs, True, 0):
        total += s.len
        if high is not None and diff(s.end, high) <= 0:
            again += s.len
        high = s.end if high is None or diff(s.end, high) > 0 else high
    must("resent %d of %d" % (again, total), 0 < again < total // 10)


def case_fastrtx(segs):
    """
    What is lost is sent again when SACKs tell of it, not by the timer.  What
    came twice was not lost: an acknowledgement was late.
    """
    last, sacked, fast, again, twice = {}, [], 0, [], []
    for s in segs:
        if not s.guest:
            sacked += [(s.time, r) for _, r in s.sack]
            l, r = s.sack[0] if s.sack else (0, 0)
            if s.sack and (diff(r, s.ack) <= 0 or any(diff(l, a) >= 0 and
                    diff(r, b) <= 0 for a, b in s.sack[1:])):
                twice.append((l, r))
        elif s.len:
            if s.seq in last:
                again.append((s.seq, any(t > last[s.seq] and
                    diff(r, s.seq) > 0 for t, r in sacked)))
            last[s.seq] = s.time
    fast = sum(f for _, f in again)
    slow = sum(not f and not any(diff(q, l) >= 0 and diff(q, r) < 0
        for l, r in twice) for q, f in again)
    must("%d after a SACK, %d not" % (fast, slow), fast >= 5 and
        fast > (fast + slow) * .8)


def case_delack(segs):
    """At first each is acknowledged at once, later ones wait for more."""
    sent = [s for s in segs if not s.guest and s.len == 1]
    waits = []
    for s in sent:
        ack = [a for a in segs if a.guest and a.time > s.time and
            diff(a.ack, s.end) >= 0]
        must("acknowledged", ack)
        waits.append(ack[0].time - s.time if ack else 0)
    must("pieces: %d" % len(sent), len(sent) >= 20)
    must("later ones wait: %s" % waits[18:],
        sum(w > .03 for w in waits[18:]) >= 2)
    must("first ones do not: %s" % waits[:10], min(waits[:10]) < .03)


def case_fastopen(segs):
    one, two = first(find(segs, False, SYN))[:2]
    ack, answer = first(find(segs, True, SYN))[:2]
    must("a cookie is asked for", one.asks and not one.len)
    must("and given", ack.cookie and ack.ack == one.end)
    must("data with a SYN", two.cookie == ack.cookie and two.len == 32)
    must("which are taken", answer.ack == two.end and not answer.cookie)
    then = [s for s in segs if not s.guest and s.stream == two.stream and
        not s.flags & SYN][0]
    must("the answer needs no ACK of the handshake", any(s.guest and s.len
        and s.stream == two.stream and s.time < then.time for s in segs))


def case_cookies(segs):
    """The real client comes last; what it offered is in our timestamp."""
    syn, ack = find(segs, False, SYN)[-1], find(segs, True, SYN)[-1]
    must("flood", len(find(segs, False, SYN)) > 1000)
    must("its answer", ack.ack == syn.end and ack.stream == syn.stream)
    must("cookie: MSS, scale, SACK", ack.seq >> 2 & 7 == 6 and
        int(ack.tsval) & 63 == int(syn.wscale) | 16)
    data = [s for s in segs if s.guest and s.stream == syn.stream and s.len]
    must("all is sent", sum(s.len for s in data) >= 300000)
    must("with what was agreed", all(s.tsval and s.win << int(ack.wscale) >
        4096 and s.len <= 1448 for s in data))


def case_narrow(segs):
    """A router on the way has an MTU of 1200 (RFC 1191)."""
    told = [i for i in icmp if i[:2] == ("3", "4")]
    must("a router says so: %s" % icmp[:3], told and told[0][2] == "1200")
    must("before, and not later", told and len(told) < 50)
    if not told:
        return
    data = [s for s in segs if s.guest and s.len]
    must("not to fragment", all(s.df for s in data))
    must("wider at first", data[0].len == 1448)
    high = max((s.end for s in data), key=lambda e: diff(e, segs[0].seq))
    small = [s for s in data if s.time > told[-1][3]]
    must("then fitting", small and max(s.len for s in small) == 1148)
    must("and sent again", data[0].seq in [s.seq for s in small])
    must("all of it", any(not s.guest and diff(s.ack, high) >= 0
        for s in segs))


def case_crossing(segs):
    """SYN and SYN cross; SYN|ACK of both (RFC 9293, 3.5, figure 7)."""
    for n in {s.stream for s in segs}:
        one = [s for s in segs if s.stream == n]
        mine = [s for s in one if s.guest and s.flags & (SYN | ACK) == SYN]
        peer = [s for s in one if not s.guest and
            s.flags & (SYN | ACK) == SYN]
        both = find(one, True, SYN)
        both = [s for s in both if s.flags & ACK]
        if mine and peer and both:
            break
    else:
        must("SYNs cross", False)
        return
    must("the same number again", both[0].seq == mine[0].seq)
    must("the peer's is acknowledged", both[0].ack == peer[0].end)
    must("after it", both[0].time > peer[0].time)
    must("data both ways", all(sum(n for _, n in {(s.seq, s.len)
        for s in one if s.guest == g}) == 5 for g in (True, False)))
    must("closed", find(one, True, FIN) and not find(one, True, RST, RST))


def case_active(segs):
    """The guest closes first."""
    fin = find(segs, True, FIN)
    peer = find(segs, False, FIN)
    must("FIN of both", fin and peer)
    must("ours is first", fin[0].time <= peer[0].time)
    last = [s for s in segs if s.guest][-1]
    must("the peer's FIN is acknowledged", last.ack == peer[-1].end)
    must("after our FIN", last.seq == fin[0].end)
    must("no RST", not find(segs, True, RST, RST))


def case_passive(segs):
    fin = find(segs, True, FIN)
    peer = find(segs, False, FIN)
    must("FIN of both", fin and peer)
    must("the peer's is first", peer[0].time <= fin[0].time)
    must("acknowledged", fin[0].ack == peer[0].end)
    must("and that is the end", segs[-1].ack == fin[0].end and
        not segs[-1].guest)


def case_reset(segs):
    rst = find(segs, True, RST, RST)
    must("RST", len(rst) >= 1)
    sent = max((s.end for s in segs if s.guest and not s.flags & RST),
        key=lambda e: diff(e, segs[1].seq))
    must("in its place", rst and rst[0].seq == sent)


def case_closed(segs):
    """Nobody listens."""
    syn, = find(segs, False, SYN)[:1]
    rst = [s for s in segs if s.guest]
    must("RST with ACK", rst[0].flags & (RST | ACK | SYN) == RST | ACK)
    must("sequence numbers", rst[0].seq == 0 and rst[0].ack == syn.end)


def case_keep(segs):
    syn = find(segs, True, SYN)[0]
    probes = [s for s in find(segs, True, 0) if s.seq == syn.seq and
        s.len <= 1]
    must("probes: %d" % len(probes), len(probes) >= 2)
    for a, b in zip([syn] + probes, probes):
        must("a second between", 0.7 < b.time - a.time)


def case_late(segs):
    """The guest's program does not read for a while."""
    wins = [s.win for s in find(segs, True, 0)]
    must("window closes", 0 in wins)
    must("and opens", 0 in wins and max(wins[wins.index(0):]) > 0)


def case_probe(segs):
    """The peer does not read: probes, further and further apart."""
    zero, probes, nxt, una = False, [], None, None
    for s in segs:
        if not s.guest:
            zero = s.win == 0 and not s.flags & (SYN | RST)
            una = s.ack
        else:
            if zero and diff(s.time and s.end, una) <= 1:
                probes.append(s)
    must("probes: %d" % len(probes), 2 <= len(probes) <= 20)
    must("small", all(s.len <= 1 for s in probes))
    apart([s.time for s in probes], .3)


def case_half(segs):
    """Data after the peer's FIN (CLOSE-WAIT), then our own (LAST-ACK)."""
    peer = find(segs, False, FIN)[0]
    after = [s for s in segs if s.guest and s.time > peer.time and
        diff(s.ack, peer.end) == 0]
    must("its FIN is acknowledged, and data follow",
        sum(s.len for s in after) > 200000)
    must("then FIN", after[-1].flags & FIN)
    must("that is acknowledged", segs[-1].ack == after[-1].end)


def case_again(segs):
    """FIN-WAIT-2 takes data; TIME-WAIT gives way to a new SYN (RFC 6191)."""
    first = [s for s in segs if s.stream == segs[0].stream]
    second = [s for s in segs if s.stream != segs[0].stream]
    fin = find(first, True, FIN)[0]
    data = [s for s in first if not s.guest and s.time > fin.time and s.len]
    must("data after our FIN", data)
    must("acknowledged by FIN-WAIT-2", any(s.guest and s.seq == fin.end and
        s.ack == data[-1].end for s in first))
    end = find(first, False, FIN)[-1]
    must("and its FIN", any(s.guest and s.ack == end.end for s in first))
    syn, ack = find(second, False, SYN)[0], find(second, True, SYN)[0]
    must("a new connection", ack.ack == syn.end)
    must("its numbers are later", diff(ack.seq, fin.end) > 0)


def case_urgent(segs):
    urg = [s for s in segs if s.guest and s.flags & URG]
    must("URG", urg)
    must("points behind the byte", urg and urg[0].urp == 3 and
        urg[0].len == 3)


def ecn_agreed(segs):
    syn, ack = find(segs, False, SYN)[0], find(segs, True, SYN)[0]
    must("SYN asks", syn.flags & (ECE | CWR) == ECE | CWR)
    must("ECE alone", ack.flags & (ECE | CWR) == ECE)
    must("SYN is not capable", ack.ecn == 0)


def case_marked(segs):
    """The guest's data are marked: told so it slows down, and says it."""
    ecn_agreed(segs)
    data = [s for s in segs if s.guest and s.len]
    must("data are capable", sum(s.ecn in (2, 3) for s in data) >
        len(data) * 0.9)
    must("its pure ACKs are not", all(s.ecn == 0 for s in segs
        if s.guest and not s.len))
    told = [s.time for s in segs if not s.guest and s.flags & ECE and
        not s.flags & SYN]
    cwr = [s.time for s in data if s.flags & CWR]
    must("CWR after ECE", told and cwr and cwr[0] > told[0])


def case_marks(segs):
    """The guest receives marks: ECE until CWR."""
    ecn_agreed(segs)
    marks = [s for s in segs if not s.guest and s.ecn == 2]
    echo = [s for s in segs if s.guest and s.flags & ECE and
        not s.flags & SYN]
    cwr = [s.time for s in segs if not s.guest and s.flags & CWR and s.len]
    must("data are capable", marks)
    must("ECE", echo)
    must("until CWR", cwr and any(s.guest and not s.flags & ECE and
        s.time > cwr[0] for s in segs))


def case_outage(segs):
    """Time-outs: the first one again, each time after twice as long."""
    times = {}
    for s in segs:
        if s.guest and s.len:
            times.setdefault(s.seq, []).append(s.time)
    often = max(times.values(), key=len)[1:]
    must("several time-outs: %d" % len(often), len(often) >= 3)
    if len(often) < 3:
        return
    apart(often[:4], .25)
    must("it goes on", segs[-1].time > often[-1] and
        find(segs, True, FIN))


def main():
    segs = read(sys.argv[1])
    # Connections of before may still be talking.
    new = [s.stream for s in segs if not s.guest and s.flags & SYN]
    segs = [s for s in segs if s.stream in new]
    must("no segments", segs)
    if not bad:
        general(segs)
        globals()["case_" + sys.argv[2]](segs)
    for b in sorted(set(bad))[:10]:
        print("%s: not so: %s" % (sys.argv[2], b))
    sys.exit(1 if bad else 0)


main()
