"""Streams over HTTP: pieces as they come, their forms and framing, failures, clients
that leave or do not read, on one loop and on several."""
import http.client
import json
import random
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import sse  # noqa: E402
import support  # noqa: E402

RST = struct.pack("ii", 1, 0)
SANITIZED = "san" in support.BUILD.name  # slow, and its allocator keeps what is freed
PROGRAM = r"""
deployment Llm() {
  state made: int = 0
  max_ongoing_requests: 1000
  fn words(text: str, gap: duration) -> stream str {
    for w in split(text, ",") {
      sleep(gap)
      if w == "fail" { fail(418, "no {w}") }
      made += 1
      yield w
    }
  }
  fn lines() -> stream str {
    for s in ["one", "two\nlines", "cr\rlf\r\nend", "", " lead", "data: x", "é€😀", "\n", "last"] {
      yield s
    }
  }
  fn octets() -> stream bytes {
    for i in range(4) { yield bytes("\0\r\n{i}") }
  }
  fn numbers(n: int, gap: duration) -> stream int {
    for i in range(n) {
      sleep(gap)
      yield i
    }
  }
  fn endless(size: int) -> stream str {
    var text = ""
    for i in range(size) { text = text + "x" }
    while true {
      made += 1
      yield text
    }
  }
  fn count() -> int = made
  fn total(s: stream int) -> int {
    var n = 0
    for x in s { n += x }
    return n
  }
  fn doubled(s: stream int) -> stream int {
    for x in s { yield 2 * x }
  }
  fn several(n: int) -> [stream int] = [numbers(k, 0ms) for k in range(n)]
}
deployment One() {
  max_ongoing_requests: 1
  max_queued_requests: 1
  fn words(text: str, gap: duration) -> stream str {
    for w in split(text, ",") {
      sleep(gap)
      yield w
    }
  }
}
deployment Two() {
  max_ongoing_requests: 2
  max_queued_requests: 10000
  fn count_to(n: int) -> stream int {
    for i in range(n) {
      sleep(1ms)
      yield i
    }
  }
}
fn here(n: int) -> stream int {
  for i in range(n) { yield i }
}
type Row = { i: int, text: str }

app a {
  bind llm = Llm()
  bind one = One()
  bind two = Two()
  graph loud(text: str, gap: duration) -> stream str { return shout(llm.words(text, gap)) }
  route GET "/words" (text: str, gap: float = 0.0) -> llm.words(text, gap * 1s)
  route GET "/loud" (text: str, gap: float = 0.0) -> loud(text, gap * 1s)
  route GET "/sse" -> llm.lines() as sse
  route GET "/html" (text: str) -> llm.words(text, 0ms) as html(status: 201, headers: { "x-a": "b" })
  route GET "/octets" -> llm.octets()
  route GET "/rows" (n: int) {
    for i in range(n) { yield { i: i, text: "a\nb" } }
  }
  route GET "/events" (n: int) -> rows(n) as sse
  route GET "/numbers" (n: int, gap: float = 0.0) -> llm.numbers(n, gap * 1s) as json
  route GET "/floats" (n: int) {
    for i in range(n) { yield if i == 1 then float("inf") else 0.5 }
  }
  route GET "/either" (s: bool = false) {
    if s { return llm.words("a,b", 0ms) as sse }
    return { n: 1 }
  }
  route GET "/endless" (size: int = 100) -> llm.endless(size)
  route GET "/count" -> llm.count()
  route GET "/one" (text: str, gap: float = 0.0) -> one.words(text, gap * 1s)
  route GET "/two" (n: int) -> two.count_to(n)
  route GET "/late" (text: str, gap: float) with { request_timeout: 250ms } -> llm.words(text, gap * 1s)
  route GET "/total" (n: int) -> llm.total(here(n))
  route GET "/doubled" (n: int) -> llm.doubled(here(n))
  route GET "/through" (n: int) -> llm.doubled(llm.doubled(here(n)))
  route GET "/several" (n: int) {
    var all: [int] = []
    for s in llm.several(n) {
      for x in s { all = all + [x] }
    }
    return all
  }
  route GET "/left" (n: int) {
    var last = -1
    for x in llm.numbers(1000000, 0ms) {
      if x == n { break }
      last = x
    }
    return last
  }
  route GET "/empty" -> llm.numbers(0, 0ms)
  route GET "/no-content" -> llm.words("a,b", 0ms) as text(status: 204)
  route GET "/bad-header" -> llm.words("a,b", 0ms) as text(headers: { "x\ny": "b" })
}
fn rows(n: int) -> stream Row {
  for i in range(n) { yield { i: i, text: "a\nb" } }
}
fn shout(s: stream str) -> stream str {
  for w in s { yield upper(w) }
}
"""


