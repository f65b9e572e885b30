"""Batches on a server: they come together across connections and loops, and what
happens to one batch is no business of others."""
import collections
import concurrent.futures
import http.client
import json
import re
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

PROGRAM = """
type Turn = { user_input: str, history: [str] = [] }

deployment BatchCounter() {
  batch(max_size: 10, wait: 10ms) fn handle_batch(turns: [Turn]) -> [{ response: str }] {
    let n = len(turns)
    return [{ response: "{t.user_input}: the batch size is {n}" } for t in turns]
  }
}
deployment Hangs() {
  state ended: int = 0
  batch(max_size: 2, wait: 0s) fn run(ts: [duration]) -> [int] {
    for t in ts { sleep(t) }
    ended += len(ts)
    return [len(ts) for _ in ts]
  }
  batch(max_size: 3, wait: 1000s) fn third(xs: [int]) -> [[int]] = [xs for _ in xs]
  fn count() -> int = ended
}
deployment Wrong() {
  batch(max_size: 4, wait: 10s) fn run(xs: [int]) -> [int] {
    if max(xs) > 100 { fail(418, "too much") }
    return [x for x in xs if x > 0]
  }
}
app a {
  bind batcher = BatchCounter()
  bind hangs = Hangs()
  bind wrong = Wrong()
  route POST "/batch" (turn: Turn) -> batcher.handle_batch(turn)
  route POST "/hangs" (t: duration) -> hangs.run(t)
  route POST "/timed" (t: duration) with { request_timeout: 200ms } -> hangs.run(t)
  route POST "/third" (x: int) -> hangs.third(x)
  route POST "/wrong" (x: int) -> wrong.run(x)
  route GET "/ended" -> hangs.count()
}
"""


CHANGING = """
deployment Model() {
  state batches: int = 0
  max_ongoing_requests: 1000
  batch(max_size: %d, wait: %s, max_concurrent: 1) fn run(xs: [int]) -> [[int]] {
    batches += 1
    return [[batches, x, len(xs)] for x in xs]
  }
  fn count() -> int = batches
}
app a {
  bind model = Model()
  route POST "/run" (x: int) -> model.run(x)
  route GET "/count" -> model.count()%s
}
"""


class Batches(unittest.TestCase):
    loops = 1

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = support.compile_plan(PROGRAM, self.folder, "-W", "no-batch-waits-too-long",
                                         "-W", "no-timeout-too-short")
        self.server = self.enterContext(support.Server(self.plan, "--loops", self.loops))
        self.pool = self.enterContext(concurrent.futures.ThreadPoolExecutor(32))

    def ask(self, path, body=None):
        c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=20)
        c.request("POST", path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = c.getresponse()
        body = answer.read().decode()
        c.close()
        return answer.status, body

    def hold(self, path):
        """Sends a request and goes on; the answer is read by nobody yet."""
        s = socket.create_connection((self.server.host, self.server.port))
        s.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        return s

    def test_sizes(self):
        means = []
        while len(means) < 3 and (not means or means[-1] <= 5):  # the machine may be busy
            means.append(self.one_round())
        self.assertGreater(means[-1], 5, means)

    def one_round(self):
        conns = [http.client.HTTPConnection(self.server.host, self.server.port, timeout=20)
                 for _ in range(32)]

        def work(k):
            sizes = []
            for i in range(k, 100, 32):
                conns[k].request("POST", "/batch", json.dumps({"user_input": f"u{i}"}))
                answer = conns[k].getresponse()
                body = json.loads(answer.read())["response"]
                self.assertEqual(answer.status, 200)
                found = re.fullmatch(rf"u{i}: the batch size is (\d+)", body)
                sizes.append(int(found[1]))
            return sizes

        sizes = [n for all in self.pool.map(work, range(32)) for n in all]
        for c in conns:
            c.close()
        self.assertEqual(len(sizes), 100)
        self.assertLessEqual(set(sizes), set(range(1, 11)))
        for n, times in collections.Counter(sizes).items():  # a batch of n has n answers
            self.assertEqual(times % n, 0, sizes)
        return sum(sizes) / 100

    def test_the_third_lets_them_go(self):
        two = [self.pool.submit(self.ask, f"/third?x={i}") for i in range(2)]
        done, _ = concurrent.futures.wait(two, timeout=0.2)
        self.assertFalse(done)
        third = self.ask("/third?x=2")
        answers = [json.loads(a[1]) for a in [third, *(f.result(10) for f in two)]]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[1], answers[2])
        self.assertEqual(sorted(answers[0]), [0, 1, 2])

    def test_who_waits_alone_may_leave(self):
        s = self.hold("/third?x=7")
        time.sleep(0.3)
        s.close()
        time.sleep(0.3)
        three = [self.pool.submit(self.ask, f"/third?x={i}") for i in range(3)]
        for f in three:
            self.assertEqual(sorted(json.loads(f.result(10)[1])), [0, 1, 2])

    def test_a_body_that_hangs(self):
        began = time.monotonic()
        hung = [self.pool.submit(self.ask, "/timed?t=1000") for _ in range(2)]
        self.assertEqual([f.result(10)[0] for f in hung], [408, 408])
        self.assertEqual(self.ask("/hangs?t=0"), (200, "1"))
        self.assertLess(time.monotonic() - began, 10)
        s = self.hold("/hangs?t=1000")
        time.sleep(0.1)
        waits = self.pool.submit(self.ask, "/hangs?t=0")
        self.assertFalse(concurrent.futures.wait([waits], timeout=0.2).done)
        s.close()  # with its only caller the batch goes, and the next one begins
        self.assertEqual(waits.result(10), (200, "1"))
        self.assertEqual(self.server.request("GET", "/ended")[2].strip(), b"2")

    def test_errors_stay_in_their_batch(self):
        wrong = [self.pool.submit(self.ask, f"/wrong?x={x}") for x in (1, 2, 3, 101)]
        for f in wrong:
            self.assertEqual(f.result(10), (418, '{"detail":"too much"}'))
        short = [self.pool.submit(self.ask, f"/wrong?x={x}") for x in (1, 2, 0, 3)]
        for f in short:
            self.assertEqual(f.result(10), (500, '{"detail":"Wrong.run gave 3 results for a batch of 4"}'))
        right = [self.pool.submit(self.ask, f"/wrong?x={x}") for x in (1, 2, 3, 4)]
        self.assertEqual(sorted(f.result(10) for f in right), [(200, str(x)) for x in (1, 2, 3, 4)])

    def test_a_stop_lets_them_end(self):
        s = self.hold("/hangs?t=0.3")
        time.sleep(0.1)
        self.server.process.terminate()
        s.settimeout(10)
        got = b""
        while piece := s.recv(1000):
            got += piece
        s.close()
        self.assertTrue(got.startswith(b"HTTP/1.1 200"), got)
        self.assertEqual(self.server.process.wait(10), 0)


