"""Clients that vanish by a reset at every stage (a handshake of TLS, a queue, a run,
between pieces, before and in the close of a WebSocket), that close only their half, or
read a byte a second: what they held is given back, and others, who ask at the same
time, get their own answers."""
import json
import os
import pathlib
import random
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402
from faults import PEM, SANITIZED, Answer, Server, chunked, connect, http, read_all, ws  # noqa: E402

RST = struct.pack("ii", 1, 0)
PROGRAM = """
deployment Few() {
  max_ongoing_requests: 2
  max_queued_requests: 10000
  fn run(t: duration) -> str {
    sleep(t)
    return "done"
  }
  fn pieces(n: int, gap: duration) -> stream str {
    for i in range(n) {
      yield repeat("x", 1000)
      sleep(gap)
    }
  }
  batch(max_size: 2, wait: 10s) fn pair(xs: [int]) -> [int] = [len(xs) for _ in xs]
}
deployment Echo() {
  max_ongoing_requests: 1000
  fn run(text: str) -> str {
    sleep(2ms)
    return text
  }
}
app a {
  bind few = Few()
  bind echo = Echo()
  route POST "/echo" (text: str in body) -> echo.run(text)
  route GET "/run" (t: duration) -> few.run(t)
  route GET "/pieces" (n: int, gap: duration) -> few.pieces(n, gap)
  route GET "/pair" -> few.pair(1)
  route GET "/big" (n: int) -> repeat("0123456789", n)
  route POST "/upper" (text: stream str) { for t in text { yield upper(t) } }
  route GET "/busy" -> [ongoing(few), queued(few), ongoing(echo)]
  route WS "/ws" (inbox: stream str) { for line in inbox { yield echo.run(line) } }
  route WS "/ends" (inbox: stream str) {
    for line in inbox { break }
    yield "last"
  }
}
"""


