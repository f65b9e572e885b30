"""Requests that go on and on need no more memory than they have at a time: streams to a
client and between deployments, on one loop and on several, and state that changes."""
import json
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402
import ws  # noqa: E402

PIECES = 1_000_000 if support.LONG else 30_000
GROWTH = 16 << 20  # bytes; without compacting 30 000 pieces need ten times of it
PROGRAM = r"""
type Event = { at: int, text: str }
deployment Source() {
  state last: str = ""
  state seen: [int] = []
  max_ongoing_requests: 100
  fn events(n: int) -> stream Event {
    var i = 0
    while i < n {
      last = "event {i}"
      seen = if len(seen) > 10 then [i] else seen + [i]
      yield { at: i, text: "{last} of {len(seen)}" }
      i += 1
    }
  }
}
deployment shout(s: stream Event) -> stream Event {
  for e in s {
    try {
      if e.at % 7 == 0 { fail(400, "seven {e.at}") }
      yield { ...e, text: upper(e.text) }
    } else x {
      yield { ...e, text: x.message }
    }
  }
}
deployment passed(s: stream Event) -> stream Event = s
deployment add(x: int, y: int) -> int = x + y
fn few(n: int) -> stream int {
  for i in range(n) { yield i }
}
deployment total(s: stream Event) -> int {
  var n = 0
  for e in s {
    let more = [add(e.at, k) for k in range(3) limit 2]
    n += sum(more) % 10
    for x in few(2) { n += x }
  }
  return n
}
app a {
  bind source = Source()
  route GET "/events" (n: int) -> source.events(n) as sse
  route GET "/passed" (n: int) -> passed(source.events(n)) as sse
  route GET "/shout" (n: int) -> shout(source.events(n)) as sse
  route GET "/total" (n: int) -> total(source.events(n))
  route WS "/talk" (inbox: stream Event) -> shout(inbox)
  route WS "/texts" (inbox: stream str) {
    var last = ""
    for x in inbox {
      yield "{len(last)} {x}"
      last = x
    }
  }
  route POST "/body" (body: stream Event) -> total(body)
  route POST "/octets" (body: stream bytes) {
    var n = 0
    for b in body { n += len(b) }
    return n
  }
}
"""


class Endless(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.plan = support.compile_plan(PROGRAM, self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def read(self, server, path):
        """The end of an answer, and by how much the server grew meanwhile."""
        before = most = server.rss()
        with socket.create_connection((server.host, server.port), 900) as c:
            c.sendall(f"GET {path}?n={PIECES} HTTP/1.1\r\nHost: a\r\n"
                      "Connection: close\r\n\r\n".encode())
            end = b""
            while data := c.recv(1 << 18):
                end = (end + data)[-200:]
                most = max(most, server.rss())
        return end, max(most, server.rss()) - before

    @unittest.skipIf("san" in support.BUILD.name, "the allocator keeps what is freed")
    def test_memory_is_that_of_a_piece(self):
        last = PIECES - 1
        sevens = b"seven %d" % last if last % 7 == 0 else b"EVENT %d OF " % last
        wanted = {"/events": b'"event %d of ' % last, "/passed": b'"event %d of ' % last,
                  "/shout": sevens, "/total": b"\r\n\r\n"}
        for loops in 1, 2:
            with support.Server(self.plan, "--loops", loops) as s:
                for path, mark in wanted.items():
                    s.request("GET", f"{path}?n=10")
                    end, growth = self.read(s, path)
                    with self.subTest(loops=loops, path=path):
                        self.assertIn(mark, end)
                        self.assertLess(growth, GROWTH)

    # ---- what comes in ----
    def sending(self, server, c, block, times, size):
        """Sends a block over and over, reads `size` bytes (None: to the end of a head) and gives the
        growth meanwhile."""
        before = most = server.rss()
        writer = threading.Thread(target=lambda: [c.s.sendall(block) for _ in range(times)])
        writer.start()
        while b"\r\n\r\n" not in c.data if size is None else len(c.data) < size:
            had = len(c.data)
            c.more()
            most = max(most, server.rss())
            if size is not None and had:
                size, c.data = size - had, c.data[had:]
        writer.join()
        return most - before

    @unittest.skipIf("san" in support.BUILD.name, "the allocator keeps what is freed")
    def test_a_conversation(self):
        said = json.dumps({"at": 8, "text": "x" * 500}, separators=(",", ":"))
        block = ws.frame(ws.TEXT, said.encode()) * 100
        answers = {"/texts": f"{len(said)} {said}", "/talk": said.replace("x", "X").replace("teXt", "text")}
        for loops in 1, 2:
            with support.Server(self.plan, "--loops", loops) as s:
                for path, answer in answers.items():
                    with self.subTest(loops=loops, path=path), ws.Socket(s, path, timeout=900) as c:
                        c.raw(block)
                        got = [c.text() for _ in range(100)]
                        self.assertEqual(got[1:], [answer] * 99)
                        growth = self.sending(s, c, block, PIECES // 100, PIECES * (len(answer) + 4))
                        self.assertLess(growth, GROWTH)
                        c.data = b""
                        c.send(ws.TEXT, said)
                        self.assertEqual(c.text(), answer)

    @unittest.skipIf("san" in support.BUILD.name, "the allocator keeps what is freed")
    def test_a_body(self):
        line = json.dumps({"at": 1, "text": "x" * 1500}).encode() + b"\n"
        for path, wanted in ("/body", None), ("/octets", str(PIECES * len(line)).encode()):
            with support.Server(self.plan, "--max-body", "4GB") as s:
                head = raw.head("POST", path, f"Content-Length: {len(line) * PIECES}")
                with raw.Conn(s, head, timeout=900) as c:
                    growth = self.sending(s, c, line * 100, PIECES // 100, None)
                    status, _, body = c.answer()
                    self.assertEqual((status, body), (200, wanted or body))
                    self.assertLess(growth, GROWTH)


if __name__ == "__main__":
    unittest.main()