class OverLoops(Batches):
    loops = 3


class Changes(unittest.TestCase):
    """Settings of batches that change while calls wait."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.write(100, "1000s")
        self.server = self.enterContext(support.Server(self.plan, "--watch"))
        self.pool = self.enterContext(concurrent.futures.ThreadPoolExecutor(32))

    def write(self, size, wait, more=""):
        self.plan = support.compile_plan(CHANGING % (size, wait, more), self.folder,
                                         "-W", "no-batch-waits-too-long")

    def ask(self, x):
        return json.loads(self.server.request("POST", f"/run?x={x}")[2])

    def wait_for(self, count):
        """So many calls are out."""
        for _ in range(1000):
            d, = json.loads(self.server.request("GET", "/-/deployments")[2])
            if d["ongoing"] == count:
                return
            time.sleep(0.01)
        self.fail(d)

    def send(self, xs):
        out = [self.pool.submit(self.ask, x) for x in xs]
        self.wait_for(len(xs))
        return out

    def sizes(self, out, xs):
        """Of the batches; each element is in one."""
        answers = [f.result(20) for f in out]
        self.assertEqual([a[1] for a in answers], list(xs))
        batches = collections.Counter(a[0] for a in answers)
        for batch, _, size in answers:
            self.assertEqual(batches[batch], size)
        return [batches[b] for b in sorted(batches)]

    def test_it_grows_and_shrinks_while_calls_wait(self):
        out = self.send(range(7))
        self.write(3, "1000s")  # what is full goes
        done = concurrent.futures.wait(out, 20, concurrent.futures.FIRST_COMPLETED).done
        self.wait_for(1)
        more = [self.pool.submit(self.ask, x) for x in range(7, 9)]
        self.assertEqual(self.sizes(out + more, range(9)), [3, 3, 3])
        self.assertTrue(done)
        out = self.send(range(2))
        self.write(100, "1ms")
        self.assertEqual(self.sizes(out, range(2)), [2])
        self.assertEqual(self.server.request("GET", "/count")[2], b"4")  # its state has stayed

    def test_another_program_takes_over(self):
        self.assertEqual(self.server.request("GET", "/count")[2], b"0")
        self.write(2, "1000s", '\n  route GET "/more" -> 1')
        for _ in range(1000):
            if self.server.request("GET", "/more")[0] == 200:
                break
            time.sleep(0.01)
        self.assertEqual(self.server.request("GET", "/count")[2], b"0")
        more = [self.pool.submit(self.ask, x) for x in range(2)]
        self.assertEqual(self.sizes(more, range(2)), [2])


if __name__ == "__main__":
    unittest.main()
