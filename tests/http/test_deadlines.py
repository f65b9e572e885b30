"""Deadlines that pass while streams are under way: each request ends once, and a server
that has nothing left to do does nothing."""
import json
import os
import selectors
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402

MANY = 2000 if support.LONG else 150
PROGRAM = r"""
deployment Source() {
  state made: int = 0
  max_ongoing_requests: 1000000
  fn slow(gap: duration) -> stream str {
    while true {
      yield "piece {made}"
      made += 1
      sleep(gap)
    }
  }
  fn waits() -> stream str {
    sleep(1h)
    yield "never"
  }
}
fn twice(s: stream str) -> stream str {
  for x in s { yield x + x }
}
app a {
  bind source = Source()
  route GET "/slow" with { request_timeout: 200ms } -> source.slow(5ms)
  route GET "/busy" with { request_timeout: 200ms } -> source.slow(0ms)
  route GET "/twice" with { request_timeout: 200ms } -> twice(source.slow(5ms))
  route GET "/waits" with { request_timeout: 200ms } -> twice(source.waits())
  route GET "/" -> "there"
}
"""
PIECES = """
deployment Source() {
  piece_timeout: 800ms
  max_ongoing_requests: 1
  fn words(first: duration, gap: duration, n: int) -> stream str {
    sleep(first)
    for i in range(n) {
      yield "{i} "
      sleep(gap)
    }
  }
}
deployment Patient() {
  max_ongoing_requests: 1
  fn words(first: duration, gap: duration, n: int) -> stream str {
    sleep(first)
    for i in range(n) {
      yield "{i} "
      sleep(gap)
    }
  }
}
app a {
  bind source = Source()
  bind patient = Patient()
  route GET "/own" (first: float, gap: float, n: int) -> source.words(first * 1s, gap * 1s, n)
  route GET "/route" (first: float, gap: float, n: int)
      with { piece_timeout: 800ms, first_piece_timeout: 1500ms }
      -> patient.words(first * 1s, gap * 1s, n)
  route GET "/call" (first: float, gap: float, n: int)
      -> patient.words(first * 1s, gap * 1s, n) with { piece_timeout: 800ms }
  route GET "/all" (first: float, gap: float, n: int)
      with { first_piece_timeout: 1s, request_timeout: 2s }
      -> patient.words(first * 1s, gap * 1s, n)
  route GET "/events" (gap: float) with { piece_timeout: 400ms, ping_interval: 50ms }
      -> patient.words(0s, gap * 1s, 2) as sse
}
"""


class Pieces(unittest.TestCase):
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = support.Server(support.compile_plan(PIECES, cls.folder.name), "--loops", cls.loops)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def breaks(self, path):
        """The pieces that came before the connection broke; each deployment has one slot."""
        with raw.Conn(self.server, raw.head("GET", path)) as c:
            self.assertIn(" 200 ", c.head())
            found = []
            with self.assertRaises((EOFError, ConnectionResetError)):
                while True:
                    found.append(c.chunk())
            return found

    def test_in_time(self):
        for path, wanted in (("/own?first=0.5&gap=0.05&n=5", b"0 1 2 3 4 "),
                             ("/route?first=0.05&gap=0.02&n=30", b"".join(b"%d " % i for i in range(30))),
                             ("/all?first=0.05&gap=0.05&n=3", b"0 1 2 "), ("/call?first=0.05&gap=0.05&n=3", b"0 1 2 ")):
            self.assertEqual(self.server.request("GET", path)[::2], (200, wanted), path)

    def test_the_first_is_late(self):
        for path in "/route?first=60&gap=0&n=1", "/all?first=60&gap=0&n=1":
            status, _, body = self.server.request("GET", path)
            self.assertEqual((status, json.loads(body)), (408, {"detail": "the deadline has passed"}))

    def test_another_is_late(self):
        for path in "/own?first=0&gap=60&n=2", "/call?first=0&gap=60&n=2", "/route?first=0&gap=60&n=2", "/all?first=0&gap=60&n=2":
            self.assertEqual(self.breaks(path), [b"0 "], path)
        self.assertGreater(len(self.breaks("/all?first=0&gap=0.02&n=1000")), 1)

    def test_comments_are_no_pieces(self):
        found = self.breaks("/events?gap=60")
        self.assertEqual((found[0], set(found[1:])), (b"data: 0 \n\n", {b":\n\n"}))


class PiecesOfOtherLoops(Pieces):
    loops = 3
    test_the_first_is_late = test_comments_are_no_pieces = None  # as on one


def cpu(server):
    """Seconds of CPU that the process has had."""
    with open(f"/proc/{server.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Deadlines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plan = support.compile_plan(PROGRAM, cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ends(self, server, path, reads):
        """What many requests at a time are answered with, until the connection's end."""
        poll, got = selectors.DefaultSelector(), {}
        for _ in range(MANY):
            c = socket.create_connection((server.host, server.port), 30)
            c.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            got[c] = b""
            poll.register(c, selectors.EVENT_READ)
        time.sleep(0 if reads else 0.5)
        until = time.monotonic() + 30
        while poll.get_map() and time.monotonic() < until:
            for key, _ in poll.select(1):
                c = key.fileobj
                try:
                    data = c.recv(65536)
                except ConnectionResetError:
                    data = b""
                got[c] += data[:200]
                if not data:
                    poll.unregister(c)
                    c.close()
        self.assertFalse(poll.get_map())
        return list(got.values())

    def is_idle(self, server):
        began = cpu(server)
        time.sleep(0.5)
        self.assertLess(cpu(server) - began, 0.1)

    def test_many_at_a_time(self):
        for loops in 1, 2:
            with support.Server(self.plan, "--loops", loops) as s:
                for path, reads in ("/slow", True), ("/busy", True), ("/twice", True), \
                        ("/busy", False), ("/waits", True):
                    with self.subTest(loops=loops, path=path, reads=reads):
                        for answer in self.ends(s, path, reads):
                            status = int(answer[9:12])  # before the first piece it is 408
                            self.assertIn(status, (408,) if path == "/waits" else (200, 408))
                        self.is_idle(s)
                self.assertEqual(s.request("GET", "/")[2], b"there")
            self.assertEqual(s.errors, "")


if __name__ == "__main__":
    unittest.main()
