"""The tutorial, served by sgrun to clients of every kind: that pipeline, send byte by
byte, stay idle, are slow, come all at once, or vanish at any byte."""
import resource
import selectors
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, __file__.rsplit("/", 1)[0])
import support  # noqa: E402
from echo import Reader, request  # noqa: E402
from support import LONG, ROOT  # noqa: E402

RST = struct.pack("ii", 1, 0)
JSON = [("Content-Type", "application/json")]
GOOD = request("POST", "/my-dag", b'["5", [1, 2], "sum"]', headers=JSON)
ANSWER = b"sum(['(1 * (5 + 1.5))', '(2 * (5 + 1.5))'])"
BAD = request("POST", "/my-dag", b'["5", [1, 2]]', headers=JSON)  # answered at once
CHUNKED = (b"POST /my-dag HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
           b"".join(b"1\r\n%c\r\n" % c for c in b'["5", [1, 2], "sum"]') +
           b"0\r\nTrailer: x\r\n\r\n")

# The tutorial with no limit that 500 requests would meet.
WIDE = f'use "{ROOT}/examples/tutorial/tutorial.sg"\n' + "".join(
    f"override tutorial.{name} {{ max_ongoing_requests: 1000 }}\n"
    for name in ("preprocessor", "avg_preprocessor", "m1", "m2", "combiner"))

# One call at a time, and one may wait.
NARROW = """
deployment slow(t: duration) -> str {
  max_ongoing_requests: 1
  max_queued_requests: 1
  sleep(t)
  return "slept"
}
app a {
  route GET "/slow" (t: duration) -> slow(t)
  route GET "/big" (n: int) -> repeat("x", n)
}
"""


def setUpModule():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Clients(unittest.TestCase):
    PROGRAM = ROOT / "examples/tutorial/tutorial.sg"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = support.Server(support.compile_plan(cls.PROGRAM, cls.folder.name))
        cls.server.__enter__()
        cls.at_rest = cls.server.files()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def connect(self, timeout=30):
        s = socket.create_connection((self.server.host, self.server.port), timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(s.close)
        return s

    def leave(self, data, reset, first=None):
        """Sends, perhaps reads `first` bytes, and is gone."""
        with socket.create_connection((self.server.host, self.server.port), 30) as s:
            s.sendall(data)
            if first:
                s.recv(first)
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)

    def rest(self):
        """All connections are gone from the server."""
        end = time.monotonic() + 30
        while self.server.files() != self.at_rest:
            self.assertLess(time.monotonic(), end, "connections stay open")
            time.sleep(0.01)

    def serves(self):
        with self.connect() as s:
            s.sendall(GOOD)
            self.assertEqual(Reader(s).answer()[::2], (200, ANSWER))


