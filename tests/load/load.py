#!/usr/bin/env python3
"""Mixed load: requests of every kind at a rate that does not wait for answers, a
thousand WebSockets that talk both ways, ten thousand connections in all, and clients
that vanish. Says how long answers took, and fails where one was wrong or late by far,
or where memory or files grew.

usage: load.py [--seconds N] [--rate N] [--loops N] [--sockets N] [--connections N]

A time is counted from when its request was due, not from when the client got round to
sending it: a server that stalls is charged for all that would have come meanwhile. How
late the client itself was is told beside it. wrk, where it is installed, adds what a
client that waits for each answer sees.
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import support

HERE = support.ROOT / "tests/load"
RST = struct.pack("ii", 1, 0)
PATIENCE = 30.0  # seconds for an answer
MOST = 2000  # requests on their way: more, and client or machine cannot keep up
GROWTH = 6 << 20  # of memory, from one third of the time on


# ---- what is asked ----
def request(method, path, body=b"", *headers):
    size = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    more = "".join(h + "\r\n" for h in headers)
    return f"{method} {path} HTTP/1.1\r\nHost: load\r\n{size}{more}\r\n".encode() + body


def chunked(path, *pieces):
    head = f"POST {path} HTTP/1.1\r\nHost: load\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in [*pieces, b""])


JSON = "Content-Type: application/json"


def rows(x):
    sent = [{"n": x + i, "text": f"row {i}", "tags": ["a"]} for i in range(10)]
    answer = json.dumps([{**r, "n": r["n"] + 1} for r in sent], separators=(",", ":"))
    return request("POST", "/rows", json.dumps(sent).encode(), JSON), 200, answer.encode()


def pieces(n):
    return "".join(f"piece {i} of {n}, " for i in range(n)).encode()


# name: (weight, x -> (request, status, body or None for any))
KINDS = {
    "json": (25, rows),
    "graph": (25, lambda x: (request("GET", f"/both?x={x}"), 200, b"%d" % (10 * x))),
    "batch": (8, lambda x: (request("POST", "/together", b'{"n":%d,"text":"t"}' % x, JSON), 200, b"%d t" % x)),
    "cache": (8, lambda x: (request("GET", f"/kept?x={x % 50}"), 200, b"kept %d" % (x % 50))),
    "state": (6, lambda x: (request("POST", f"/count/k{x % 1000}"), 200, b"true")),
    "stream": (6, lambda x: (request("GET", f"/pieces?n={x % 60}"), 200, pieces(x % 60))),
    "events": (3, lambda x: (request("GET", f"/events?n={x % 60}", b"", "Accept-Encoding: gzip"), 200, None)),
    "body": (5, lambda x: (request("POST", "/bytes", bytes(x % 60000), "Content-Type: application/octet-stream"),
                           200, b"%d" % (x % 60000))),
    "upload": (4, lambda x: (chunked("/upper", b"abc" * (x % 900 + 1), b"end"), 200, b"ABC" * (x % 900 + 1) + b"END")),
    "refused": (4, lambda x: (request("POST", "/rows", b'[{"n": "x"}]', JSON), 422, None)),
    "missing": (3, lambda x: (request("GET", f"/nowhere/{x}"), 404, None)),
    "fails": (3, lambda x: (request("GET", f"/fails?x={x}"), 418, b'{"detail":"no %d"}' % x)),
}


# ---- clients ----
class Answers(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self):
        self.data, self.wanted, self.open = bytearray(), None, True

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, data):
        self.data.clear()
        self.wanted = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return self.wanted

    def data_received(self, data):
        self.data += data
        end = self.data.find(b"\r\n\r\n")
        if end < 0 or self.wanted is None or self.wanted.done():
            return
        head = bytes(self.data[:end]).lower()
        body = bytes(self.data[end + 4:])
        if b"\r\ntransfer-encoding: chunked" in head:
            if body.endswith(b"0\r\n\r\n") and (body == b"0\r\n\r\n" or body.endswith(b"\r\n0\r\n\r\n")):
                self.wanted.set_result((int(head[9:12]), None if b"gzip" in head else unchunked(body)))
            return
        size = head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
        if len(body) >= int(size or 0):
            self.wanted.set_result((int(head[9:12]), body))

    def connection_lost(self, _):
        self.open = False
        if self.wanted and not self.wanted.done():
            self.wanted.set_exception(ConnectionError("closed"))


def unchunked(body):
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        n = int(size, 16)
        out, body = out + body[:n], body[n + 2:]
    return out


class Report:
    def __init__(self):
        self.times, self.wrong, self.late = {}, [], []

    def took(self, kind, seconds):
        self.times.setdefault(kind, []).append(seconds)

    def fault(self, kind, what):
        self.wrong.append(f"{kind}: {what}"[:300])

    def add(self, other):
        for kind, times in other.times.items():
            self.times.setdefault(kind, []).extend(times)
        self.wrong += other.wrong
        self.late += other.late


class Requests:
    """Arrivals at random times of a given mean rate."""

    def __init__(self, port, seconds, rate, seed):
        self.port, self.seconds, self.rate = port, seconds, rate
        self.random, self.report, self.idle = random.Random(seed), Report(), []

    async def run(self):
        loop, tasks = asyncio.get_running_loop(), set()
        names, weights = list(KINDS), [w for w, _ in KINDS.values()]
        due = begin = loop.time()
        while due < begin + self.seconds:
            due += self.random.expovariate(self.rate)
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            self.report.late.append(loop.time() - due)
            x = self.random.randrange(1_000_000)
            if len(tasks) >= MOST:
                self.report.fault("client", f"{MOST} requests are on their way: this one is not sent")
                continue
            if x % 50 == 0:
                one = self.vanish(x)
            else:
                one = self.one(self.random.choices(names, weights)[0], x, due)
            tasks.add(t := loop.create_task(one))
            t.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)

    async def one(self, kind, x, due):
        data, status, body = KINDS[kind][1](x)
        loop, c = asyncio.get_running_loop(), None
        try:
            c = self.rested() or (await loop.create_connection(Answers, "127.0.0.1", self.port))[1]
            got = await asyncio.wait_for(c.ask(data), PATIENCE)
        except (OSError, asyncio.TimeoutError) as e:
            if c:
                c.transport.abort()
            return self.report.fault(kind, repr(e))
        self.report.took(kind, loop.time() - due)
        if got[0] != status or None not in (body, got[1]) and got[1] != body:
            self.report.fault(kind, f"{got[0]} {got[1]}")
        self.idle.append(c)

    def rested(self):
        """A connection that has its last answer; the server closes those that rest for long."""
        while self.idle:
            if (c := self.idle.pop()).open:
                return c

    async def vanish(self, x):
        """Asks for something, perhaps not to the end, and is gone by a reset."""
        data = KINDS[list(KINDS)[x % len(KINDS)]][1](x)[0]
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            writer.write(data[:x % (2 * len(data))])
            await asyncio.sleep(x % 7 / 1000)
            writer.transport.abort()
        except OSError as e:
            self.report.fault("vanish", repr(e))


class Frames(asyncio.Protocol):
    """A WebSocket with messages of at most 125 bytes."""

    def __init__(self, path):
        self.path, self.data, self.open, self.waits, self.n = path, bytearray(), False, [], 0

    def connection_made(self, transport):
        self.transport = transport
        self.ready = asyncio.get_running_loop().create_future()
        transport.write(request("GET", self.path, b"", "Upgrade: websocket", "Connection: Upgrade",
                                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="))

    def data_received(self, data):
        self.data += data
        if not self.open and (end := self.data.find(b"\r\n\r\n")) >= 0:
            self.open = True
            self.ready.set_result(self.data.startswith(b"HTTP/1.1 101 "))
            del self.data[:end + 4]
        while self.open and len(self.data) >= 2 and len(self.data) >= 2 + self.data[1]:
            op, text = self.data[0] & 15, bytes(self.data[2:2 + self.data[1]])
            del self.data[:2 + self.data[1]]
            if op == 9:
                self.send(text, 10)
            elif op == 1:
                self.came(text)

    def came(self, text):
        self.n += 1
        if self.waits:
            self.waits.pop(0).set_result(text)

    def send(self, data, op=1):
        self.transport.write(bytes([128 | op, 128 | len(data)]) + b"\0\0\0\0" + data)

    def ask(self, text):
        self.waits.append(wait := asyncio.get_running_loop().create_future())
        self.send(text)
        return wait

    def connection_lost(self, _):
        for w in [*self.waits, self.ready]:
            if not w.done():
                w.set_exception(ConnectionError("closed"))


class Sockets:
    """WebSockets, of which nine in ten ask every few seconds, and the others are told
    something every second."""
    EVERY = 2.0

    def __init__(self, port, seconds, count, seed):
        self.port, self.seconds, self.count = port, seconds, count
        self.random, self.report = random.Random(seed), Report()

    async def run(self):
        await asyncio.gather(*(self.one(i) for i in range(self.count)))

    async def one(self, i):
        loop = asyncio.get_running_loop()
        ticks, begin = i % 10 == 9, loop.time()
        await asyncio.sleep(i / self.count * min(10, self.seconds / 4))
        try:
            path = "/ticks?gap=1" if ticks else "/chat"
            _, w = await loop.create_connection(lambda: Frames(path), "127.0.0.1", self.port)
            if not await w.ready:
                return self.report.fault("socket", "not opened")
            opened = loop.time()
            if ticks:
                await asyncio.sleep(begin + self.seconds - loop.time())
                if w.n < (loop.time() - opened) * 0.9 - 2:
                    self.report.fault("ticks", f"{w.n} in {loop.time() - opened:.0f} s")
            else:
                await self.talk(w, i, begin + self.seconds)
            w.transport.close()
        except (OSError, asyncio.TimeoutError) as e:
            self.report.fault("socket", repr(e))

    async def talk(self, w, i, end):
        loop, n = asyncio.get_running_loop(), 0
        due = loop.time() + self.random.random() * self.EVERY
        while due < end:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            text = b"%d from %d" % (n := n + 1, i)
            got = await asyncio.wait_for(w.ask(text), PATIENCE)
            self.report.took("socket", loop.time() - due)
            if got != b"2 " + text:
                self.report.fault("socket", got)
            due += self.EVERY


class Idle:
    """Connections that are kept open, of which now and then one asks."""

    def __init__(self, port, seconds, count, seed):
        self.port, self.seconds, self.count = port, seconds, count
        self.random, self.report = random.Random(seed), Report()

    async def run(self):
        loop = asyncio.get_running_loop()
        end, held = loop.time() + self.seconds, []
        for i in range(self.count):
            held.append((await loop.create_connection(Answers, "127.0.0.1", self.port))[1])
            if i % 100 == 99:
                await asyncio.sleep(0.05)
        # Each is asked before its time of silence is over.
        gap = min(0.05, 50 / max(1, self.count))
        due, i, tasks = loop.time(), 0, set()
        while due < end and held:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            i += 1
            tasks.add(t := loop.create_task(self.one(held[i % len(held)], i, due)))
            t.add_done_callback(tasks.discard)
            due += gap
        if tasks:
            await asyncio.wait(tasks)
        for c in held:
            c.transport.close()

    async def one(self, c, i, due):
        try:
            status, body = await asyncio.wait_for(c.ask(request("GET", f"/both?x={i}")), PATIENCE)
        except (OSError, asyncio.TimeoutError) as e:
            return self.report.fault("rested", repr(e))
        self.report.took("rested", asyncio.get_running_loop().time() - due)
        if (status, body) != (200, b"%d" % (10 * i)):
            self.report.fault("rested", f"{status} {body}")


# ---- all of them ----
def in_process(what, *how):
    """A process that runs them; the other end of a pipe gets what it found."""
    def work(to):
        one = what(*how)
        asyncio.run(one.run())
        to.send(one.report)
    mine, theirs = multiprocessing.Pipe(False)
    p = multiprocessing.Process(target=work, args=(theirs,))
    p.start()
    theirs.close()
    return p, mine


def watch(server, seconds):
    """Memory, files and time, once a second."""
    seen, begin = [], time.monotonic()
    while (at := time.monotonic() - begin) < seconds:
        seen.append((at, server.rss(), server.files()))
        time.sleep(1)
    return seen


def at(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def tell(report, seconds):
    print(f"{'kind':<10} {'answers':>9} {'a second':>9} {'p50 ms':>9} {'p99 ms':>9} {'p99.9 ms':>9} {'most ms':>9}")
    every = [t for times in report.times.values() for t in times]
    for kind, times in [*sorted(report.times.items()), ("all", every)]:
        print(f"{kind:<10} {len(times):>9} {len(times) / seconds:>9.1f} " +
              " ".join(f"{at(times, s):>9.2f}" for s in (0.5, 0.99, 0.999, 1)))
    late = report.late
    print(f"the client was late by {at(late, 0.5):.2f} ms at the median, {at(late, 0.99):.2f} ms at p99, "
          f"{at(late, 1):.1f} ms at most")


def by_wrk(server, seconds):
    if not shutil.which("wrk"):
        return True
    good = True
    for name, path in ("graph", "/both?x=7"), ("cache", "/kept?x=7"):
        done = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{server.port}{path}"],
                              text=True, capture_output=True, check=True)
        found = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if len(line.split()) > 1}
        print(f"wrk -c32 {name}: {found['Requests/sec:']} a second, p50 {found['50%']}, p99 {found['99%']}")
        good &= "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout
    return good


def flat(seen):
    """How much memory grew from the first third to the end, by means of tenths."""
    n = len(seen)
    tenth = max(1, n // 10)
    mean = lambda part: sum(rss for _, rss, _ in part) / len(part)  # noqa: E731
    return mean(seen[-tenth:]) - mean(seen[n // 3:n // 3 + tenth])


def run(o, server):
    base = server.files()
    parts = [in_process(Requests, server.port, o.seconds, o.rate, 1), in_process(Sockets, server.port, o.seconds, o.sockets, 2),
             in_process(Idle, server.port, o.seconds, max(0, o.connections - o.sockets - 100), 3)]
    seen = watch(server, o.seconds - 2)
    report = Report()
    for process, pipe in parts:
        try:
            report.add(pipe.recv())
        except EOFError:
            report.fault("client", "ended without a report")
        process.join()
    tell(report, o.seconds)
    grown = flat(seen)
    print(f"memory: {seen[0][1] / 1e6:.1f} MB at first, {max(s[1] for s in seen) / 1e6:.1f} MB at most, "
          f"{grown / 1e6:+.2f} MB from a third of the time to the end")
    print(f"connections: {max(s[2] for s in seen) - base} at most")
    for _ in range(300):
        if server.files() <= base:
            break
        time.sleep(0.1)
    if server.files() > base:
        report.fault("files", f"{server.files()} open, {base} at first")
    if grown > GROWTH:
        report.fault("memory", f"it grew by {grown / 1e6:.1f} MB")
    if not by_wrk(server, max(2, o.seconds // 30)):
        report.fault("wrk", "errors")
    if server.process.poll() is not None:
        report.fault("server", "it has ended")
    return report


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name, default in ("seconds", 180), ("rate", 200), ("loops", 1), ("sockets", 1000), ("connections", 10000):
        options.add_argument(f"--{name}", type=int, default=default)
    o = options.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"{o.seconds} s, {o.rate} requests a second, {o.sockets} WebSockets, {o.connections} connections, "
          f"{o.loops} loops, {os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        plan = support.compile_plan(HERE / "program.sg", folder)
        with support.Server(plan, "--loops", o.loops) as server:
            report = run(o, server)
    for line in report.wrong[:20]:
        print("  wrong: " + line)
    print(f"{sum(map(len, report.times.values()))} answers, {len(report.wrong)} wrong")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