class Leaving(unittest.TestCase):
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        plan = support.compile_plan(PROGRAM.replace("; ", "\n"), cls.folder.name, "-W", "no-batch-waits-too-long")
        cls.server = Server(plan, "--loops", cls.loops).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def setUp(self):
        """Others, each of whom asks again and again for something of its own."""
        self.over, self.wrong, self.asked = threading.Event(), [], 0
        for name in range(2):
            self.ask_own(name)  # what is made once is made
        self.at_rest = self.server.files()
        self.others = [threading.Thread(target=self.go_on, args=(k,)) for k in range(3)]
        for t in self.others:
            t.start()
        self.addCleanup(self.end)

    def ask_own(self, name, n=0, c=None):
        text = f"{name}-{n}-" + "y" * (n * 37 % 3000)
        with connect(self.server, secure=n % 3 == 2) as c:
            c.sendall(http("POST", "/echo", text.encode(), "Content-Type: text/plain"))
            got = Answer(read_all(c))
        if (got.status, got.body.decode()) != (200, text):
            self.wrong.append(got.raw[:300])

    def go_on(self, name):
        n = 0
        while not self.over.is_set():
            self.ask_own(name, n := n + 1)
            self.asked += 1
            self.over.wait(0.005)

    def end(self):
        self.over.set()
        for t in self.others:
            t.join()
        self.assertGreater(self.asked, 2)
        self.assertEqual(self.wrong, [])
        for _ in range(1000):  # all is given back
            busy, names = self.busy(), self.names()
            if busy == [0, 0, 0] and len(names) <= self.at_rest:
                return
            time.sleep(0.01)
        self.fail(f"still there: {busy}, {names}, not {self.at_rest}")

    def names(self):
        """Of its open files; one may close while we look."""
        at, names = f"/proc/{self.server.process.pid}/fd", []
        for name in os.listdir(at):
            try:
                names.append((int(name), os.readlink(f"{at}/{name}")))
            except FileNotFoundError:
                pass
        return sorted(names)

    def busy(self):
        return json.loads(self.server.request("GET", "/busy")[2])

    def wait_busy(self, wanted):
        for _ in range(1000):
            if self.busy()[:2] == wanted:
                return
            time.sleep(0.01)
        self.assertEqual(self.busy()[:2], wanted)

    def begin(self, data, secure=False):
        s = connect(self.server, secure)
        self.addCleanup(s.close)
        s.sendall(data)
        return s

    def reset(self, s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        if isinstance(s, ssl.SSLSocket):
            socket.socket(fileno=s.detach()).close()
        else:
            s.close()

    # ---- where they are ----
    def test_in_the_handshake(self):
        """At each byte of what a client of TLS says first, and of what it says next."""
        context = ssl.create_default_context(cafile=PEM)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        for cut in range(0, len(hello) + 1, 1 if support.LONG else 11):
            s = socket.create_connection(("127.0.0.1", self.server.secure))
            s.sendall(hello[:cut])
            if cut > len(hello) - 60:
                s.settimeout(0.05)
                try:
                    s.recv(10)  # the server's answer has begun
                except TimeoutError:
                    pass
            self.reset(s)
        for _ in range(5):  # behind it
            self.reset(connect(self.server, secure=True))
            self.reset(self.begin(http("GET", "/big?n=100000"), secure=True))

    def test_in_a_queue_and_in_a_run(self):
        for _ in range(3):
            all = [self.begin(http("GET", "/run?t=3600"), secure=i % 5 == 4) for i in range(22)]
            self.wait_busy([2, 20])
            random.Random(7).shuffle(all)
            for s in all[:10]:
                self.reset(s)
            self.wait_busy([2, 10])
            for s in all[10:]:
                self.reset(s)
            self.wait_busy([0, 0])
        s = self.begin(http("GET", "/run?t=0.01"))
        self.assertEqual(Answer(read_all(s)).body, b"done")

    def test_in_a_batch(self):
        for _ in range(5):
            self.reset(self.begin(http("GET", "/pair")))
            self.wait_busy([0, 0])
            two = [self.begin(http("GET", "/pair")) for _ in range(2)]
            self.assertEqual([Answer(read_all(s)).body for s in two], [b"2", b"2"])

    def test_between_pieces(self):
        for gap in "0", "0.001", "3600":
            for times in range(6):
                s = self.begin(http("GET", f"/pieces?n=1000000&gap={gap}"), secure=times % 3 == 2)
                for _ in range(times if gap != "3600" else times % 2):
                    s.recv(1000)
                self.reset(s)
            self.wait_busy([0, 0])

    def test_while_a_body_comes(self):
        data = chunked("/upper", *[b"abc" * 100] * 5)
        for cut in range(1, len(data), 1 if support.LONG else 83):
            self.reset(self.begin(data[:cut], secure=cut % 3 == 0))

    def test_in_a_websocket(self):
        lines = ws.frame(ws.TEXT, b"hello") + ws.frame(ws.PING, b"p") + ws.frame(ws.CLOSE, ws.close_data(1000, "bye"))
        for path in "/ws", "/ends":
            for cut in range(0, len(lines) + 1, 1 if support.LONG else 3):
                for wait in 0, 0.003:
                    w = ws.Socket(self.server, path)
                    w.raw(lines[:cut])
                    time.sleep(wait)
                    if cut == len(lines) and wait:
                        w.s.recv(2)
                    self.reset(w.s)
        w = ws.Socket(self.server, "/ends")
        w.send(ws.TEXT, "x")
        self.assertEqual(w.text(), "last")
        self.assertEqual(w.receive()[0], ws.CLOSE)
        self.reset(w.s)  # and never answers the close

    # ---- slower, or half ----
    def test_half_closed(self):
        """A client that sends no more still gets all that it asked for."""
        for path, wanted in [("/run?t=0.05", b"done"), ("/pieces?n=30&gap=0.002", b"x" * 30000),
                             ("/big?n=100000", b"0123456789" * 100000)]:
            s = self.begin(http("GET", path))
            s.shutdown(socket.SHUT_WR)
            got = Answer(read_all(s))
            self.assertEqual((got.status, got.whole, got.body), (200, True, wanted), path)

    def test_a_byte_a_second(self):
        """For some seconds (in the long form, a minute); then it leaves."""
        slow = []
        for path in "/big?n=500000", "/pieces?n=100000&gap=0":
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            s.connect(("127.0.0.1", self.server.port))
            s.sendall(http("GET", path))
            slow.append(s)
        before = self.server.rss()
        for _ in range(20 if support.LONG else 2):
            for s in slow:
                self.assertEqual(len(s.recv(1)), 1)
            time.sleep(1)
        if not SANITIZED:
            self.assertLess(self.server.grown(before, 16 << 20), 16 << 20)
        for s in slow:
            s.close()


class SeveralLoops(Leaving):
    loops = 3


if __name__ == "__main__":
    unittest.main()