class Protocol(Clients):
    def test_pipelining(self):
        with self.connect() as s:
            s.sendall(GOOD + request("GET", "/my-dag") + BAD + CHUNKED + request("GET", "/-/healthz"))
            reader = Reader(s)
            got = [reader.answer() for _ in range(5)]
        self.assertEqual([a[0] for a in got], [200, 405, 422, 200, 200])
        self.assertEqual([got[i][2] for i in (0, 3, 4)], [ANSWER, ANSWER, b"success"])

    def test_keep_alive(self):
        with self.connect() as s:
            reader = Reader(s)
            for _ in range(200):
                s.sendall(BAD)
                self.assertEqual(reader.answer()[0], 422)
            s.sendall(GOOD)
            self.assertEqual(reader.answer()[2], ANSWER)
        with self.connect() as s:
            s.sendall(request("GET", "/-/healthz", close=True) + GOOD)
            self.assertEqual([a[2] for a in Reader(s).rest()], [b"success"])

    def test_byte_by_byte(self):
        for data, status in ((GOOD, 200), (CHUNKED, 200), (BAD, 422)):
            with self.connect() as s:
                for i in range(len(data)):
                    s.sendall(data[i:i + 1])
                self.assertEqual(Reader(s).answer()[0], status)

    def test_a_reader_of_bytes(self):
        with self.connect() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            s.sendall(GOOD + request("GET", "/docs", close=True))
            data = b""
            while piece := s.recv(1):
                data += piece
        self.assertEqual(data.count(b"HTTP/1.1 200 OK\r\n"), 2)
        self.assertIn(b"\r\n\r\n" + ANSWER + b"HTTP/1.1 ", data)

    def test_expect(self):
        head, body = GOOD.split(b"\r\n\r\n")
        with self.connect() as s:
            s.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
            reader = Reader(s)
            self.assertEqual(reader.answer()[0], 100)
            s.sendall(body)
            self.assertEqual(reader.answer()[2], ANSWER)
        with self.connect() as s:  # a body that nobody wants is not asked for
            s.sendall(b"POST /my-dag HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
                      b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(Reader(s).answer()[0], 413)

    def test_head_and_options(self):
        with self.connect() as s:
            reader = Reader(s)
            s.sendall(request("HEAD", "/docs"))
            status, head, body = reader.answer("HEAD")
            self.assertEqual((status, body), (200, b""))
            self.assertGreater(int(head["content-length"]), 1000)
            s.sendall(request("HEAD", "/my-dag"))
            self.assertEqual(reader.answer("HEAD")[0], 405)
            s.sendall(request("HEAD", "/none"))
            self.assertEqual(reader.answer("HEAD")[0], 404)
            for path, allow in (("/my-dag", "POST, OPTIONS"), ("/-/healthz", "GET, HEAD, OPTIONS")):
                s.sendall(request("OPTIONS", path))
                status, head, body = reader.answer()
                self.assertEqual((status, head["allow"], body), (204, allow, b""))
            s.sendall(request("OPTIONS", "*"))
            self.assertIn(reader.answer()[0], (200, 204, 404))
            s.sendall(GOOD)
            self.assertEqual(reader.answer()[2], ANSWER)


class Vanish(Clients):
    def test_at_any_byte(self):
        for data in (GOOD, CHUNKED, BAD, GOOD + GOOD[:50]):
            for end in range(0, len(data) + 1, 1 if LONG else 3):
                self.leave(data[:end], reset=end % 2)
        self.rest()
        self.serves()

    def test_memory_stays(self):
        """Before the request is whole, while its calls sleep, and when the answer
        is on its way."""
        count = 100_000 if LONG else 3_000
        held = []

        def vanish(n):
            for i in range(n):
                kind = i % 4
                if kind == 0:
                    self.leave(GOOD[:i % len(GOOD)], i % 8)
                elif kind == 1:
                    self.leave(BAD, i % 8)
                elif kind == 2:
                    self.leave(BAD, i % 8, first=1)
                else:  # it is gone when 50 others have come
                    s = socket.create_connection((self.server.host, self.server.port), 30)
                    s.sendall(GOOD)
                    held.append(s)
                if len(held) > 50:
                    held.pop(0).close()
            while held:
                held.pop().close()
            self.rest()
        vanish(1000)
        before = self.server.rss()
        vanish(count)
        grown = self.server.rss() - before
        if "asan" not in support.SGRUN:
            self.assertLess(grown, 1 << 20)
        if LONG:
            print(f"{count} clients vanished: {grown} bytes more", file=sys.stderr)
        self.serves()

    def test_calls_end_with_their_client(self):
        """What sleeps for those who left would else hold every slot."""
        for _ in range(5):
            gone = [self.connect() for _ in range(100)]
            for s in gone:
                s.sendall(GOOD)
            time.sleep(0.1)
            for s in gone:
                s.close()
            self.rest()
            begin = time.monotonic()
            self.serves()
            self.assertLess(time.monotonic() - begin, 3)  # behind 100 others it is 12


class Limits(Clients):
    PROGRAM = NARROW

    def slow(self, t):
        s = self.connect()
        s.sendall(request("GET", f"/slow?t={t}"))
        return s

    def open(self, count):
        """So many clients are connected, and what they sent has been read."""
        end = time.monotonic() + 30
        while self.server.files() != self.at_rest + count:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)

    def test_overload(self):
        """One runs, one waits, all others are refused at once, each time."""
        for after in ((1, 1), (4, 5)):  # twice what has been measured, once something has
            first = self.slow("2.5")
            self.open(1)
            second = self.slow("0.01")
            self.open(2)
            time.sleep(0.2)
            for _ in range(20):
                with self.slow("0.01") as s:
                    status, head, body = Reader(s).answer()
                    self.assertEqual(status, 503)
                    self.assertTrue(after[0] <= int(head["retry-after"]) <= after[1], head)
            self.assertEqual(Reader(first).answer()[::2], (200, b"slept"))
            self.assertEqual(Reader(second).answer()[::2], (200, b"slept"))
            with first, second, self.slow("0.01") as s:
                self.assertEqual(Reader(s).answer()[0], 200)
            self.rest()

    def test_who_leaves_makes_room(self):
        """In the slot and in the queue: 200 times a place is given back."""
        for _ in range(100):
            running, waiting = self.slow("3600"), self.slow("3600")
            self.open(2)
            waiting.close()
            self.open(1)
            running.close()
            self.rest()
        with self.slow("0.01") as s, self.slow("0.01") as t:
            self.assertEqual(Reader(s).answer()[0], 200)
            self.assertEqual(Reader(t).answer()[0], 200)

    def test_while_the_answer_is_written(self):
        count = 3000 if LONG else 100
        for i in range(count + 20):
            if i == 20:
                self.rest()
                before = self.server.rss()
            with self.connect() as s:
                s.sendall(request("GET", "/big?n=8000000"))
                self.assertEqual(s.recv(12), b"HTTP/1.1 200")
                if i % 2:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.rest()
        if "asan" not in support.SGRUN:
            self.assertLess(self.server.grown(before, 1 << 20), 1 << 20)