def setUpModule():
    global folder, plan
    folder = tempfile.TemporaryDirectory()
    plan = support.compile_plan(PROGRAM, folder.name)


def tearDownModule():
    folder.cleanup()


def events(data):
    """What a client makes of a stream whose events have no ids: (kind, data) each."""
    return [(kind, text) for kind, text, _ in sse.events(data)]


def Raw(server, path, version="1.1", method="GET"):
    """A connection that has asked."""
    return raw.Conn(server, raw.head(method, path, version=version))


class Streams:
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.server = support.Server(plan, "--loops", cls.loops)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def get(self, path):
        return self.server.request("GET", path)

    def body(self, path):
        status, _, body = self.get(path)
        self.assertEqual(status, 200, body)
        return body

    # ---- pieces ----
    def test_the_first_byte_leaves_before_the_last_piece_is_made(self):
        for path in "/words", "/loud":
            with Raw(self.server, f"{path}?text=a,b,c,d&gap=0.15") as c:
                began = time.monotonic()
                c.head()
                at = []
                for _ in range(4):
                    c.chunk()
                    at.append(time.monotonic() - began)
                self.assertEqual(c.chunk(), b"")
                self.assertLess(at[0], 0.4)
                for early, later in zip(at, at[1:]):
                    self.assertGreater(later - early, 0.07, at)

    def test_each_piece_is_a_chunk_and_the_connection_goes_on(self):
        with Raw(self.server, "/words?text=a,,bc") as c:
            head = c.head()
            self.assertIn("200 OK", head)
            self.assertIn("transfer-encoding: chunked", head)
            self.assertNotIn("content-length", head)
            self.assertIn("content-type: text/plain; charset=utf-8", head)
            self.assertEqual(c.chunks(), [b"a", b"bc"])
            c.s.sendall(b"GET /count HTTP/1.1\r\nHost: a\r\n\r\nGET /words?text=x HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn("content-length", c.head())
            self.assertRegex(c.until(b"\r\n\r\n"), rb"^\d+HTTP/1.1 200 OK")
            self.assertEqual(c.chunks(), [b"x"])

    def test_forms(self):
        status, headers, body = self.get("/sse")
        self.assertEqual(headers["content-type"], "text/event-stream; charset=utf-8")
        self.assertEqual(headers["cache-control"], "no-cache")
        wanted = ["one", "two\nlines", "cr\nlf\nend", "", " lead", "data: x", "é€😀", "\n", "last"]
        self.assertEqual(events(body), [("message", w) for w in wanted])
        status, headers, body = self.get("/html?text=<b>,</b>")
        self.assertEqual((status, headers["x-a"], headers["content-type"], body),
                         (201, "b", "text/html; charset=utf-8", b"<b></b>"))
        status, headers, body = self.get("/octets")
        self.assertEqual(headers["content-type"], "application/octet-stream")
        self.assertEqual(body, b"".join(b"\0\r\n%d" % i for i in range(4)))
        status, headers, body = self.get("/rows?n=3")
        self.assertEqual(headers["content-type"], "application/x-ndjson")
        self.assertEqual([json.loads(line) for line in body.splitlines()],
                         [{"i": i, "text": "a\nb"} for i in range(3)])
        self.assertTrue(body.endswith(b"}\n"))
        found = events(self.body("/events?n=2"))
        self.assertEqual([json.loads(data) for _, data in found],
                         [{"i": i, "text": "a\nb"} for i in range(2)])
        self.assertEqual(self.body("/numbers?n=3"), b"0\n1\n2\n")
        self.assertEqual(self.body("/empty"), b"")
        self.assertEqual(self.get("/either")[1]["content-type"], "application/json")
        self.assertEqual(self.body("/either"), b'{"n":1}')
        self.assertEqual(events(self.body("/either?s=true")), [("message", "a"), ("message", "b")])

    def test_without_a_body(self):
        with Raw(self.server, "/words?text=a,b", method="HEAD") as c:
            self.assertIn("200 OK", c.head())
            c.s.sendall(b"GET /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertTrue(c.rest().startswith(b"HTTP/1.1 200 OK"))
        with Raw(self.server, "/no-content") as c:
            head = c.head()
            self.assertIn("204", head)
            self.assertNotIn("transfer-encoding", head)
            c.s.sendall(b"GET /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertTrue(c.rest().startswith(b"HTTP/1.1 200 OK"))

    def test_http_1_0_ends_with_the_connection(self):
        with Raw(self.server, "/words?text=a,b", version="1.0") as c:
            head, _, body = c.rest().partition(b"\r\n\r\n")
        self.assertIn(b"connection: close", head)
        self.assertNotIn(b"chunked", head)
        self.assertEqual(body, b"ab")

    # ---- failures ----
    def test_a_failure_before_the_first_piece_is_an_answer(self):
        status, headers, body = self.get("/words?text=fail")
        self.assertEqual((status, headers["content-type"], json.loads(body)),
                         (418, "application/json", {"detail": "no fail"}))
        self.assertEqual(self.get("/loud?text=fail")[0], 418)
        self.assertEqual(self.get("/bad-header")[0], 500)

    def test_a_later_one_breaks_the_connection(self):
        for path in "/words?text=a,fail", "/loud?text=a,fail", "/floats?n=3":
            with Raw(self.server, path) as c:
                self.assertIn("200 OK", c.head())
                c.chunk()
                with self.assertRaises((EOFError, ConnectionResetError)):
                    c.chunk()
            with self.assertRaises(http.client.IncompleteRead):
                self.get(path)
        with Raw(self.server, "/words?text=a,fail&gap=0.1", version="1.0") as c:
            with self.assertRaises(ConnectionResetError):
                c.rest()

    def test_a_deadline_is_that_of_the_whole_answer(self):
        self.assertEqual(self.get("/late?text=a&gap=0.5")[0], 408)
        with Raw(self.server, "/late?text=a,b,c,d&gap=0.1") as c:
            c.head()
            self.assertEqual(c.chunk(), b"a")
            with self.assertRaises((EOFError, ConnectionResetError)):
                for _ in range(3):
                    c.chunk()

    # ---- who holds what ----
    def test_a_slot_is_held_until_the_stream_ends(self):
        began = time.monotonic()
        with Raw(self.server, "/one?text=a,b,c&gap=0.1") as first:
            first.head()
            with Raw(self.server, "/one?text=d") as second:
                self.wait_until(lambda: b'queued_requests{app="a",deployment="one"} 1\n'
                                in self.body("/-/metrics"))
                self.assertEqual(self.get("/one?text=e")[0], 503)
                self.assertIn("200 OK", second.head())
                self.assertGreater(time.monotonic() - began, 0.28)
                self.assertEqual(second.chunks(), [b"d"])
            self.assertEqual(first.chunks(), [b"a", b"b", b"c"])

    def wait_until(self, true, seconds=5):
        until = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def settled(self):
        """How many pieces were made, when no more are."""
        before = -1
        until = time.monotonic() + 20
        while True:
            now = int(self.body("/count"))
            if now == before:
                return now
            self.assertLess(time.monotonic(), until)
            before = now
            time.sleep(0.2)

    def test_who_does_not_read_stops_the_producer(self):
        before = self.settled()
        with Raw(self.server, "/endless?size=1000") as c:
            c.head()
            made = self.settled() - before
            self.assertGreater(made, 10)
            self.assertLess(made, 20000)  # what sockets hold, and not more
            for _ in range(20000):
                c.chunk()
            self.assertGreater(self.settled() - before, made)
        gone = self.settled()
        self.assertEqual(self.settled(), gone)

    def test_who_leaves_stops_the_producer(self):
        with Raw(self.server, "/endless") as c:
            c.head()
            for _ in range(1000):
                c.chunk()
        self.settled()
        self.assertEqual(self.body("/left?n=5"), b"4")
        self.settled()

    def test_vanishing_at_every_byte(self):
        target = "/one?text=abc,def,ghi"
        with Raw(self.server, target) as c:
            whole = len(c.head()) + sum(len(x) + 5 for x in c.chunks()) + 5
        for n in range(whole + 1):
            with Raw(self.server, target) as c:
                left = n
                while left:
                    left -= len(c.s.recv(left))
                if n % 2:
                    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            self.wait_until(lambda: self.get(target)[0] == 200)
        self.assertEqual(self.body(target), b"abcdefghi")

    def test_leaving_at_any_moment(self):
        """Slots come back, whatever each client does."""
        turn = random.Random(5)
        def client(seed):
            turn = random.Random(seed)
            for _ in range(10):
                n = turn.randrange(1, 30)
                with Raw(self.server, f"/two?n={n}") as c:
                    if turn.random() < 0.5:
                        time.sleep(turn.random() * 0.03)
                        if turn.random() < 0.5:
                            c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                        continue
                    c.head()
                    got = c.chunks()
                    if got != [b"%d\n" % i for i in range(n)]:
                        wrong.append(got)
        wrong = []
        threads = [threading.Thread(target=client, args=(turn.random(),)) for _ in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(wrong, [])
        for _ in range(4):
            self.assertEqual(self.body("/two?n=3"), b"0\n1\n2\n")

    def test_streams_are_arguments_and_parts_of_results(self):
        for _ in range(2 * self.loops):
            self.assertEqual(self.body("/total?n=100"), b"4950")
            for path, by in ("/doubled", 2), ("/through", 4):
                self.assertEqual(self.body(f"{path}?n=300"),
                                 b"".join(b"%d\n" % (by * i) for i in range(300)))
            self.assertEqual(json.loads(self.body("/several?n=4")), [0, 0, 1, 0, 1, 2])

    # ---- many ----
    def test_many_at_the_same_time(self):
        n, pieces = (60 if SANITIZED else 200), 20
        clients = [Raw(self.server, f"/numbers?n={pieces}&gap=0.02") for _ in range(n)]
        began = time.monotonic()
        for c in clients:
            with c:
                c.head()
                self.assertEqual(c.chunks(), [b"%d\n" % i for i in range(pieces)])
        self.assertLess(time.monotonic() - began, 20)

    def test_memory_stays(self):
        count = 20000 if support.LONG else 2000
        c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
        def some(n):
            for i in range(n):
                if i % 50 == 49:  # one that is left in the middle
                    with Raw(self.server, "/endless") as r:
                        r.head()
                    continue
                c.request("GET", "/loud?text=a,b,c" if i % 2 else "/doubled?n=5")
                answer = c.getresponse().read()
                self.assertIn(answer, (b"ABC", b"0\n2\n4\n6\n8\n"))
        some(500)
        self.settled()
        before = self.server.rss()
        some(count)
        self.settled()
        c.close()
        if not SANITIZED:
            self.assertLess(self.server.grown(before, 2 << 20), 2 << 20)


class OneLoop(Streams, unittest.TestCase):
    def test_openapi(self):
        paths = json.loads(self.body("/openapi.json"))["paths"]
        def content(path):
            return paths[path]["get"]["responses"]["200"]["content"]
        self.assertEqual(content("/words"), {"text/plain": {"schema": {"type": "string"}}})
        self.assertEqual(content("/sse"), {"text/event-stream": {"schema": {"type": "string"}}})
        self.assertEqual(list(content("/octets")), ["application/octet-stream"])
        self.assertEqual(list(content("/rows")), ["application/x-ndjson"])
        self.assertEqual(list(content("/either")), ["text/event-stream", "application/json"])

    def test_the_log_has_one_line_behind_each(self):
        with support.Server(plan, "--log", "json") as server:
            server.request("GET", "/words?text=a,bc")
            server.request("GET", "/words?text=fail")
            with self.assertRaises(http.client.IncompleteRead):
                server.request("GET", "/words?text=a,fail")
            time.sleep(0.3)
            server.log.seek(0)
            lines = [json.loads(line) for line in server.log.read().splitlines()]
        self.assertEqual([(e["status"], e["bytes"]) for e in lines], [(200, 3), (418, 20), (0, 1)])
        self.assertEqual([e.get("error") for e in lines], [None, "no fail", "no fail"])
        self.assertEqual(lines[2]["line"], 8)

    def test_the_end_waits_for_streams(self):
        with support.Server(plan) as server:
            with Raw(server, "/words?text=a,b,c&gap=0.2") as c:
                c.head()
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(c.chunks(), [b"a", b"b", b"c"])
            self.assertEqual(server.process.wait(5), 0)

    def test_the_end_does_not_wait_for_ever(self):
        with support.Server(plan, "--drain", "200ms") as server:
            with Raw(server, "/endless") as c:
                c.head()
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(5), 0)


class SeveralLoops(Streams, unittest.TestCase):
    loops = 3

    def test_the_end_with_streams_between_loops(self):
        for _ in range(5):
            with support.Server(plan, "--loops", 3, "--drain", "100ms") as server:
                clients = [Raw(server, "/endless") for _ in range(6)]
                for c in clients:
                    c.head()
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(5), 0)
                for c in clients:
                    c.s.close()


if __name__ == "__main__":
    unittest.main()
