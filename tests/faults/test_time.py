"""Clocks that jump, and a server that is stopped for a while: nothing ends early,
nothing is lost, and what is kept for some time is kept for that time."""
import pathlib
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402
from faults import Server, Answer, connect, http, read_all, ws  # noqa: E402

DAY = 86400
PROGRAM = """
deployment Kept() {
  cache: { ttl: 1h, max_entries: 10 }
  state n: int = 0
  fn run(x: int) -> int {
    n += 1
    return n
  }
}
deployment one(t: duration) -> str {
  max_ongoing_requests: 1
  sleep(t)
  return "slept"
}
deployment Pair() {
  batch(max_size: 2, wait: 300ms) fn run(xs: [int]) -> [int] = [len(xs) for _ in xs]
}
app a {
  bind kept = Kept()
  bind pair = Pair()
  route GET "/kept" (x: int) -> kept.run(x)
  route GET "/limited" with { rate_limit: { requests: 2, per: 1h } } -> "in"
  route GET "/sleep" (t: duration) { let began = clock(); sleep(t); return clock() - began >= t }
  route GET "/one" (t: duration) -> one(t)
  route GET "/pair" -> pair.run(1)
  route GET "/late" (t: duration) with { request_timeout: 300ms } { sleep(t); return "done" }
  route GET "/now" -> now()
  route POST "/echo" (text: str in body) -> text
  route GET "/ticks" (n: int) { for i in range(n) { sleep(20ms); yield "{i} " } }
  route WS "/ws" (inbox: stream str) -> inbox
}
"""


class Time(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = support.compile_plan(PROGRAM.replace("; ", "\n"), folder, "-W", "no-timeout-too-short")

    def serve(self, *options):
        self.server = self.enterContext(Server(self.plan, *options))
        return self.server

    def get(self, path):
        status, head, body = self.server.request("GET", path)
        return status, body.decode()

    def begin(self, data):
        s = connect(self.server)
        self.addCleanup(s.close)
        s.sendall(data)
        return s

    def answer(self, s):
        a = Answer(read_all(s))
        self.assertTrue(a.whole, a.raw)
        return a.status, a.body

    def test_the_time_of_day_jumps(self):
        s = self.serve()
        self.assertEqual([self.get("/limited")[0] for _ in range(3)], [200, 200, 429])
        self.assertEqual(self.get("/kept?x=1"), (200, "1"))
        with ws.Socket(s, "/ws") as chat, connect(s) as held:
            for days in 4000, -20000, 0:
                waits = [self.begin(http("GET", path)) for path in ("/sleep?t=0.2", "/late?t=0.1", "/pair", "/pair")]
                late = self.begin(http("GET", "/late?t=30"))
                ticks = self.begin(http("GET", "/ticks?n=10"))
                began = time.monotonic()
                s.faults.shift = days * DAY
                self.assertEqual([self.answer(w) for w in waits], [(200, b"true"), (200, b"done"), (200, b"2"), (200, b"2")])
                self.assertEqual(self.answer(ticks)[1], b"0 1 2 3 4 5 6 7 8 9 ")
                self.assertEqual(self.answer(late)[0], 408)
                self.assertGreater(time.monotonic() - began, 0.29)
                self.assertEqual(self.get("/limited")[0], 429)
                self.assertEqual(self.get("/kept?x=1"), (200, "1"))
                chat.send(ws.TEXT, "here")
                self.assertEqual(chat.text(), "here")
                held.sendall(b"GET /kept?x=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(held.recv(1000).endswith(b"\r\n\r\n1"))
                year = time.gmtime(time.time() + days * DAY).tm_year
                self.assertTrue(self.get("/now")[1].strip('"').startswith(str(year)))
                time.sleep(1)  # the date of an answer is that of its second
                self.assertIn(f" {year} ", s.request("GET", "/limited")[1]["date"])

    def stopped(self, seconds, before, meanwhile):
        """Stops the server for so long; what `before` and `meanwhile` began."""
        first = before()
        time.sleep(0.15)
        self.server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        first += meanwhile(first)
        time.sleep(seconds)
        self.server.process.send_signal(signal.SIGCONT)
        return first, began

    def test_a_stop(self):
        """In the middle of sleeps, queues, batches and streams."""
        self.serve()
        def before():
            return [self.begin(http("GET", p)) for p in
                    ("/sleep?t=0.5", "/one?t=0.3", "/one?t=0.2", "/one?t=0.1", "/ticks?n=30", "/sleep?t=2.5")]

        def meanwhile(_):
            return [self.begin(http("GET", p)) for p in ("/pair", "/pair", "/kept?x=5", "/sleep?t=0.3")]
        all, began = self.stopped(2, before, meanwhile)
        got = [self.answer(s) for s in all]
        ticks = "".join(f"{i} " for i in range(30)).encode()
        self.assertEqual([a[0] for a in got], [200] * 10)
        self.assertEqual([a[1] for a in got], [b"true", b"slept", b"slept", b"slept", ticks, b"true",
                                               b"2", b"2", b"1", b"true"])
        self.assertGreater(time.monotonic() - began, 2.3)

    def test_who_was_in_time(self):
        """Heads, bodies and requests that came while the server stood still, for
        longer than clients have for them."""
        s = self.serve("--head-timeout", "2s", "--body-timeout", "2s", "--idle-timeout", "2s")
        whole = http("POST", "/echo", b"body", "Content-Type: text/plain")

        def before():
            return [self.begin(whole[:n]) for n in (0, 20, len(whole) - 2)]

        def meanwhile(held):
            for c, n in zip(held, (0, 20, len(whole) - 2)):
                c.sendall(whole[n:])
            return [self.begin(b""), self.begin(whole[:20]), self.begin(whole[:-2])]
        all, _ = self.stopped(2.5, before, meanwhile)
        self.assertEqual([self.answer(c) for c in all[:3]], [(200, b"body")] * 3)
        # Who has not gone on still has to.
        self.assertEqual(read_all(all[3]), b"")
        self.assertEqual([self.answer(c)[0] for c in all[4:]], [408, 408])


if __name__ == "__main__":
    unittest.main()