class Many(Clients):
    PROGRAM = WIDE

    def test_500_at_once(self):
        """All are right, in little more than the time of one."""
        clients = [self.connect() for _ in range(500)]
        numbers = range(500)
        begin = time.monotonic()
        for s, n in zip(clients, numbers):
            s.sendall(request("POST", "/my-dag", b'["%d", [1, 2], "max"]' % n, headers=JSON))
        for s, n in zip(clients, numbers):
            text = b"max(['(1 * (%d + 1.5))', '(2 * (%d + 1.5))'])" % (n, n)
            self.assertEqual(Reader(s).answer()[::2], (200, text))
        took = time.monotonic() - begin
        self.assertGreaterEqual(took, 0.45)
        self.assertLess(took, 2)  # one after another it is 225 s, by fives 45 s
        if LONG:
            print(f"500 requests at once: {took * 1000:.0f} ms", file=sys.stderr)

    def test_idle_connections(self):
        count = min(10_000 if LONG else 1_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
        before = self.server.rss()
        clients = [self.connect() for _ in range(count)]
        while self.server.files() < self.at_rest + count:
            time.sleep(0.01)
        grown = (self.server.rss() - before) / count
        begin = time.monotonic()
        self.serves()
        self.assertLess(time.monotonic() - begin, 2)
        for s in clients[::97]:
            s.sendall(GOOD)
        for s in clients[::97]:
            self.assertEqual(Reader(s).answer()[2], ANSWER)
        for s in clients:
            s.close()
        self.rest()
        if "asan" not in support.SGRUN:
            self.assertLess(grown, 1024)
        if LONG:
            self.assertEqual(count, 10_000, "the hard limit of descriptors is too low")
            print(f"{count} idle connections: {grown:.0f} bytes each", file=sys.stderr)


class Slow(Clients):
    def until_closed(self, trickle):
        """Clients that send a byte now and then; what each got, and when its
        connection ended."""
        begin = time.monotonic()
        selector = selectors.DefaultSelector()
        got, ended = {}, {}
        for name, data in trickle.items():
            s = self.connect()
            s.sendall(data)
            got[s], ended[name] = b"", None
            selector.register(s, selectors.EVENT_READ, name)
        while selector.get_map() and time.monotonic() - begin < 120:
            for key, _ in selector.select(0.4):
                try:
                    piece = key.fileobj.recv(4096)
                except ConnectionResetError:
                    piece = b""
                got[key.fileobj] += piece
                if not piece:
                    ended[key.data] = (time.monotonic() - begin, got[key.fileobj][:12])
                    selector.unregister(key.fileobj)
            for key in list(selector.get_map().values()):
                if key.data != "silent" and key.data != "body":
                    try:
                        key.fileobj.sendall(b"a")
                    except OSError:
                        pass
        return ended

    def test_limits(self):
        """10 s for a head, however it trickles; in the long form, too, 30 s between two
        pieces of a body and 75 s of silence."""
        clients = {"head": b"GET / HTTP/1.1\r\nHost: ", "line": b"GET /"}
        if LONG:
            clients |= {"silent": b"", "body": GOOD[:-5]}
        ended = self.until_closed(clients)
        expected = {"head": (9, b"HTTP/1.1 408"), "line": (9, b"HTTP/1.1 408"),
                    "body": (28, b"HTTP/1.1 408"), "silent": (70, b"")}
        for name, end in ended.items():
            self.assertIsNotNone(end, name)
            self.assertEqual(end[1], expected[name][1], name)
            self.assertGreater(end[0], expected[name][0], name)
            self.assertLess(end[0], expected[name][0] + 30, name)
        self.serves()


if __name__ == "__main__":
    unittest.main()
